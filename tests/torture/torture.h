/* tests/torture/torture.h - pieces of work during which memory and system calls fail.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TORTURE_H
#define TESTS_TORTURE_H

#include "base/err.h"

/* A piece of work. 0: done, and the outcome was right (a wrong one is said with TORTURE_WRONG);
 * -1: failed, with a text in e. It holds nothing afterwards, however it ended. */
struct torture {
	const char *name;
	int (*work)(struct err *e);
};

/* A nameless one ends each. */
extern const struct torture tortures[];
extern const struct torture tortures_of_readers[];

/* Status of a work that said it had succeeded, and had not. */
#define TORTURE_WRONG 2

#endif
