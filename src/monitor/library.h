/* src/monitor/library.h - a vendor's library, opened when it is there.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_LIBRARY_H
#define MONITOR_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The file that $variable names, else the first of the names (ends with NULL) that can be
 * loaded. Unknown to the caller: which; NULL with an error when there is none. Never closed:
 * vendors' libraries leave threads and exit handlers behind. */
void *library_open(const char *variable, const char *const *names, const char *what,
		   struct err *e);

/* A function of the library into *(void **)to; false: it lacks it. */
bool library_find(void *library, const char *name, void *to);

#endif
