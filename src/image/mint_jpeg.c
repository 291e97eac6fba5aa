/* src/image/mint_jpeg.c - a JPEG in pieces: its last restart intervals.
 *
 * It is written as it is and a little lighter or darker, both in short intervals that do not
 * depend on each other (jpeg_intervals.h).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "image/jpeg_intervals.h"
#include "image/mint_in.h"

#define MARKER ((size_t)2)

static bool is_restart(const unsigned char *p)
{
	return p[0] == 0xff && p[1] >= 0xd0 && p[1] <= 0xd7;
}

/* Where the compressed pixels begin: behind the header of the only scan. */
static size_t scan_start(const unsigned char *p, size_t len)
{
	size_t at = 2;
	while (at + 4 <= len && p[at] == 0xff) {
		size_t size = (size_t)p[at + 2] << 8 | p[at + 3];
		if (p[at + 1] == 0xda)
			return at + 2 + size;
		at += 2 + size;
	}
	return len;
}

/* The last `bits` intervals of a picture that has so many or more, each but the first with the
 * marker in front of it. Bytes 0xff of the pixels are followed by 0, so that markers cannot be
 * mistaken. */
static bool find_pieces(struct mint_side *s, int bits)
{
	const unsigned char *p = (const unsigned char *)s->bytes.data;
	size_t end = s->bytes.len - MARKER;	/* the end marker */
	size_t start = scan_start(p, s->bytes.len);
	for (int i = bits - 1; i >= 0; i--) {
		size_t at = end;
		while (at > start && !(at >= start + MARKER && is_restart(p + at - MARKER)))
			at--;
		if (i > 0 && at == start)
			return false;
		size_t from = i > 0 ? at - MARKER : at;
		s->pieces[i] = (struct mint_piece){.at = from, .len = end - from};
		end = from;
	}
	return true;
}

int mint_jpeg(struct image_mint *m, const void *jpeg, size_t len, struct err *e)
{
	size_t intervals = 0;
	for (int i = 0; i < 2; i++)
		if (jpeg_intervals_write(jpeg, len, i == 1, &m->sides[i].bytes, &intervals, e) < 0)
			return -1;
	m->bits = (int)MIN(intervals, (size_t)MINT_BITS);
	if (!find_pieces(&m->sides[0], m->bits) || !find_pieces(&m->sides[1], m->bits))
		return err_set(e, ERR_SYSTEM, "a JPEG without the intervals that it should have");
	const struct buf *first = &m->sides[0].bytes;
	if (buf_add(&m->end, first->data + first->len - MARKER, MARKER) < 0)
		return err_set(e, ERR_SYSTEM, "no memory for a picture");
	return 0;
}
