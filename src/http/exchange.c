/* src/http/exchange.c - see exchange.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/exchange.h"

#include <assert.h>

#include "base/clock.h"
#include "base/util.h"
#include "http/origin.h"

static const struct conn_events conn_events;

void exchange_init(struct exchange *x)
{
	*x = (struct exchange){0};
	http1_init(&x->parser);
}

void exchange_release(struct exchange *x)
{
	assert(!x->running);
	http1_release(&x->parser);
}

void exchange_clear(struct exchange *x)
{
	assert(!x->running);
	x->started = x->connect_start = x->connected = x->tls_done = 0;
	x->sent_first = x->upload_done = x->reply_begun = x->first_byte = x->end = 0;
	x->end_stamp = STAMP_USER;
	x->status = 0;
	x->reused = false;
	x->stale_retries = 0;
	x->peer[0] = x->words[0] = '\0';
	x->n_pieces = 0;
}

int exchange_add(struct exchange *x, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	if (x->n_pieces == EXCHANGE_PIECES_MAX)
		return -1;
	x->pieces[x->n_pieces++] = (struct iovec){(void *)data, len};
	return 0;
}

static enum outcome status_outcome(int status)
{
	if (status < 300)
		return OUTCOME_OK;
	return status < 400 ? OUTCOME_HTTP_3XX : status < 500 ? OUTCOME_HTTP_4XX : OUTCOME_HTTP_5XX;
}

static void say(struct exchange *x, const char *words)
{
	(void)snprintf(x->words, sizeof(x->words), "%s", words);
}

/* The one way out. The connection has been given back or is given back here. */
static void finish(struct exchange *x, enum outcome outcome, uint64_t ns)
{
	bool whole = x->parser.state == HTTP1_DONE;
	loop_timer_clear(net_loop(origin_net(x->origin)), &x->timer);
	if (x->held && whole && x->parser.keep_alive && x->sent_all && outcome != OUTCOME_BAD_HTTP)
		origin_keep(x->held);
	else if (x->held)
		origin_close(x->held);
	x->held = NULL;
	x->end = ns;
	x->running = false;
	x->events->end(x->ctx, outcome == OUTCOME_OK ? status_outcome(x->status) : outcome);
}

/* Out, and not with this connection again: what is still to come must meet no other request. */
static void finish_broken(struct exchange *x, enum outcome why, uint64_t ns)
{
	x->parser.state = HTTP1_FAILED;
	finish(x, why, ns);
}

void exchange_abort(struct exchange *x, enum outcome why, const char *words)
{
	if (!x->running)
		return;
	say(x, words);
	x->end_stamp = STAMP_USER;
	finish_broken(x, why, clock_now());
}

static uint64_t next_deadline(const struct exchange *x)
{
	uint64_t at = x->deadline;
	if (x->idle_ns > 0 && x->reply_begun != 0)
		at = MIN(at, x->last_read + x->idle_ns);
	if (x->connect_ns > 0 && x->connect_start != 0 && x->sent_first == 0)
		at = MIN(at, x->connect_start + x->connect_ns);
	return at;
}

/* Every read pushes deadlines out; the timer is not moved then, it looks again when it fires. */
static void arm(struct exchange *x)
{
	uint64_t at = next_deadline(x);
	if (at != UINT64_MAX && (x->timer.slot == 0 || at < x->timer.at))
		(void)loop_timer_set(net_loop(origin_net(x->origin)), &x->timer, at);
}

static void on_timer(struct loop_timer *t)
{
	struct exchange *x = (struct exchange *)((char *)t - offsetof(struct exchange, timer));
	uint64_t now = clock_now();
	if (!x->held && x->sent_first == 0 && x->connect_start == 0) {
		exchange_abort(x, OUTCOME_CONNECT, "no memory for a connection");
	} else if (now >= x->deadline) {
		exchange_abort(x, OUTCOME_TIMEOUT, x->sent_all
			       ? "no complete answer within the request's timeout"
			       : "the request could not be sent within its timeout");
	} else if (now < next_deadline(x)) {
		arm(x);
	} else if (x->reply_begun == 0 && x->held && conn_connected(x->held->conn)) {
		exchange_abort(x, OUTCOME_TLS, "no TLS handshake within the connect timeout");
	} else if (x->reply_begun == 0) {
		exchange_abort(x, OUTCOME_CONNECT, "no connection within the connect timeout");
	} else {
		exchange_abort(x, OUTCOME_IDLE_TIMEOUT, "the reply stood still for longer than the "
			       "idle timeout");
	}
}

static void send_more(struct exchange *x)
{
	while (x->at_piece < x->n_pieces) {
		uint64_t before = clock_now();
		ssize_t n = conn_send(x->held->conn, x->todo + x->at_piece,
				      x->n_pieces - x->at_piece, true);
		if (n <= 0)
			return;	/* full, or broken: then the loop reports what the peer did */
		if (x->sent_first == 0)
			x->sent_first = before;
		for (size_t left = (size_t)n; left > 0;) {
			struct iovec *v = &x->todo[x->at_piece];
			size_t some = MIN(left, v->iov_len);
			v->iov_base = (char *)v->iov_base + some;
			v->iov_len -= some;
			left -= some;
			x->at_piece += v->iov_len == 0;
		}
	}
	x->sent_all = true;
}

static void take_moments(struct exchange *x)
{
	const struct conn_moments *m = conn_moments(x->held->conn);
	x->connect_start = m->connect_start;
	x->connected = m->connected;
	x->tls_done = m->tls_done;
}

static void on_open(void *ctx)
{
	struct exchange *x = ctx;
	take_moments(x);
	(void)snprintf(x->peer, sizeof(x->peer), "%s", conn_peer(x->held->conn));
	send_more(x);
}

