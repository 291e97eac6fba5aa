/* src/load/trace.c - see trace.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/trace.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/util.h"

#define TRACE_FILE_MAX ((size_t)1 << 30)
#define TIME_MAX 1e9		/* s between the first and the last */

static int64_t size_of(const json_t *line, const char *name, const char *other)
{
	const json_t *v = json_object_get(line, name);
	if (!v)
		v = json_object_get(line, other);
	return json_is_integer(v) && json_integer_value(v) > 0 ? json_integer_value(v) : 0;
}

struct trace_line {
	double at;
	int64_t prompt_tokens, output_tokens;
};

static int take_line(const char *path, int number, const char *text, size_t len,
		     struct trace_line *ret, struct err *e)
{
	CLEANUP(json_unref) json_t *line = json_read(text, len, JSON_DEPTH_MAX, e);
	if (!line)
		return err_prefix(e, "%s:%d: ", path, number);
	const json_t *at = json_object_get(line, "timestamp");
	if (!json_is_number(at) || !isfinite(json_number_value(at)))
		return err_set(e, ERR_DATA, "%s:%d: a request of a trace needs a \"timestamp\" in "
			       "seconds", path, number);
	*ret = (struct trace_line){
		.at = json_number_value(at),
		.prompt_tokens = size_of(line, "prompt_tokens", "input_length"),
		.output_tokens = size_of(line, "output_tokens", "output_length"),
	};
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct trace_line *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

static int put_items(const char *path, struct trace_line *lines, size_t n, struct trace *ret,
		     struct err *e)
{
	if (n > 0)
		qsort(lines, n, sizeof(*lines), by_time);
	if (n == 0 || lines[n - 1].at - lines[0].at > TIME_MAX)
		return err_set(e, ERR_DATA, "%s: %s", path, n == 0 ? "there is no request in it" :
			       "its timestamps span more than 30 years: are they in seconds?");
	ret->items = calloc(n, sizeof(*ret->items));
	if (!ret->items)
		return err_sys(e, "cannot hold the trace %s", path);
	for (size_t i = 0; i < n; i++)
		ret->items[i] = (struct trace_item){
			.at_ns = (uint64_t)((lines[i].at - lines[0].at) * (double)NS_PER_S),
			.prompt_tokens = lines[i].prompt_tokens,
			.output_tokens = lines[i].output_tokens,
		};
	ret->n = n;
	return 0;
}

int trace_read(const char *path, struct trace *ret, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(TRACE_FILE_MAX);
	CLEANUP(free_ptr) struct trace_line *lines = NULL;
	size_t n = 0, room = 0;
	*ret = (struct trace){0};
	if (file_read(path, &text, e) != 0)
		return -1;
	const char *at = text.data, *end = text.data + text.len;
	for (int number = 1; at < end; number++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		const char *from = at;
		at += len + (stop != NULL);
		if (strspn(from, " \t\r") >= len)
			continue;
		if (n == room) {
			struct trace_line *more;
			room = MAX(room * 2, (size_t)256);
			more = realloc(lines, room * sizeof(*lines));
			if (!more)
				return err_sys(e, "cannot hold the trace %s", path);
			lines = more;
		}
		if (take_line(path, number, from, len, &lines[n], e) != 0)
			return -1;
		n++;
	}
	return put_items(path, lines, n, ret, e);
}

void trace_release(struct trace *t)
{
	free(t->items);
	*t = (struct trace){0};
}
