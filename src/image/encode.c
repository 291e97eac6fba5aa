/* src/image/encode.c - see encode.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/encode.h"

#include <png.h>
#include <stdint.h>

#include "base/util.h"
#include "image/jpeg_failure.h"

#define SIDE_MAX 65500	/* of a JPEG */

static int check(int width, int height, struct err *e)
{
	if (width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX)
		return 0;
	return err_set(e, ERR_USAGE, "a picture must have 1 to %d pixels a side, not %d x %d",
		       SIDE_MAX, width, height);
}

int image_encode_png(const void *rgb, int width, int height, struct buf *out, struct err *e)
{
	if (check(width, height, e) < 0)
		return -1;
	png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width,
			   .height = (png_uint_32)height, .format = PNG_FORMAT_RGB};
	png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
	void *to = buf_reserve(out, size);
	if (!to)
		return err_set(e, ERR_SYSTEM, "no memory for a PNG of %d x %d", width, height);
	if (!png_image_write_to_memory(&image, to, &size, 0, rgb, 0, NULL))
		return err_set(e, ERR_SYSTEM, "the PNG could not be written: %s", image.message);
	buf_grew(out, size);
	return 0;
}

/* *made and *size belong to the caller: what a longjmp leaves of own locals is not defined. */
static int compress(const void *rgb, int width, int height, int quality, unsigned char **made,
		    unsigned long *size, struct err *e)
{
	struct jpeg_compress_struct c;
	struct jpeg_failure failure;
	c.err = jpeg_failure_init(&failure);
	if (setjmp(failure.back)) {
		jpeg_destroy_compress(&c);
		return err_set(e, ERR_SYSTEM, "the JPEG could not be written: %s", failure.text);
	}
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, made, size);
	c.image_width = (JDIMENSION)width;
	c.image_height = (JDIMENSION)height;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < c.image_height) {
		const unsigned char *row = rgb;
		row += (size_t)c.next_scanline * (size_t)width * 3;
		JSAMPROW rows[1] = {(JSAMPROW)(uintptr_t)row};	/* libjpeg has no const */
		(void)jpeg_write_scanlines(&c, rows, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	return 0;
}

int image_encode_jpeg(const void *rgb, int width, int height, int quality, struct buf *out,
		      struct err *e)
{
	if (check(width, height, e) < 0)
		return -1;
	unsigned char *made = NULL;
	unsigned long size = 0;
	int rc = compress(rgb, width, height, quality, &made, &size, e);
	if (rc == 0 && buf_add(out, made, size) < 0)
		rc = err_set(e, ERR_SYSTEM, "no memory for a JPEG of %d x %d", width, height);
	free(made);
	return rc;
}
