/* tests/patience.h - how long a test waits for what must come, and by when it must have come.
 *
 * Such limits are generous on a machine that runs programs itself. $TEST_PATIENCE stretches them
 * where one is emulated (tools/cross/test); what must last at least so long is never stretched.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PATIENCE_H
#define TESTS_PATIENCE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline unsigned patience_factor(void)
{
	const char *text = getenv("TEST_PATIENCE");
	unsigned long n = text ? strtoul(text, NULL, 10) : 1;
	return n >= 1 && n <= 1000 ? (unsigned)n : 1;
}

static inline uint64_t patience(uint64_t ns)
{
	return ns * patience_factor();
}

struct patience_text {
	char text[24];
};

/* For a command line. */
static inline struct patience_text patience_us(unsigned us)
{
	struct patience_text ret;
	(void)snprintf(ret.text, sizeof(ret.text), "%uus", us * patience_factor());
	return ret;
}

static inline struct patience_text patience_ms(unsigned ms)
{
	struct patience_text ret;
	(void)snprintf(ret.text, sizeof(ret.text), "%ums", ms * patience_factor());
	return ret;
}

#endif
