/* tests/unit/http/test-exchange.c - exchanges with a scripted server: every way to end.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../stamps.h"
#include "rig.h"

/* --- what servers do --- */

static void serve_text_close(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	if (fake_read(c, &in))
		(void)fake_say(c, ctx);
	buf_release(&in);
}

static void serve_text_hang(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	if (fake_read(c, &in) && fake_say(c, ctx))
		fake_hang(c);
	buf_release(&in);
}

/* The text, then a reset as soon as the client has it in hand: it acknowledges before. */
static void serve_text_reset(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	if (fake_read(c, &in))
		(void)fake_say(c, ctx);
	fake_reset(c);
	buf_release(&in);
}

static void serve_bytewise(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in))
		for (const char *t = ctx; *t; t++)
			if (!fake_send(c, t, 1))
				break;
	buf_release(&in);
}

/* --- tests --- */

static void test_replies(void **state)
{
	(void)state;
	static const struct {
		void (*serve)(struct fake_conn *, void *);
		const char *text;
		enum outcome outcome;
		const char *body, *words;
	} rows[] = {
		{serve_text, OK_HEAD "Content-Length: 5\r\n\r\nhello", OUTCOME_OK, "hello", ""},
		{serve_text, CHUNKED "5\r\nhello\r\n0\r\n\r\n", OUTCOME_OK, "hello", ""},
		{serve_bytewise, CHUNKED "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", OUTCOME_OK, "hello!",
		 ""},
		{serve_text_close, OK_HEAD "\r\nhello", OUTCOME_OK, "hello", ""},
		{serve_text, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", OUTCOME_HTTP_3XX,
		 "", ""},
		{serve_text, "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", OUTCOME_HTTP_4XX,
		 "no", ""},
		{serve_text, "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", OUTCOME_HTTP_5XX,
		 "no", ""},
		{serve_text_close, OK_HEAD "Content-Length: 6\r\n\r\nhello", OUTCOME_TRUNCATED,
		 "hello", "inside the reply"},
		{serve_text_close, CHUNKED "5\r\nhello\r\n", OUTCOME_TRUNCATED, "hello",
		 "inside the reply"},
		{serve_text_close, "", OUTCOME_TRUNCATED, "", "without a reply"},
		{serve_text_close, "HTTP/1.1 20", OUTCOME_TRUNCATED, "", "inside the reply"},
		{serve_text_reset, OK_HEAD "Content-Length: 6\r\n\r\nhello", OUTCOME_RESET, NULL,
		 "reset"},
		{serve_text_reset, "", OUTCOME_RESET, "", "reset"},
		{serve_text, OK_HEAD "Content-Length: 4\r\n\r\nhello", OUTCOME_BAD_HTTP, "hell",
		 "bytes follow"},
		{serve_text, "SSH-2.0-x\r\n", OUTCOME_BAD_HTTP, "", "HTTP/1"},
		{serve_text, OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
		 OUTCOME_BAD_HTTP, "", "compressed"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rig r;
		struct seen s;
		rig_up(&r, rows[i].serve, rows[i].text, NULL, NULL);
		seen_init(&s, &r);
		ask(&r, &s);
		if (s.outcome != rows[i].outcome)
			fail_msg("row %zu: %s (%s)", i, outcome_name(s.outcome), s.x.words);
		if (rows[i].body)
			assert_string_equal(s.body.data ? s.body.data : "", rows[i].body);
		if (!strstr(s.x.words, rows[i].words))
			fail_msg("row %zu: %s", i, s.x.words);
		if (rows[i].outcome == OUTCOME_OK) {
			assert_true(s.x.connect_start > 0 && s.x.connected >= s.x.connect_start);
			assert_true(s.x.sent_first >= s.x.connected);
			assert_true(s.x.upload_done >= s.x.sent_first);
			assert_true(s.x.first_byte >= s.x.sent_first);
			assert_true(s.x.end >= s.x.first_byte);
		}
		seen_release(&s);
		rig_down(&r);
	}
}

static void test_refused_and_too_late(void **state)
{
	(void)state;
	struct rig r;
	struct seen s;
	rig_up(&r, serve_text_hang, CHUNKED "5\r\nhello\r\n", NULL, NULL);
	seen_init(&s, &r);

	s.x.idle_ns = 50 * MS;
	uint64_t before = clock_now();
	ask(&r, &s);
	assert_int_equal(s.outcome, OUTCOME_IDLE_TIMEOUT);
	assert_true(clock_now() - before >= 50 * MS);
	assert_string_equal(s.body.data, "hello");

	s.x.idle_ns = 0;
	s.x.timeout_ns = 60 * MS;
	before = clock_now();
	ask(&r, &s);
	assert_int_equal(s.outcome, OUTCOME_TIMEOUT);
	assert_true(clock_now() - before >= 60 * MS);

	struct fake *gone = fake_start(&(struct fake_spec){serve_text, NULL, NULL});
	char text[64];
	struct url url;
	struct endpoint nobody;
	assert_int_equal(url_parse(fake_url(gone, "/", text, sizeof(text)), &url, NULL), 0);
	fake_stop(gone);
	assert_int_equal(endpoint_init(&nobody, &url, NULL, NULL), 0);
	struct origin *other = origin_new(r.net, &nobody);
	s.x.origin = other;
	ask(&r, &s);
	assert_int_equal(s.outcome, OUTCOME_CONNECT);
	assert_non_null(strstr(s.x.words, "refused"));
	assert_int_equal(s.x.sent_first, 0);
	origin_free(other);
	seen_release(&s);
	rig_down(&r);
}

static void test_callback_ends_it(void **state)
{
	(void)state;
	struct rig r;
	struct seen s;
	rig_up(&r, serve_text, CHUNKED "5\r\nhello\r\n0\r\n\r\n", NULL, NULL);
	seen_init(&s, &r);
	s.from_head = OUTCOME_BAD_CONTENT_TYPE;
	ask(&r, &s);
	assert_int_equal(s.outcome, OUTCOME_BAD_CONTENT_TYPE);
	assert_int_equal(s.n_pieces, 0);
	s.from_head = OUTCOME_OK;
	s.from_body = OUTCOME_ERROR_EVENT;
	ask(&r, &s);
	assert_int_equal(s.outcome, OUTCOME_ERROR_EVENT);
	assert_false(s.x.reused);	/* what was left unread is not met again */
	start(&s, NULL, 0);
	exchange_abort(&s.x, OUTCOME_ABORTED, "enough");
	assert_int_equal(s.outcome, OUTCOME_ABORTED);
	seen_release(&s);
	rig_down(&r);
}

static void serve_once_then_close(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	if (fake_read(c, &in) && fake_say(c, ctx) && c->number == 0)
		(void)fake_read(c, &in);	/* the second request: closed without a word */
	else
		while (fake_read(c, &in) && fake_say(c, ctx))
			;
	buf_release(&in);
}

static void test_kept_and_stale(void **state)
{
	(void)state;
	static const char reply[] = OK_HEAD "Content-Length: 5\r\n\r\nhello";
	for (int retry = 0; retry < 2; retry++) {
		struct rig r;
		struct seen s;
		rig_up(&r, serve_once_then_close, reply, NULL, NULL);
		seen_init(&s, &r);
		s.x.retry_stale = retry;
		ask(&r, &s);
		assert_int_equal(s.outcome, OUTCOME_OK);
		assert_false(s.x.reused);
		ask(&r, &s);
		assert_int_equal(s.outcome, retry ? OUTCOME_OK : OUTCOME_STALE_CONNECTION);
		assert_int_equal(s.x.stale_retries, retry);
		ask(&r, &s);	/* kept when the second was answered, else opened anew */
		assert_int_equal(s.outcome, OUTCOME_OK);
		assert_int_equal(s.x.reused, retry);
		assert_int_equal(fake_connections(r.server), 2);
		assert_int_equal(s.x.connect_start == 0, retry);
		seen_release(&s);
		rig_down(&r);
	}
}

/* A connection that was closed while it lay idle is noticed and not used. */
static void test_closed_while_idle(void **state)
{
	(void)state;
	struct rig r;
	struct seen s;
	rig_up(&r, serve_text_close, OK_HEAD "Content-Length: 5\r\n\r\nhello", NULL, NULL);
	seen_init(&s, &r);
	for (int i = 0; i < 5; i++) {
		ask(&r, &s);
		assert_int_equal(s.outcome, OUTCOME_OK);
		/* the close is an event like any other: wait for it */
		assert_int_equal(loop_step(net_loop(r.net), clock_now() + NS_PER_S, NULL), 0);
	}
	assert_int_equal(fake_connections(r.server), 5);
	seen_release(&s);
	rig_down(&r);
}

static void serve_later(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	(void)ctx;
	while (fake_read(c, &in)) {
		(void)fake_wait_until(clock_now() + 60 * MS);
		(void)fake_say(c, OK_HEAD "Content-Length: 2\r\n\r\nok");
	}
	buf_release(&in);
}

enum { BIG = 8 << 20 };

static void test_upload(void **state)
{
	(void)state;
	CLEANUP(free_ptr) char *body = calloc(1, BIG);
	struct rig r;
	struct seen s;
	rig_up(&r, serve_text, OK_HEAD "Content-Length: 2\r\n\r\nok", NULL, NULL);
	seen_init(&s, &r);
	start(&s, body, 900 << 10);
	run(&r, &s);
	assert_int_equal(s.outcome, OUTCOME_OK);
	assert_true(s.x.upload_done > s.x.sent_first && s.x.upload_done <= s.x.first_byte);
	seen_release(&s);
	rig_down(&r);
}

/* A small request on a kept connection: its acknowledgement comes with the reply, 60 ms later,
 * but it was there at once. */
static void test_small_upload(void **state)
{
	(void)state;
	need_stamps();
	static const char body[100];
	struct rig r;
	struct seen s;
	rig_up(&r, serve_later, NULL, NULL, NULL);
	seen_init(&s, &r);
	for (int i = 0; i < 4; i++) {
		start(&s, body, sizeof(body));
		run(&r, &s);
		assert_int_equal(s.outcome, OUTCOME_OK);
		assert_true(s.x.end - s.x.sent_first >= 60 * MS);
		assert_true(s.x.upload_done - s.x.sent_first < 20 * MS);
	}
	seen_release(&s);
	rig_down(&r);
}

/* A server that answers without reading, then closes: its answer counts. */
static void test_refused_upload(void **state)
{
	(void)state;
	CLEANUP(free_ptr) char *body = calloc(1, BIG);
	struct rig r;
	struct seen s;
	rig_up(&r, serve_text_close, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno", NULL, NULL);
	seen_init(&s, &r);
	start(&s, body, BIG);
	run(&r, &s);
	assert_true(s.outcome == OUTCOME_HTTP_4XX || s.outcome == OUTCOME_RESET ||
		    s.outcome == OUTCOME_TRUNCATED);
	seen_release(&s);
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_refused_and_too_late),
		cmocka_unit_test(test_callback_ends_it),
		cmocka_unit_test(test_kept_and_stale),
		cmocka_unit_test(test_closed_while_idle),
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_small_upload),
		cmocka_unit_test(test_refused_upload),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
