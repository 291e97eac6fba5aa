/* workers/draw/scene.c - a scene: its size, its background, its items in order.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "draw.h"

static const char *const scene_keys[] = {"width", "height", "background", "items", NULL};

/* The key that says what an item is, and who draws it. */
static const struct {
	const char *key;
	int (*draw)(struct canvas *c, const struct item *it, struct err *e);
} kinds[] = {
	{"shape", shape_draw},
	{"text", text_draw},
	{"chart", chart_draw},
	{"noise", noise_draw},
};

static int draw_item(struct canvas *c, const json_t *json, size_t index, struct err *e)
{
	struct item it = {.json = json};
	(void)snprintf(it.where, sizeof(it.where), "item %zu", index);
	if (!json_is_object(json))
		return err_set(e, ERR_USAGE, "%s must be an object", it.where);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (json_object_get(json, kinds[i].key))
			return kinds[i].draw(c, &it, e);
	}
	return err_set(e, ERR_USAGE, "%s has none of the keys shape, text, chart, noise", it.where);
}

static int draw_items(struct canvas *c, const json_t *items, struct err *e)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		if (draw_item(c, json_array_get(items, i), i, e) < 0)
			return -1;
		if (cairo_status(c->cr) != CAIRO_STATUS_SUCCESS)
			return err_set(e, ERR_SYSTEM, "item %zu cannot be drawn: %s", i,
				       cairo_status_to_string(cairo_status(c->cr)));
	}
	return 0;
}

int scene_draw(const json_t *scene, cairo_surface_t **ret_surface, struct err *e)
{
	struct item it = {.json = scene, .where = "the scene"};
	struct color background;
	double width, height;
	if (!json_is_object(scene))
		return err_set(e, ERR_USAGE, "the scene must be an object");
	if (item_keys(&it, scene_keys, e) < 0 ||
	    item_number(&it, "width", 1, SIDE_MAX, NAN, &width, e) < 0 ||
	    item_number(&it, "height", 1, SIDE_MAX, NAN, &height, e) < 0 ||
	    item_color(&it, "background", "white", &background, e) < 0)
		return -1;
	const json_t *items = json_object_get(scene, "items");
	if (items && !json_is_array(items))
		return err_set(e, ERR_USAGE, "the scene's 'items' must be an array");
	if (json_array_size(items) > ITEMS_MAX)
		return err_set(e, ERR_USAGE, "the scene has more than %d items", ITEMS_MAX);
	if (width != floor(width) || height != floor(height))
		return err_set(e, ERR_USAGE, "the scene's width and height must be whole numbers");

	struct canvas c = {.width = (int)width, .height = (int)height};
	c.surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, c.width, c.height);
	c.cr = cairo_create(c.surface);
	int rc;
	if (cairo_status(c.cr) != CAIRO_STATUS_SUCCESS) {
		rc = err_set(e, ERR_SYSTEM, "cannot hold a picture of %d × %d: %s", c.width,
			     c.height, cairo_status_to_string(cairo_status(c.cr)));
	} else {
		cairo_set_source_rgb(c.cr, background.r, background.g, background.b);
		cairo_paint(c.cr);
		rc = draw_items(&c, items, e);
	}
	cairo_destroy(c.cr);
	if (rc < 0) {
		cairo_surface_destroy(c.surface);
		return -1;
	}
	cairo_surface_flush(c.surface);
	*ret_surface = c.surface;
	return 0;
}
