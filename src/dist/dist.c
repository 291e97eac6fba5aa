/* src/dist/dist.c - see dist.h.
 *
 * A message is one byte that says what it is, and its content. Operations are made of messages to
 * rank 0 and from it, which come in their order; what a stop has made obsolete is passed over.
 * SPDX-License-Identifier: Apache-2.0 */
#include "dist/dist_in.h"

#include <unistd.h>

#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"

bool dist_launched(void)
{
	for (size_t i = 0; transport_at(i); i++)
		if (transport_at(i)->launched())
			return transport_at(i) != &transport_local;
	return false;
}

/* --- messages --- */

static void push(struct queue *q, struct message *m)
{
	*q->last = m;
	q->last = &m->next;
}

static struct message *pop(struct queue *q)
{
	struct message *m = q->first;
	if (!m)
		return NULL;
	q->first = m->next;
	if (!q->first)
		q->last = &q->first;
	return m;
}

void dist_message_free(struct message *m)
{
	if (m)
		buf_release(&m->data);
	free(m);
}

static void queue_release(struct queue *q)
{
	for (struct message *m; (m = pop(q));)
		dist_message_free(m);
}

int dist_put(struct dist *d, int to, enum kind kind, const void *data, size_t len, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(DIST_MESSAGE_MAX);
	if (d->cut)
		return err_set(e, ERR_SYSTEM, "the other ranks are out of reach");
	if (buf_char(&text, (char)kind) < 0 || buf_add(&text, data, len) < 0)
		return err_set(e, ERR_SYSTEM, "%zu bytes are too much to tell the other ranks",
			       len);
	if (d->transport->send(d->state, to, text.data, text.len, e) < 0) {
		d->cut = true;
		return -1;
	}
	return 0;
}

int dist_put_all(struct dist *d, enum kind kind, const void *data, size_t len, struct err *e)
{
	int rc = 0;
	if (d->self.rank != 0)
		return dist_put(d, 0, kind, data, len, e);
	for (int i = 1; i < d->self.size; i++)
		if (!d->lost[i] && dist_put(d, i, kind, data, len, e) < 0)
			rc = -1;
	return rc;
}

/* Whoever hears first that the run ends tells it on. */
static void tell_stop(struct dist *d)
{
	if (!stop_requested() || d->told_stop)
		return;
	d->told_stop = true;
	(void)dist_put_all(d, KIND_STOP, "", 0, NULL);
}

/* Sort what comes until then into the queues, at most one message. 1: one has come. */
static int pump(struct dist *d, uint64_t until_ns)
{
	struct message *m = calloc(1, sizeof(*m));
	int from = 0, rc = -1;
	if (!m)
		return -1;
	tell_stop(d);
	buf_init(&m->data, DIST_MESSAGE_MAX);
	if (!d->cut)
		rc = d->transport->receive(d->state, until_ns, &from, &m->data, NULL);
	d->cut = d->cut || rc < 0;
	if (rc <= 0 || m->data.len == 0 || from < 0 || from >= d->self.size) {
		dist_message_free(m);
		return rc;
	}
	if (m->data.data[0] == KIND_STOP) {
		stop_request();
		tell_stop(d);
		dist_message_free(m);
		return 1;
	}
	push(m->data.data[0] == KIND_WORD ? &d->words : &d->inbox[from], m);
	return 1;
}

struct message *dist_wait(struct dist *d, int from, enum kind a, enum kind b)
{
	uint64_t stopped = 0;
	while (!d->lost[from]) {
		for (struct message *m; (m = pop(&d->inbox[from]));) {
			if (m->data.data[0] == (char)a || m->data.data[0] == (char)b)
				return m;
			dist_message_free(m);
		}
		uint64_t now = clock_now();
		if (stop_requested() && stopped == 0)
			stopped = now;
		if (d->cut || (stopped != 0 && now - stopped > DIST_GRACE_NS))
			return NULL;
		(void)pump(d, now + DIST_GRACE_NS / 5);
	}
	return NULL;
}

struct span dist_content(const struct message *m)
{
	return (struct span){m->data.data + 1, m->data.len - 1};
}

/* --- joining and leaving --- */

