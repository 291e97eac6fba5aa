/* src/load/timeline_text.c - a timeline joined with another, and as text for other hosts.
 *
 * "t1 WIDTH LAST_END WINDOWS ENTRIES", then for each window "\nSTARTED OK FAILED AREA" (AREA in
 * hexadecimal floating point: exact), then for each entry "\n+WINDOW KIND VALUE COUNT".
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/util.h"
#include "load/timeline_in.h"

#define WINDOWS_READ_MAX 10000000	/* 11 days of windows of 0.1 s */

bool timeline_join(struct timeline *into, struct timeline *from)
{
	if (!timeline_close(into) || !timeline_close(from) ||
	    (from->n > 0 && !timeline_window(into, from->n - 1)))
		return false;
	for (size_t i = 0; i < from->n; i++) {
		into->windows[i].started += from->windows[i].started;
		into->windows[i].ok += from->windows[i].ok;
		into->windows[i].failed += from->windows[i].failed;
		into->windows[i].area += from->windows[i].area;
	}
	for (size_t i = 0; i < from->n_entries; i++) {
		const struct entry *x = &from->entries[i];
		if (!timeline_entry(into, x->window, x->kind, x->value, x->count))
			return false;
	}
	into->last_end = MAX(into->last_end, from->last_end);
	from->n = from->n_entries = 0;
	return true;
}

int timeline_write(struct timeline *t, struct buf *out, struct err *e)
{
	if (!timeline_close(t))
		return err_set(e, ERR_SYSTEM, "no memory for the timeline of a run");
	(void)buf_fmt(out, "t1 %" PRIu64 " %" PRIu64 " %zu %zu", t->width, t->last_end,
		      t->n, t->n_entries);
	for (size_t i = 0; i < t->n; i++)
		(void)buf_fmt(out, "\n%" PRIu64 " %" PRIu64 " %" PRIu64 " %a",
			      t->windows[i].started, t->windows[i].ok, t->windows[i].failed,
			      t->windows[i].area);
	for (size_t i = 0; i < t->n_entries; i++)
		(void)buf_fmt(out, "\n+%" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu32,
			      t->entries[i].window, t->entries[i].kind, t->entries[i].value,
			      t->entries[i].count);
	return out->failed ? err_set(e, ERR_SYSTEM, "no memory for the timeline of a run") : 0;
}

struct cursor {
	const char *p, *end;
	bool bad;
};

static void expect(struct cursor *c, char wanted)
{
	if (c->p == c->end || *c->p != wanted)
		c->bad = true;
	else
		c->p++;
}

static uint64_t number(struct cursor *c, char before, uint64_t max)
{
	uint64_t v = 0;
	expect(c, before);
	const char *start = c->p;
	for (; !c->bad && c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
		uint64_t digit = (uint64_t)(*c->p - '0');
		if (digit > max || v > (max - digit) / 10)
			c->bad = true;
		else
			v = v * 10 + digit;
	}
	c->bad = c->bad || c->p == start;
	return v;
}

static double area(struct cursor *c)
{
	char text[40];
	char *stop;
	size_t n = 0;
	expect(c, ' ');
	while (!c->bad && c->p < c->end && *c->p != '\n' && n + 1 < sizeof(text))
		text[n++] = *c->p++;
	text[n] = '\0';
	double v = strtod(text, &stop);
	if (n == 0 || *stop != '\0' || !isfinite(v) || v < 0)
		c->bad = true;
	return v;
}

static bool read_all(struct cursor *c, struct timeline *t)
{
	expect(c, 't');
	expect(c, '1');
	uint64_t width = number(c, ' ', UINT64_MAX);
	uint64_t last_end = number(c, ' ', UINT64_MAX);
	uint64_t n = number(c, ' ', WINDOWS_READ_MAX);
	uint64_t entries = number(c, ' ', UINT64_MAX);
	if (c->bad || width != t->width)
		return false;
	for (uint64_t i = 0; i < n && !c->bad; i++) {
		struct window w = {0};
		w.started = number(c, '\n', UINT64_MAX);
		w.ok = number(c, ' ', UINT64_MAX);
		w.failed = number(c, ' ', UINT64_MAX);
		w.area = area(c);
		struct window *to = c->bad ? NULL : timeline_window(t, i);
		if (!to)
			return false;
		*to = w;
	}
	for (; entries > 0 && !c->bad; entries--) {
		expect(c, '\n');
		uint32_t window = (uint32_t)number(c, '+', UINT32_MAX);
		uint32_t kind = (uint32_t)number(c, ' ', KINDS - 1);
		uint64_t value = number(c, ' ', UINT64_MAX);
		uint32_t count = (uint32_t)number(c, ' ', UINT32_MAX);
		if (c->bad || window >= n || !timeline_entry(t, window, kind, value, count))
			return false;
	}
	t->last_end = last_end;
	return !c->bad && c->p == c->end;
}

int timeline_read(struct timeline *into, const char *text, size_t len, struct err *e)
{
	struct cursor c = {text, text + len, false};
	into->n = into->n_entries = 0;
	if (read_all(&c, into))
		return 0;
	into->n = into->n_entries = 0;
	return err_set(e, ERR_DATA, "this is no timeline written by assay, or one of other "
		       "windows: it breaks at byte %zu", (size_t)(c.p - text));
}
