/* src/client/get.c - GET of a page: health routes, metrics. See client.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "client/get.h"

#include "base/clock.h"
#include "base/stop.h"
#include "base/util.h"

#define STOP_CHECK (100 * NS_PER_MS)

struct getting {
	struct buf *body;
	struct get_reply *reply;
	enum outcome outcome;
	bool ended;
};

static enum outcome on_head(void *ctx, const struct http_head *head)
{
	struct getting *g = ctx;
	struct span server = http_header(head, "Server");
	char *to = g->reply->server;
	size_t len = server.data ? MIN(server.len, sizeof(g->reply->server) - 1) : 0;
	for (size_t i = 0; i < len; i++)
		to[i] = server.data[i] >= ' ' && server.data[i] <= '~' ? server.data[i] : '?';
	to[len] = '\0';
	return OUTCOME_OK;
}

static enum outcome on_body(void *ctx, const char *data, size_t len, const struct arrival *at)
{
	struct getting *g = ctx;
	(void)at;
	/* a page larger than the caller wants is cut: what fits is there */
	size_t room = g->body->max - g->body->len;
	if (buf_add(g->body, data, MIN(len, room)) != 0 || len > room)
		g->body->failed = true;
	return OUTCOME_OK;
}

static void on_end(void *ctx, enum outcome outcome)
{
	struct getting *g = ctx;
	g->outcome = outcome;
	g->ended = true;
}

int get_run(struct net *n, struct origin *o, const struct get_spec *spec, struct buf *body,
	    struct get_reply *ret, struct err *e)
{
	static const struct exchange_events events = {on_head, on_body, on_end};
	struct getting g = {.body = body, .reply = ret};
	struct exchange x;
	CLEANUP(buf_release) struct buf head = BUF_INIT(65536);
	(void)buf_fmt(&head, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: assay/" ASSAY_VERSION
		      "\r\nAccept: */*\r\nAccept-Encoding: identity\r\n%s\r\n", spec->path,
		      origin_endpoint(o)->url.authority, spec->headers ? spec->headers : "");
	if (head.failed)
		return err_set(e, ERR_USAGE, "the headers of a request are larger than 64 KiB");
	buf_clear(body);
	ret->server[0] = '\0';
	exchange_init(&x);
	x.origin = o;
	x.events = &events;
	x.ctx = &g;
	x.timeout_ns = spec->timeout_ns;
	x.retry_stale = true;
	(void)exchange_add(&x, head.data, head.len);
	exchange_start(&x);
	int r = 0;
	while (!g.ended && r == 0) {
		r = loop_step(net_loop(n), clock_now() + STOP_CHECK, e);
		if (r != 0 || stop_requested())
			exchange_abort(&x, OUTCOME_ABORTED, "the run was ended");
	}
	ret->outcome = g.outcome;
	ret->status = x.status;
	ret->latency_ns = x.end - x.started;
	(void)snprintf(ret->words, sizeof(ret->words), "%s", x.words);
	exchange_release(&x);
	return r;
}

int client_get_url(const char *url, uint64_t timeout_ns, struct buf *body, struct get_reply *ret,
		   struct err *e)
{
	struct url parsed;
	SSL_CTX *tls = NULL;
	struct net *net = NULL;
	struct origin *origin = NULL;
	struct endpoint ep;
	int r = -1;
	if (url_parse(url, &parsed, e) != 0)
		return -1;
	if (parsed.tls && tls_new(&(struct tls_spec){.verify = true}, &tls, e) != 0)
		return -1;
	if (endpoint_init(&ep, &parsed, tls, e) != 0 || net_new(&net, e) != 0)
		goto out;
	origin = origin_new(net, &ep);
	if (!origin) {
		(void)err_set(e, ERR_SYSTEM, "no memory for a connection to '%s'", url);
		goto out;
	}
	struct get_spec spec = {.path = parsed.path, .timeout_ns = timeout_ns};
	r = get_run(net, origin, &spec, body, ret, e);
out:
	origin_free(origin);
	net_free(net);
	tls_free(tls);
	return r;
}
