/* tests/unit/http/test-http1.c - responses, cut at every byte; invalid ones are refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "guard.h"
#include "http/http1.h"

struct seen {
	struct buf body;
	int heads, status;
	int pieces, last_pieces;
	int stop_at;	/* piece whose callback says stop; 0: none */
};

static int on_head(void *ctx, const struct http_head *head)
{
	struct seen *seen = ctx;
	seen->heads++;
	seen->status = head->status;
	return seen->stop_at < 0;
}

static int on_body(void *ctx, const char *data, size_t len, bool last)
{
	struct seen *seen = ctx;
	assert_true(len > 0);
	assert_int_equal(seen->heads, 1);
	(void)buf_add(&seen->body, data, len);
	seen->last_pieces += last;
	return ++seen->pieces == seen->stop_at;
}

static const struct http1_events events = {on_head, on_body};

#define H "HTTP/1.1 200 OK\r\n"
#define CH H "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
	const char *in;
	const char *body;
	size_t rest;		/* bytes behind the response */
	bool needs_close, keep_alive;
	int status;
} good[] = {
	{H "Content-Length: 5\r\n\r\nhello", "hello", 0, false, true, 200},
	{H "Content-Length: 5\r\n\r\nhelloXY", "hello", 2, false, true, 200},
	{H "Content-Length: 0\r\n\r\n", "", 0, false, true, 200},
	{H "content-LENGTH:5\r\nContent-Length: 5\r\n\r\nhello", "hello", 0, false, true, 200},
	{H "\r\nuntil the end", "until the end", 0, true, false, 200},
	{H "Connection: x, Close\r\nContent-Length: 1\r\n\r\na", "a", 0, false, false, 200},
	{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "a", 0, false, false, 200},
	{"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na", "a", 0, false,
	 true, 200},
	{CH "5\r\nhello\r\n0\r\n\r\n", "hello", 0, false, true, 200},
	{CH "5\r\nhello\r\n00A\r\n, my world\r\n0\r\n\r\nZ", "hello, my world", 1, false, true,
	 200},
	{CH "1;a=b\r\nx\r\n1 ; q=\"\x80\"\r\ny\r\n0;end\r\nTrailer: v\r\nOther: w\r\n\r\n", "xy", 0,
	 false, true, 200},
	{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" H
	 "Content-Length: 1\r\n\r\na", "a", 0, false, true, 200},
	{"HTTP/1.1 204 No Content\r\n\r\n", "", 0, false, true, 204},
	{"HTTP/1.1 304 \r\nContent-Length: 10\r\n\r\n", "", 0, false, true, 304},
	{"HTTP/1.1 500\r\nContent-Length: 2\r\n\r\nno", "no", 0, false, true, 500},
	{"HTTP/1.1 200 OK\nContent-Length: 1\n\na", "a", 0, false, true, 200},
	{H "Content-Encoding: identity\r\nX: \ta b \r\nEmpty:\r\nContent-Length: 1\r\n\r\na", "a",
	 0, false, true, 200},
};

static void check_good(size_t row, const struct guard *g, size_t cut, size_t then)
{
	struct http1 p;
	struct seen seen = {.body = BUF_INIT(4096)};
	size_t len = strlen(good[row].in), taken = 0;

	http1_init(&p);
	for (size_t at = 0, n = cut; at < len && p.state != HTTP1_DONE; at += n, n = then) {
		n = MIN(n, len - at);
		ssize_t r = http1_push(&p, guard_put(g, good[row].in + at, n), n, &events, &seen);
		if (r < 0)
			fail_msg("row %zu cut %zu: %s", row, cut, p.error);
		taken += (size_t)r;
		assert_true((size_t)r == n || p.state == HTTP1_DONE);
	}
	if (good[row].needs_close) {
		assert_int_equal(p.state, HTTP1_BODY_CLOSE);
		assert_true(http1_close(&p));
	}
	assert_int_equal(p.state, HTTP1_DONE);
	assert_int_equal(len - taken, good[row].rest);
	assert_int_equal(seen.status, good[row].status);
	assert_string_equal(seen.body.data ? seen.body.data : "", good[row].body);
	assert_int_equal(p.keep_alive, good[row].keep_alive);
	assert_int_equal(p.body_bytes, strlen(good[row].body));
	buf_release(&seen.body);
	http1_release(&p);
}

