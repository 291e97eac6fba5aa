/* src/http/http1.c - see http1.h: states and body framing. The head is parsed in http1_head.c.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/http1.h"

#include "base/util.h"
#include "http/http1_head.h"

#define EXTENSION_MAX 4096

void http1_init(struct http1 *p)
{
	*p = (struct http1){0};
	buf_init(&p->text, HTTP1_HEAD_MAX);
}

void http1_release(struct http1 *p)
{
	buf_release(&p->text);
}

void http1_clear(struct http1 *p)
{
	struct buf text = p->text;
	buf_clear(&text);
	p->state = HTTP1_HEAD;
	p->no_body = p->keep_alive = p->begun = false;
	p->line_len = p->extension_len = 0;
	p->size_digits = 0;
	p->left = p->body_bytes = 0;
	p->held = NULL;
	p->held_len = 0;
	p->error = NULL;
	p->text = text;
}

static int fail(struct http1 *p, const char *words)
{
	p->error = words;
	p->state = HTTP1_FAILED;
	return -1;
}

/* Bytes of the body. The piece before goes out first: it was not the last one. */
static int body(struct http1 *p, const char *data, size_t len, const struct http1_events *ev,
		void *ctx)
{
	if (len == 0)
		return 0;
	p->body_bytes += len;
	if (p->held && ev->body(ctx, p->held, p->held_len, false) != 0)
		return -2;
	p->held = data;
	p->held_len = len;
	return 0;
}

static int body_flush(struct http1 *p, const struct http1_events *ev, void *ctx)
{
	const char *data = p->held;
	p->held = NULL;
	return data && ev->body(ctx, data, p->held_len, true) != 0 ? -2 : 0;
}

/* What comes after the head. */
static void begin_body(struct http1 *p)
{
	const struct http_head *h = &p->head;
	p->keep_alive = h->keep_alive;
	if (p->no_body || h->status == 204 || h->status == 304) {
		p->state = HTTP1_DONE;
	} else if (h->chunked) {
		p->state = HTTP1_CHUNK_SIZE;
		p->left = 0;
		p->size_digits = 0;
	} else if (h->content_length >= 0) {
		p->left = (uint64_t)h->content_length;
		p->state = p->left > 0 ? HTTP1_BODY_LENGTH : HTTP1_DONE;
	} else {
		p->state = HTTP1_BODY_CLOSE;
		p->keep_alive = false;
	}
}

/* Collect lines up to and with a blank one. Returns bytes taken or -1; *ret_whole: it came. */
static ssize_t collect(struct http1 *p, const char *data, size_t len, bool *ret_whole)
{
	size_t at = 0;
	while (at < len) {
		const char *lf = memchr(data + at, '\n', len - at);
		size_t n = lf ? (size_t)(lf - data) + 1 - at : len - at;
		if (buf_add(&p->text, data + at, n) != 0)
			return fail(p, p->text.len + n > p->text.max
					       ? "the head or trailer is larger than 64 KiB"
					       : "no memory for the head");
		p->line_len += n;
		at += n;
		if (!lf)
			continue;
		size_t end = p->text.len - 1;
		bool cr = p->line_len > 1 && p->text.data[end - 1] == '\r';
		bool blank = p->line_len == (cr ? 2u : 1u);
		p->line_len = 0;
		if (blank) {
			*ret_whole = true;
			return (ssize_t)at;
		}
	}
	return (ssize_t)at;
}

static ssize_t push_head(struct http1 *p, const char *data, size_t len,
			 const struct http1_events *ev, void *ctx)
{
	bool whole = false;
	ssize_t n = collect(p, data, len, &whole);
	if (n < 0)
		return n;
	if (p->text.len > 0 && !http1_head_may_be(p->text.data, p->text.len))
		return fail(p, "the reply does not begin with HTTP/1.0 or HTTP/1.1");
	if (!whole)
		return n;
	const char *words = http1_head_parse(p->text.data, p->text.len, &p->head);
	if (!words && p->head.status == 101)
		words = "the server changes the protocol, which was not asked for";
	if (words)
		return fail(p, words);
	bool interim = p->head.status < 200;
	if (!interim) {
		begin_body(p);
		if (ev->head(ctx, &p->head) != 0)
			return -2;
	}
	buf_clear(&p->text);
	return n;
}

