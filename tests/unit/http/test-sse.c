/* tests/unit/http/test-sse.c - server-sent events, cut at every byte.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "guard.h"
#include "http/sse.h"

struct seen {
	struct buf text;	/* "name=data|" per event */
	int events, stop_at;
	bool last_at_end;
};

static int on_event(void *ctx, const struct sse_event *ev)
{
	struct seen *seen = ctx;
	assert_non_null(ev->data.data);
	(void)buf_add(&seen->text, ev->name.data, ev->name.len);
	(void)buf_char(&seen->text, '=');
	(void)buf_add(&seen->text, ev->data.data, ev->data.len);
	(void)buf_char(&seen->text, '|');
	seen->last_at_end = ev->at_end;
	return ++seen->events == seen->stop_at ? 7 : 0;
}

static const struct {
	const char *in, *out;
	bool unfinished;
} rows[] = {
	{"data: a\n\ndata: b\n\n", "=a|=b|", false},
	{"data: a\r\n\r\ndata: b\r\n\r\n", "=a|=b|", false},
	{"data: a\r\rdata: b\r\r", "=a|=b|", false},
	{"data: a\r\n\ndata:b\n\r\n", "=a|=b|", false},
	{"\xef\xbb\xbf" "data: a\n\n", "=a|", false},
	{"\xef\xbb" "data: a\n\ndata: b\n\n", "=b|", false},
	{"data: one\ndata: two\ndata\n\n", "=one\ntwo\n|", false},
	{": keep-alive\n\n: x\ndata: a\n\n", "=a|", false},
	{"event: error\ndata: {\"a\":1}\n\ndata: c\n\n", "error={\"a\":1}|=c|", false},
	{"event: lonely\n\ndata: c\n\n", "=c|", false},
	{"id: 7\nretry: 10\nunknown: x\ndata:  two blanks\n\n", "= two blanks|", false},
	{"data:\n\n", "=|", false},
	{"dat: a\ndataa: b\n\n", "", false},
	{"data: a\n\ndata: cut\n", "=a|", true},
	{"data: a\n\ndata: cu", "=a|", true},
	{"\n\n\n", "", false},
	{"", "", false},
};

static void check(size_t row, const struct guard *g, size_t cut, size_t step)
{
	struct sse s;
	struct seen seen = {.text = BUF_INIT(4096)};
	size_t len = strlen(rows[row].in);

	sse_init(&s, 1024);
	assert_int_equal(sse_push(&s, guard_put(g, rows[row].in, cut), cut, on_event, &seen), 0);
	for (size_t at = cut; at < len; at += step) {
		size_t n = MIN(step, len - at);
		const char *piece = guard_put(g, rows[row].in + at, n);
		assert_int_equal(sse_push(&s, piece, n, on_event, &seen), 0);
	}
	assert_string_equal(seen.text.data ? seen.text.data : "", rows[row].out);
	assert_int_equal(sse_unfinished(&s), rows[row].unfinished);
	buf_release(&seen.text);
	sse_release(&s);
}

static void test_cut_everywhere(void **state)
{
	(void)state;
	struct guard g = guard_new(4096);
	for (size_t row = 0; row < ARRAY_LEN(rows); row++)
		for (size_t cut = 0; cut <= strlen(rows[row].in); cut++) {
			check(row, &g, cut, 4096);
			check(row, &g, cut, 1);
		}
	guard_free(&g);
}

static void test_at_end(void **state)
{
	(void)state;
	struct sse s;
	struct seen seen = {.text = BUF_INIT(4096)};
	sse_init(&s, 1024);
	assert_int_equal(sse_push(&s, "data: a\n\n", 9, on_event, &seen), 0);
	assert_true(seen.last_at_end);
	assert_int_equal(sse_push(&s, "data: a\n\n:", 10, on_event, &seen), 0);
	assert_false(seen.last_at_end);
	assert_int_equal(sse_push(&s, "\ndata: a\r\n\r\n", 12, on_event, &seen), 0);
	assert_true(seen.last_at_end);
	assert_int_equal(seen.events, 3);
	buf_release(&seen.text);
	sse_release(&s);
}

static void test_callback_stops(void **state)
{
	(void)state;
	struct sse s;
	struct seen seen = {.text = BUF_INIT(4096), .stop_at = 2};
	const char *in = "data: a\n\ndata: b\n\ndata: c\n\n";
	sse_init(&s, 1024);
	assert_int_equal(sse_push(&s, in, strlen(in), on_event, &seen), 7);
	assert_string_equal(seen.text.data, "=a|=b|");
	buf_release(&seen.text);
	sse_release(&s);
}

static void test_large_event_and_limit(void **state)
{
	(void)state;
	enum { BIG = 1 << 20 };
	CLEANUP(free_ptr) char *in = malloc(BIG + 16);
	struct seen seen = {.text = BUF_INIT(2 * BIG)};
	struct sse s;
	memcpy(in, "data: ", 6);
	memset(in + 6, 'x', BIG);
	memcpy(in + 6 + BIG, "\n\n", 2);

	sse_init(&s, BIG + 64);
	for (size_t at = 0; at < BIG + 8; at += 1000)
		assert_int_equal(sse_push(&s, in + at, MIN((size_t)1000, BIG + 8 - at), on_event,
					  &seen), 0);
	assert_int_equal(seen.events, 1);
	assert_int_equal(seen.text.len, BIG + 2);
	size_t room_line = s.line.room, room_data = s.data.room;
	sse_clear(&s);
	for (size_t at = 0; at < BIG + 8; at++)
		assert_int_equal(sse_push(&s, in + at, 1, on_event, &seen), 0);
	assert_int_equal(seen.events, 2);
	assert_int_equal(s.line.room, room_line);
	assert_int_equal(s.data.room, room_data);
	sse_release(&s);

	sse_init(&s, BIG - 1);	/* one byte too many, whole and in pieces */
	assert_int_equal(sse_push(&s, in, BIG + 8, on_event, &seen), -1);
	sse_clear(&s);
	int r = 0;
	for (size_t at = 0; at < BIG + 8 && r == 0; at += 4096)
		r = sse_push(&s, in + at, MIN((size_t)4096, BIG + 8 - at), on_event, &seen);
	assert_int_equal(r, -1);
	assert_int_equal(seen.events, 2);
	sse_release(&s);
	buf_release(&seen.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_at_end),
		cmocka_unit_test(test_callback_stops),
		cmocka_unit_test(test_large_event_and_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
