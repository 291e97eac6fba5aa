/* src/suite/fault_picture.c - see fault_make.h: pictures.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "suite/fault_make.h"

static void write_bytes(png_structp png, png_bytep data, size_t len)
{
	struct buf *out = png_get_io_ptr(png);
	if (buf_add(out, data, len) < 0)
		png_error(png, "full");
}

static void flush(png_structp png)
{
	(void)png;
}

struct layout {
	int type, depth;
	size_t pixel_bits;
};

static const struct layout layouts[] = {
	[PNG_RGB8] = {PNG_COLOR_TYPE_RGB, 8, 24},
	[PNG_RGBA8] = {PNG_COLOR_TYPE_RGBA, 8, 32},
	[PNG_GRAY1] = {PNG_COLOR_TYPE_GRAY, 1, 1},
	[PNG_RGB16] = {PNG_COLOR_TYPE_RGB, 16, 48},
	[PNG_PALETTE] = {PNG_COLOR_TYPE_PALETTE, 8, 8},
};

/* Rows are light; a fifth of them in the middle is dark. Of RGBA the light ones are transparent. */
static void fill(png_bytep row, size_t bytes, enum png_shape shape, bool dark)
{
	memset(row, dark ? 0x10 : shape == PNG_PALETTE ? 1 : 0xf0, bytes);
	if (shape == PNG_GRAY1)
		memset(row, dark ? 0 : 0xff, bytes);
	if (shape == PNG_PALETTE && dark)
		memset(row, 0, bytes);
	for (size_t i = 3; shape == PNG_RGBA8 && i < bytes; i += 4)
		row[i] = dark ? 0xff : 0;
}

static int encode(png_structp png, png_infop info, int width, int height, enum png_shape shape,
		  png_bytep row, size_t bytes)
{
	static const png_color colours[] = {{20, 20, 120}, {240, 240, 240}};
	const struct layout *l = &layouts[shape];
	if (setjmp(png_jmpbuf(png)))
		return -1;
	png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
	png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, l->depth, l->type,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (shape == PNG_PALETTE)
		png_set_PLTE(png, info, colours, 2);
	png_set_filter(png, 0, PNG_FILTER_NONE);
	png_write_info(png, info);
	for (int y = 0; y < height; y++) {
		fill(row, bytes, shape, y > height * 2 / 5 && y <= height * 3 / 5);
		png_write_row(png, row);
	}
	png_write_end(png, info);
	return 0;
}

int make_png(int width, int height, enum png_shape shape, struct buf *out)
{
	size_t bytes = ((size_t)width * layouts[shape].pixel_bits + 7) / 8;
	CLEANUP(free_ptr) png_bytep row = malloc(bytes);
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	int rc = -1;
	if (info && row) {
		png_set_write_fn(png, out, write_bytes, flush);
		rc = encode(png, info, width, height, shape, row, bytes);
	}
	png_destroy_write_struct(&png, &info);
	return rc;
}

/* CRC of ISO 3309, as PNG (section 15) has it. */
static uint32_t crc32_of(const unsigned char *data, size_t len)
{
	uint32_t c = 0xffffffff;
	for (size_t i = 0; i < len; i++) {
		c ^= data[i];
		for (int k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
	}
	return ~c;
}

static void put_u32(unsigned char *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(v >> (24 - 8 * i));
}

void forge_png_size(char *png, uint32_t width, uint32_t height)
{
	unsigned char *p = (unsigned char *)png;
	put_u32(p + 16, width);
	put_u32(p + 20, height);
	put_u32(p + 29, crc32_of(p + 12, 17));
}

void make_gif(int pictures, struct buf *out)
{
	static const char head[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff";
	static const char picture[] = "!\xf9\4\4\12\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0";
	(void)buf_add(out, head, sizeof(head) - 1);
	for (int i = 0; i < pictures; i++)
		(void)buf_add(out, picture, sizeof(picture) - 1);
	(void)buf_char(out, ';');
}

/* libjpeg's own way out ends the program. */
struct jpeg_way_out {
	struct jpeg_error_mgr base;
	jmp_buf back;
};

static void leave_jpeg(j_common_ptr c)
{
	longjmp(((struct jpeg_way_out *)c->err)->back, 1);
}

static void write_cmyk(struct jpeg_compress_struct *c, int width, int height, JSAMPLE *row)
{
	c->image_width = (JDIMENSION)width;
	c->image_height = (JDIMENSION)height;
	c->input_components = 4;
	c->in_color_space = JCS_CMYK;
	jpeg_set_defaults(c);
	jpeg_start_compress(c, TRUE);
	for (int y = 0; y < height; y++)
		(void)jpeg_write_scanlines(c, &row, 1);
	jpeg_finish_compress(c);
}

int make_cmyk_jpeg(int width, int height, struct buf *out)
{
	struct jpeg_compress_struct c;
	struct jpeg_way_out out_of = {0};
	unsigned char *data = NULL;
	unsigned long len = 0;
	volatile int rc = -1;
	CLEANUP(free_ptr) JSAMPLE *row = calloc((size_t)width, 4);
	if (!row)
		return -1;
	for (int x = 0; x < width; x++)
		row[4 * x + x * 4 / width] = 200;
	c.err = jpeg_std_error(&out_of.base);
	out_of.base.error_exit = leave_jpeg;
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &data, &len);
	if (setjmp(out_of.back) == 0) {
		write_cmyk(&c, width, height, row);
		rc = 0;
	}
	jpeg_destroy_compress(&c);
	if (rc == 0)
		rc = buf_add(out, data, len);
	free(data);
	return rc;
}