static ssize_t push_trailer(struct http1 *p, const char *data, size_t len)
{
	bool whole = false;
	ssize_t n = collect(p, data, len, &whole);
	if (n >= 0 && whole)
		p->state = HTTP1_DONE;
	return n;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of the line with a chunk's size. */
static int chunk_size_byte(struct http1 *p, char c)
{
	int digit = hex_digit(c);
	if (p->state == HTTP1_CHUNK_SIZE && digit >= 0) {
		if (++p->size_digits > 15)
			return fail(p, "a chunk size is absurdly large");
		p->left = p->left << 4 | (uint64_t)digit;
		return 0;
	}
	if (p->state == HTTP1_CHUNK_SIZE && p->size_digits == 0)
		return fail(p, "a chunk size is not a hexadecimal number");
	if (c == '\r') {
		p->state = HTTP1_CHUNK_SIZE_LF;
		return 0;
	}
	if (c == '\n' || (p->state == HTTP1_CHUNK_SIZE && c != ';' && c != ' ' && c != '\t'))
		return fail(p, "a chunk size is followed by something that is no extension");
	p->state = HTTP1_CHUNK_EXTENSION;
	if (++p->extension_len > EXTENSION_MAX)
		return fail(p, "a chunk extension is too long");
	return 0;
}

static int chunk_framing_byte(struct http1 *p, char c)
{
	switch (p->state) {
	case HTTP1_CHUNK_SIZE_LF:
		if (c != '\n')
			return fail(p, "a chunk size line ends in CR without LF");
		p->state = p->left > 0 ? HTTP1_CHUNK_DATA : HTTP1_TRAILER;
		p->size_digits = 0;
		p->extension_len = 0;
		return 0;
	case HTTP1_CHUNK_CR:
		if (c != '\r')
			return fail(p, "a chunk is longer than its size says");
		p->state = HTTP1_CHUNK_LF;
		return 0;
	case HTTP1_CHUNK_LF:
		if (c != '\n')
			return fail(p, "a chunk ends in CR without LF");
		p->state = HTTP1_CHUNK_SIZE;
		p->left = 0;
		return 0;
	default:
		return chunk_size_byte(p, c);
	}
}

/* One step: whatever the state can take at once. Bytes taken, -1, or -2. */
static ssize_t step(struct http1 *p, const char *data, size_t len, const struct http1_events *ev,
		    void *ctx)
{
	size_t n;
	switch (p->state) {
	case HTTP1_HEAD:
		return push_head(p, data, len, ev, ctx);
	case HTTP1_TRAILER:
		return push_trailer(p, data, len);
	case HTTP1_BODY_CLOSE:
		return body(p, data, len, ev, ctx) != 0 ? -2 : (ssize_t)len;
	case HTTP1_BODY_LENGTH:
	case HTTP1_CHUNK_DATA:
		n = (size_t)MIN((uint64_t)len, p->left);
		if (body(p, data, n, ev, ctx) != 0)
			return -2;
		p->left -= n;
		if (p->left == 0)
			p->state = p->state == HTTP1_CHUNK_DATA ? HTTP1_CHUNK_CR : HTTP1_DONE;
		return (ssize_t)n;
	default:
		return chunk_framing_byte(p, *data) != 0 ? -1 : 1;
	}
}

ssize_t http1_push(struct http1 *p, const char *data, size_t len, const struct http1_events *ev,
		   void *ctx)
{
	size_t at = 0;
	p->begun = p->begun || len > 0;
	while (at < len && p->state != HTTP1_DONE) {
		ssize_t n = p->state == HTTP1_FAILED ? -1 : step(p, data + at, len - at, ev, ctx);
		if (n < 0) {
			/* what came before the fault was received all the same */
			if (n == -1 && body_flush(p, ev, ctx) != 0)
				n = -2;
			p->state = HTTP1_FAILED;
			p->held = NULL;
			return n;
		}
		at += (size_t)n;
	}
	if (body_flush(p, ev, ctx) != 0) {
		p->state = HTTP1_FAILED;
		return -2;
	}
	return (ssize_t)at;
}

bool http1_close(struct http1 *p)
{
	if (p->state == HTTP1_BODY_CLOSE)
		p->state = HTTP1_DONE;
	return p->state == HTTP1_DONE;
}