static void test_good(void **state)
{
	(void)state;
	struct guard g = guard_new(4096);
	for (size_t row = 0; row < ARRAY_LEN(good); row++) {
		for (size_t cut = 0; cut <= strlen(good[row].in); cut++)
			check_good(row, &g, cut, 4096);
		check_good(row, &g, 1, 1);
	}
	guard_free(&g);
}

/* Every proper prefix of a response is incomplete, never complete and never an error. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t row = 0; row < ARRAY_LEN(good); row++) {
		size_t len = strlen(good[row].in) - good[row].rest;
		for (size_t cut = 0; cut < len; cut++) {
			struct http1 p;
			struct seen seen = {.body = BUF_INIT(4096)};
			http1_init(&p);
			ssize_t n = http1_push(&p, good[row].in, cut, &events, &seen);
			assert_int_equal(n, cut);
			bool in_close_body = p.state == HTTP1_BODY_CLOSE;
			assert_int_equal(http1_close(&p), in_close_body);
			assert_true(in_close_body == false || good[row].needs_close);
			buf_release(&seen.body);
			http1_release(&p);
		}
	}
}

static const char *const bad[] = {
	"HTTP/2 200\r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "\r\n\r\n",
	"SSH-2.0-OpenSSH\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
	"HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 600 X\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n",
	"HTTP/1.1\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
	H "No colon\r\n\r\n", H ": no name\r\n\r\n", H "Blank : x\r\n\r\n",
	H "A: x\r\n folded\r\n\r\n",
	H "A: \x01\r\n\r\n", H "A: b\rc\r\n\r\n", H "A\x80: b\r\n\r\n",
	H "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", H "Content-Length: -1\r\n\r\n",
	H "Content-Length: +5\r\n\r\nhello", H "Content-Length: 0x5\r\n\r\nhello",
	H "Content-Length:\r\n\r\n", H "Content-Length: 5, 5\r\n\r\nhello",
	H "Content-Length: 99999999999999999999\r\n\r\n",
	H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	H "Transfer-Encoding: gzip, chunked\r\n\r\n", H "Transfer-Encoding: identity\r\n\r\n",
	H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	H "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na",
	CH "\r\n", CH "x\r\n", CH "-1\r\n", CH "0x5\r\nhello\r\n", CH "5\nhello\r\n", CH "5\rX",
	CH "5\r\nhelloX", CH "5\r\nhello\rX", CH "5\r\nhello\n", CH " 5\r\nhello\r\n",
	CH "1000000000000000\r\n", CH "5 5\nhello",
};

static void test_bad(void **state)
{
	(void)state;
	struct guard g = guard_new(4096);
	for (size_t row = 0; row < ARRAY_LEN(bad); row++)
		for (size_t step = 1; step <= 2; step++) {
			struct http1 p;
			struct seen seen = {.body = BUF_INIT(4096)};
			size_t len = strlen(bad[row]);
			ssize_t r = 0;
			http1_init(&p);
			for (size_t at = 0; at < len && r >= 0; at += step == 1 ? 1 : len) {
				size_t n = step == 1 ? 1 : len;
				r = http1_push(&p, guard_put(&g, bad[row] + at, n), n, &events,
					       &seen);
			}
			if (r != -1)
				fail_msg("row %zu was taken: %s", row, bad[row]);
			assert_non_null(p.error);
			assert_int_equal(p.state, HTTP1_FAILED);
			assert_false(http1_close(&p));
			assert_int_equal(http1_push(&p, "x", 1, &events, &seen), -1);
			buf_release(&seen.body);
			http1_release(&p);
		}
	guard_free(&g);
}

static void test_limits(void **state)
{
	(void)state;
	struct http1 p;
	struct seen seen = {.body = BUF_INIT(64)};
	http1_init(&p);
	assert_int_equal(http1_push(&p, H, strlen(H), &events, &seen), strlen(H));
	ssize_t r = 0;
	size_t sent = 0;
	for (; r >= 0 && sent < 2 * HTTP1_HEAD_MAX; sent++)
		r = http1_push(&p, "a", 1, &events, &seen);
	assert_int_equal(r, -1);
	assert_true(sent <= HTTP1_HEAD_MAX);

	http1_clear(&p);
	assert_int_equal(http1_push(&p, H, strlen(H), &events, &seen), strlen(H));
	for (int i = 0; i < HTTP_HEADERS_MAX + 1; i++)
		assert_int_equal(http1_push(&p, "A: b\r\n", 6, &events, &seen), 6);
	assert_int_equal(http1_push(&p, "\r\n", 2, &events, &seen), -1);
	assert_non_null(strstr(p.error, "100 headers"));

	http1_clear(&p);
	assert_int_equal(http1_push(&p, CH "1;", strlen(CH) + 2, &events, &seen), strlen(CH) + 2);
	for (r = 0, sent = 0; r >= 0 && sent < 10000; sent++)
		r = http1_push(&p, "e", 1, &events, &seen);
	assert_int_equal(r, -1);
	http1_release(&p);
	buf_release(&seen.body);
}

/* The stamp of a read belongs to its last body byte: only the last piece is called last. */
static void test_last_piece(void **state)
{
	(void)state;
	struct http1 p;
	struct seen seen = {.body = BUF_INIT(64)};
	const char *in = CH "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n";
	http1_init(&p);
	assert_int_equal(http1_push(&p, in, strlen(in), &events, &seen), strlen(in));
	assert_int_equal(seen.pieces, 3);
	assert_int_equal(seen.last_pieces, 1);
	assert_string_equal(seen.body.data, "abc");
	http1_release(&p);
	buf_release(&seen.body);
}

