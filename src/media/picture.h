/* src/media/picture.h - made pictures with known content, drawn by the draw worker.
 *
 * A scene is JSON: {"width","height","background","items":[…]}; items are drawn in their order:
 *   {"shape":"circle|square|triangle|rectangle|star","color":"red","x","y","size"}
 *        x, y: its centre. size: width of its box; or "width" and "height" (without them a
 *        rectangle is half as high as wide, a triangle 0.9). "angle": degrees, clockwise.
 *   {"text":"HELLO 42","x","y","size","color","font"?,"align"?}
 *        x, y: top left corner of the text's box; its centre with "align": "center". size: px
 *        per em. "\n" begins a new line. Any script for which a font is installed.
 *   {"chart":"line|bar","values":[…],"labels"?:[…],"title"?,"x","y","width","height","color"}
 *        x, y: top left corner; without them the chart fills the picture. The value axis
 *        includes 0. "ticks": N grid lines with their values (0: none).
 *   {"noise":seed,"strength":0…1}     every pixel so far a little different, from the seed:
 *        each channel by up to ± 127 × strength (0.02 without it)
 * Lengths are px. Sides are 1 … 16384, items at most 1000; an unknown key is an error. Colours:
 *   red #e02020  green #20a030  blue #2040e0  yellow #ffe020  orange #ff8c10  purple #8020a0
 *   black  white  gray #808080  brown #8b4513  pink #ff90c0  cyan #10d0e0, or #rrggbb.
 * "color" is black and "background" white when not given; a chart is blue.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "media/sample.h"

/* Keeps the draw worker that it started. */
struct painter;
struct painter *painter_new(void);
struct painter *painter_free(struct painter *p);

/* Draw it. format: png, jpeg. The scene is not consumed. */
int painter_draw(struct painter *p, const json_t *scene, const char *name, const char *format,
		 struct arena *a, struct media *ret, struct err *e);

#endif
