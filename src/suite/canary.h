/* src/suite/canary.h - good requests with known answers, sent beside every fault.
 *
 * What the answer must be is learned when the service is at rest: once alone, then some at once. A
 * service that gave the same each time must give exactly that from then on (text, or every sample
 * of the sound). One that did not (batching changes its arithmetic) must stay as near to what was
 * learned as that was to itself.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_CANARY_H
#define SUITE_CANARY_H

#include "client/client.h"
#include "suite/suite.h"

/* What a service answers to one input when it is at rest. */
struct known_answer {
	const char *text;	/* NULL: it is sound */
	float *sound;		/* loudness of each 20 ms, in the arena */
	size_t n_sound;
	double seconds;
	char sha256[HASH_HEX];	/* of the sound's samples */
};

/* The content of an answer, into the arena. */
void known_answer_of(const struct answer *a, bool is_sound, struct arena *to,
		     struct known_answer *ret);

/* 1: the same; 0: nothing in common. */
double known_answer_likeness(const struct known_answer *a, const struct known_answer *b);

struct canary;

/* Learn the answer. -1 when the service gives none. */
int canary_new(const struct service *s, const struct suite_env *env, struct canary **ret,
	       struct err *e);
struct canary *canary_free(struct canary *c);

/* The input that it sends, and what is answered to it at rest. */
const struct sample *canary_sample(const struct canary *c);
const struct known_answer *canary_answer(const struct canary *c);
/* Likeness to the known answer that is to be had of this service; 1: it is always the same. */
double canary_least_likeness(const struct canary *c);
uint64_t canary_rest_ns(const struct canary *c);	/* the slowest at rest, alone */

/* What canary requests told. */
struct canary_report {
	uint64_t sent, wrong, failed;
	enum outcome outcome;	/* of the first that failed */
	char detail[300];	/* of the first that was wrong or failed */
	uint64_t slowest_ns;
};

/* How many requests it has sent since it was made. */
uint64_t canary_asked(const struct canary *c);

/* Ask once, now, on a connection of its own. True: answered rightly. */
bool canary_ask(struct canary *c, struct canary_report *r);

/* patience_ns: what the fault may take of the service, and so good requests too.
 * Ask again and again on a thread of its own, until canary_stop(); reports what was seen. Returns
 * when the first request is under way. */
int canary_start(struct canary *c, uint64_t patience_ns, struct err *e);
void canary_stop(struct canary *c, struct canary_report *ret);

#endif