static void on_writable(void *ctx)
{
	send_more(ctx);
}

static void on_acked(void *ctx, uint64_t ns)
{
	struct exchange *x = ctx;
	if (x->sent_all && (x->upload_done == 0 || (x->upload_by_reply && ns < x->upload_done)))
		x->upload_done = ns;
}

static int on_head(void *ctx, const struct http_head *head)
{
	struct exchange *x = ctx;
	x->status = head->status;
	x->stop = x->events->head(x->ctx, head);
	return x->stop != OUTCOME_OK;
}

static int on_body(void *ctx, const char *data, size_t len, bool last)
{
	struct exchange *x = ctx;
	struct arrival at = *x->at;
	at.last = at.last && last;
	if (x->first_byte == 0)
		x->first_byte = at.ns;
	x->stop = x->events->body(x->ctx, data, len, &at);
	return x->stop != OUTCOME_OK;
}

static void on_data(void *ctx, const char *data, size_t len, const struct arrival *at)
{
	static const struct http1_events parts = {on_head, on_body};
	struct exchange *x = ctx;
	x->last_read = at->ns;
	x->end_stamp = at->kind == STAMP_KERNEL && !at->last ? STAMP_SHARED : at->kind;
	if (x->reply_begun == 0) {
		if (x->reused && at->kind == STAMP_KERNEL && at->ns + NS_PER_US < x->sent_first) {
			say(x, "bytes follow the announced end of the reply before this one");
			finish_broken(x, OUTCOME_BAD_HTTP, at->ns);
			return;
		}
		x->reply_begun = at->ns;
		if (x->sent_all && x->upload_done == 0) {
			x->upload_done = conn_upload_end(x->held->conn, at->ns);
			x->upload_by_reply = true;
		}
		arm(x);
	}
	x->at = at;
	ssize_t n = http1_push(&x->parser, data, len, &parts, x);
	if (n == -2) {
		finish_broken(x, x->stop, at->ns);
	} else if (n == -1) {
		say(x, x->parser.error ? x->parser.error : "no memory for the reply");
		finish(x, OUTCOME_BAD_HTTP, at->ns);
	} else if (x->parser.state == HTTP1_DONE && (size_t)n < len) {
		say(x, "bytes follow the announced end of the reply");
		finish(x, OUTCOME_BAD_HTTP, at->ns);
	} else if (x->parser.state == HTTP1_DONE) {
		finish(x, OUTCOME_OK, at->ns);
	}
}

static void warm(struct exchange *x)
{
	struct conn_warm all[CONN_WARM_MAX] = {{x, offsetof(struct exchange, parser.head)}};
	memcpy(all + 1, x->warm, sizeof(x->warm));
	conn_set_warm(x->held->conn, all, CONN_WARM_MAX);
}

static void begin(struct exchange *x)
{
	memcpy(x->todo, x->pieces, sizeof(x->pieces[0]) * (size_t)x->n_pieces);
	x->at_piece = 0;
	x->sent_all = x->upload_by_reply = false;
	x->stop = OUTCOME_OK;
	http1_clear(&x->parser);
	x->held = x->stale_retries > 0 ? NULL : origin_take(x->origin);
	x->reused = x->held != NULL;
	if (x->reused) {
		conn_set_user(x->held->conn, &conn_events, x);
		(void)snprintf(x->peer, sizeof(x->peer), "%s", conn_peer(x->held->conn));
		warm(x);
		send_more(x);
		arm(x);
		return;
	}
	x->held = origin_open(x->origin, &conn_events, x);
	if (!x->held) {
		/* told from the loop, so that end() never comes out of exchange_start() */
		(void)loop_timer_set(net_loop(origin_net(x->origin)), &x->timer, 0);
		return;
	}
	take_moments(x);
	warm(x);
	arm(x);
}

/* The peer was done with a kept connection when our request was on its way. */
static void gone_stale(struct exchange *x, uint64_t ns)
{
	if (!x->retry_stale) {
		say(x, "the server closed a kept connection before any byte of the reply");
		finish(x, OUTCOME_STALE_CONNECTION, ns);
		return;
	}
	x->stale_retries++;
	x->sent_first = x->upload_done = 0;
	begin(x);
}

static void on_closed(void *ctx, enum outcome why, const char *words, uint64_t ns)
{
	struct exchange *x = ctx;
	if (!x->reused)
		take_moments(x);
	origin_lost(x->held);
	x->held = NULL;
	x->end_stamp = STAMP_USER;
	if (why == OUTCOME_OK && http1_close(&x->parser)) {
		finish(x, OUTCOME_OK, ns);
		return;
	}
	if (x->reused && x->reply_begun == 0 && (why == OUTCOME_OK || why == OUTCOME_RESET)) {
		gone_stale(x, ns);
		return;
	}
	if (why == OUTCOME_OK) {
		say(x, x->reply_begun == 0 ? "the connection was closed without a reply"
					   : "the connection was closed inside the reply");
		why = OUTCOME_TRUNCATED;
	} else {
		say(x, words);
	}
	finish(x, why, ns);
}

static const struct conn_events conn_events = {
	.open = on_open,
	.data = on_data,
	.writable = on_writable,
	.acked = on_acked,
	.closed = on_closed,
};

void exchange_start(struct exchange *x)
{
	assert(!x->running && x->n_pieces > 0);
	x->running = true;
	x->started = clock_now();
	x->deadline = x->timeout_ns > 0 ? x->started + x->timeout_ns : UINT64_MAX;
	x->timer.fire = on_timer;
	x->words[0] = '\0';
	begin(x);
}
