/* src/base/arena.c - see arena.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>

#include "base/util.h"

#ifdef __has_feature
#define UNDER_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#else
#define UNDER_ASAN 0
#endif

/* Under AddressSanitizer all but the pieces that were asked for is poisoned, with a gap behind
 * each, so that it sees a step past a piece as it would past a malloc(). */
#if UNDER_ASAN
#include <sanitizer/asan_interface.h>
#define GAP ((size_t)16)
#else
#define ASAN_POISON_MEMORY_REGION(p, len) ((void)(p), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(p, len) ((void)(p), (void)(len))
#define GAP ((size_t)0)
#endif

#define BLOCK_BYTES ((size_t)16384)

struct block {
	struct block *next;
	size_t used;
	size_t room;
	alignas(max_align_t) char data[];
};

struct arena {
	struct block *blocks;
};

static void *or_die(void *p)
{
	if (p)
		return p;
	(void)fputs("assay: out of memory\n", stderr);
	abort();
}

struct arena *arena_new(void)
{
	return or_die(calloc(1, sizeof(struct arena)));
}

struct arena *arena_free(struct arena *a)
{
	if (!a)
		return NULL;
	for (struct block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
	return NULL;
}

void arena_freep(struct arena **a)
{
	*a = arena_free(*a);
}

static struct block *add_block(struct arena *a, size_t size)
{
	size_t room = MAX(size, BLOCK_BYTES);
	struct block *b = or_die(calloc(1, sizeof(*b) + room));
	b->room = room;
	ASAN_POISON_MEMORY_REGION(b->data, room);
	if (a->blocks && size > BLOCK_BYTES / 4) {
		b->next = a->blocks->next;	/* keep filling the current block */
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t align = alignof(max_align_t);
	if (size > SIZE_MAX / 2)
		or_die(NULL);
	size_t asked = size;
	size = (MAX(size, (size_t)1) + GAP + align - 1) / align * align;
	struct block *b = a->blocks;
	if (!b || b->room - b->used < size)
		b = add_block(a, size);
	void *p = b->data + b->used;
	b->used += size;
	ASAN_UNPOISON_MEMORY_REGION(p, asked);
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / 2 / size)
		or_die(NULL);
	return arena_alloc(a, count * size);
}

void *arena_copy(struct arena *a, const void *data, size_t len)
{
	void *p = arena_alloc(a, len);
	if (len > 0)
		memcpy(p, data, len);
	return p;
}

char *arena_strn(struct arena *a, const char *text, size_t len)
{
	char *s = arena_alloc(a, len + 1);
	if (len > 0)
		memcpy(s, text, len);
	return s;
}

char *arena_str(struct arena *a, const char *text)
{
	return text ? arena_strn(a, text, strlen(text)) : NULL;
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
	assert(fmt);	/* gcc follows a NULL through once sanitizers look for it */
	va_list ap;
	va_start(ap, fmt);
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *s = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n > 0)
		(void)vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

void *arena_grow(struct arena *a, void *items, size_t n, size_t size)
{
	/* Room is always a power of two from 8 on: n alone tells when it is full. */
	if (n != 0 && (n < 8 || (n & (n - 1)) != 0))
		return items;
	size_t room = n == 0 ? 8 : n * 2;
	void *grown = arena_array(a, room, size);
	if (n > 0)
		memcpy(grown, items, n * size);
	return grown;
}
