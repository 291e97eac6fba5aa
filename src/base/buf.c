/* src/base/buf.c - see buf.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>

#include "base/util.h"

void buf_init(struct buf *b, size_t max)
{
	*b = BUF_INIT(max);
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = BUF_INIT(b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

void *buf_reserve(struct buf *b, size_t len)
{
	if (len > b->max || b->len > b->max - len) {
		b->failed = true;
		return NULL;
	}
	size_t need = b->len + len + 1;
	if (need > b->room) {
		size_t room = MAX(b->room * 2, (size_t)64);
		room = MIN(MAX(room, need), b->max + 1);
		char *data = realloc(b->data, room);
		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->room = room;
		b->data[b->len] = '\0';
	}
	return b->data + b->len;
}

void buf_grew(struct buf *b, size_t len)
{
	assert(len == 0 || b->len + len < b->room);
	b->len += len;
	if (b->data)
		b->data[b->len] = '\0';
}

int buf_add(struct buf *b, const void *data, size_t len)
{
	void *to = buf_reserve(b, len);
	if (!to)
		return -1;
	if (len > 0)
		memcpy(to, data, len);
	buf_grew(b, len);
	return 0;
}

int buf_str(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

int buf_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *to = n < 0 ? NULL : buf_reserve(b, (size_t)n);
	if (to) {
		(void)vsnprintf(to, (size_t)n + 1, fmt, again);
		buf_grew(b, (size_t)n);
	} else {
		b->failed = true;
	}
	va_end(again);
	return to ? 0 : -1;
}

void buf_consume(struct buf *b, size_t len)
{
	assert(len <= b->len);
	if (len == 0)
		return;
	memmove(b->data, b->data + len, b->len - len + 1);
	b->len -= len;
}

char *buf_take(struct buf *b)
{
	char *data = b->data ? b->data : calloc(1, 1);
	*b = BUF_INIT(b->max);
	return data;
}
