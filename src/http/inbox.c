/* src/http/inbox.c - reading sockets into the thread's buffer, and handing on from there.
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/util.h"
#include "http/conn_in.h"

/* A segment is stamped when it reaches the stack; until its socket is readable the soft interrupt
 * has to run, which takes so long at most on a machine that is not starved. */
#define STACK_DELAY (100 * NS_PER_US)
/* On one that is, a right stamp may lie so far before the socket was last seen empty. */
#define STACK_DELAY_MAX (50 * NS_PER_MS)

#define CACHE_LINE 64

static uint64_t bound_since(uint64_t since, uint64_t stamp)
{
	return (stamp > since ? stamp - since : 0) + STACK_DELAY;
}

/* When did the last byte of this read arrive, and since when can the others have been there? */
static struct arrival stamp_read(struct conn *c, uint64_t real, uint64_t after, bool fin,
				 uint64_t *ret_sure_ns)
{
	struct net *n = c->net;
	uint64_t sure = MAX(c->empty, loop_not_ready_at(n->loop, &c->watch));
	uint64_t since = MAX(sure, loop_slept_until(n->loop));
	struct arrival at = {.ns = after, .kind = STAMP_USER, .last = true};

	if (real != 0 && !n->clock_stepped &&
	    stamp_map(&n->clock, real, since - STACK_DELAY_MAX, after, &at.ns)) {
		at.kind = STAMP_KERNEL;
		at.last = !fin;	/* a FIN in the same read has overwritten the stamp */
		n->first_stamp = MIN(n->first_stamp, at.ns);
	}
	at.bound_ns = bound_since(since, at.ns);
	*ret_sure_ns = bound_since(sure, at.ns);
	if (c->stamps && at.kind == STAMP_KERNEL)
		n->reads_stamped++;
	else if (c->stamps)
		n->reads_user++;
	return at;
}

static void warm(const struct conn *c)
{
	for (int i = 0; i < c->n_warm; i++)
		for (size_t at = 0; at < c->warm[i].len; at += CACHE_LINE)
			__builtin_prefetch((const char *)c->warm[i].at + at, 1);
}

void inbox_read(struct conn *c, uint32_t epoll_events)
{
	struct net *n = c->net;
	bool fin = (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;

	warm(c);
	while (!c->ended) {
		/* no room: epoll reports the rest again, after this has been handed on */
		if (n->n_records == INBOX_RECORDS || INBOX_SIZE - n->inbox_len < READ_SIZE) {
			(void)loop_again(n->loop, &c->watch);
			return;
		}
		uint64_t real, before = n->read_at;
		ssize_t got = stamp_receive(c->watch.fd, n->inbox + n->inbox_len, READ_SIZE, &real);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			c->empty = before;
			return;
		}
		struct inbox_record *r = &n->records[n->n_records++];
		*r = (struct inbox_record){.conn = c, .offset = n->inbox_len};
		c->records++;
		if (got <= 0) {
			c->ended = true;
			r->error = got < 0 ? errno : 0;
			r->at = (struct arrival){clock_now(), 0, STAMP_USER, true};
			return;
		}
		r->len = (size_t)got;
		n->read_at = clock_now();
		r->at = stamp_read(c, real, n->read_at, fin, &r->sure_ns);
		n->inbox_len += r->len;
		if (r->len < READ_SIZE) {
			/* a short read has found the queue empty at some moment after `before` */
			c->empty = before;
			if (!fin)
				return;
		}
	}
}

static void deliver(struct conn *c, const struct inbox_record *r)
{
	const char *data = c->net->inbox + r->offset;

	if (r->len == 0 && r->error != 0) {
		char words[96];
		bool agreed = c->state == CONN_OPEN;
		const char *text = strerror_r(r->error, words, sizeof(words));
		conn_fail(c, agreed ? OUTCOME_RESET : OUTCOME_TLS, text, r->at.ns);
	} else if (c->ssl) {
		(void)conn_tls_feed(c, data, r->len, r->len == 0, &r->at);
	} else if (r->len == 0) {
		conn_fail(c, OUTCOME_OK, "the peer closed the connection", r->at.ns);
	} else {
		c->events->data(c->ctx, data, r->len, &r->at);
	}
}

void inbox_deliver(void *net)
{
	struct net *n = net;
	/* something came before the thread's sleep had ended, so it was not its sleep that ended */
	uint64_t slept_until = loop_slept_until(n->loop);
	bool woken_late = slept_until > STACK_DELAY && n->first_stamp < slept_until - STACK_DELAY;
	for (int i = 0; i < n->n_records; i++) {
		struct inbox_record *r = &n->records[i];
		if (!r->conn)
			continue;
		if (woken_late)
			r->at.bound_ns = r->sure_ns;
		struct conn *c = r->conn;
		r->conn = NULL;		/* inbox_forget() counts those still to be delivered */
		c->records--;
		deliver(c, r);
	}
	n->n_records = 0;
	n->inbox_len = 0;
	n->first_stamp = UINT64_MAX;
	while (n->dead) {
		struct conn *c = n->dead;
		n->dead = c->next;
		c->next = n->spare;
		n->spare = c;
	}
}

void inbox_forget(struct conn *c)
{
	struct net *n = c->net;
	for (int i = 0; i < n->n_records && c->records > 0; i++)
		if (n->records[i].conn == c) {
			n->records[i].conn = NULL;
			c->records--;
		}
	c->records = 0;
}
