/* src/image/mint.c - see mint.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/mint.h"

#include "base/base64.h"
#include "base/util.h"
#include "image/jpeg_intervals.h"

#define BITS 32

struct piece {
	size_t at, len;
};

/* One way of writing the picture, and where its last intervals are. */
struct side {
	struct buf jpeg;
	struct piece tail[BITS];	/* the first of them begins behind a restart marker */
};

struct image_mint {
	int bits;
	struct side sides[2];
	size_t end_at, end_len;		/* of sides[0]: what follows the last interval */
	size_t head_len;		/* bytes of sides[0]: a multiple of 3 */
	size_t first_at;		/* where its first interval of the tail begins */
	struct buf head;		/* as base64 */
	size_t tail_max;
};

struct image_mint *image_mint_free(struct image_mint *m)
{
	if (!m)
		return NULL;
	buf_release(&m->sides[0].jpeg);
	buf_release(&m->sides[1].jpeg);
	buf_release(&m->head);
	free(m);
	return NULL;
}

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

/* The last `bits` intervals of a picture that has so many or more. *ret_end: behind them. Bytes
 * 0xff of the pixels are followed by 0, so markers cannot be mistaken. */
static bool find_tail(struct side *s, int bits, size_t *ret_end)
{
	const unsigned char *p = (const unsigned char *)s->jpeg.data;
	size_t end = s->jpeg.len - 2;		/* the end marker */
	size_t start = scan_start(p, s->jpeg.len);
	*ret_end = end;
	for (int i = bits - 1; i >= 0; i--) {
		size_t at = end;
		while (at > start && !(at >= start + 2 && is_restart(p + at - 2)))
			at--;
		s->tail[i] = (struct piece){at, end - at};
		if (i > 0 && at == start)
			return false;
		end = at - 2;
	}
	return true;
}

static int put_together(struct image_mint *m, struct err *e)
{
	size_t end[2];
	if (!find_tail(&m->sides[0], m->bits, &end[0]) ||
	    !find_tail(&m->sides[1], m->bits, &end[1]))
		return err_set(e, ERR_SYSTEM, "a JPEG without the intervals that it should have");
	m->end_at = end[0];
	m->end_len = m->sides[0].jpeg.len - end[0];
	m->first_at = m->sides[0].tail[0].at;
	m->head_len = m->first_at / 3 * 3;
	m->tail_max = m->first_at - m->head_len + m->end_len;
	for (int i = 0; i < m->bits; i++)
		m->tail_max += 2 + MAX(m->sides[0].tail[i].len, m->sides[1].tail[i].len);
	if (base64_encode(m->sides[0].jpeg.data, m->head_len, &m->head) < 0)
		return err_set(e, ERR_SYSTEM, "no memory for a picture's base64");
	return 0;
}

int image_mint_new(const void *jpeg, size_t len, struct image_mint **ret, struct err *e)
{
	size_t intervals = 0;
	int rc = 0;
	struct image_mint *m = calloc(1, sizeof(*m));
	if (!m)
		return err_sys(e, "cannot hold a picture");
	buf_init(&m->head, BUF_UNLIMITED);
	for (int i = 0; i < 2; i++)
		buf_init(&m->sides[i].jpeg, BUF_UNLIMITED);
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = jpeg_intervals_write(jpeg, len, i == 1, &m->sides[i].jpeg, &intervals, e);
	m->bits = (int)MIN(intervals, (size_t)BITS);
	if (rc < 0 || put_together(m, e) < 0) {
		image_mint_free(m);
		return -1;
	}
	*ret = m;
	return 0;
}

int image_mint_bits(const struct image_mint *m)
{
	return m->bits;
}

struct span image_mint_head(const struct image_mint *m)
{
	return (struct span){m->head.data ? m->head.data : "", m->head.len};
}

/* The bytes are put together behind the place of their base64. */
size_t image_mint_tail(const struct image_mint *m, uint32_t version, struct buf *out)
{
	size_t room = base64_length(m->tail_max);
	char *to = buf_reserve(out, room + m->tail_max);
	if (!to)
		return 0;
	char *raw = to + room, *at = raw;
	at = mempcpy(at, m->sides[0].jpeg.data + m->head_len, m->first_at - m->head_len);
	for (int i = 0; i < m->bits; i++) {
		const struct side *s = &m->sides[version >> i & 1];
		/* the marker in front of an interval is the same on both sides */
		if (i > 0)
			at = mempcpy(at, s->jpeg.data + s->tail[i].at - 2, 2);
		at = mempcpy(at, s->jpeg.data + s->tail[i].at, s->tail[i].len);
	}
	at = mempcpy(at, m->sides[0].jpeg.data + m->end_at, m->end_len);
	return base64_write(raw, (size_t)(at - raw), to);
}
