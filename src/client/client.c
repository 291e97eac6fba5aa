/* src/client/client.c - see client.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "client/client.h"

#include <assert.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/util.h"
#include "client/asking.h"
#include "client/get.h"

#define STOP_CHECK (100 * NS_PER_MS)

struct client {
	struct site site;
	struct site_link link;
	struct net *net;
};

int client_new(const struct service *s, struct client **ret_client, struct err *e)
{
	struct client *c = calloc(1, sizeof(*c));
	if (!c)
		return err_sys(e, "cannot set up a client");
	if (site_init(&c->site, s, e) != 0 || net_new(&c->net, e) != 0 ||
	    site_link_init(&c->link, &c->site, c->net, e) != 0) {
		client_free(c);
		return -1;
	}
	*ret_client = c;
	return 0;
}

struct client *client_free(struct client *c)
{
	if (!c)
		return NULL;
	site_link_release(&c->link);
	net_free(c->net);
	site_release(&c->site);
	free(c);
	return NULL;
}

void call_init(struct call *c, const struct sample *sample)
{
	*c = (struct call){.sample = sample};
	ask_defaults(&c->ask);
	c->ask.keep = true;
	answer_init(&c->answer);
}

void call_release(struct call *c)
{
	answer_release(&c->answer);
}

/* Calls that are worked off at the same time. */
struct batch {
	struct net *net;
	struct call *const *calls;
	struct site_link **links;	/* of each call */
	size_t n, started, done;
	struct err *e;
	bool failed;			/* our own doing: *e says why */
};

/* A place in the batch: asks one call after the other. */
struct seat {
	struct asking asking;
	struct batch *batch;
	struct call *call;
	bool live;
};

static void note_end(struct call *c, const struct asking *a)
{
	const struct exchange *x = &a->x;
	c->outcome = a->outcome;
	c->status = x->status;
	c->start = x->started;
	c->sent_first = x->sent_first;
	c->upload_done = x->upload_done;
	c->first_byte = x->first_byte;
	c->end = x->end;
	memcpy(c->peer, x->peer, sizeof(c->peer));
	if (a->outcome != OUTCOME_OK && c->answer.error.len == 0)
		answer_note_error(&c->answer, x->words, strlen(x->words));
}

static void on_end(struct asking *a)
{
	struct seat *s = a->user;
	note_end(s->call, a);
	s->batch->done++;
	s->call = NULL;
}

/* Give the seat its next call. */
static void sit_down(struct seat *s)
{
	struct batch *b = s->batch;
	if (b->started == b->n || b->failed)
		return;
	struct call *c = b->calls[b->started];
	struct site_link *link = b->links[b->started];
	b->started++;
	c->outcome = OUTCOME_ABORTED;	/* until it has an end of its own */
	if (s->live && s->asking.link != link) {
		asking_release(&s->asking);
		s->live = false;
	}
	if (!s->live && asking_init(&s->asking, link, on_end, s, b->e) != 0) {
		b->failed = true;
		return;
	}
	s->live = true;
	if (asking_prepare(&s->asking, c->sample, &c->ask, &c->answer, b->e) != 0) {
		b->failed = true;
		return;
	}
	s->call = c;
	asking_start(&s->asking, c->timeout_ns);
}

static void abort_all(struct batch *b, struct seat *seats, size_t n_seats, const char *words)
{
	for (size_t i = 0; i < n_seats; i++)
		if (seats[i].call)
			asking_abort(&seats[i].asking, words);
	for (; b->started < b->n; b->started++, b->done++) {
		struct call *c = b->calls[b->started];
		c->outcome = OUTCOME_ABORTED;
		answer_note_error(&c->answer, words, strlen(words));
	}
}

static int run_batch(struct batch *b, struct seat *seats, size_t n_seats)
{
	for (size_t i = 0; i < n_seats; i++)
		seats[i].batch = b;
	while (b->done < b->n && !b->failed) {
		for (size_t i = 0; i < n_seats && b->started < b->n && !b->failed; i++)
			if (!seats[i].call)
				sit_down(&seats[i]);
		if (stop_requested())
			abort_all(b, seats, n_seats, "the run was ended");
		else if (!b->failed && b->done < b->n &&
			 loop_step(net_loop(b->net), clock_now() + STOP_CHECK, b->e) != 0)
			b->failed = true;
	}
	if (b->failed)
		abort_all(b, seats, n_seats, "assay could not go on");
	for (size_t i = 0; i < n_seats; i++)
		if (seats[i].live)
			asking_release(&seats[i].asking);
	return b->failed ? -1 : 0;
}

static int call_all(struct net *net, struct site_link **links, struct call *const *calls, size_t n,
		    size_t parallel, struct err *e)
{
	struct batch b = {.net = net, .calls = calls, .links = links, .n = n, .e = e};
	size_t n_seats = parallel == 0 ? n : MIN(parallel, n);
	if (site_allow_files(n_seats, e) != 0)
		return -1;
	CLEANUP(free_ptr) struct seat *seats = calloc(n_seats, sizeof(*seats));
	if (!seats)
		return err_sys(e, "cannot hold %zu requests", n_seats);
	return run_batch(&b, seats, n_seats);
}

int client_call(struct client *c, struct call *call, struct err *e)
{
	struct site_link *link = &c->link;
	return call_all(c->net, &link, &call, 1, 1, e);
}

/* Several services on one loop: links of their own, made for the occasion. */
static int call_mixed(struct client *const *clients, struct call *const *calls, size_t n,
		      size_t parallel, struct err *e)
{
	struct net *net = NULL;
	size_t made = 0;
	int r = -1;
	CLEANUP(free_ptr) struct site_link *own = calloc(n, sizeof(*own));
	CLEANUP(free_ptr) struct site_link **links = calloc(n, sizeof(struct site_link *));
	if (!own || !links)
		return err_sys(e, "cannot hold %zu requests", n);
	if (net_new(&net, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < made && !links[i]; k++)
			if (own[k].site == &clients[i]->site)
				links[i] = &own[k];
		if (links[i])
			continue;
		if (site_link_init(&own[made], &clients[i]->site, net, e) != 0)
			goto out;
		links[i] = &own[made++];
	}
	r = call_all(net, links, calls, n, parallel, e);
out:
	while (made > 0)
		site_link_release(&own[--made]);
	net_free(net);
	return r;
}

int client_call_all(struct client *const *clients, struct call *const *calls, size_t n,
		    size_t parallel, struct err *e)
{
	bool mixed = false;
	if (n == 0)
		return 0;
	for (size_t i = 1; i < n; i++)
		mixed = mixed || clients[i] != clients[0];
	if (mixed)
		return call_mixed(clients, calls, n, parallel, e);
	CLEANUP(free_ptr) struct site_link **links = calloc(n, sizeof(struct site_link *));
	if (!links)
		return err_sys(e, "cannot hold %zu requests", n);
	for (size_t i = 0; i < n; i++)
		links[i] = &clients[0]->link;
	return call_all(clients[0]->net, links, calls, n, parallel, e);
}

int client_get(struct client *c, const char *path, uint64_t timeout_ns, struct buf *body,
	       struct get_reply *ret, struct err *e)
{
	struct get_spec spec = {
		.path = path,
		.headers = c->site.service->header_lines,
		.timeout_ns = timeout_ns ? timeout_ns : c->site.service->timeout_ns,
	};
	return get_run(c->net, c->link.origins[0], &spec, body, ret, e);
}
