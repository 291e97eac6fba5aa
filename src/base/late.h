/* src/base/late.h - libraries that are bound when they are first needed.
 *
 * A library that few commands use, and that brings many others, would cost every command the time
 * to load them: libmicrohttpd and libsndfile with their twenty were 8 of the 23 ms of
 * `assay --help`. Its functions stand in a table instead, filled on first use.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LATE_H
#define BASE_LATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct late_library {
	const char *file;		/* its soname, as the program's linker would record it */
	const char *package;		/* who installs it, for the error's text */
	const char *const *functions;	/* names, in the order of the table; the last is NULL */
	void *table;			/* a struct of function pointers and nothing else */
	atomic_bool bound;
};

/* Fill the table; the library then stays. Any number of threads may call it, any number of times.
 * Errors: ERR_UNSUPPORTED when the library or a function of it is not there (the text names the
 * package). */
int late_bind(struct late_library *l, struct err *e);

#endif
