/* tests/fuzz/fuzz-http1.c - a response reads the same however it was cut into pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/http1.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	int heads, lasts;
	int status;
	int n_headers;
	int64_t content_length;
	struct buf body;
};

static int on_head(void *ctx, const struct http_head *head)
{
	struct seen *s = ctx;
	s->heads++;
	s->status = head->status;
	s->n_headers = head->n_headers;
	s->content_length = head->content_length;
	FUZZ_CHECK(head->status >= 200 && head->status <= 999);
	FUZZ_CHECK(head->n_headers >= 0 && head->n_headers <= HTTP_HEADERS_MAX);
	FUZZ_CHECK(!(head->chunked && head->content_length >= 0));
	for (int i = 0; i < head->n_headers; i++)
		FUZZ_CHECK(head->headers[i].name.len > 0);
	(void)http_content_type_is(head, "text/event-stream");
	return 0;
}

static int on_body(void *ctx, const char *data, size_t len, bool last)
{
	struct seen *s = ctx;
	FUZZ_CHECK(s->heads == 1 && len > 0 && s->lasts == 0);
	s->lasts += last;
	return buf_add(&s->body, data, len);
}

struct end {
	bool failed, complete;
	const char *error;
	size_t used;
};

static struct end feed(const uint8_t *data, size_t len, size_t round, struct seen *s)
{
	static const struct http1_events events = {on_head, on_body};
	struct end end = {0};
	struct http1 p;
	http1_init(&p);
	p.no_body = len > 0 && data[0] == '!';
	while (end.used < len && p.state != HTTP1_DONE) {
		size_t n = fuzz_piece(data, len, end.used, round);
		ssize_t r = http1_push(&p, (const char *)data + end.used, n, &events, s);
		s->lasts = 0;
		if (r < 0) {
			FUZZ_CHECK(r == -1 && p.error && p.state == HTTP1_FAILED);
			end.failed = true;
			end.error = p.error;
			break;
		}
		FUZZ_CHECK((size_t)r == n || p.state == HTTP1_DONE);
		end.used += (size_t)r;
	}
	end.complete = !end.failed && (p.state == HTTP1_DONE || http1_close(&p));
	FUZZ_CHECK(!end.complete || s->heads == 1);
	FUZZ_CHECK(p.body_bytes >= s->body.len);
	http1_release(&p);
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct seen whole = {.body = BUF_INIT(BUF_UNLIMITED)};
	struct end want = feed(data, len, 0, &whole);
	for (size_t round = 1; round < 3; round++) {
		struct seen cut = {.body = BUF_INIT(BUF_UNLIMITED)};
		struct end end = feed(data, len, round, &cut);
		FUZZ_CHECK(end.failed == want.failed && end.complete == want.complete);
		FUZZ_CHECK(cut.heads == whole.heads && cut.status == whole.status);
		FUZZ_CHECK(cut.n_headers == whole.n_headers);
		FUZZ_CHECK(cut.content_length == whole.content_length);
		FUZZ_CHECK(end.failed ? end.error == want.error : end.used == want.used);
		FUZZ_CHECK(end.failed || cut.body.len == whole.body.len);
		size_t both = MIN(cut.body.len, whole.body.len);
		FUZZ_CHECK(both == 0 || memcmp(cut.body.data, whole.body.data, both) == 0);
		buf_release(&cut.body);
	}
	buf_release(&whole.body);
	return 0;
}
