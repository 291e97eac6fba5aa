/* src/base/util.h - the few macros that every file may use.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stddef.h>

#include "base/banned.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Run f(&variable) when the variable leaves its scope: `CLEANUP(free_ptr) char *s = NULL;` */
#define CLEANUP(f) __attribute__((cleanup(f)))

/* For locals: release what they hold. All take NULL or -1. errno survives them. */
void free_ptr(void *pointer_to_pointer);
void close_fd(int *fd);

/* Offset of a field that must have exactly this type, checked by the compiler. */
#define FIELD_OFFSET(record, field, type) \
	(offsetof(record, field) + \
	 0 * sizeof((type *)0 == (__typeof__(&((record *)0)->field))0))

#endif
