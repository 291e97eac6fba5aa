/* src/protocols/request.c - a request as pieces of written text and borrowed media.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "protocols/protocol.h"

/* What assay writes into one request beside media: prompts and form fields. */
#define REQUEST_TEXT_MAX ((size_t)256 << 20)
#define REQUEST_HEAD_MAX ((size_t)16384)

void request_init(struct request *r)
{
	*r = (struct request){.method = "POST", .path = ""};
	buf_init(&r->head, REQUEST_HEAD_MAX);
	buf_init(&r->text, REQUEST_TEXT_MAX);
}

void request_release(struct request *r)
{
	buf_release(&r->head);
	buf_release(&r->text);
	r->n_pieces = 0;
}

void request_clear(struct request *r)
{
	buf_clear(&r->head);
	buf_clear(&r->text);
	r->method = "POST";
	r->path = "";
	r->n_pieces = 0;
	r->live = (struct request_live){0};
}

/* len bytes stand at the end of text already: make them a piece, or part of the last one. */
int request_add_written(struct request *r, size_t len)
{
	size_t at = r->text.len;
	struct request_piece *last = r->n_pieces ? &r->pieces[r->n_pieces - 1] : NULL;
	buf_grew(&r->text, len);
	if (len == 0)
		return 0;
	if (last && !last->data && last->offset + last->len == at) {
		last->len += len;
		return 0;
	}
	if (r->n_pieces == REQUEST_PIECES_MAX) {
		r->text.failed = true;
		return -1;
	}
	r->pieces[r->n_pieces++] = (struct request_piece){NULL, at, len};
	return 0;
}

int request_add_text(struct request *r, const void *data, size_t len)
{
	char *to = buf_reserve(&r->text, len);
	if (!to)
		return -1;
	if (len > 0)
		memcpy(to, data, len);
	return request_add_written(r, len);
}

int request_add_media(struct request *r, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	if (r->n_pieces == REQUEST_PIECES_MAX) {
		r->text.failed = true;
		return -1;
	}
	r->pieces[r->n_pieces++] = (struct request_piece){data, 0, len};
	return 0;
}

size_t request_length(const struct request *r)
{
	size_t sum = 0;
	for (size_t i = 0; i < r->n_pieces; i++)
		sum += r->pieces[i].len;
	return sum;
}

const void *request_piece_data(const struct request *r, size_t i)
{
	const struct request_piece *p = &r->pieces[i];
	return p->data ? p->data : r->text.data + p->offset;
}
