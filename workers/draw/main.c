/* workers/draw/main.c - the draw worker: made pictures with known content.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "draw.h"
#include "worker/guest.h"

static int open_draw(int argc, char **argv, json_t *ready, struct err *e)
{
	(void)argv;
	if (argc > 1)
		return err_set(e, ERR_USAGE, "the draw worker takes no arguments");
	/* The bundle's fonts, and no others: the same pictures everywhere. */
	CLEANUP(free_ptr) char *fonts = file_find_share("fonts/fonts.conf");
	if (fonts && setenv("FONTCONFIG_FILE", fonts, 0) < 0)
		return err_sys(e, "cannot name the fonts");
	json_put_text(ready, "version", cairo_version_string());
	return 0;
}

static int encode(cairo_surface_t *s, const struct item *it, const char *format, struct buf *out,
		  struct err *e)
{
	double quality;
	if (item_number(it, "quality", 1, 100, 90, &quality, e) < 0)
		return -1;
	if (strcmp(format, "png") == 0)
		return encode_png(s, out, e);
	if (strcmp(format, "jpeg") == 0)
		return encode_jpeg(s, (int)lround(quality), out, e);
	if (strcmp(format, "rgb") == 0)
		return encode_rgb(s, out, e);
	return err_set(e, ERR_USAGE, "'format' must be png, jpeg or rgb");
}

static int request(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	(void)done;
	struct item it = {.json = f->header, .where = "the request"};
	const char *format;
	cairo_surface_t *surface;
	if (item_text(&it, "format", NULL, &format, e) < 0 ||
	    scene_draw(json_object_get(f->header, "scene"), &surface, e) < 0)
		return -1;

	CLEANUP(buf_release) struct buf out = BUF_INIT(OUTPUT_MAX);
	int rc = encode(surface, &it, format, &out, e);
	json_t *header = json_object();
	json_put_int(header, "width", cairo_image_surface_get_width(surface));
	json_put_int(header, "height", cairo_image_surface_get_height(surface));
	json_put_text(header, "format", format);
	cairo_surface_destroy(surface);
	if (rc == 0)
		return guest_reply(r, "image", header, out.data, out.len, e);
	json_decref(header);
	return rc;
}

static void close_draw(void)
{
	text_close();
	cairo_debug_reset_static_data();
}

static const struct guest draw = {
	.name = "draw",
	.task = "draw",
	.open = open_draw,
	.request = request,
	.close = close_draw,
};

int main(int argc, char **argv)
{
	return guest_main(&draw, argc, argv);
}
