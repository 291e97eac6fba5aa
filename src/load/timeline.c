/* src/load/timeline.c - see timeline.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/timeline.h"

#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "load/timeline_in.h"

int timeline_new(uint64_t start_ns, uint64_t width_ns, struct timeline **ret, struct err *e)
{
	struct timeline *t = calloc(1, sizeof(*t));
	if (!t)
		return err_sys(e, "cannot hold a timeline");
	t->start = start_ns;
	t->width = width_ns;
	for (int i = 0; i < KINDS; i++)
		if (hist_new(&t->now[i], e) != 0) {
			timeline_free(t);
			return -1;
		}
	*ret = t;
	return 0;
}

void timeline_begin(struct timeline *t, uint64_t start_ns)
{
	t->start = start_ns;
}

struct timeline *timeline_free(struct timeline *t)
{
	if (!t)
		return NULL;
	for (int i = 0; i < KINDS; i++)
		(void)hist_free(t->now[i]);
	free(t->windows);
	free(t->entries);
	free(t);
	return NULL;
}

/* Doubling room for n + 1 things. */
static bool grow(void **items, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return true;
	size_t want = MAX(MAX(*room * 2, n + 1), (size_t)256);
	void *more = realloc(*items, want * size);
	if (!more)
		return false;
	*items = more;
	*room = want;
	return true;
}

bool timeline_entry(struct timeline *t, uint32_t window, uint32_t kind, uint64_t value,
		    uint32_t count)
{
	if (!grow((void **)&t->entries, t->n_entries, &t->entries_room, sizeof(*t->entries)))
		return false;
	t->entries[t->n_entries++] = (struct entry){value, window, count, kind};
	return true;
}

/* Put the window that ends into entries, so that the histograms are free for the next. */
bool timeline_close(struct timeline *t)
{
	for (uint32_t kind = 0; kind < KINDS; kind++) {
		size_t pos = 0;
		uint64_t low, high, count;
		if (hist_count(t->now[kind]) == 0)
			continue;
		while (hist_next(t->now[kind], &pos, &low, &high, &count))
			if (!timeline_entry(t, t->current, kind, low + (high - low) / 2,
					    (uint32_t)MIN(count, (uint64_t)UINT32_MAX)))
				return false;
		hist_clear(t->now[kind]);
	}
	return true;
}

static bool record(struct timeline *t, uint32_t window, uint32_t kind, uint64_t value)
{
	if (window > t->current) {
		if (!timeline_close(t))
			return false;
		t->current = window;
	}
	/* a stamp may lie just before a border that another has passed already */
	if (window < t->current)
		return timeline_entry(t, window, kind, value, 1);
	hist_record(t->now[kind], value);
	return true;
}

struct window *timeline_window(struct timeline *t, uint64_t index)
{
	while (t->n <= index) {
		if (index > UINT32_MAX ||
		    !grow((void **)&t->windows, t->n, &t->room, sizeof(*t->windows)))
			return NULL;
		t->windows[t->n++] = (struct window){0};
	}
	return &t->windows[index];
}

bool timeline_add(struct timeline *t, uint64_t begin, uint64_t end, bool ok, uint64_t latency,
		  uint64_t ttft)
{
	begin = MAX(begin, t->start);
	end = MAX(end, begin);
	t->last_end = MAX(t->last_end, end - t->start);
	uint64_t first = (begin - t->start) / t->width, last = (end - t->start) / t->width;
	if (!timeline_window(t, last))
		return false;
	t->windows[first].started++;
	t->windows[last].ok += ok;
	t->windows[last].failed += !ok;
	for (uint64_t i = first; i <= last; i++) {
		uint64_t from = MAX(begin, t->start + i * t->width);
		uint64_t to = MIN(end, t->start + (i + 1) * t->width);
		t->windows[i].area += (double)(to - from);
	}
	if (latency > 0 && !record(t, (uint32_t)last, LATENCY, latency))
		return false;
	return ttft == 0 || record(t, (uint32_t)last, TTFT, ttft);
}

static int by_window(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	return x->window < y->window ? -1 : x->window > y->window;
}

/* All entries of all lanes in the order of their windows; caller frees. */
static struct entry *collect(struct timeline *const *lanes, size_t n, size_t *ret_n)
{
	size_t sum = 0, at = 0;
	for (size_t i = 0; i < n; i++) {
		if (!timeline_close(lanes[i]))
			return NULL;
		sum += lanes[i]->n_entries;
	}
	struct entry *all = calloc(MAX(sum, (size_t)1), sizeof(*all));
	if (!all)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (lanes[i]->n_entries > 0)
			memcpy(all + at, lanes[i]->entries, lanes[i]->n_entries * sizeof(*all));
		at += lanes[i]->n_entries;
	}
	qsort(all, sum, sizeof(*all), by_window);
	*ret_n = sum;
	return all;
}

static double seconds_at(const struct hist *h, double q)
{
	return hist_count(h) > 0 ? (double)hist_quantile(h, q) / 1e9 : (double)NAN;
}

int timeline_finish(struct timeline *const *lanes, size_t n, struct result *r, struct run *run,
		    struct err *e)
{
	size_t windows = 0, n_entries = 0, at = 0;
	uint64_t last_end = 0;
	struct hist *const *h = lanes[0]->now;	/* empty once collected */
	CLEANUP(free_ptr) struct entry *entries = collect(lanes, n, &n_entries);
	if (!entries)
		return err_set(e, ERR_SYSTEM, "no memory for the timeline of a run");
	for (size_t i = 0; i < n; i++) {
		windows = MAX(windows, lanes[i]->n);
		last_end = MAX(last_end, lanes[i]->last_end);
	}
	size_t join = (windows + TIMELINE_WINDOWS_MAX - 1) / TIMELINE_WINDOWS_MAX;
	join = MAX(join, (size_t)1);
	run->n_windows = (windows + join - 1) / join;
	run->windows = arena_array(r->arena, run->n_windows, sizeof(*run->windows));
	uint64_t width = lanes[0]->width * join;
	for (size_t w = 0; w < run->n_windows; w++) {
		struct run_window *to = &run->windows[w];
		to->from_ns = w * width;
		to->to_ns = MAX(MIN((w + 1) * width, last_end), to->from_ns + 1);
		for (size_t i = 0; i < n; i++)
			for (size_t k = w * join; k < MIN((w + 1) * join, lanes[i]->n); k++) {
				to->started += lanes[i]->windows[k].started;
				to->ok += lanes[i]->windows[k].ok;
				to->failed += lanes[i]->windows[k].failed;
				to->in_flight += lanes[i]->windows[k].area /
						 (double)(to->to_ns - to->from_ns);
			}
		for (; at < n_entries && entries[at].window < (w + 1) * join; at++)
			for (uint32_t k = 0; k < entries[at].count; k++)
				hist_record(h[entries[at].kind], entries[at].value);
		to->latency_p50 = seconds_at(h[LATENCY], 0.5);
		to->latency_p99 = seconds_at(h[LATENCY], 0.99);
		to->ttft_p50 = seconds_at(h[TTFT], 0.5);
		for (int kind = 0; kind < KINDS; kind++)
			hist_clear(h[kind]);
	}
	return 0;
}
