/* src/base/buf.h - a growing byte buffer with a hard maximum.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/* data is NULL while nothing was added. Once anything was added, data[len] is '\0'. */
struct buf {
	char *data;
	size_t len;
	size_t room;
	size_t max;	/* bytes that it may hold; adding more fails */
	bool failed;	/* an add failed since buf_clear(): content is incomplete */
};

#define BUF_INIT(max_bytes) ((struct buf){.max = (max_bytes)})
#define BUF_UNLIMITED ((size_t)1 << 40)

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);	/* usable with CLEANUP() */
void buf_clear(struct buf *b);		/* keeps the memory */

/* Add bytes. -1 when the maximum or the memory is exhausted; then nothing of this call was
 * added and b->failed stays set, so a series of adds may be checked once at its end. */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_str(struct buf *b, const char *text);
int buf_char(struct buf *b, char c);
int buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for len more bytes at the end: a pointer to them, or NULL. buf_grew() then says how
 * many were really written. */
void *buf_reserve(struct buf *b, size_t len);
void buf_grew(struct buf *b, size_t len);

/* Drop the first len bytes. */
void buf_consume(struct buf *b, size_t len);

/* Hand over the memory (caller frees; never NULL unless memory is exhausted); b is empty. */
char *buf_take(struct buf *b);

#endif
