/* src/http/origin.c - see origin.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/origin.h"

#include <assert.h>

#include "base/util.h"

struct origin {
	struct net *net;
	const struct endpoint *endpoint;
	struct held *idle, *spare;
	unsigned in_use;
};

struct origin *origin_new(struct net *n, const struct endpoint *ep)
{
	struct origin *o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->net = n;
	o->endpoint = ep;
	return o;
}

struct origin *origin_free(struct origin *o)
{
	if (!o)
		return NULL;
	assert(o->in_use == 0);
	origin_drop_idle(o);
	while (o->spare) {
		struct held *next = o->spare->next;
		free(o->spare);
		o->spare = next;
	}
	free(o);
	return NULL;
}

const struct endpoint *origin_endpoint(const struct origin *o)
{
	return o->endpoint;
}

unsigned origin_in_use(const struct origin *o)
{
	return o->in_use;
}

void origin_count(struct origin *o, bool begins)
{
	assert(begins || o->in_use > 0);
	o->in_use += begins ? 1 : -1u;
}

struct net *origin_net(struct origin *o)
{
	return o->net;
}

static void drop_idle(struct held *h)
{
	struct origin *o = h->origin;
	struct held **at = &o->idle;
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	h->next = o->spare;
	o->spare = h;
}

void origin_drop_idle(struct origin *o)
{
	while (o->idle) {
		conn_close(o->idle->conn);
		drop_idle(o->idle);
	}
}

/* Nothing is asked on an idle connection, so bytes on it belong to nothing: not to be trusted. */
static void idle_data(void *ctx, const char *data, size_t len, const struct arrival *at)
{
	struct held *h = ctx;
	(void)data;
	(void)len;
	(void)at;
	conn_close(h->conn);
	drop_idle(h);
}

static void idle_closed(void *ctx, enum outcome why, const char *words, uint64_t ns)
{
	(void)why;
	(void)words;
	(void)ns;
	drop_idle(ctx);
}

static void idle_nothing(void *ctx)
{
	(void)ctx;
}

static void idle_acked(void *ctx, uint64_t ns)
{
	(void)ctx;
	(void)ns;
}

static const struct conn_events idle_events = {
	.open = idle_nothing,
	.data = idle_data,
	.writable = idle_nothing,
	.acked = idle_acked,
	.closed = idle_closed,
};

struct held *origin_take(struct origin *o)
{
	struct held *h = o->idle;
	if (h) {
		o->idle = h->next;
		o->in_use++;
	}
	return h;
}

struct held *origin_open(struct origin *o, const struct conn_events *events, void *ctx)
{
	struct held *h = o->spare ? o->spare : malloc(sizeof(*h));
	if (!h)
		return NULL;
	if (h == o->spare)
		o->spare = h->next;
	*h = (struct held){.origin = o};
	h->conn = conn_open(o->net, o->endpoint, events, ctx);
	if (!h->conn) {
		h->next = o->spare;
		o->spare = h;
		return NULL;
	}
	o->in_use++;
	return h;
}

void origin_keep(struct held *h)
{
	struct origin *o = h->origin;
	conn_set_user(h->conn, &idle_events, h);
	h->next = o->idle;
	o->idle = h;
	o->in_use--;
}

void origin_lost(struct held *h)
{
	struct origin *o = h->origin;
	h->next = o->spare;
	o->spare = h;
	o->in_use--;
}

void origin_close(struct held *h)
{
	conn_close(h->conn);
	origin_lost(h);
}
