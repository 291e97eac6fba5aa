/* workers/draw/chart.c - line and bar charts with axes, ticks, labels and a title.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "draw.h"

static const char *const chart_keys[] = {
	"chart", "values", "labels", "title", "x", "y", "width", "height", "color", "ticks", NULL,
};

static const struct color ink = {0.13, 0.13, 0.13};

/* The area inside the axes and the values that it shows. */
struct plot {
	double left, top, right, bottom;
	double low, high;	/* value at bottom and at top */
	double font;		/* px per em of all writing */
	const json_t *values;
	size_t n;
};

static double value_at(const struct plot *p, size_t i)
{
	return json_number_value(json_array_get(p->values, i));
}

static double y_of(const struct plot *p, double value)
{
	return p->bottom - (value - p->low) / (p->high - p->low) * (p->bottom - p->top);
}

/* Middle of the i-th of n equal parts of the axis. */
static double x_of(const struct plot *p, size_t i)
{
	return p->left + ((double)i + 0.5) * (p->right - p->left) / (double)p->n;
}

/* The axis holds zero, so that heights compare; a tenth of room stays at the top. */
static int read_values(struct plot *p, const struct item *it, struct err *e)
{
	p->values = json_object_get(it->json, "values");
	p->n = json_array_size(p->values);
	if (!json_is_array(p->values) || p->n < 1 || p->n > VALUES_MAX)
		return err_set(e, ERR_USAGE, "%s: 'values' must be an array of 1 to %d numbers",
			       it->where, VALUES_MAX);
	double low = 0, high = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (!json_is_number(json_array_get(p->values, i)) ||
		    fabs(value_at(p, i)) > 1e12)
			return err_set(e, ERR_USAGE,
				       "%s: 'values' must hold numbers of at most 1e12", it->where);
		low = fmin(low, value_at(p, i));
		high = fmax(high, value_at(p, i));
	}
	double room = (high - low) / 10;
	if (room == 0)
		room = 1;
	p->high = high + (high > 0 || low == high ? room : 0);
	p->low = low - (low < 0 ? room : 0);
	return 0;
}

static int draw_labels(struct canvas *c, const struct plot *p, const struct item *it,
		       struct err *e)
{
	const json_t *labels = json_object_get(it->json, "labels");
	if (!labels)
		return 0;
	if (!json_is_array(labels) || json_array_size(labels) != p->n)
		return err_set(e, ERR_USAGE, "%s: 'labels' must be an array as long as 'values'",
			       it->where);
	for (size_t i = 0; i < p->n; i++) {
		const json_t *label = json_array_get(labels, i);
		if (!json_is_string(label) || json_string_length(label) > TEXT_MAX)
			return err_set(e, ERR_USAGE, "%s: 'labels' must hold texts", it->where);
		if (text_at(c, json_string_value(label), NULL, p->font, ink, x_of(p, i),
			    p->bottom + p->font * 0.4, ANCHOR_TOP_CENTER, it, e) < 0)
			return -1;
	}
	return 0;
}

static int draw_ticks(struct canvas *c, const struct plot *p, int ticks, const struct item *it,
		      struct err *e)
{
	for (int i = 1; i <= ticks; i++) {
		double value = p->low + (p->high - p->low) * i / ticks;
		double y = floor(y_of(p, value)) + 0.5;
		char text[32];
		(void)snprintf(text, sizeof(text), "%.3g", value);
		cairo_set_source_rgb(c->cr, 0.85, 0.85, 0.85);
		cairo_set_line_width(c->cr, 1);
		cairo_move_to(c->cr, p->left, y);
		cairo_line_to(c->cr, p->right, y);
		cairo_stroke(c->cr);
		if (text_at(c, text, NULL, p->font, ink, p->left - p->font * 0.4, y,
			    ANCHOR_RIGHT_MIDDLE, it, e) < 0)
			return -1;
	}
	return 0;
}

