/* workers/draw/encode.c - pixels to PNG, JPEG or plain RGB.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/util.h"
#include "draw.h"

static const uint32_t *row_of(cairo_surface_t *s, int y)
{
	const unsigned char *data = cairo_image_surface_get_data(s);
	size_t stride = (size_t)cairo_image_surface_get_stride(s);
	return (const uint32_t *)(const void *)(data + (size_t)y * stride);
}

static void row_to_rgb(const uint32_t *row, int width, unsigned char *rgb)
{
	for (int x = 0; x < width; x++) {
		*rgb++ = row[x] >> 16 & 255;
		*rgb++ = row[x] >> 8 & 255;
		*rgb++ = row[x] & 255;
	}
}

static int too_large(struct err *e)
{
	return err_set(e, ERR_USAGE, "the picture takes more than %zu MiB in this format",
		       OUTPUT_MAX >> 20);
}

static cairo_status_t take(void *closure, const unsigned char *data, unsigned len)
{
	return buf_add(closure, data, len) < 0 ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

int encode_png(cairo_surface_t *s, struct buf *out, struct err *e)
{
	cairo_status_t status = cairo_surface_write_to_png_stream(s, take, out);
	if (status == CAIRO_STATUS_WRITE_ERROR)
		return too_large(e);
	if (status != CAIRO_STATUS_SUCCESS)
		return err_set(e, ERR_SYSTEM, "cannot write PNG: %s",
			       cairo_status_to_string(status));
	return 0;
}

int encode_rgb(cairo_surface_t *s, struct buf *out, struct err *e)
{
	int width = cairo_image_surface_get_width(s);
	int height = cairo_image_surface_get_height(s);
	size_t len = 3 * (size_t)width * (size_t)height;
	unsigned char *rgb = buf_reserve(out, len);
	if (!rgb)
		return too_large(e);
	for (int y = 0; y < height; y++)
		row_to_rgb(row_of(s, y), width, rgb + 3 * (size_t)y * (size_t)width);
	buf_grew(out, len);
	return 0;
}

/* libjpeg's way to fail is a jump. */
struct jpeg_failure {
	struct jpeg_error_mgr base;
	jmp_buf jump;
};

static void jpeg_failed(j_common_ptr info)
{
	struct jpeg_failure *failure = (struct jpeg_failure *)info->err;
	longjmp(failure->jump, 1);
}

static void write_rows(struct jpeg_compress_struct *info, cairo_surface_t *s, unsigned char *rgb)
{
	while (info->next_scanline < info->image_height) {
		JSAMPROW row = rgb;
		row_to_rgb(row_of(s, (int)info->next_scanline), (int)info->image_width, rgb);
		jpeg_write_scanlines(info, &row, 1);
	}
}

int encode_jpeg(cairo_surface_t *s, int quality, struct buf *out, struct err *e)
{
	struct jpeg_compress_struct info;
	struct jpeg_failure failure;
	unsigned char *file = NULL;
	unsigned long len = 0;
	CLEANUP(free_ptr) unsigned char *rgb =
		malloc(3 * (size_t)cairo_image_surface_get_width(s));
	if (!rgb)
		return err_sys(e, "cannot write JPEG");
	info.err = jpeg_std_error(&failure.base);
	failure.base.error_exit = jpeg_failed;
	if (setjmp(failure.jump)) {
		jpeg_destroy_compress(&info);
		return err_set(e, ERR_SYSTEM, "cannot write JPEG");
	}
	jpeg_create_compress(&info);
	jpeg_mem_dest(&info, &file, &len);
	info.image_width = (JDIMENSION)cairo_image_surface_get_width(s);
	info.image_height = (JDIMENSION)cairo_image_surface_get_height(s);
	info.input_components = 3;
	info.in_color_space = JCS_RGB;
	jpeg_set_defaults(&info);
	jpeg_set_quality(&info, quality, TRUE);
	jpeg_start_compress(&info, TRUE);
	write_rows(&info, s, rgb);
	jpeg_finish_compress(&info);
	jpeg_destroy_compress(&info);
	int rc = buf_add(out, file, len);
	free(file);
	return rc < 0 ? too_large(e) : 0;
}
