/* workers/vision/chart.c - axes and bars.
 * SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"

#include <math.h>
#include <stdlib.h>

#include "base/util.h"

#define RULES_MAX 64
#define BARS_MAX 400

/* A long thin straight line, across or upright. */
struct rule {
	int at0, at1;	/* its thickness: first px, first px behind */
	int from, to;	/* its length */
};

/* The picture turned for upright rules. */
static bool ink(const struct sight *s, bool upright, int along, int across)
{
	int x = upright ? across : along, y = upright ? along : across;
	return s->mask[(size_t)y * (size_t)s->view.width + (size_t)x] &&
	       color_chroma(view_at(&s->view, x, y)) < 80;
}

static struct rule longest_run(const struct sight *s, bool upright, int across, int length)
{
	struct rule best = {across, across + 1, 0, 0};
	int start = 0, gap = 3;
	for (int i = 0; i <= length; i++) {
		bool on = i < length && ink(s, upright, i, across);
		if (on && gap > 2)
			start = i;
		gap = on ? 0 : gap + 1;
		if (on && i + 1 - start > best.to - best.from) {
			best.from = start;
			best.to = i + 1;
		}
	}
	return best;
}

/* Is there background on both sides for half of its length? The blurred side of a filled shape
 * looks like a rule, but has the shape beside it. */
static bool is_free(const struct sight *s, bool upright, const struct rule *r)
{
	int breadth = upright ? s->view.width : s->view.height, before = r->at0 - 2, n[2] = {0};
	int behind = r->at1 + 1;
	for (int i = r->from; i < r->to; i++) {
		for (int side = 0; side < 2; side++) {
			int across = side ? behind : before;
			int x = upright ? across : i, y = upright ? i : across;
			n[side] += across < 0 || across >= breadth ||
				   !s->mask[(size_t)y * (size_t)s->view.width + (size_t)x];
		}
	}
	return n[0] * 2 > r->to - r->from && n[1] * 2 > r->to - r->from;
}

static int find_rules(const struct sight *s, bool upright, struct rule *rules)
{
	int length = upright ? s->view.height : s->view.width;
	int breadth = upright ? s->view.width : s->view.height;
	int thick = MAX(5, breadth / 50), n = 0;
	struct rule open = {0};
	for (int i = 0; i <= breadth; i++) {
		struct rule r = {0};
		if (i < breadth)
			r = longest_run(s, upright, i, length);
		bool is_long = r.to - r.from >= length / 6 && r.to - r.from >= 20;
		bool same = is_long && open.to > 0 && abs(r.from - open.from) <= length / 30 + 2 &&
			    abs(r.to - open.to) <= length / 30 + 2;
		if (same) {
			open.at1 = i + 1;
			continue;
		}
		if (open.to > 0 && open.at1 - open.at0 <= thick && n < RULES_MAX &&
		    (!upright || is_free(s, upright, &open)))
			rules[n++] = open;
		open = is_long ? r : (struct rule){0};
	}
	return n;
}

/* An upright rule whose foot meets the left end of a rule across. */
static bool find_axes(const struct sight *s, struct box *ret_plot)
{
	struct rule across[RULES_MAX], upright[RULES_MAX];
	int n_across = find_rules(s, false, across), n_upright = find_rules(s, true, upright);
	int near = MAX(s->view.width, s->view.height) / 60 + 4;
	double best = 0;
	for (int i = 0; i < n_across; i++) {
		for (int k = 0; k < n_upright; k++) {
			const struct rule *h = &across[i], *v = &upright[k];
			double size = (double)(h->to - h->from) * (v->to - v->from);
			if (abs(h->from - v->at0) > near || abs(v->to - h->at1) > near ||
			    size <= best)
				continue;
			best = size;
			*ret_plot = (struct box){v->at1 + 1, v->from, h->to, h->at0 - 1};
		}
	}
	return best > 0 && ret_plot->x1 - ret_plot->x0 >= 20 && ret_plot->y1 - ret_plot->y0 >= 20;
}

/* A dark rule across the plot above its bottom: where zero is when there are negative bars. */
static int find_zero(const struct sight *s, const struct box *plot)
{
	for (int y = plot->y0 + 3; y < plot->y1 - 3; y++) {
		int dark = 0;
		for (int x = plot->x0; x < plot->x1; x++) {
			const uint8_t *p = view_at(&s->view, x, y);
			dark += color_distance(p, s->background) > 200 && color_chroma(p) < 80;
		}
		if (dark * 100 > (plot->x1 - plot->x0) * 97)
			return y;
	}
	return plot->y1;
}

/* Top and bottom of what is plotted in a column; false: nothing, or not one piece. */
static bool column(const struct sight *s, const struct box *plot, bool colored, int x, int *top,
		   int *bottom)
{
	int n = 0;
	*top = -1;
	for (int y = plot->y0; y < plot->y1; y++) {
		if (!plot_has(s, x, y, colored))
			continue;
		if (*top < 0)
			*top = y;
		*bottom = y + 1;
		n++;
	}
	return *top >= 0 && n * 10 >= (*bottom - *top) * 9 - 10;
}

