/* src/client/raw.c - see raw.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "client/raw.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/util.h"
#include "http/endpoint.h"
#include "http/http1.h"

#define TIMEOUT_DEFAULT (60 * NS_PER_S)
#define STOP_CHECK (100 * NS_PER_MS)

struct raw {
	int fd;
	uint64_t deadline;
	struct raw_reply *r;
	struct http1 parser;
	bool over;		/* the peer has ended it, or time is up: r->end says which */
	bool cannot_send;
};

const char *raw_end_name(enum raw_end end)
{
	static const char *const names[] = {
		[RAW_END_SCRIPT] = "script finished",
		[RAW_END_PEER_CLOSED] = "peer closed",
		[RAW_END_PEER_RESET] = "peer reset",
		[RAW_END_NO_CONNECTION] = "no connection",
		[RAW_END_DEADLINE] = "deadline",
		[RAW_END_STOPPED] = "stopped",
	};
	return names[end];
}

void raw_reply_init(struct raw_reply *r, size_t max)
{
	*r = (struct raw_reply){0};
	buf_init(&r->received, max);
}

void raw_reply_release(struct raw_reply *r)
{
	buf_release(&r->received);
}

static bool end(struct raw *w, enum raw_end why)
{
	w->over = true;
	w->r->end = why;
	return false;
}

/* Wait for one of these poll events until the moment. true: it came. false: the moment came, or
 * it is over. */
static bool wait_for(struct raw *w, short events, uint64_t until)
{
	for (;;) {
		uint64_t now = clock_now();
		if (stop_requested())
			return end(w, RAW_END_STOPPED);
		if (now >= w->deadline)
			return end(w, RAW_END_DEADLINE);
		if (now >= until)
			return false;
		uint64_t wait = MIN(MIN(until, w->deadline) - now, STOP_CHECK);
		struct timespec ts = {(time_t)(wait / NS_PER_S), (long)(wait % NS_PER_S)};
		struct pollfd p = {.fd = w->fd, .events = events};
		int n = ppoll(&p, events ? 1 : 0, &ts, NULL);
		if (n > 0 && p.revents != 0)
			return true;
	}
}

static int on_head(void *ctx, const struct http_head *head)
{
	struct raw_reply *r = ctx;
	if (r->status == 0)
		r->status = head->status;
	return 0;
}

static int on_body(void *ctx, const char *data, size_t len, bool last)
{
	(void)ctx;
	(void)data;
	(void)len;
	(void)last;
	return 0;
}

/* Take in what is there, at most max bytes. Bytes, or 0 when it is over. */
static size_t receive(struct raw *w, size_t max)
{
	static const struct http1_events parts = {on_head, on_body};
	char piece[16384];
	struct raw_reply *r = w->r;
	ssize_t n = recv(w->fd, piece, MIN(max, sizeof(piece)), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		(void)http1_close(&w->parser);
		(void)end(w, n == 0 ? RAW_END_PEER_CLOSED : RAW_END_PEER_RESET);
		return 0;
	}
	r->last_byte = clock_now();
	if (r->received_bytes == 0)
		r->first_byte = r->last_byte;
	r->received_bytes += (uint64_t)n;
	size_t room = r->received.max - r->received.len;
	(void)buf_add(&r->received, piece, MIN((size_t)n, room));
	if (w->parser.state != HTTP1_DONE && w->parser.state != HTTP1_FAILED)
		(void)http1_push(&w->parser, piece, (size_t)n, &parts, r);
	return (size_t)n;
}

static bool parser_is_done(const struct raw *w)
{
	return w->parser.state == HTTP1_DONE || w->parser.state == HTTP1_FAILED;
}

static void do_read(struct raw *w, const struct raw_step *s)
{
	uint64_t until = s->ns ? clock_now() + s->ns : UINT64_MAX;
	while (!w->over) {
		if (s->kind == RAW_READ_REPLY && parser_is_done(w))
			return;
		if (s->kind == RAW_READ && s->amount > 0 && w->r->received_bytes >= s->amount)
			return;
		if (!wait_for(w, POLLIN, until))
			return;
		(void)receive(w, SIZE_MAX);
	}
}

static void do_read_slowly(struct raw *w, const struct raw_step *s)
{
	for (uint64_t at = clock_now(); !w->over; at += s->ns) {
		(void)wait_for(w, 0, at);
		if (!w->over && wait_for(w, POLLIN, UINT64_MAX))
			(void)receive(w, s->amount);
	}
}

