/* src/client/client.h - requests from start to end, one or many at a time, for those who want
 * the answer: readiness, canaries, functional and fault cases, comparison, soak's canary.
 *
 * Blocking; runs its own event loop over the same connections and parsers as the load engine.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdint.h>

#include "base/err.h"
#include "base/outcome.h"
#include "media/sample.h"
#include "protocols/answer.h"
#include "protocols/ask.h"
#include "protocols/service.h"

struct client;

/* One per service; keeps connections alive. The service must outlive it. */
int client_new(const struct service *s, struct client **ret_client, struct err *e);
struct client *client_free(struct client *c);

/* One question and what became of it. */
struct call {
	const struct sample *sample;
	struct ask ask;
	uint64_t timeout_ns;		/* 0: the service's */
	/* filled; of a failure answer.error says more (the service's words or ours) */
	enum outcome outcome;
	int status;			/* HTTP; 0: none came */
	struct answer answer;		/* call_init() … call_release() */
	/* ns; 0: did not happen */
	uint64_t start, sent_first, upload_done, first_byte, end;
	char peer[64];			/* "127.0.0.1:8001" that answered */
};

void call_init(struct call *c, const struct sample *sample);	/* ask: defaults, keep */
void call_release(struct call *c);

/* Ask and wait for the end. 0 whatever became of it (see call->outcome); -1: our own failure. */
int client_call(struct client *c, struct call *call, struct err *e);

/* All of them at once, at most `parallel` in flight (0: all). calls may use different clients'
 * services: clients[i] goes with calls[i]. */
int client_call_all(struct client *const *clients, struct call *const *calls, size_t n,
		    size_t parallel, struct err *e);

/* GET a path of the service's first host ("/health", "/metrics"), with its headers. timeout_ns: 0
 * for the service's. A page larger than body->max is cut there and body->failed is set. */
struct get_reply {
	enum outcome outcome;
	int status;
	uint64_t latency_ns;
	char server[96];	/* the Server header, printable; "": it had none */
	char words[192];	/* why it failed, or "" */
};
int client_get(struct client *c, const char *path, uint64_t timeout_ns, struct buf *body,
	       struct get_reply *ret, struct err *e);

/* GET any http(s) URL (Prometheus pages). */
int client_get_url(const char *url, uint64_t timeout_ns, struct buf *body, struct get_reply *ret,
		   struct err *e);

#endif
