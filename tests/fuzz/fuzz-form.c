/* tests/fuzz/fuzz-form.c - a multipart form holds exactly what was put into it, read back by the
 * rules of RFC 7578 and 2046.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/form.h"
#include "tests/fuzz/fuzz.h"

/* The next part: its head and body between two delimiters; NULL: not well formed. */
static const char *next_part(const char *at, const char *end, const char *delimiter,
			     struct span *head, struct span *body)
{
	const char *gap = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
	if (!gap)
		return NULL;
	const char *from = gap + 4;
	const char *next = memmem(from, (size_t)(end - from), delimiter, strlen(delimiter));
	if (!next)
		return NULL;
	*head = (struct span){at, (size_t)(gap - at)};
	*body = (struct span){from, (size_t)(next - from)};
	return next + strlen(delimiter);
}

static bool same(struct span a, const void *data, size_t len)
{
	return a.len == len && (len == 0 || memcmp(a.data, data, len) == 0);
}

static void read_back(const struct buf *all, const char *boundary, const char *name,
		      const char *value, const struct media *m)
{
	char delimiter[64];
	(void)snprintf(delimiter, sizeof(delimiter), "\r\n--%s", boundary);
	const char *at = all->data;
	const char *end = all->data + all->len;
	struct span head, body;
	FUZZ_CHECK(strncmp(at, delimiter + 2, strlen(delimiter + 2)) == 0);
	at += strlen(delimiter + 2);
	at = next_part(at, end, delimiter, &head, &body);
	FUZZ_CHECK(at && same(body, value, strlen(value)));
	/* no line of the head but ours, whatever the name was */
	FUZZ_CHECK(strncmp(head.data, "\r\nContent-Disposition: form-data; name=\"", 40) == 0);
	FUZZ_CHECK(!memchr(head.data + 2, '\n', head.len - 2));
	size_t quotes = 0;
	for (size_t i = 0; i < head.len; i++)
		quotes += head.data[i] == '"';
	FUZZ_CHECK(quotes == 2 && head.len >= 41 + strlen(name));
	at = next_part(at, end, delimiter, &head, &body);
	FUZZ_CHECK(at && same(body, m->data, m->len));
	FUZZ_CHECK(end - at == 4 && memcmp(at, "--\r\n", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct service s;
	struct request r;
	struct err e;
	struct form f;
	size_t third = len / 3;
	struct media m = {.name = "a.wav", .mime = "audio/wav", .data = data + 2 * third,
			  .len = len - 2 * third};
	(void)snprintf(m.sha256, sizeof(m.sha256), "%064d", 7);
	char *name = strndup((const char *)data, third);
	char *value = strndup((const char *)data + third, third);
	FUZZ_CHECK(name && value);
	service_defaults(&s);
	request_init(&r);
	form_begin(&f, &s, &r, &m);
	form_text(&f, name, value);
	form_media(&f, "file", &m);
	FUZZ_CHECK(form_end(&f, &e) == 0);
	struct buf all = BUF_INIT(BUF_UNLIMITED);
	for (size_t i = 0; i < r.n_pieces; i++)
		FUZZ_CHECK(buf_add(&all, request_piece_data(&r, i), r.pieces[i].len) == 0);
	FUZZ_CHECK(all.len == request_length(&r));
	if (!memmem(data, len, f.boundary, strlen(f.boundary)))
		read_back(&all, f.boundary, name, value, &m);
	buf_release(&all);
	request_release(&r);
	service_release(&s);
	free(name);
	free(value);
	return 0;
}