static int share_hosts(struct dist *d, struct err *e)
{
	CLEANUP(buf_release) struct buf all = BUF_INIT(DIST_MESSAGE_MAX);
	char *own = d->hosts[d->self.rank];
	struct buf *parts = calloc((size_t)d->self.size, sizeof(*parts));
	if (!parts)
		return err_sys(e, "cannot join the other ranks");
	for (int i = 0; i < d->self.size; i++)
		buf_init(&parts[i], HOST_MAX);
	if (gethostname(own, HOST_MAX - 1) < 0)
		str_cut_copy(own, HOST_MAX, "?");
	int rc = dist_gather(d, own, HOST_MAX, parts, e);
	for (int i = 0; i < d->self.size; i++) {
		if (rc == 0 && d->self.rank == 0 && parts[i].len == HOST_MAX)
			memcpy(d->hosts[i], parts[i].data, HOST_MAX - 1);
		buf_release(&parts[i]);
	}
	free(parts);
	if (rc == 0)
		rc = buf_add(&all, d->hosts, (size_t)d->self.size * HOST_MAX);
	if (rc == 0)
		rc = dist_broadcast(d, &all, e);
	if (rc != 0 || all.len != (size_t)d->self.size * HOST_MAX)
		return err_set(e, stop_requested() ? ERR_INTERRUPTED : ERR_SYSTEM,
			       "the ranks did not come together");
	memcpy(d->hosts, all.data, all.len);
	return 0;
}

int dist_open(struct dist **ret, struct err *e)
{
	struct dist *d = calloc(1, sizeof(*d));
	if (!d)
		return err_sys(e, "cannot join the other ranks");
	for (size_t i = 0; !d->transport; i++)
		if (transport_at(i)->launched())
			d->transport = transport_at(i);
	d->words.last = &d->words.first;
	if (d->transport->open(&d->state, &d->self, e) < 0) {
		free(d);
		return -1;
	}
	size_t n = (size_t)d->self.size;
	d->hosts = calloc(n, sizeof(*d->hosts));
	d->lost = calloc(n, sizeof(*d->lost));
	d->inbox = calloc(n, sizeof(*d->inbox));
	d->starts = calloc(n, sizeof(*d->starts));
	int rc = d->hosts && d->lost && d->inbox && d->starts ? 0 :
		 err_sys(e, "cannot join the other ranks");
	for (size_t i = 0; rc == 0 && i < n; i++)
		d->inbox[i].last = &d->inbox[i].first;
	if (rc == 0)
		rc = share_hosts(d, e);
	if (rc < 0)
		(void)dist_close(d);
	else
		*ret = d;
	return rc;
}

static void leave(struct dist *d, bool orderly)
{
	if (!d)
		return;
	for (int i = 0; i < d->self.size; i++)
		orderly = orderly && !(d->lost && d->lost[i]);
	d->transport->close(d->state, orderly && !d->cut);
	for (int i = 0; d->inbox && i < d->self.size; i++)
		queue_release(&d->inbox[i]);
	queue_release(&d->words);
	free(d->inbox);
	free(d->starts);
	free(d->lost);
	free(d->hosts);
	free(d);
}

struct dist *dist_close(struct dist *d)
{
	leave(d, true);
	return NULL;
}

void dist_abort(struct dist *d)
{
	leave(d, false);
}

int dist_rank(const struct dist *d)
{
	return d ? d->self.rank : 0;
}

int dist_size(const struct dist *d)
{
	return d ? d->self.size : 1;
}

const char *dist_via(const struct dist *d)
{
	return d ? d->self.via : "local";
}

const char *dist_host(const struct dist *d, int rank)
{
	return d->hosts[rank];
}

int dist_before_on_host(const struct dist *d)
{
	int n = 0;
	for (int i = 0; d && i < d->self.rank; i++)
		n += strcmp(d->hosts[i], d->hosts[d->self.rank]) == 0;
	return n;
}

bool dist_is_lost(const struct dist *d, int rank)
{
	return d && d->lost[rank];
}

/* --- operations --- */

int dist_gather(struct dist *d, const void *data, size_t len, struct buf *parts, struct err *e)
{
	int missing = 0;
	if (dist_rank(d) != 0)
		return dist_put(d, 0, KIND_GATHER, data, len, e);
	if (buf_add(&parts[0], data, len) < 0)
		return err_set(e, ERR_SYSTEM, "no memory for what the ranks tell");
	for (int i = 1; i < dist_size(d); i++) {
		struct message *m = dist_wait(d, i, KIND_GATHER, KIND_GATHER);
		int rc = m ? buf_add(&parts[i], dist_content(m).data, dist_content(m).len) : 0;
		d->lost[i] = !m;
		missing |= !m;
		dist_message_free(m);
		if (rc < 0)
			return err_set(e, ERR_SYSTEM, "no memory for what the ranks tell");
	}
	return missing;
}

