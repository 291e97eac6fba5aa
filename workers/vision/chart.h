/* workers/vision/chart.h - reading a line or bar chart.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_CHART_H
#define VISION_CHART_H

#include "sight.h"

enum trend { TREND_UP, TREND_DOWN, TREND_FLAT, TREND_PEAK, TREND_VALLEY, TREND_MIXED };

struct bar {
	struct box box;		/* px of the view */
	double height;		/* part of the plot's height; below the base line: negative */
	enum color color;
};

/* One plotted line, or all bars in order. */
struct series {
	enum color color;
	double *values;		/* parts of the plot's height above its base line */
	size_t n;
	enum trend trend;
};

struct chart {
	bool found;
	bool has_axes;
	bool is_bars;
	struct box plot;	/* inside the axes */
	struct bar *bars;	/* from left to right */
	size_t n_bars;
	struct series *series;
	size_t n_series;
};

/* sure: the picture is said to be a chart; then it needs no axes. ret->found tells. */
int chart_find(const struct sight *s, bool sure, struct arena *a, struct chart *ret,
	       struct err *e);

/* series.c - lines by hue inside the plot. base: y of the base line. */
int series_find(const struct sight *s, struct arena *a, int base, struct chart *c, struct err *e);

/* Is this px part of what is plotted: of a real colour, or (colored false) dark? */
bool plot_has(const struct sight *s, int x, int y, bool colored);

/* Is anything of a real colour plotted (else dark things are)? */
bool plot_is_colored(const struct sight *s, const struct box *plot);

/* whole: the height that counts as a full one. */
enum trend trend_of(const double *v, size_t n, double whole);

#endif