static void add_bar(const struct sight *s, struct arena *a, int base, struct bar b,
		    struct chart *c)
{
	int h = c->plot.y1 - c->plot.y0;
	bool down = b.box.y1 - base > base - b.box.y0;
	b.height = down ? -(double)(b.box.y1 - base) / h : (double)(base - b.box.y0) / h;
	b.color = color_of(view_at(&s->view, (b.box.x0 + b.box.x1) / 2,
				   (b.box.y0 + b.box.y1) / 2));
	*ARENA_ADD(a, c->bars, c->n_bars) = b;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Bars are equally wide: what is much narrower is the blurred side of one. */
static void drop_slivers(struct arena *a, struct chart *c)
{
	int *widths = arena_array(a, c->n_bars + 1, sizeof(*widths));
	size_t n = 0;
	for (size_t i = 0; i < c->n_bars; i++)
		widths[i] = c->bars[i].box.x1 - c->bars[i].box.x0;
	qsort(widths, c->n_bars, sizeof(*widths), by_number);
	for (size_t i = 0; i < c->n_bars; i++) {
		int width = c->bars[i].box.x1 - c->bars[i].box.x0;
		if (width * 3 >= widths[c->n_bars / 2])
			c->bars[n++] = c->bars[i];
	}
	c->n_bars = n;
}

/* Bars stand on the base line or hang from it. Columns of equal height are one bar. False when
 * what is plotted does not do so. */
static bool find_bars(const struct sight *s, struct arena *a, int base, struct chart *c)
{
	const struct box *plot = &c->plot;
	bool colored = plot_is_colored(s, plot), open = false;
	int near = (plot->y1 - plot->y0) / 50 + 3, good = 0, used = 0;
	struct bar b = {0};
	for (int x = plot->x0; x <= plot->x1 && c->n_bars <= BARS_MAX; x++) {
		int top = 0, bottom = 0;
		bool full = x < plot->x1 && column(s, plot, colored, x, &top, &bottom);
		used += x < plot->x1 && top >= 0;
		full = full && (abs(bottom - base) <= near || abs(top - base) <= near);
		good += full;
		bool edge = full && open &&
			    (abs(top - b.box.y0) > 3 || abs(bottom - b.box.y1) > 3);
		if (open && (!full || edge)) {
			/* The blurred side of a bar is no bar. */
			if (x - b.box.x0 >= 3) {
				b.box.x1 = x;
				add_bar(s, a, base, b, c);
			}
			open = false;
		}
		if (full && !open) {
			open = true;
			b = (struct bar){.box = {x, top, x, bottom}};
		}
	}
	if (good * 10 < used * 8 || c->n_bars < 1 || c->n_bars > BARS_MAX)
		return false;
	drop_slivers(a, c);
	return true;
}

static void bars_to_series(struct arena *a, struct chart *c)
{
	struct series *series = ARENA_ADD(a, c->series, c->n_series);
	double whole = 0;
	series->values = arena_array(a, c->n_bars, sizeof(double));
	series->n = c->n_bars;
	series->color = c->bars[0].color;
	for (size_t i = 0; i < c->n_bars; i++) {
		series->values[i] = c->bars[i].height;
		whole = fmax(whole, fabs(c->bars[i].height));
	}
	series->trend = trend_of(series->values, series->n, whole);
}

int chart_find(const struct sight *s, bool sure, struct arena *a, struct chart *ret,
	       struct err *e)
{
	struct chart c = {0};
	*ret = c;
	if (!s->plain)
		return 0;
	c.has_axes = find_axes(s, &c.plot);
	if (!c.has_axes && !sure)
		return 0;
	if (!c.has_axes) {
		c.plot = (struct box){s->view.width, s->view.height, 0, 0};
		for (size_t i = 0; i < s->n_blobs; i++) {
			if (s->blobs[i].is_text)
				continue;
			c.plot.x0 = MIN(c.plot.x0, s->blobs[i].box.x0);
			c.plot.x1 = MAX(c.plot.x1, s->blobs[i].box.x1);
			c.plot.y1 = MAX(c.plot.y1, s->blobs[i].box.y1);
		}
		c.plot.y0 = 0;
		if (c.plot.x1 - c.plot.x0 < s->view.width / 4)
			return 0;
	}
	int base = c.has_axes ? find_zero(s, &c.plot) : c.plot.y1;
	if (find_bars(s, a, base, &c)) {
		c.is_bars = true;
		bars_to_series(a, &c);
	} else {
		c.n_bars = 0;
		if (series_find(s, a, base, &c, e) < 0)
			return -1;
	}
	c.found = c.n_series > 0 && (!c.is_bars || c.n_bars > 1 || (sure && c.has_axes));
	/* Without axes, shapes that lie about are no plotted line. */
	for (size_t i = 0; i < s->n_blobs && !c.has_axes && !c.is_bars; i++)
		c.found = c.found && !s->blobs[i].is_object;
	*ret = c;
	return 0;
}
