/* tests/unit/http/guard.h - input that ends where memory ends, so that reading on crashes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_GUARD_H
#define TEST_GUARD_H

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
	char *base;
	size_t size;	/* usable bytes before the forbidden page */
};

static inline struct guard guard_new(size_t at_least)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (at_least + page - 1) / page * page;
	char *base = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	assert(base != MAP_FAILED);
	assert(mprotect(base + size, page, PROT_NONE) == 0);
	return (struct guard){base, size};
}

/* A copy of data whose last byte is the last one that may be read. */
static inline const char *guard_put(const struct guard *g, const void *data, size_t len)
{
	assert(len <= g->size);
	char *at = g->base + g->size - len;
	if (len > 0)
		memcpy(at, data, len);
	return at;
}

static inline void guard_free(struct guard *g)
{
	(void)munmap(g->base, g->size + (size_t)sysconf(_SC_PAGESIZE));
}

#endif
