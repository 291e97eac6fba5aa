/* src/base/arena.h - memory that is given back all at once.
 *
 * For what lives as long as a run, a plan or a result. Memory from an arena is never freed one
 * by one. Exhausted memory ends the program with a message: an arena must not hold anything
 * whose size a peer chooses (use struct buf with a maximum for that).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
struct arena *arena_free(struct arena *a);	/* NULL is fine; returns NULL */
void arena_freep(struct arena **a);		/* for CLEANUP() */

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_str(struct arena *a, const char *text);	/* NULL gives NULL */
char *arena_strn(struct arena *a, const char *text, size_t len);
void *arena_copy(struct arena *a, const void *data, size_t len);
char *arena_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* Append to a growing array `type *items; size_t n` that lives in the arena; gives a pointer
 * to the new zeroed element. Room doubles, the old copies stay until the arena goes. */
#define ARENA_ADD(a, items, n) \
	((items) = arena_grow((a), (items), (n), sizeof(*(items))), &(items)[(n)++])
void *arena_grow(struct arena *a, void *items, size_t n, size_t size);

#endif
