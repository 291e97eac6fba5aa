/* src/suite/fault_usage.h - R6 and R7: what a service holds after a case, and what it logged.
 *
 * Memory and pools may grow once, and an allocator's arenas some times; what grows each time the
 * case is sent leaks.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_FAULT_USAGE_H
#define SUITE_FAULT_USAGE_H

#include "suite/fault_run.h"

/* Wait until everything that can be counted is back; what is then. */
void usage_settle(struct bench *b, struct usage *ret);

/* What grew so much that it is worth a look, in words; false: nothing. */
bool usage_grew(const struct bench *b, const struct usage *from, const struct usage *to,
		char *what, size_t size);

void usage_judge_peak(struct bench *b, struct fault *f, const struct usage *after);
void usage_judge_log(struct bench *b, struct fault *f, const struct usage *after);

/* All of it, after the case was sent; it is sent again when something grew. -1: our failure. */
int usage_judge(struct bench *b, struct fault *f, struct err *e);

/* The noise of a service's memory at rest, from good requests. */
void usage_learn(struct bench *b);

#endif
