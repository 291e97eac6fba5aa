/* tests/torture/inject.h - the n-th call of malloc() or of a system call fails, once.
 *
 * inject.c takes the place of these functions for the whole program, libraries included.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_INJECT_H
#define TESTS_INJECT_H

#include <stdbool.h>

enum inject_kind {
	INJECT_MEMORY,	/* malloc, calloc, realloc, posix_memalign: ENOMEM */
	INJECT_CALLS,	/* open, read, write, pread, recv, send, socket: EMFILE, EIO, ENOSPC … */
	/* These two are no failures: who calls must go on as if nothing had been. */
	INJECT_INTERRUPTS,	/* open, read, write, pread, recv, send: EINTR */
	INJECT_SHORT,		/* read, write, pread, recv, send: one byte of what was asked for */
	INJECT_KINDS,
};

/* From now on: the nth call (from 1; 0: none) of this kind fails. Restarts the count. */
void inject_arm(enum inject_kind kind, long nth);
long inject_count(void);	/* calls of that kind since inject_arm() */
bool inject_hit(void);		/* did one fail? */
void inject_disarm(void);

/* Pieces of memory that were asked for and not given back, in the whole program. */
long inject_held(void);

#endif
