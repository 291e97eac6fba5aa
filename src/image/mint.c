/* src/image/mint.c - see mint.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/util.h"
#include "image/mint_in.h"
#include "image/probe.h"

struct image_mint *image_mint_free(struct image_mint *m)
{
	if (!m)
		return NULL;
	buf_release(&m->sides[0].bytes);
	buf_release(&m->sides[1].bytes);
	buf_release(&m->end);
	buf_release(&m->head);
	free(m);
	return NULL;
}

/* The bytes in front of the first piece. */
static size_t common(const struct image_mint *m)
{
	return m->bits > 0 ? m->sides[0].pieces[0].at : m->sides[0].bytes.len;
}

static int put_head(struct image_mint *m, struct err *e)
{
	m->head_len = common(m) / 3 * 3;
	m->tail_max = common(m) - m->head_len + m->end.len;
	for (int i = 0; i < m->bits; i++)
		m->tail_max += MAX(m->sides[0].pieces[i].len, m->sides[1].pieces[i].len);
	if (base64_encode(m->sides[0].bytes.data, m->head_len, &m->head) < 0)
		return err_set(e, ERR_SYSTEM, "no memory for a picture's base64");
	return 0;
}

int image_mint_new(const void *data, size_t len, struct image_mint **ret, struct err *e)
{
	struct image_info info;
	struct image_mint *m = calloc(1, sizeof(*m));
	if (!m)
		return err_sys(e, "cannot hold a picture");
	buf_init(&m->head, BUF_UNLIMITED);
	buf_init(&m->end, BUF_UNLIMITED);
	for (int i = 0; i < 2; i++)
		buf_init(&m->sides[i].bytes, BUF_UNLIMITED);
	int rc = image_probe(data, len, &info, e);
	if (rc == 0 && strcmp(info.format, "jpeg") == 0)
		rc = mint_jpeg(m, data, len, e);
	else if (rc == 0 && strcmp(info.format, "png") == 0)
		rc = mint_png(m, data, len, e);
	else if (rc == 0)
		rc = err_set(e, ERR_UNSUPPORTED, "only a JPEG or a PNG can be sent with pixels of "
			     "its own");
	if (rc < 0 || put_head(m, e) < 0) {
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
	at = mempcpy(at, m->sides[0].bytes.data + m->head_len, common(m) - m->head_len);
	for (int i = 0; i < m->bits; i++) {
		const struct mint_side *s = &m->sides[version >> i & 1];
		at = mempcpy(at, s->bytes.data + s->pieces[i].at, s->pieces[i].len);
	}
	memcpy(at, m->end.data, m->end.len);
	if (m->seal)
		m->seal(m, version, (unsigned char *)at);
	return base64_write(raw, (size_t)(at - raw) + m->end.len, to);
}
