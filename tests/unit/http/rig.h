/* tests/unit/http/rig.h - an exchange, a scripted server, and what was seen of both.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_RIG_H
#define TEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "http/exchange.h"
#include "server.h"

#define MS NS_PER_MS
#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define PIECES_MAX 4096

struct seen {
	struct exchange x;
	struct buf body;
	int heads, ends;
	enum outcome outcome, from_head, from_body;
	struct arrival pieces[PIECES_MAX];
	int n_pieces;
};

struct rig {
	struct fake *server;
	struct net *net;
	struct origin *origin;
	struct endpoint endpoint;
	SSL_CTX *tls;
};

static inline enum outcome on_head(void *ctx, const struct http_head *head)
{
	struct seen *s = ctx;
	s->heads++;
	assert_true(head->status >= 200);
	return s->from_head;
}

static inline enum outcome on_body(void *ctx, const char *data, size_t len,
				   const struct arrival *at)
{
	struct seen *s = ctx;
	assert_int_equal(buf_add(&s->body, data, len), 0);
	assert_true(s->n_pieces < PIECES_MAX);
	s->pieces[s->n_pieces++] = *at;
	return s->from_body;
}

static inline void on_end(void *ctx, enum outcome outcome)
{
	struct seen *s = ctx;
	s->ends++;
	s->outcome = outcome;
}

static const struct exchange_events events = {on_head, on_body, on_end};

static inline void rig_up(struct rig *r, void (*serve)(struct fake_conn *, void *), const void *ctx,
		   SSL_CTX *server_tls, const struct tls_spec *client_tls)
{
	struct url url;
	char text[64];
	*r = (struct rig){0};
	r->server = fake_start(&(struct fake_spec){serve, (void *)ctx, server_tls});
	assert_int_equal(url_parse(fake_url(r->server, "/x", text, sizeof(text)), &url, NULL), 0);
	if (client_tls)
		assert_int_equal(tls_new(client_tls, &r->tls, NULL), 0);
	assert_int_equal(endpoint_init(&r->endpoint, &url, r->tls, NULL), 0);
	assert_int_equal(net_new(&r->net, NULL), 0);
	r->origin = origin_new(r->net, &r->endpoint);
	assert_non_null(r->origin);
}

static inline void rig_down(struct rig *r)
{
	origin_free(r->origin);
	net_free(r->net);
	fake_stop(r->server);
	tls_free(r->tls);
}

static inline void seen_init(struct seen *s, struct rig *r)
{
	memset(s, 0, sizeof(*s));
	exchange_init(&s->x);
	buf_init(&s->body, BUF_UNLIMITED);
	s->x.origin = r->origin;
	s->x.events = &events;
	s->x.ctx = s;
	s->x.timeout_ns = 10 * NS_PER_S;
}

static inline void seen_release(struct seen *s)
{
	exchange_release(&s->x);
	buf_release(&s->body);
}

static inline void start(struct seen *s, const char *body, size_t len)
{
	static const char get[] = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
	static char head[128];
	exchange_clear(&s->x);
	buf_clear(&s->body);
	s->heads = s->ends = s->n_pieces = 0;
	int n = snprintf(head, sizeof(head), "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %zu"
			 "\r\n\r\n", len);
	assert_int_equal(exchange_add(&s->x, body ? head : get, body ? (size_t)n : strlen(get)), 0);
	assert_int_equal(exchange_add(&s->x, body, len), 0);
	exchange_start(&s->x);
}

static inline void run(struct rig *r, struct seen *s)
{
	while (s->ends == 0)
		assert_int_equal(loop_step(net_loop(r->net), UINT64_MAX, NULL), 0);
	assert_int_equal(s->ends, 1);
	assert_int_equal(origin_in_use(r->origin), 0);
}

static inline void ask(struct rig *r, struct seen *s)
{
	start(s, NULL, 0);
	run(r, s);
}

/* The same text to every request. */
static inline void serve_text(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in) && fake_say(c, ctx))
		;
	buf_release(&in);
}

#endif