int dist_not_heard(struct err *e)
{
	return err_set(e, stop_requested() ? ERR_INTERRUPTED : ERR_SYSTEM, stop_requested()
		       ? "the run was ended" : "the other ranks are out of reach");
}

int dist_broadcast(struct dist *d, struct buf *data, struct err *e)
{
	if (dist_size(d) == 1)
		return 0;
	if (d->self.rank == 0)
		return dist_put_all(d, KIND_BROADCAST, data->data, data->len, e);
	struct message *m = dist_wait(d, 0, KIND_BROADCAST, KIND_BROADCAST);
	if (!m)
		return dist_not_heard(e);
	buf_clear(data);
	int rc = buf_add(data, dist_content(m).data, dist_content(m).len);
	dist_message_free(m);
	return rc < 0 ? err_set(e, ERR_SYSTEM, "no memory for what rank 0 tells") : 0;
}

int dist_arrive(struct dist *d, struct err *e)
{
	if (d->self.rank != 0)
		return dist_put(d, 0, KIND_BARRIER, "", 0, e);
	for (int i = 1; i < d->self.size; i++) {
		struct message *m = dist_wait(d, i, KIND_BARRIER, KIND_BARRIER);
		if (!m)
			return dist_not_heard(e);
		dist_message_free(m);
	}
	return 0;
}

int dist_barrier(struct dist *d, struct err *e)
{
	if (dist_size(d) == 1)
		return 0;
	if (dist_arrive(d, e) < 0)
		return -1;
	if (d->self.rank == 0)
		return dist_put_all(d, KIND_BARRIER, "", 0, e);
	struct message *m = dist_wait(d, 0, KIND_BARRIER, KIND_BARRIER);
	dist_message_free(m);
	return m ? 0 : dist_not_heard(e);
}

/* The status of one rank: its code, then its words. */
static void put_status(struct buf *out, int rc, const struct err *e)
{
	int32_t code = rc < 0 ? (int32_t)e->code : -1;
	(void)buf_add(out, &code, sizeof(code));
	if (rc < 0)
		(void)buf_str(out, e->text);
}

static int take_status(struct span text, struct err *e)
{
	int32_t code = -1;
	if (text.len >= sizeof(code))
		memcpy(&code, text.data, sizeof(code));
	if (code < 0)
		return 0;
	return err_set(e, (enum err_code)code, "%.*s", (int)(text.len - sizeof(code)),
		       text.data + sizeof(code));
}

int dist_agree(struct dist *d, int rc, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(4096);
	struct err theirs;
	if (dist_size(d) == 1)
		return rc;
	tell_stop(d);
	if (d->cut || stop_requested())
		return rc;
	put_status(&text, rc, e);
	if (d->self.rank != 0 && dist_put(d, 0, KIND_AGREE, text.data, text.len, e) < 0)
		return -1;
	for (int i = 1; d->self.rank == 0 && i < d->self.size; i++) {
		struct message *m = dist_wait(d, i, KIND_AGREE, KIND_AGREE);
		if (!m && rc == 0)
			rc = dist_not_heard(e);
		if (m && rc == 0 && take_status(dist_content(m), &theirs) < 0) {
			*e = theirs;
			rc = err_prefix(e, "rank %d on %s: ", i, d->hosts[i]);
		}
		dist_message_free(m);
	}
	if (d->self.rank == 0) {
		buf_clear(&text);
		put_status(&text, rc, e);
		(void)dist_put_all(d, KIND_AGREE, text.data, text.len, NULL);
		return rc;
	}
	struct message *m = dist_wait(d, 0, KIND_AGREE, KIND_AGREE);
	rc = m ? take_status(dist_content(m), e) : dist_not_heard(e);
	dist_message_free(m);
	return rc;
}

/* --- words --- */

void dist_tell(struct dist *d, const void *data, size_t len)
{
	if (dist_size(d) > 1)
		(void)dist_put_all(d, KIND_WORD, data, len, NULL);
}

bool dist_hear(struct dist *d, struct buf *ret)
{
	if (dist_size(d) == 1)
		return false;
	while (pump(d, 0) > 0)
		continue;
	struct message *m = pop(&d->words);
	if (!m)
		return false;
	buf_clear(ret);
	(void)buf_add(ret, dist_content(m).data, dist_content(m).len);
	dist_message_free(m);
	return true;
}

void dist_stop(struct dist *d)
{
	stop_request();
	if (dist_size(d) > 1)
		tell_stop(d);
}

void dist_give_up(struct dist *d, int rank)
{
	d->lost[rank] = true;
	dist_stop(d);
}