static void draw_bars(struct canvas *c, const struct plot *p)
{
	double width = (p->right - p->left) / (double)p->n * 0.6;
	for (size_t i = 0; i < p->n; i++) {
		double y = y_of(p, value_at(p, i)), zero = y_of(p, 0);
		cairo_rectangle(c->cr, x_of(p, i) - width / 2, fmin(y, zero), width,
				fabs(zero - y));
	}
	cairo_fill(c->cr);
}

static void draw_line(struct canvas *c, const struct plot *p, double thick)
{
	for (size_t i = 0; i < p->n; i++)
		cairo_line_to(c->cr, x_of(p, i), y_of(p, value_at(p, i)));
	if (p->n == 1)
		cairo_line_to(c->cr, x_of(p, 0) + 1, y_of(p, value_at(p, 0)));
	cairo_set_line_width(c->cr, 2 * thick);
	cairo_set_line_join(c->cr, CAIRO_LINE_JOIN_ROUND);
	cairo_stroke(c->cr);
}

static void draw_axes(struct canvas *c, const struct plot *p, double thick)
{
	cairo_set_source_rgb(c->cr, ink.r, ink.g, ink.b);
	cairo_set_line_width(c->cr, thick);
	cairo_move_to(c->cr, p->left, p->top);
	cairo_line_to(c->cr, p->left, p->bottom);
	cairo_line_to(c->cr, p->right, p->bottom);
	cairo_stroke(c->cr);
	if (p->low < 0) {
		cairo_move_to(c->cr, p->left, y_of(p, 0));
		cairo_line_to(c->cr, p->right, y_of(p, 0));
		cairo_stroke(c->cr);
	}
}

static int draw_plot(struct canvas *c, const struct plot *p, bool bars, double thick,
		     const struct item *it, struct err *e)
{
	struct color color;
	double ticks;
	const char *title;
	if (item_color(it, "color", "blue", &color, e) < 0 ||
	    item_number(it, "ticks", 0, 20, 0, &ticks, e) < 0 ||
	    item_text(it, "title", "", &title, e) < 0 ||
	    draw_ticks(c, p, (int)ticks, it, e) < 0)
		return -1;
	cairo_new_path(c->cr);
	cairo_set_source_rgb(c->cr, color.r, color.g, color.b);
	if (bars)
		draw_bars(c, p);
	else
		draw_line(c, p, thick);
	draw_axes(c, p, thick);
	if (*title && text_at(c, title, NULL, p->font * 1.2, ink, (p->left + p->right) / 2,
			      p->top - p->font * 1.8, ANCHOR_TOP_CENTER, it, e) < 0)
		return -1;
	return draw_labels(c, p, it, e);
}

int chart_draw(struct canvas *c, const struct item *it, struct err *e)
{
	const char *kind;
	double x, y, width, height;
	struct plot p = {0};
	if (item_keys(it, chart_keys, e) < 0 || item_text(it, "chart", NULL, &kind, e) < 0 ||
	    item_number(it, "x", -SIDE_MAX, 2 * SIDE_MAX, 0, &x, e) < 0 ||
	    item_number(it, "y", -SIDE_MAX, 2 * SIDE_MAX, 0, &y, e) < 0 ||
	    item_number(it, "width", 50, SIDE_MAX, c->width, &width, e) < 0 ||
	    item_number(it, "height", 50, SIDE_MAX, c->height, &height, e) < 0 ||
	    read_values(&p, it, e) < 0)
		return -1;
	bool bars = strcmp(kind, "bar") == 0;
	if (!bars && strcmp(kind, "line") != 0)
		return err_set(e, ERR_USAGE, "%s: 'chart' must be line or bar", it->where);
	p.font = fmax(8, fmin(width, height) / 20);
	double thick = fmax(1, round(fmin(width, height) / 200));
	p.left = floor(x + p.font * 3.5) + 0.5;
	p.right = x + width - p.font;
	p.top = y + p.font * (json_object_get(it->json, "title") ? 2.5 : 1);
	p.bottom = floor(y + height - p.font * 2.2) + 0.5;
	return draw_plot(c, &p, bars, thick, it, e);
}
