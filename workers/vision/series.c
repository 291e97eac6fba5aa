/* workers/vision/series.c - plotted lines, and which way a row of values goes.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "base/util.h"
#include "chart.h"

#define HUES 24		/* of 15 degrees */
#define SERIES_MAX 6

bool plot_has(const struct sight *s, int x, int y, bool colored)
{
	const uint8_t *p = view_at(&s->view, x, y);
	if (!s->mask[(size_t)y * (size_t)s->view.width + (size_t)x])
		return false;
	if (colored)
		return color_chroma(p) >= 60;
	/* Grid lines are pale: nearer to the background than to ink. */
	return color_chroma(p) < 60 && color_distance(p, s->background) > 150;
}

bool plot_is_colored(const struct sight *s, const struct box *plot)
{
	int colored = 0, dark = 0;
	for (int y = plot->y0; y < plot->y1; y++) {
		for (int x = plot->x0; x < plot->x1; x++) {
			colored += plot_has(s, x, y, true);
			dark += plot_has(s, x, y, false);
		}
	}
	return colored > plot->x1 - plot->x0 && colored * 8 > dark;
}

static int hue_bin(const uint8_t *p)
{
	int max = MAX(p[0], MAX(p[1], p[2])), chroma = color_chroma(p);
	double r = p[0], g = p[1], b = p[2], hue;
	if (p[0] == max)
		hue = (g - b) / chroma;
	else if (p[1] == max)
		hue = 2 + (b - r) / chroma;
	else
		hue = 4 + (r - g) / chroma;
	int bin = (int)floor((hue < 0 ? hue + 6 : hue) * HUES / 6);
	return bin % HUES;
}

static int bins_apart(int a, int b)
{
	int d = abs(a - b);
	return MIN(d, HUES - d);
}

/* Mean y of a line at every column where it is; pieces far off its course (a legend) are cut by
 * taking, in each column, the run that is nearest to the one before. */
struct track {
	double *y;	/* NAN: not there */
	int columns;
	double sum[3];
	long weight;
};

static bool is_of(const struct sight *s, int x, int y, int hue)
{
	return plot_has(s, x, y, hue >= 0) &&
	       (hue < 0 || bins_apart(hue_bin(view_at(&s->view, x, y)), hue) <= 1);
}

static void follow(const struct sight *s, const struct box *plot, int hue, struct track *t)
{
	double before = NAN;
	for (int x = plot->x0; x < plot->x1; x++) {
		double best = NAN;
		for (int y = plot->y0; y < plot->y1; y++) {
			int start = y;
			while (y < plot->y1 && is_of(s, x, y, hue))
				y++;
			if (y == start)
				continue;
			double middle = (start + y) / 2.0;
			if (isnan(best) ||
			    (!isnan(before) && fabs(middle - before) < fabs(best - before)))
				best = middle;
		}
		t->y[x - plot->x0] = best;
		if (isnan(best))
			continue;
		t->columns++;
		before = best;
		const uint8_t *p = view_at(&s->view, x, (int)best);
		long weight = 1 + color_distance(p, s->background) / 40;
		weight *= weight;
		t->weight += weight;
		for (int c = 0; c < 3; c++)
			t->sum[c] += (double)p[c] * (double)weight;
	}
}

static int add_series(const struct sight *s, struct arena *a, int base, int hue, struct chart *c,
		      struct err *e)
{
	int w = c->plot.x1 - c->plot.x0, h = c->plot.y1 - c->plot.y0;
	struct track t = {.y = malloc((size_t)w * sizeof(double))};
	if (!t.y)
		return err_sys(e, "cannot follow a line");
	follow(s, &c->plot, hue, &t);
	/* A line runs across the plot; less is a mark or a word. */
	if (t.columns * 5 >= w) {
		struct series *series = ARENA_ADD(a, c->series, c->n_series);
		uint8_t rgb[3];
		for (int i = 0; i < 3; i++)
			rgb[i] = (uint8_t)(t.sum[i] / (double)t.weight);
		series->color = color_of(rgb);
		series->values = arena_array(a, (size_t)t.columns, sizeof(double));
		for (int x = 0; x < w; x++) {
			if (!isnan(t.y[x]))
				series->values[series->n++] = (base - t.y[x]) / h;
		}
		series->trend = trend_of(series->values, series->n, 1);
	}
	free(t.y);
	return 0;
}

int series_find(const struct sight *s, struct arena *a, int base, struct chart *c, struct err *e)
{
	if (!plot_is_colored(s, &c->plot))
		return add_series(s, a, base, -1, c, e);
	int count[HUES] = {0}, all = 0;
	for (int y = c->plot.y0; y < c->plot.y1; y++) {
		for (int x = c->plot.x0; x < c->plot.x1; x++) {
			if (plot_has(s, x, y, true)) {
				count[hue_bin(view_at(&s->view, x, y))]++;
				all++;
			}
		}
	}
	/* The strongest hue, then the next one that is not beside it. */
	for (int found = 0; found < SERIES_MAX; found++) {
		int best = 0;
		for (int i = 1; i < HUES; i++)
			best = count[i] > count[best] ? i : best;
		if (count[best] * 8 < all)
			break;
		if (add_series(s, a, base, best, c, e) < 0)
			return -1;
		for (int i = 0; i < HUES; i++)
			count[i] = bins_apart(i, best) <= 2 ? 0 : count[i];
	}
	return 0;
}

static double mean(const double *v, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return sum / (double)n;
}

enum trend trend_of(const double *v, size_t n, double whole)
{
	if (n == 0)
		return TREND_MIXED;
	size_t tip = MAX((size_t)1, n / 25);
	double first = mean(v, tip), last = mean(v + n - tip, tip), low = v[0], high = v[0];
	for (size_t i = 0; i + tip <= n; i++) {
		low = fmin(low, mean(v + i, tip));
		high = fmax(high, mean(v + i, tip));
	}
	double range = high - low;
	if (range < 0.08 * whole || (range < 0.16 * whole && fabs(last - first) < 0.5 * range))
		return TREND_FLAT;
	double peak = (high - fmax(first, last)) / range;
	double valley = (fmin(first, last) - low) / range;
	if (peak >= 0.4 && valley < 0.25)
		return TREND_PEAK;
	if (valley >= 0.4 && peak < 0.25)
		return TREND_VALLEY;
	if (fabs(last - first) >= 0.4 * range)
		return last > first ? TREND_UP : TREND_DOWN;
	return TREND_MIXED;
}