static void test_callback_stops(void **state)
{
	(void)state;
	const char *in = CH "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n";
	for (int stop = -1; stop <= 3; stop++) {
		struct http1 p;
		struct seen seen = {.body = BUF_INIT(64), .stop_at = stop};
		http1_init(&p);
		ssize_t r = http1_push(&p, in, strlen(in), &events, &seen);
		assert_int_equal(r, stop == 0 ? (ssize_t)strlen(in) : -2);
		assert_int_equal(seen.pieces, stop < 0 ? 0 : stop == 0 ? 3 : stop);
		http1_release(&p);
		buf_release(&seen.body);
	}
}

static void test_head_request(void **state)
{
	(void)state;
	struct http1 p;
	struct seen seen = {.body = BUF_INIT(64)};
	const char *in = H "Content-Length: 5\r\n\r\n";
	http1_init(&p);
	p.no_body = true;
	assert_int_equal(http1_push(&p, in, strlen(in), &events, &seen), strlen(in));
	assert_int_equal(p.state, HTTP1_DONE);
	http1_release(&p);
	buf_release(&seen.body);
}

static void test_headers(void **state)
{
	(void)state;
	struct http_header headers[] = {
		{{"content-type", 12}, {" Text/Event-Stream ; charset=utf-8", 34}},
		{{"X", 1}, {"", 0}},
	};
	struct http_head head = {.n_headers = 2};
	memcpy(head.headers, headers, sizeof(headers));
	assert_true(http_content_type_is(&head, "text/event-stream"));
	assert_false(http_content_type_is(&head, "text/event"));
	assert_false(http_content_type_is(&head, "text/event-streams"));
	assert_non_null(http_header(&head, "x").data);
	assert_null(http_header(&head, "y").data);
	head.n_headers = 0;
	assert_false(http_content_type_is(&head, "text/plain"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_last_piece),
		cmocka_unit_test(test_callback_stops),
		cmocka_unit_test(test_head_request),
		cmocka_unit_test(test_headers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
