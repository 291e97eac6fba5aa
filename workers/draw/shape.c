/* workers/draw/shape.c - filled shapes.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/util.h"
#include "draw.h"

/* Paths are drawn around the origin in a box of w × h. */
static void path_circle(cairo_t *cr, double w, double h)
{
	cairo_save(cr);
	cairo_scale(cr, w / 2, h / 2);
	cairo_arc(cr, 0, 0, 1, 0, 2 * M_PI);
	cairo_restore(cr);
}

static void path_rectangle(cairo_t *cr, double w, double h)
{
	cairo_rectangle(cr, -w / 2, -h / 2, w, h);
}

static void path_triangle(cairo_t *cr, double w, double h)
{
	cairo_move_to(cr, 0, -h / 2);
	cairo_line_to(cr, w / 2, h / 2);
	cairo_line_to(cr, -w / 2, h / 2);
	cairo_close_path(cr);
}

/* Five points; the inner radius is that of a pentagram (0.382) a little filled out. */
static void path_star(cairo_t *cr, double w, double h)
{
	for (int i = 0; i < 10; i++) {
		double radius = i % 2 ? 0.42 : 1.0;
		double angle = -M_PI / 2 + i * M_PI / 5;
		cairo_line_to(cr, radius * cos(angle) * w / 2, radius * sin(angle) * h / 2);
	}
	cairo_close_path(cr);
}

static const struct {
	const char *name;
	void (*path)(cairo_t *cr, double w, double h);
	double height;	/* default height as a part of the width */
} shapes[] = {
	{"circle", path_circle, 1},
	{"square", path_rectangle, 1},
	{"triangle", path_triangle, 0.9},
	{"rectangle", path_rectangle, 0.5},
	{"star", path_star, 1},
};

static const char *const shape_keys[] = {
	"shape", "color", "x", "y", "size", "width", "height", "angle", NULL,
};

int shape_draw(struct canvas *c, const struct item *it, struct err *e)
{
	const char *name;
	struct color color;
	double x, y, size, width, height, angle;
	if (item_keys(it, shape_keys, e) < 0 || item_text(it, "shape", NULL, &name, e) < 0)
		return -1;
	size_t i = 0;
	while (i < ARRAY_LEN(shapes) && strcmp(shapes[i].name, name) != 0)
		i++;
	if (i == ARRAY_LEN(shapes))
		return err_set(e, ERR_USAGE,
			       "%s: 'shape' must be circle, square, triangle, rectangle or star",
			       it->where);
	bool sized = json_object_get(it->json, "width") && json_object_get(it->json, "height");
	if (item_color(it, "color", "black", &color, e) < 0 ||
	    item_number(it, "x", -SIDE_MAX, 2 * SIDE_MAX, NAN, &x, e) < 0 ||
	    item_number(it, "y", -SIDE_MAX, 2 * SIDE_MAX, NAN, &y, e) < 0 ||
	    item_number(it, "size", 0.1, 2 * SIDE_MAX, sized ? 1 : NAN, &size, e) < 0 ||
	    item_number(it, "width", 0.1, 2 * SIDE_MAX, size, &width, e) < 0 ||
	    item_number(it, "height", 0.1, 2 * SIDE_MAX, fmax(0.1, width * shapes[i].height),
			&height, e) < 0 ||
	    item_number(it, "angle", -360, 360, 0, &angle, e) < 0)
		return -1;
	cairo_save(c->cr);
	cairo_translate(c->cr, x, y);
	cairo_rotate(c->cr, angle * M_PI / 180);
	cairo_new_path(c->cr);
	shapes[i].path(c->cr, width, height);
	cairo_set_source_rgb(c->cr, color.r, color.g, color.b);
	cairo_fill(c->cr);
	cairo_restore(c->cr);
	return 0;
}
