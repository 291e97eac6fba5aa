/* src/http/sse.c - see sse.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/sse.h"

#include "base/util.h"

void sse_init(struct sse *s, size_t event_max)
{
	*s = (struct sse){0};
	buf_init(&s->line, event_max);
	buf_init(&s->data, event_max);
	buf_init(&s->name, 4096);
}

void sse_release(struct sse *s)
{
	buf_release(&s->line);
	buf_release(&s->data);
	buf_release(&s->name);
}

void sse_clear(struct sse *s)
{
	buf_clear(&s->line);
	buf_clear(&s->data);
	buf_clear(&s->name);
	s->bom = 0;
	s->has_data = s->after_cr = s->started = false;
}

bool sse_unfinished(const struct sse *s)
{
	return s->has_data || s->line.len > 0;
}

/* One line without its end; a blank line has been dealt with by the caller. */
static int take_line(struct sse *s, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len = colon ? (size_t)(colon - line) : len;
	const char *value = colon ? colon + 1 : line + len;
	size_t value_len = (size_t)(line + len - value);

	if (value_len > 0 && value[0] == ' ') {
		value++;
		value_len--;
	}
	if (name_len == 4 && memcmp(line, "data", 4) == 0) {
		if (s->has_data && buf_char(&s->data, '\n') != 0)
			return -1;
		s->has_data = true;
		return buf_add(&s->data, value, value_len);
	}
	if (name_len == 5 && memcmp(line, "event", 5) == 0) {
		buf_clear(&s->name);
		return buf_add(&s->name, value, value_len);
	}
	return 0;	/* comments, id, retry, and fields that the standard ignores */
}

static int dispatch(struct sse *s, bool at_end, sse_event_fn *event, void *ctx)
{
	int r = 0;
	if (s->has_data) {
		struct sse_event ev = {
			.data = {s->data.data ? s->data.data : "", s->data.len},
			.name = {s->name.data ? s->name.data : "", s->name.len},
			.at_end = at_end,
		};
		r = event(ctx, &ev);
	}
	buf_clear(&s->data);
	buf_clear(&s->name);
	s->has_data = false;
	return r;
}

/* Skip a byte order mark at the very start, which may come byte by byte. Returns how many bytes
 * were taken; what turns out to be no mark is put into the line. */
static size_t skip_mark(struct sse *s, const char *bytes, size_t len)
{
	static const char mark[3] = {'\xef', '\xbb', '\xbf'};
	size_t i = 0;
	while (i < len && s->bom < 3 && bytes[i] == mark[s->bom]) {
		s->bom++;
		i++;
	}
	if (s->bom == 3 || i < len) {
		s->started = true;
		if (s->bom < 3)	/* at most two bytes: never over the maximum */
			(void)buf_add(&s->line, mark, s->bom);
	}
	return i;
}

static const char *find_line_end(const char *from, size_t len)
{
	const char *lf = memchr(from, '\n', len);
	const char *cr = memchr(from, '\r', lf ? (size_t)(lf - from) : len);
	return cr ? cr : lf;
}

int sse_push(struct sse *s, const char *bytes, size_t len, sse_event_fn *event, void *ctx)
{
	size_t at = 0;
	if (!s->started)
		at = skip_mark(s, bytes, len);
	while (at < len) {
		if (s->after_cr) {
			s->after_cr = false;
			if (bytes[at] == '\n') {
				at++;
				continue;
			}
		}
		const char *from = bytes + at;
		const char *end = find_line_end(from, len - at);
		size_t n = end ? (size_t)(end - from) : len - at;
		if (!end)
			return buf_add(&s->line, from, n);
		at += n + 1;
		s->after_cr = *end == '\r';
		if (s->after_cr && at < len && bytes[at] == '\n') {
			s->after_cr = false;
			at++;
		}
		int r = 0;
		if (s->line.len > 0) {
			if (buf_add(&s->line, from, n) != 0)
				return -1;
			r = take_line(s, s->line.data, s->line.len);
			buf_clear(&s->line);
		} else if (n > 0) {
			r = take_line(s, from, n);
		} else {
			r = dispatch(s, at == len, event, ctx);
		}
		if (r != 0)
			return r;
	}
	return 0;
}
