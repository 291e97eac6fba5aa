/* workers/draw/draw.h - from a scene (src/media/picture.h) to pixels to a file in memory.
 *
 * The same scene gives the same bytes on one machine (fonts and libraries being equal). What is
 * wrong with a scene is ERR_USAGE and names the item and its key, never what stood there.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DRAW_DRAW_H
#define DRAW_DRAW_H

#include <cairo.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define SIDE_MAX 16384
#define ITEMS_MAX 1000
#define VALUES_MAX 1000		/* of one chart */
#define TEXT_MAX 10000		/* bytes of one text */
#define OUTPUT_MAX ((size_t)64 << 20)

struct color {
	double r, g, b;	/* 0 … 1 */
};

/* One object of a scene while it is read. */
struct item {
	const json_t *json;
	char where[32];	/* "the scene", "item 3": for messages */
};

/* A picture being drawn: cairo RGB24. */
struct canvas {
	cairo_surface_t *surface;
	cairo_t *cr;
	int width, height;
};

/* item.c - reading keys. A key that is absent gives fallback; NAN or NULL: it must be there. */
int item_number(const struct item *it, const char *key, double min, double max, double fallback,
		double *ret, struct err *e);
int item_color(const struct item *it, const char *key, const char *fallback, struct color *ret,
	       struct err *e);
int item_text(const struct item *it, const char *key, const char *fallback, const char **ret,
	      struct err *e);
/* Only these keys may be there (ends with NULL): a misspelt one must not pass unseen. */
int item_keys(const struct item *it, const char *const *keys, struct err *e);

/* One kind of item each. */
int shape_draw(struct canvas *c, const struct item *it, struct err *e);
int text_draw(struct canvas *c, const struct item *it, struct err *e);
int chart_draw(struct canvas *c, const struct item *it, struct err *e);
int noise_draw(struct canvas *c, const struct item *it, struct err *e);

/* Where text_at() puts the text's box, relative to x, y. */
enum anchor { ANCHOR_TOP_LEFT, ANCHOR_CENTER, ANCHOR_TOP_CENTER, ANCHOR_RIGHT_MIDDLE };

/* Write text, size px per em, into the canvas; font NULL: DejaVu Sans. */
int text_at(struct canvas *c, const char *text, const char *font, double size, struct color color,
	    double x, double y, enum anchor anchor, const struct item *it, struct err *e);

/* Give the fonts back. */
void text_close(void);

/* Draw it all. On success the caller destroys *ret_surface. */
int scene_draw(const json_t *scene, cairo_surface_t **ret_surface, struct err *e);

/* Into out. quality: 1 … 100. rgb: 3 bytes for each pixel, rows without gaps. */
int encode_png(cairo_surface_t *s, struct buf *out, struct err *e);
int encode_jpeg(cairo_surface_t *s, int quality, struct buf *out, struct err *e);
int encode_rgb(cairo_surface_t *s, struct buf *out, struct err *e);

#endif