/* Bytes to the peer. It may be gone: then nothing more is sent, but what it said is still read. */
static void send_all(struct raw *w, const char *data, size_t len)
{
	while (len > 0 && !w->over && !w->cannot_send) {
		ssize_t n = send(w->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			w->r->sent_bytes += (uint64_t)n;
		} else if (errno == EAGAIN) {
			(void)wait_for(w, POLLOUT, UINT64_MAX);
		} else if (errno != EINTR) {
			w->cannot_send = true;
		}
	}
}

static void do_send_slowly(struct raw *w, const struct raw_step *s)
{
	uint64_t at = clock_now();
	size_t step = MAX(s->amount, (size_t)1);
	for (size_t i = 0; i < s->len && !w->over && !w->cannot_send; i += step, at += s->ns) {
		(void)wait_for(w, 0, at);
		if (!w->over)
			send_all(w, (const char *)s->data + i, MIN(step, s->len - i));
	}
}

/* false: that was the last. */
static bool do_step(struct raw *w, const struct raw_step *s)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	switch (s->kind) {
	case RAW_SEND:
		send_all(w, s->data, s->len);
		break;
	case RAW_SEND_SLOWLY:
		do_send_slowly(w, s);
		break;
	case RAW_SLEEP:
		(void)wait_for(w, 0, clock_now() + s->ns);
		break;
	case RAW_READ:
	case RAW_READ_REPLY:
		do_read(w, s);
		break;
	case RAW_READ_SLOWLY:
		do_read_slowly(w, s);
		break;
	case RAW_HALF_CLOSE:
		(void)shutdown(w->fd, SHUT_WR);
		break;
	case RAW_RESET:
		(void)setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		return false;
	case RAW_CLOSE:
		return false;
	}
	return !w->over;
}

/* One address. 0: connected; -1: not, with words; -2: no socket, with *e. */
static int try_address(struct raw *w, const struct endpoint_address *a, int receive_buffer,
		       struct err *e)
{
	int one = 1, error = 0;
	socklen_t len = sizeof(error);
	w->fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->fd < 0) {
		(void)err_sys(e, "cannot make a socket");
		return -2;
	}
	(void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (receive_buffer > 0)
		(void)setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
				 sizeof(receive_buffer));
	if (connect(w->fd, (const struct sockaddr *)&a->sa, a->len) != 0)
		error = errno;
	if (error == EINPROGRESS) {
		error = ETIMEDOUT;
		if (wait_for(w, POLLOUT, UINT64_MAX) &&
		    getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
			error = errno;
	}
	if (error == 0)
		return 0;
	char words[96];
	(void)snprintf(w->r->words, sizeof(w->r->words), "%s: %s", a->text,
		       strerror_r(error, words, sizeof(words)));
	close_fd(&w->fd);
	return -1;
}

static void play(struct raw *w, const struct raw_script *script)
{
	w->r->connected = clock_now();
	w->r->end = RAW_END_SCRIPT;
	for (size_t i = 0; i < script->n; i++)
		if (!do_step(w, &script->steps[i]))
			break;
}

int raw_run(const char *url, const struct raw_script *script, struct raw_reply *ret,
	    struct err *e)
{
	struct url parsed;
	struct endpoint ep;
	if (url_parse(url, &parsed, e) != 0)
		return -1;
	if (parsed.tls)
		return err_set(e, ERR_UNSUPPORTED, "raw connections are plain TCP; '%s' is https",
			       url);
	if (endpoint_init(&ep, &parsed, NULL, e) != 0)
		return -1;
	size_t max = ret->received.max;
	raw_reply_release(ret);
	raw_reply_init(ret, max);
	struct raw w = {.fd = -1, .r = ret};
	http1_init(&w.parser);
	ret->start = clock_now();
	w.deadline = ret->start + (script->timeout_ns ? script->timeout_ns : TIMEOUT_DEFAULT);
	int r = -1;
	for (int i = 0; i < ep.n_addresses && r == -1 && !w.over; i++)
		r = try_address(&w, &ep.addresses[i], script->receive_buffer, e);
	if (r == 0)
		play(&w, script);
	else if (ret->end != RAW_END_STOPPED)
		ret->end = RAW_END_NO_CONNECTION;
	ret->ended = clock_now();
	close_fd(&w.fd);
	http1_release(&w.parser);
	return r == -2 ? -1 : 0;
}
