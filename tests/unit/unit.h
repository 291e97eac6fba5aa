/* tests/unit/unit.h - what every unit test includes: cmocka and its needs.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"

/* The path of a file of the source tree, in a static buffer. */
static inline const char *source_file(const char *name)
{
	static char path[4096];
	const char *root = getenv("SOURCE_ROOT");
	(void)snprintf(path, sizeof(path), "%s/%s", root ? root : ".", name);
	return path;
}

#endif
