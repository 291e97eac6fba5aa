/* src/image/png_rows.c - see png_rows.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/png_rows.h"

#include <png.h>
#include <zlib.h>

#include "base/str.h"
#include "base/util.h"

#define SIGNATURE ((size_t)8)
#define CHUNK_FRAME ((size_t)12)		/* length, name, checksum */
#define PIXELS_MAX ((size_t)512 << 20)

/* What the library reads from, and how it says what is wrong. */
struct source {
	const unsigned char *data;
	size_t len;
	char text[160];
};

static void fail(png_structp png, png_const_charp text)
{
	struct source *s = png_get_error_ptr(png);
	str_cut_copy(s->text, sizeof(s->text), text);
	png_longjmp(png, 1);
}

static void forgive(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void take(png_structp png, png_bytep to, size_t n)
{
	struct source *s = png_get_io_ptr(png);
	if (n > s->len)
		png_error(png, "it is cut off");
	memcpy(to, s->data, n);
	s->data += n;
	s->len -= n;
}

static void take_palette(png_structp png, png_infop info, struct png_rows *p)
{
	png_colorp colours = NULL;
	int n = 0;
	if (png_get_PLTE(png, info, &colours, &n) == 0)
		return;
	p->n_colours = MIN(n, 256);
	for (int i = 0; i < p->n_colours; i++) {
		p->colours[i][0] = colours[i].red;
		p->colours[i][1] = colours[i].green;
		p->colours[i][2] = colours[i].blue;
	}
}

/* How the pixels lie; says why when they do so in a way that is not for us. */
static const char *lay_out(png_structp png, png_infop info, struct png_rows *p)
{
	int type = png_get_color_type(png, info), bits = png_get_bit_depth(png, info);
	if (png_get_interlace_type(png, info) != PNG_INTERLACE_NONE)
		return "an interlaced PNG";
	if (bits < 8)
		return "a PNG of less than 8 bits for a sample";
	p->width = png_get_image_width(png, info);
	p->height = png_get_image_height(png, info);
	p->row = png_get_rowbytes(png, info);
	p->wide = bits == 16;
	p->pixel = png_get_channels(png, info) * (p->wide ? 2 : 1);
	p->colour = type & PNG_COLOR_MASK_COLOR ? 3 : 1;
	p->colour *= p->wide ? 2 : 1;
	if (type == PNG_COLOR_TYPE_PALETTE) {
		p->colour = 0;
		take_palette(png, info, p);
	}
	return p->row <= PIXELS_MAX / p->height ? NULL : "a PNG of more than half a gigabyte";
}

/* Between setjmp and here nothing is held but by *p. */
static int read_pixels(png_structp png, png_infop info, struct png_rows *p, struct err *e)
{
	png_read_info(png, info);
	const char *why = lay_out(png, info, p);
	if (why)
		return err_set(e, ERR_UNSUPPORTED, "%s cannot be sent with pixels of its own", why);
	unsigned char *to = buf_reserve(&p->pixels, p->row * p->height);
	if (!to)
		return err_set(e, ERR_SYSTEM, "no memory for the pixels of a PNG");
	for (size_t y = 0; y < p->height; y++)
		png_read_row(png, to + y * p->row, NULL);
	buf_grew(&p->pixels, p->row * p->height);
	png_read_end(png, NULL);
	return 0;
}

static int decode(const void *data, size_t len, struct png_rows *p, struct err *e)
{
	struct source s = {.data = data, .len = len};
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s, fail, forgive);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	volatile int rc = -1;
	if (!info) {
		png_destroy_read_struct(&png, NULL, NULL);
		return err_set(e, ERR_SYSTEM, "no memory to read a PNG");
	}
	png_set_read_fn(png, &s, take);
	if (setjmp(png_jmpbuf(png)) == 0)
		rc = read_pixels(png, info, p, e);
	else
		(void)err_set(e, ERR_DATA, "this PNG is damaged: %s", s.text);
	png_destroy_read_struct(&png, &info, NULL);
	return rc;
}

static size_t big(const unsigned char *p)
{
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Inflates all IDAT chunks to p->stored; the library has read the file, so the chunks are whole. */
static bool inflate_rows(const unsigned char *d, size_t len, struct png_rows *p, z_stream *z)
{
	int rc = Z_OK;
	for (size_t at = SIGNATURE; at + CHUNK_FRAME <= len; ) {
		size_t n = big(d + at);
		if (n > len - at - CHUNK_FRAME)
			return false;
		if (memcmp(d + at + 4, "IDAT", 4) == 0) {
			if (p->rest_at == 0)
				p->head_len = at;
			p->rest_at = at + n + CHUNK_FRAME;
			z->next_in = (unsigned char *)d + at + 8;
			z->avail_in = (uInt)n;
			rc = rc == Z_OK ? inflate(z, Z_NO_FLUSH) : rc;
			rc = rc == Z_BUF_ERROR ? Z_OK : rc;	/* an empty chunk */
		}
		at += n + CHUNK_FRAME;
	}
	return rc == Z_STREAM_END && z->avail_out == 0;
}

int png_rows_read(const void *png, size_t len, struct png_rows *p, struct err *e)
{
	*p = (struct png_rows){0};
	buf_init(&p->pixels, BUF_UNLIMITED);
	buf_init(&p->stored, BUF_UNLIMITED);
	if (decode(png, len, p, e) < 0)
		return -1;
	size_t size = (p->row + 1) * p->height;
	z_stream z = {.avail_out = (uInt)size};
	z.next_out = buf_reserve(&p->stored, size);
	if (!z.next_out || inflateInit(&z) != Z_OK)
		return err_set(e, ERR_SYSTEM, "no memory for the rows of a PNG");
	bool ok = inflate_rows(png, len, p, &z);
	(void)inflateEnd(&z);
	if (!ok)
		return err_set(e, ERR_DATA, "this PNG has more or less rows than it says");
	buf_grew(&p->stored, size);
	return 0;
}

void png_rows_release(struct png_rows *p)
{
	buf_release(&p->pixels);
	buf_release(&p->stored);
}
