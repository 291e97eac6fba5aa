/* workers/vision/sight.h - what is seen in one picture: background, blobs, colours, lines of text.
 *
 * A blob is a connected area of one colour that is not background. Coordinates are px of the
 * view; sight.view.factor leads back to the picture.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_SIGHT_H
#define VISION_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "color.h"
#include "view.h"

enum shape {
	SHAPE_OTHER, SHAPE_CIRCLE, SHAPE_SQUARE, SHAPE_TRIANGLE, SHAPE_RECTANGLE, SHAPE_STAR,
	SHAPE_OVAL, SHAPE_POLYGON,
	N_SHAPES,
};

struct box {
	int x0, y0, x1, y1;	/* x1 and y1 are the first px behind it */
};

struct blob {
	struct box box;
	int area;		/* px */
	int filled;		/* px with its holes filled */
	double cx, cy;		/* centre of mass, holes filled */
	uint8_t rgb[3];
	enum color color;
	enum shape shape;
	double thick;		/* diameter of the largest circle inside, px, holes not filled */
	bool cut;		/* touches the picture's edge */
	bool is_text;		/* part of a line of text, no shape */
	bool is_object;		/* counts when shapes are counted */
};

/* A row of glyphs. */
struct line {
	struct box box;
	uint8_t rgb[3];	/* colour of the writing */
};

struct sight {
	struct picture picture;
	struct view view;
	uint8_t background[3];
	double background_share;	/* of the area */
	bool plain;	/* has a background of one colour; else there are no blobs */
	uint8_t *mask;	/* 1: not background; view's size */
	struct blob *blobs;
	size_t n_blobs;
	struct line *lines;	/* in reading order */
	size_t n_lines;
	double share[N_COLORS];	/* of the area */
};

/* Everything but the view and the mask is in the arena. */
int sight_make(const struct picture *p, struct arena *a, struct sight *ret, struct err *e);
void sight_release(struct sight *s);

/* segment.c - background, mask and blobs without their shapes. */
int segment(struct sight *s, struct arena *a, struct err *e);

/* geometry.c - fills filled, cx, cy, shape, thick of a blob from its own mask: one byte for each
 * px of its box. -1 without memory. */
int geometry(struct blob *b, const uint8_t *mask, struct err *e);

/* lines.c - finds lines of text among the blobs and marks their blobs. */
int lines_find(struct sight *s, struct arena *a, struct err *e);

#endif
