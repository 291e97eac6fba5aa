/* src/image/mint_png.c - a PNG in pieces: its last rows, each group of them an IDAT chunk.
 *
 * The pixels of a PNG are one deflate stream, which may be cut into chunks anywhere. Behind a full
 * flush nothing refers to what came before, so that groups of rows can be compressed alone and put
 * together like bricks, when their filter looks at no other row (Sub, RFC 2083 section 6). In the
 * end stands an Adler-32 of all rows, made of those of the groups.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <zlib.h>

#include "base/util.h"
#include "image/mint_in.h"
#include "image/png_rows.h"

#define SHIFT 6			/* of 255: lighter or darker */
#define PATCHES ((size_t)8)	/* side by side; a piece changes one of them */
#define GROUP_MAX ((size_t)4)	/* rows of a piece */
#define FILTER_SUB 1
#define LEVEL 6

static void put_big(unsigned char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* A chunk around the bytes from `at` on: its frame was left room for. */
static int close_chunk(struct buf *out, size_t at, struct err *e)
{
	unsigned char sum[4];
	unsigned char *p = (unsigned char *)out->data + at;
	size_t n = out->len - at - 8;
	put_big(p, (uint32_t)n);
	memcpy(p + 4, "IDAT", 4);
	put_big(sum, (uint32_t)crc32(0, p + 4, (uInt)n + 4));
	if (n > INT32_MAX || buf_add(out, sum, sizeof(sum)) < 0)
		return err_set(e, ERR_SYSTEM, "no memory for the rows of a PNG");
	return 0;
}

/* Rows as a chunk of their own, up to a full flush. */
static int put_rows(z_stream *z, const void *rows, size_t len, struct buf *out, struct err *e)
{
	size_t at = out->len, room = deflateBound(z, len) + 64;
	unsigned char *to = buf_reserve(out, room + 8);
	if (!to)
		return err_set(e, ERR_SYSTEM, "no memory for the rows of a PNG");
	z->next_in = (unsigned char *)rows;
	z->avail_in = (uInt)len;
	z->next_out = to + 8;
	z->avail_out = (uInt)room;
	if (deflate(z, Z_FULL_FLUSH) != Z_OK || z->avail_out == 0)
		return err_set(e, ERR_SYSTEM, "zlib cannot compress the rows of a PNG");
	buf_grew(out, 8 + room - z->avail_out);
	return close_chunk(out, at, e);
}

/* Another colour of the palette, the nearest one; -1: there is none. */
static int nearest(const struct png_rows *p, int i)
{
	int best = -1, least = INT32_MAX;
	for (int k = 0; k < p->n_colours; k++) {
		int far = 0;
		for (int c = 0; c < 3; c++)
			far += abs(p->colours[i][c] - p->colours[k][c]);
		if (far > 0 && far < least) {
			least = far;
			best = k;
		}
	}
	return best;
}

static void shift_pixel(const struct png_rows *p, unsigned char *pixel)
{
	if (p->colour == 0) {
		int other = pixel[0] < p->n_colours ? nearest(p, pixel[0]) : -1;
		pixel[0] = other >= 0 ? (unsigned char)other : pixel[0];
	}
	for (int i = 0; i < p->colour; i += p->wide ? 2 : 1)
		pixel[i] = (unsigned char)(pixel[i] < 128 ? pixel[i] + SHIFT : pixel[i] - SHIFT);
}

/* Some rows of a piece, filtered, to `out`: as they are, or with a patch of them shifted. */
static void filter_rows(const struct png_rows *p, size_t first, size_t n, int piece, bool shifted,
			unsigned char *out)
{
	size_t wide = MAX(p->width / PATCHES, (size_t)1);
	size_t from = (size_t)piece % PATCHES * wide;
	from = from < p->width ? from : 0;
	for (size_t y = first; y < first + n; y++, out += p->row + 1) {
		out[0] = FILTER_SUB;
		memcpy(out + 1, p->pixels.data + y * p->row, p->row);
		for (size_t x = from; shifted && x < MIN(from + wide, p->width); x++)
			shift_pixel(p, out + 1 + x * (size_t)p->pixel);
		for (size_t i = p->row; i > (size_t)p->pixel; i--)
			out[i] = (unsigned char)(out[i] - out[i - (size_t)p->pixel]);
	}
}

static int put_piece(struct image_mint *m, int side, int piece, const void *rows, z_stream *z,
		     struct err *e)
{
	struct mint_side *s = &m->sides[side];
	size_t at = s->bytes.len;
	if (put_rows(z, rows, m->piece_len, &s->bytes, e) < 0)
		return -1;
	uint32_t sum = (uint32_t)adler32(1, rows, (uInt)m->piece_len);
	s->pieces[piece] = (struct mint_piece){at, s->bytes.len - at, sum};
	return 0;
}

static int put_pieces(struct image_mint *m, const struct png_rows *p, size_t group, z_stream *z,
		      struct err *e)
{
	size_t len = m->piece_len = group * (p->row + 1);
	CLEANUP(free_ptr) unsigned char *rows = malloc(2 * len);
	if (!rows)
		return err_set(e, ERR_SYSTEM, "no memory for the rows of a PNG");
	for (int i = 0; i < m->bits; i++) {
		size_t first = p->height - (size_t)(m->bits - i) * group;
		filter_rows(p, first, group, i, false, rows);
		filter_rows(p, first, group, i, true, rows + len);
		if (memcmp(rows, rows + len, len) == 0)
			return err_set(e, ERR_UNSUPPORTED, "a PNG of one colour cannot be sent "
				       "with pixels of its own");
		if (put_piece(m, 0, i, rows, z, e) < 0 || put_piece(m, 1, i, rows + len, z, e) < 0)
			return -1;
	}
	return 0;
}

/* The last chunk of rows: an empty block, and the sum of all. */
static const unsigned char last_block[] = {0, 0, 0, 6, 'I', 'D', 'A', 'T', 3, 0};
#define LAST_SUM sizeof(last_block)

static void seal(const struct image_mint *m, uint32_t version, unsigned char *at)
{
	uint32_t sum = m->head_sum;
	for (int i = 0; i < m->bits; i++)
		sum = (uint32_t)adler32_combine(sum, m->sides[version >> i & 1].pieces[i].sum,
						(z_off_t)m->piece_len);
	put_big(at + LAST_SUM, sum);
	put_big(at + LAST_SUM + 4, (uint32_t)crc32(0, at + 4, LAST_SUM));
}

static int lay_bricks(struct image_mint *m, const struct png_rows *p, const char *png, size_t len,
		      struct err *e)
{
	z_stream z = {0};
	size_t group = MAX(MIN(p->height / 128, GROUP_MAX), (size_t)1);
	m->bits = (int)MIN(p->height / group, (size_t)MINT_BITS);
	size_t head = (p->height - (size_t)m->bits * group) * (p->row + 1);
	m->head_sum = (uint32_t)adler32(1, (const unsigned char *)p->stored.data, (uInt)head);
	m->seal = seal;
	if (buf_add(&m->sides[0].bytes, png, p->head_len) < 0 ||
	    buf_add(&m->end, last_block, sizeof(last_block)) < 0 ||
	    buf_add(&m->end, "\0\0\0\0\0\0\0", 8) < 0 ||
	    buf_add(&m->end, png + p->rest_at, len - p->rest_at) < 0 ||
	    deflateInit(&z, LEVEL) != Z_OK)
		return err_set(e, ERR_SYSTEM, "no memory for a picture");
	/* the stream's first bytes are written with the head, so it has a chunk even when empty */
	int rc = put_rows(&z, p->stored.data, head, &m->sides[0].bytes, e);
	if (rc == 0)
		rc = put_pieces(m, p, group, &z, e);
	(void)deflateEnd(&z);
	return rc;
}

int mint_png(struct image_mint *m, const void *png, size_t len, struct err *e)
{
	struct png_rows p;
	int rc = png_rows_read(png, len, &p, e);
	if (rc == 0)
		rc = lay_bricks(m, &p, png, len, e);
	png_rows_release(&p);
	return rc;
}
