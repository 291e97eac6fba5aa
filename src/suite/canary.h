/* src/suite/canary.h - good requests with known answers, sent beside every fault.
 *
 * What the answer must be is learned once, when the service is at rest, and must itself be right
 * where assay knows the words. From then on every canary must give the same.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_CANARY_H
#define SUITE_CANARY_H

#include "client/client.h"
#include "suite/suite.h"

struct canary;

/* Learn the answer. -1 when the service gives none, or not the same twice. */
int canary_new(const struct service *s, const struct suite_env *env, struct canary **ret,
	       struct err *e);
struct canary *canary_free(struct canary *c);

/* The input that it sends. */
const struct sample *canary_sample(const struct canary *c);

/* What one canary request told. */
struct canary_report {
	uint64_t sent, wrong, failed;
	enum outcome outcome;	/* of the first that failed */
	char detail[200];	/* of the first that was wrong or failed */
	uint64_t slowest_ns;
};

/* Ask once, now. True: answered rightly. */
bool canary_ask(struct canary *c, struct canary_report *r);

/* Ask again and again on a thread of its own, until canary_stop(); reports what was seen. */
int canary_start(struct canary *c, struct err *e);
void canary_stop(struct canary *c, struct canary_report *ret);

#endif
