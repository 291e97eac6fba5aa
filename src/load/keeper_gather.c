/* src/load/keeper_gather.c - what all ranks have kept, in the file of rank 0.
 *
 * In rounds: each other rank sends a piece (its first byte says what it is), rank 0 appends them
 * and tells whether there is another round. A record travels as it lies in the file, but that its
 * run is the number of the run among those that were exported, its moments count from one before
 * the start of the run (0: there is none), and the name of its sample follows behind its gaps.
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/stop.h"
#include "base/util.h"
#include "load/keeper_in.h"

#define PIECE ((size_t)4 << 20)

static void shift(struct record *x, uint64_t from, uint64_t to)
{
	uint64_t *const moments[] = {&x->intended, &x->begin, &x->end, &x->first_event,
				     &x->last_event};
	for (size_t i = 0; i < ARRAY_LEN(moments); i++)
		if (*moments[i] != 0)
			*moments[i] += to - from;
}

/* --- a rank other than 0 --- */

static uint32_t number_of_run(const struct keeper *k, uint32_t run)
{
	uint32_t i = 0;
	while (k->runs[i] != run)
		i++;
	return i;
}

int keeper_put_record(struct buf *out, const struct keeper *k, const struct result *r,
		      uint32_t rank, const struct record *x)
{
	struct record head = *x;
	uint64_t len = x->sample_id ? strlen(x->sample_id) + 1 : 0;
	shift(&head, r->runs[x->run]->start_ns, 1);
	head.run = number_of_run(k, x->run);
	head.rank = rank;
	head.sample_id = NULL;
	(void)buf_add(out, &head, sizeof(head));
	(void)buf_add(out, x->gaps, x->n_gaps * sizeof(x->gaps[0]));
	(void)buf_add(out, &len, sizeof(len));
	return buf_add(out, x->sample_id ? x->sample_id : "", (size_t)len);
}

static int hand_over(struct keeper *k, struct dist *d, const struct result *r, struct err *e)
{
	CLEANUP(buf_release) struct buf piece = BUF_INIT(DIST_MESSAGE_MAX);
	CLEANUP(buf_release) struct buf more = BUF_INIT(16);
	size_t pos = 0;
	bool failed = keeper_finish(k, e) < 0;
	const struct record *x = failed ? NULL : keeper_next(k, &pos);
	do {
		buf_clear(&piece);
		(void)buf_char(&piece, failed ? PIECE_FAILED : PIECE_LAST);
		if (failed)
			(void)buf_str(&piece, e->text);
		for (; x && piece.len < PIECE; x = keeper_next(k, &pos))
			if (keeper_put_record(&piece, k, r, (uint32_t)dist_rank(d), x) < 0)
				return err_set(e, ERR_SYSTEM, "no memory for the export");
		if (x)
			piece.data[0] = PIECE_RECORDS;
		if (dist_gather(d, piece.data, piece.len, NULL, e) < 0 ||
		    dist_broadcast(d, &more, e) < 0)
			return -1;
	} while (more.len == 1 && more.data[0] == 'y');
	return 0;
}

/* --- rank 0 --- */

static const char *own_id(struct keeper *k, const char *text)
{
	char **found = tfind(text, &k->ids, (int (*)(const void *, const void *))strcmp);
	if (found)
		return *found;
	char *copy = strdup(text);
	if (copy && !tsearch(copy, &k->ids, (int (*)(const void *, const void *))strcmp)) {
		free(copy);
		return NULL;
	}
	return copy;
}

/* One record off the front of a piece, into out as it lies in the file. */
static bool take_record(struct keeper *k, const struct result *r, struct span *piece,
			struct buf *out)
{
	struct record x;
	uint64_t len;
	if (piece->len < sizeof(x))
		return false;
	memcpy(&x, piece->data, sizeof(x));
	const char *at = piece->data + sizeof(x);
	size_t left = piece->len - sizeof(x), gaps = (size_t)x.n_gaps * sizeof(x.gaps[0]);
	if (left < gaps || left - gaps < sizeof(len))
		return false;
	memcpy(&len, at + gaps, sizeof(len));
	const char *id = at + gaps + sizeof(len);
	left -= gaps + sizeof(len);
	if (len > left || (len > 0 && id[len - 1] != '\0') || x.run >= k->n_runs ||
	    x.outcome >= OUTCOME_COUNT)
		return false;
	x.sample_id = len > 0 ? own_id(k, id) : NULL;
	x.run = k->runs[x.run];
	shift(&x, 1, r->runs[x.run]->start_ns);
	*piece = (struct span){id + len, left - (size_t)len};
	return (len == 0 || x.sample_id) && buf_add(out, &x, sizeof(x)) == 0 &&
	       buf_add(out, at, gaps) == 0;
}

int keeper_take_piece(struct keeper *k, const struct result *r, struct span piece, struct err *e)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(DIST_MESSAGE_MAX);
	if (piece.len > 0 && piece.data[0] == PIECE_FAILED)
		return err_set(e, ERR_SYSTEM, "%.*s", (int)MIN(piece.len - 1, (size_t)300),
			       piece.data + 1);
	bool good = piece.len > 0 &&
		    (piece.data[0] == PIECE_RECORDS || piece.data[0] == PIECE_LAST);
	struct span rest = {piece.data + good, piece.len - good};
	while (good && rest.len > 0)
		good = take_record(k, r, &rest, &out);
	if (!good)
		return err_set(e, ERR_DATA, "it sent requests that cannot be read");
	if (out.len > 0 && file_write_all(k->fd, out.data, out.len) < 0)
		return err_sys(e, "cannot keep the requests to export");
	return 0;
}

/* 1: there may be more. */
static int take_round(struct keeper *k, struct dist *d, const struct result *r, struct err *e)
{
	int n = dist_size(d), more = 0;
	CLEANUP(free_ptr) struct buf *pieces = calloc((size_t)n, sizeof(*pieces));
	if (!pieces)
		return err_set(e, ERR_SYSTEM, "no memory for the export");
	for (int i = 0; i < n; i++)
		buf_init(&pieces[i], DIST_MESSAGE_MAX);
	int rc = dist_gather(d, "", 0, pieces, e);
	if (rc > 0)
		rc = err_set(e, stop_requested() ? ERR_INTERRUPTED : ERR_SYSTEM,
			     "%s: their requests are not in the export, which is left out",
			     stop_requested() ? "the run was ended before all ranks had told what "
			     "they kept" : "some ranks were lost");
	for (int i = 1; i < n; i++) {
		struct span piece = {pieces[i].data, pieces[i].len};
		if (rc == 0 && keeper_take_piece(k, r, piece, e) < 0)
			rc = err_prefix(e, "rank %d on %s: ", i, dist_host(d, i));
		more |= pieces[i].len > 0 && pieces[i].data[0] == PIECE_RECORDS;
		buf_release(&pieces[i]);
	}
	return rc < 0 ? -1 : more;
}

int keeper_gather(struct keeper *k, struct dist *d, const struct result *r, struct err *e)
{
	if (dist_size(d) == 1)
		return 0;
	if (dist_rank(d) != 0)
		return hand_over(k, d, r, e);
	keeper_end_writer(k);
	int more;
	do {
		CLEANUP(buf_release) struct buf word = BUF_INIT(16);
		more = take_round(k, d, r, e);
		(void)buf_char(&word, more > 0 ? 'y' : 'n');
		(void)dist_broadcast(d, &word, NULL);
	} while (more > 0);
	return more;
}
