/* src/media/picture.h - made pictures with known content, drawn by the draw worker.
 *
 * A scene is JSON: {"width","height","background","items":[…]} with items
 *   {"shape":"circle|square|triangle|rectangle|star","color":"red","x","y","size"} (centre, px)
 *   {"text":"HELLO 42","x","y","size","color","font"?}
 *   {"chart":"line|bar","values":[…],"labels"?:[…],"title"?,"x","y","width","height","color"}
 *   {"noise":seed,"strength":0…1}     every pixel a little different, from the seed
 * Colours: red green blue yellow orange purple black white gray brown pink cyan, or #rrggbb.
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
