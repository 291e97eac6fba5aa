/* src/suite/fault_run.h - running a fault case: the oracle R1 … R7 around what the case does.
 *
 * R1 status class, R2 shape of the error, R3 deadline: on each reply (fault.h). R4 canaries beside
 * and after it. R5 health against a canary as deep probe. R6 memory, open files, threads,
 * CLOSE_WAIT and running requests come back to what they were; the peak of memory stays within a
 * budget. R7 the log does not swallow the input.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_FAULT_RUN_H
#define SUITE_FAULT_RUN_H

#include "suite/fault.h"
#include "suite/watch.h"

struct bench {
	const struct suite_env *env;
	const struct service *service;
	int64_t seed;
	uint64_t recover_ns;	/* so long a fallen service is waited for */
	struct canary *canary;
	struct watch *watch;
	struct deployed *deployed;	/* NULL: assay did not start it */
	struct usage base;	/* at rest, before the next case */
	double log_each;	/* B that it logs about a good request */
	uint64_t asked;		/* good requests when its log was judged last */
	double noise;		/* of its memory at rest, B: what good requests move it by */
	uint64_t before_ns, after_ns;	/* what the good request before and after a case took */
	const char *health;	/* its route; NULL: it has none */
	bool gone;		/* it did not come back: nothing more can be asked */
	char why_gone[300];
};

/* Learn the canary and what the service holds at rest. -1: it does not answer. */
int bench_open(struct bench *b, struct err *e);
void bench_close(struct bench *b);

/* Cheap cases of which so many may be sent in a row between the same canaries. */
#define BENCH_GROUP 6
bool bench_is_cheap(const struct fault_case *c);

/* Run some cheap cases: each reply is judged, canaries and resources are looked at once for all.
 * When something is wrong there, every case is run again alone, so that it is found which. */
int bench_run_some(struct bench *b, const struct fault_case *const *cases, size_t n,
		   struct fault *f, struct err *e);

/* Send a case once, with canaries, and judge R1 to R5. -1: our failure. */
int bench_send(struct bench *b, struct fault *f, struct err *e);

/* Run the case and judge it. What is late, or grew, must be so again when it is sent again. f is
 * filled, its scratch is the caller's to free. -1: our failure. */
int bench_run(struct bench *b, const struct fault_case *c, struct fault *f, struct err *e);

#endif
