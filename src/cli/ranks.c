/* src/cli/ranks.c - see ranks.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/ranks.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/stop.h"
#include "cli/guard.h"
#include "report/writer.h"

/* Ranks that run different plans, or different programs, make no load together. */
static int compare(struct session *s, struct err *e)
{
	char mine[HASH_HEX + 64];
	char hash[HASH_HEX];
	int n = dist_size(s->dist), rc = 0;
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(json_unref) json_t *settings = session_explain(s);
	CLEANUP(free_ptr) struct buf *all = calloc((size_t)n, sizeof(*all));
	if (!all || json_write(settings, false, &text) != 0)
		return err_sys(e, "cannot join the other ranks");
	hash_sha256(text.data, text.len, hash);
	(void)snprintf(mine, sizeof(mine), "%s %s %zu", ASSAY_VERSION, hash,
		       s->options->exports.n);
	for (int i = 0; i < n; i++)
		buf_init(&all[i], sizeof(mine));
	rc = dist_gather(s->dist, mine, strlen(mine), all, e);
	for (int i = 0; i < n; i++) {
		if (dist_rank(s->dist) == 0 && rc == 0 &&
		    (all[i].len != strlen(mine) || memcmp(all[i].data, mine, all[i].len) != 0))
			rc = err_set(e, ERR_USAGE, "rank %d on %s has another plan, other options "
				     "or another version of assay (%.*s) than rank 0 (%s): give "
				     "all hosts the same", i, dist_host(s->dist, i),
				     (int)all[i].len, all[i].data ? all[i].data : "", mine);
		buf_release(&all[i]);
	}
	if (rc > 0)
		rc = err_set(e, ERR_INTERRUPTED, "the run was ended before it began");
	return dist_agree(s->dist, rc, e);
}

int ranks_join(struct session *s, int rc, struct err *e)
{
	struct err why;
	if (!dist_launched())
		return rc;
	/* Before its SIGTERM mpirun of Open MPI sends SIGCONT, a second earlier: half of the time
	 * that there is. */
	if (guard_start(getenv("OMPI_COMM_WORLD_RANK") != NULL, &why) < 0 ||
	    dist_open(&s->dist, &why) < 0) {
		*e = why;
		return -1;
	}
	stop_be_patient();
	if (dist_size(s->dist) == 1)
		return rc;
	if (dist_rank(s->dist) != 0)
		s->view = progress_view_free(s->view);
	rc = dist_agree(s->dist, rc, e);
	return rc < 0 ? rc : compare(s, e);
}

int ranks_fail(struct session *s, const struct err *e)
{
	int status = err_exit_status(e);
	s->view = progress_view_free(s->view);
	if (dist_rank(s->dist) == 0)
		status = command_fail(e);
	ranks_leave(s);
	return status;
}

bool ranks_take(const struct session *s, const struct session_item *item, struct result *r)
{
	const char *name = item->suite->name;
	int n = dist_size(s->dist);
	if (n == 1 || item->suite->spread)
		return true;
	if (r)
		strings_add(&r->skipped, r->arena, dist_rank(s->dist) == 0
			    ? arena_fmt(r->arena, "%s: no load that could be split: rank 0 of %d "
					"made it alone", name, n)
			    : arena_fmt(r->arena, "%s: rank 0 makes it alone", name));
	return dist_rank(s->dist) == 0;
}

void ranks_note(const struct session *s, struct result *r)
{
	int n = dist_size(s->dist);
	if (n == 1)
		return;
	json_t *hosts = json_array();
	for (int i = 0; i < n; i++)
		(void)json_array_append_new(hosts, json_string(dist_host(s->dist, i)));
	json_t *ranks = json_object();
	json_put_int(ranks, "n", n);
	json_put_text(ranks, "via", dist_via(s->dist));
	json_put(ranks, "hosts", hosts);
	json_put(r->environment, "ranks", ranks);
	if (dist_rank(s->dist) != 0)
		r->title = arena_fmt(r->arena, "%s (share of rank %d of %d)",
				     r->title ? r->title : "", dist_rank(s->dist), n);
}

int ranks_save(const struct session *s, struct result *own, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	const char *out = s->options->out;
	if (!out || dist_size(s->dist) == 1)
		return 0;
	own->interrupted |= stop_requested();
	result_judge(own);
	const char *path = arena_fmt(own->arena, "%s/result.rank-%d.json", out,
				     dist_rank(s->dist));
	if (file_make_dirs(out, e) < 0 ||
	    writer_find("json")->write(own, NULL, &text, e) < 0)
		return -1;
	return file_write(path, text.data, text.len, e);
}

void ranks_leave(struct session *s)
{
	if (!stop_requested())
		(void)dist_barrier(s->dist, NULL);
	s->dist = dist_close(s->dist);
}
