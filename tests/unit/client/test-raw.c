/* tests/unit/client/test-raw.c - scripted connections: what is sent, what came, how it ended.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "client/raw.h"
#include "server.h"

#define MS NS_PER_MS
#define REPLY "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno"

/* What the server saw of the connection. */
struct sight {
	struct buf got;
	int last;		/* return of the last recv: 0 FIN, -1 RST */
	const char *reply;	/* said once the request ends in "!" */
	bool flood, reset, hang;
};

static void serve(struct fake_conn *c, void *ctx)
{
	struct sight *s = ctx;
	char piece[4096];
	ssize_t n;
	while ((n = recv(c->fd, piece, sizeof(piece), 0)) > 0) {
		(void)buf_add(&s->got, piece, (size_t)n);
		if (s->reply && s->got.data[s->got.len - 1] == '!') {
			(void)fake_say(c, s->reply);
			if (s->reset)
				fake_reset(c);
			if (!s->hang)
				return;
		}
		while (s->flood && fake_send(c, piece, sizeof(piece)))
			;
	}
	s->last = (int)n;
}

struct rig {
	struct fake *server;
	struct sight sight;
	struct raw_reply reply;
	char url[64];
};

static void play(struct rig *r, struct sight sight, const struct raw_step *steps, size_t n,
		 uint64_t timeout, int receive_buffer)
{
	struct raw_script script = {steps, n, timeout, receive_buffer};
	*r = (struct rig){.sight = sight};
	buf_init(&r->sight.got, 1 << 20);
	raw_reply_init(&r->reply, 1 << 20);
	r->server = fake_start(&(struct fake_spec){serve, &r->sight, NULL});
	(void)fake_url(r->server, "/", r->url, sizeof(r->url));
	assert_int_equal(raw_run(r->url, &script, &r->reply, NULL), 0);
	fake_stop(r->server);
}

static void clear(struct rig *r)
{
	buf_release(&r->sight.got);
	raw_reply_release(&r->reply);
}

#define PLAY(r, does, steps, timeout, rcvbuf) \
	play(r, does, steps, ARRAY_LEN(steps), timeout, rcvbuf)
#define SIGHT(...) ((struct sight){__VA_ARGS__})

static void test_reply(void **state)
{
	(void)state;
	struct rig r;
	const struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = "junk!", .len = 5},
		{.kind = RAW_READ_REPLY},
	};
	PLAY(&r, SIGHT(.reply = REPLY, .hang = true), steps, NS_PER_S, 0);
	assert_int_equal(r.reply.end, RAW_END_SCRIPT);
	assert_int_equal(r.reply.status, 400);
	assert_string_equal(r.reply.received.data, REPLY);
	assert_string_equal(r.sight.got.data, "junk!");
	assert_int_equal(r.sight.last, 0);
	assert_int_equal(r.reply.sent_bytes, 5);
	assert_true(r.reply.connected >= r.reply.start);
	assert_true(r.reply.first_byte >= r.reply.connected);
	assert_true(r.reply.ended >= r.reply.last_byte);
	clear(&r);

	const struct raw_step until_close[] = {
		{.kind = RAW_SEND, .data = "junk!", .len = 5},
		{.kind = RAW_READ},
		{.kind = RAW_SLEEP, .ns = 10 * NS_PER_S},	/* not reached */
	};
	PLAY(&r, SIGHT(.reply = REPLY), until_close, 5 * NS_PER_S, 0);
	assert_int_equal(r.reply.end, RAW_END_PEER_CLOSED);
	assert_int_equal(r.reply.received_bytes, strlen(REPLY));
	clear(&r);

	PLAY(&r, SIGHT(.reply = REPLY, .reset = true), until_close, 5 * NS_PER_S, 0);
	assert_int_equal(r.reply.end, RAW_END_PEER_RESET);
	clear(&r);
}

static void test_slow_send(void **state)
{
	(void)state;
	struct rig r;
	const struct raw_step steps[] = {
		{.kind = RAW_SEND_SLOWLY, .data = "abcdefghi!", .len = 10, .amount = 3,
		 .ns = 20 * MS},
		{.kind = RAW_READ_REPLY},
	};
	PLAY(&r, SIGHT(.reply = REPLY), steps, NS_PER_S, 0);
	assert_int_equal(r.reply.status, 400);
	assert_string_equal(r.sight.got.data, "abcdefghi!");
	assert_true(r.reply.first_byte - r.reply.connected >= 60 * MS);
	clear(&r);
}

static void test_ends(void **state)
{
	(void)state;
	struct rig r;
	const struct raw_step half[] = {
		{.kind = RAW_SEND, .data = "a", .len = 1},
		{.kind = RAW_HALF_CLOSE},
		{.kind = RAW_READ},
	};
	PLAY(&r, SIGHT(.last = 7), half, NS_PER_S, 0);
	assert_int_equal(r.sight.last, 0);
	assert_int_equal(r.reply.end, RAW_END_PEER_CLOSED);
	clear(&r);

	const struct raw_step reset[] = {
		{.kind = RAW_SEND, .data = "a", .len = 1},
		{.kind = RAW_SLEEP, .ns = 20 * MS},
		{.kind = RAW_RESET},
		{.kind = RAW_SLEEP, .ns = 10 * NS_PER_S},	/* not reached */
	};
	PLAY(&r, SIGHT(.last = 7), reset, 5 * NS_PER_S, 0);
	assert_int_equal(r.sight.last, -1);
	assert_int_equal(r.reply.end, RAW_END_SCRIPT);
	clear(&r);

	const struct raw_step wait[] = {{.kind = RAW_READ}};
	PLAY(&r, SIGHT(.last = 7), wait, 50 * MS, 0);
	assert_int_equal(r.reply.end, RAW_END_DEADLINE);
	assert_true(r.reply.ended - r.reply.start >= 50 * MS);
	clear(&r);

	const struct raw_step brief[] = {{.kind = RAW_READ, .ns = 30 * MS}};
	PLAY(&r, SIGHT(.last = 7), brief, 10 * NS_PER_S, 0);
	assert_int_equal(r.reply.end, RAW_END_SCRIPT);
	assert_true(r.reply.ended - r.reply.start >= 30 * MS);
	clear(&r);
}

/* A reader that hardly reads: the peer is held back, and the script still ends in time. */
static void test_slow_read(void **state)
{
	(void)state;
	struct rig r;
	const struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = "a", .len = 1},
		{.kind = RAW_READ_SLOWLY, .amount = 10, .ns = 10 * MS},
	};
	PLAY(&r, SIGHT(.flood = true), steps, 200 * MS, 4096);
	assert_int_equal(r.reply.end, RAW_END_DEADLINE);
	assert_true(r.reply.received_bytes >= 10 && r.reply.received_bytes <= 210);
	clear(&r);
}

static void test_no_connection(void **state)
{
	(void)state;
	struct rig r;
	const struct raw_step steps[] = {{.kind = RAW_READ}};
	struct raw_script script = {steps, 1, NS_PER_S, 0};
	PLAY(&r, SIGHT(.last = 7), steps, 10 * MS, 0);
	assert_int_equal(raw_run(r.url, &script, &r.reply, NULL), 0);	/* the server is gone */
	assert_int_equal(r.reply.end, RAW_END_NO_CONNECTION);
	assert_non_null(strstr(r.reply.words, "refused"));
	assert_int_equal(raw_run("https://127.0.0.1/", &script, &r.reply, NULL), -1);
	assert_int_equal(raw_run("nonsense", &script, &r.reply, NULL), -1);
	clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_slow_send),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_slow_read),
		cmocka_unit_test(test_no_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
