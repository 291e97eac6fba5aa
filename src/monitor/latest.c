/* src/monitor/latest.c - see latest.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/latest.h"

#include <math.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/page.h"

#define ITEMS_MAX 20000

struct item {
	char source[24], device[128], name[48], unit[16];
	double value;
	uint64_t at_ns;
};

struct latest {
	pthread_mutex_t lock;
	uint64_t keep_ns;
	struct item *items;	/* in the order of their first coming */
	size_t n, room, next;
};

struct latest *latest_new(uint64_t keep_ns)
{
	struct latest *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	(void)pthread_mutex_init(&l->lock, NULL);
	l->keep_ns = keep_ns;
	return l;
}

struct latest *latest_free(struct latest *l)
{
	if (!l)
		return NULL;
	(void)pthread_mutex_destroy(&l->lock);
	free(l->items);
	free(l);
	return NULL;
}

static struct item *find(struct latest *l, const struct reading *r)
{
	for (size_t i = 0; i < l->n; i++) {
		size_t at = (l->next + i) % l->n;
		struct item *t = &l->items[at];
		if (strcmp(t->name, r->name) == 0 && strcmp(t->device, r->device) == 0 &&
		    strcmp(t->source, r->source) == 0) {
			l->next = at + 1;
			return t;
		}
	}
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		struct item *more = room <= ITEMS_MAX ?
				    reallocarray(l->items, room, sizeof(*more)) : NULL;
		if (!more)
			return NULL;
		l->items = more;
		l->room = room;
	}
	struct item *t = &l->items[l->n++];
	(void)snprintf(t->source, sizeof(t->source), "%s", r->source);
	(void)snprintf(t->device, sizeof(t->device), "%s", r->device);
	(void)snprintf(t->name, sizeof(t->name), "%s", r->name);
	(void)snprintf(t->unit, sizeof(t->unit), "%s", r->unit);
	return t;
}

void latest_add(struct latest *l, const struct reading *r)
{
	(void)pthread_mutex_lock(&l->lock);
	struct item *t = find(l, r);
	if (t) {
		t->value = r->value;
		t->at_ns = r->at_ns;
	}
	(void)pthread_mutex_unlock(&l->lock);
}

static bool fresh(const struct latest *l, const struct item *t, uint64_t now_ns)
{
	return t->at_ns + l->keep_ns >= now_ns;
}

static void put_label(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			(void)buf_str(out, "\\n");
		else if (*text == '"' || *text == '\\')
			(void)buf_fmt(out, "\\%c", *text);
		else
			(void)buf_char(out, *text);
	}
}

static void put_sample(struct buf *out, const struct item *t)
{
	(void)buf_fmt(out, "assay_%s%s{source=\"", t->name, page_unit_suffix(t->unit));
	put_label(out, t->source);
	(void)buf_str(out, "\",device=\"");
	put_label(out, t->device);
	(void)buf_fmt(out, "\"} %.15g\n", t->value);
}

static bool same_metric(const struct item *a, const struct item *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->unit, b->unit) == 0;
}

void latest_to_page(struct latest *l, uint64_t now_ns, struct buf *out)
{
	uint64_t wall = clock_wall();
	(void)pthread_mutex_lock(&l->lock);
	/* Whoever reads this elsewhere learns how far the clocks are apart. */
	(void)buf_fmt(out, "# TYPE assay_clock_seconds gauge\nassay_clock_seconds %llu.%09llu\n",
		      (unsigned long long)(wall / NS_PER_S), (unsigned long long)(wall % NS_PER_S));
	/* All samples of one metric stand together, as the format asks. */
	for (size_t i = 0; i < l->n; i++) {
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = !same_metric(&l->items[k], &l->items[i]);
		if (!first)
			continue;
		(void)buf_fmt(out, "# TYPE assay_%s%s gauge\n", l->items[i].name,
			      page_unit_suffix(l->items[i].unit));
		for (size_t k = i; k < l->n; k++)
			if (same_metric(&l->items[k], &l->items[i]) &&
			    fresh(l, &l->items[k], now_ns))
				put_sample(out, &l->items[k]);
	}
	(void)pthread_mutex_unlock(&l->lock);
}

static void format_value(const struct item *t, char *out, size_t size)
{
	static const char *const prefixes[] = {"", "Ki", "Mi", "Gi", "Ti"};
	double v = t->value;
	size_t i = 0;
	if (t->unit[0] == 'B') {
		while (fabs(v) >= 1024 && i + 1 < ARRAY_LEN(prefixes)) {
			v /= 1024;
			i++;
		}
		(void)snprintf(out, size, "%.*f %s%s", i ? 1 : 0, v, prefixes[i], t->unit);
	} else if (strcmp(t->unit, "count") == 0) {
		(void)snprintf(out, size, "%.4g", v);
	} else if (strcmp(t->unit, "Hz") == 0) {
		(void)snprintf(out, size, "%.0f MHz", v / 1e6);
	} else {
		(void)snprintf(out, size, "%.*f %s", fabs(v) < 10 ? 2 : 1, v, t->unit);
	}
}

static void put_device(const struct latest *l, size_t first, uint64_t now_ns, size_t width,
		       struct buf *out)
{
	const struct item *head = &l->items[first];
	char text[256];
	size_t at = strlen(head->device);
	(void)buf_str(out, head->device);
	for (size_t i = first; i < l->n; i++) {
		const struct item *t = &l->items[i];
		char value[64];
		if (strcmp(t->device, head->device) != 0 || strcmp(t->source, head->source) != 0 ||
		    !fresh(l, t, now_ns))
			continue;
		format_value(t, value, sizeof(value));
		int n = snprintf(text, sizeof(text), "  %s %s", t->name, value);
		if (at + (size_t)n > width) {
			(void)buf_str(out, "\n   ");
			at = 3;
		}
		(void)buf_str(out, text);
		at += (size_t)n;
	}
	(void)buf_char(out, '\n');
}

void latest_to_table(struct latest *l, uint64_t now_ns, size_t width, struct buf *out)
{
	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->n; i++) {
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = strcmp(l->items[k].device, l->items[i].device) != 0 ||
				strcmp(l->items[k].source, l->items[i].source) != 0;
		if (first)
			put_device(l, i, now_ns, width, out);
	}
	(void)pthread_mutex_unlock(&l->lock);
}
