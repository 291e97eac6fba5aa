/* workers/decode/png.c - PNG to RGB, over white where it is transparent.
 * SPDX-License-Identifier: Apache-2.0 */
#include <png.h>
#include <setjmp.h>

#include "base/util.h"
#include "decode.h"

struct reading {
	struct picture *p;
	size_t pos;
	struct err *e;
	unsigned char *rgba;	/* one row, or all of an interlaced picture */
	jmp_buf out;
};

static void on_error(png_structp png, png_const_charp text)
{
	struct reading *g = png_get_error_ptr(png);
	(void)text;	/* may quote the file */
	if (g->e->code == ERR_NONE)
		(void)refuse(g->p->r, g->e, "damaged", "the PNG picture is damaged");
	longjmp(g->out, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png, (void)text;
}

static void on_read(png_structp png, png_bytep to, size_t n)
{
	struct reading *g = png_get_io_ptr(png);
	if (n > g->p->file_len - g->pos)
		png_error(png, "end of file");
	memcpy(to, g->p->file + g->pos, n);
	g->pos += n;
}

static void over_white(const unsigned char *rgba, unsigned char *rgb, size_t pixels)
{
	for (size_t i = 0; i < pixels; i++, rgba += 4, rgb += 3) {
		unsigned a = rgba[3];
		for (size_t k = 0; k < 3; k++)
			rgb[k] = (unsigned char)((rgba[k] * a + 255 * (255 - a) + 127) / 255);
	}
}

/* Whatever the file has, rows come as 8-bit RGBA. */
static void set_transforms(png_structp png, png_infop info)
{
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
	(void)png_set_interlace_handling(png);
	png_read_update_info(png, info);
}

static int check_row(struct reading *g, uint32_t y)
{
	return y % 64 == 0 ? check_time(g->p->r, g->e) : 0;
}

static int read_rows(struct reading *g, png_structp png, int passes)
{
	struct picture *p = g->p;
	size_t row = (size_t)p->width * 4;
	g->rgba = malloc(passes > 1 ? row * p->height : row);
	p->rgb = malloc((size_t)p->width * p->height * 3);
	if (!g->rgba || !p->rgb)
		return err_set(g->e, ERR_SYSTEM, "out of memory for the picture");
	for (int pass = 0; pass < passes; pass++) {
		for (uint32_t y = 0; y < p->height; y++) {
			unsigned char *to = passes > 1 ? g->rgba + y * row : g->rgba;
			if (check_row(g, y) < 0)
				return -1;
			png_read_row(png, to, NULL);
			if (pass == passes - 1)
				over_white(to, p->rgb + (size_t)y * p->width * 3, p->width);
		}
	}
	return 0;
}

static int read_all(struct reading *g, png_structp png, png_infop info)
{
	struct picture *p = g->p;
	png_set_read_fn(png, g, on_read);
	png_set_user_limits(png, (png_uint_32)p->max_side, (png_uint_32)p->max_side);
	png_set_chunk_cache_max(png, 128);
	png_set_chunk_malloc_max(png, (png_alloc_size_t)8 << 20);
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_read_info(png, info);
	if (picture_check_size(p, png_get_image_width(png, info),
			       png_get_image_height(png, info), g->e) < 0)
		return -1;
	bool interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
	set_transforms(png, info);
	if (png_get_rowbytes(png, info) != (size_t)p->width * 4)
		return refuse(p->r, g->e, "unsupported_format", "a PNG of an unknown kind");
	return read_rows(g, png, interlaced ? 7 : 1);
}

/* The width and height stand in the first chunk: checked before libpng reads on, so that the
 * words name our limits. */
static int check_head(struct picture *p, struct err *e)
{
	const unsigned char *f = p->file;
	if (p->file_len < 33 || memcmp(f + 12, "IHDR", 4) != 0)
		return refuse(p->r, e, "damaged", "the PNG picture is damaged");
	uint64_t width = (uint64_t)f[16] << 24 | (uint64_t)f[17] << 16 | (uint64_t)f[18] << 8 |
			 f[19];
	uint64_t height = (uint64_t)f[20] << 24 | (uint64_t)f[21] << 16 | (uint64_t)f[22] << 8 |
			  f[23];
	return picture_check_size(p, width, height, e);
}

int picture_read_png(struct picture *p, struct err *e)
{
	if (check_head(p, e) < 0)
		return -1;
	struct reading g = {.p = p, .e = e};
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &g, on_error, on_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	volatile int rc = -1;
	if (!info)
		(void)err_set(e, ERR_SYSTEM, "out of memory for the picture");
	else if (setjmp(g.out) == 0)
		rc = read_all(&g, png, info);
	png_destroy_read_struct(&png, &info, NULL);
	free(g.rgba);
	return rc;
}
