/* src/client/asking.h - one question to a service on an event loop: the protocol's request, one
 * HTTP exchange, the protocol's answer. Used by the blocking client and by the load threads.
 *
 * Reused from question to question: nothing is allocated once the buffers have grown.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_ASKING_H
#define CLIENT_ASKING_H

#include "client/hint.h"
#include "client/site.h"
#include "protocols/protocol.h"

struct asking {
	struct site_link *link;
	struct answer *answer;
	void *state;
	struct exchange x;		/* its moments and words are the caller's to read */
	struct request request;
	struct buf head;
	const struct sample *sample;
	const struct ask *ask;
	bool state_live;
	struct speaking *live;		/* NULL: an HTTP exchange */
	char hint[HINT_MAX];		/* what to write instead of the URL; "": no hint */
	enum outcome outcome;		/* valid in end() and after it */
	void (*end)(struct asking *a);	/* called once per asking_start(), from the loop */
	void *user;
};

int asking_init(struct asking *a, struct site_link *l, void (*end)(struct asking *), void *user,
		struct err *e);
void asking_release(struct asking *a);

/* Write the request. sample, ask and answer are borrowed until the end. -1 when the sample lacks
 * what the protocol needs. */
int asking_prepare(struct asking *a, const struct sample *sample, const struct ask *ask,
		   struct answer *answer, struct err *e);

/* Send it. timeout_ns: 0 for the service's. */
void asking_start(struct asking *a, uint64_t timeout_ns);

/* End it now as OUTCOME_ABORTED. */
void asking_abort(struct asking *a, const char *words);

/* What failed, for people: the service's words, else ours. Not terminated; may be empty. */
struct span asking_detail(const struct asking *a);

#endif
