/* tests/unit/client/test-client.c - calls and pages against scripted services.
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/util.h"
#include "client/client.h"
#include "patience.h"
#include "server.h"

#define MS NS_PER_MS
#define OK_HEAD "HTTP/1.1 200 OK\r\n"

struct shop {
	struct fake *server;
	struct arena *arena;
	struct service service;
	struct client *client;
	char url[96];
};

static void shop_open(struct shop *s, void (*serve)(struct fake_conn *, void *), const void *ctx,
		      const char *protocol, const char *path)
{
	struct err e = {0};
	*s = (struct shop){.arena = arena_new()};
	s->server = fake_start(&(struct fake_spec){serve, (void *)ctx, NULL});
	service_defaults(&s->service);
	s->service.name = "it";
	s->service.kind = strcmp(protocol, "null") == 0 ? "chat" : NULL;
	s->service.protocol_name = protocol;
	s->service.model = "m";
	s->service.url = fake_url(s->server, path, s->url, sizeof(s->url));
	if (service_check(&s->service, s->arena, &e) != 0 ||
	    client_new(&s->service, &s->client, &e) != 0)
		fail_msg("%s", e.text);
}

static void shop_close(struct shop *s)
{
	client_free(s->client);
	service_release(&s->service);
	fake_stop(s->server);
	arena_free(s->arena);
}

static void serve_text(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in) && fake_say(c, ctx))
		;
	buf_release(&in);
}

static atomic_int in_flight, in_flight_peak;

static void serve_slowly(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in)) {
		int now = atomic_fetch_add(&in_flight, 1) + 1;
		int peak = atomic_load(&in_flight_peak);
		while (now > peak && !atomic_compare_exchange_weak(&in_flight_peak, &peak, now))
			;
		(void)fake_wait_until(clock_now() + patience(50 * MS));
		atomic_fetch_sub(&in_flight, 1);
		(void)fake_say(c, ctx);
	}
	buf_release(&in);
}

static void serve_never(struct fake_conn *c, void *ctx)
{
	(void)ctx;
	fake_hang(c);
}

static void test_outcomes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum outcome outcome;
		int status;
		const char *error;
	} rows[] = {
		{OK_HEAD "Content-Length: 2\r\n\r\nok", OUTCOME_OK, 200, ""},
		{"HTTP/1.1 500 No\r\nContent-Length: 8\r\n\r\nno model", OUTCOME_HTTP_5XX, 500,
		 "no model"},
		{"HTTP/1.1 429 No\r\nContent-Length: 4\r\n\r\nbusy", OUTCOME_HTTP_4XX, 429, "busy"},
		{"HTTP/1.1 307 Go\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n", OUTCOME_HTTP_3XX,
		 307, "/y'"},
		{"HTTP/1.1 202 Later\r\nContent-Length: 0\r\n\r\n", OUTCOME_BAD_HTTP, 202,
		 "status 202"},
		{"garbage\r\n\r\n", OUTCOME_BAD_HTTP, 0, "HTTP/1"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shop s;
		struct call call;
		struct sample sample = {.id = "a"};
		shop_open(&s, serve_text, rows[i].text, "null", "/x");
		call_init(&call, &sample);
		assert_int_equal(client_call(s.client, &call, NULL), 0);
		assert_int_equal(call.outcome, rows[i].outcome);
		assert_int_equal(call.status, rows[i].status);
		const char *said = call.answer.error.data ? call.answer.error.data : "";
		if (!strstr(said, rows[i].error))
			fail_msg("row %zu: '%s'", i, said);
		assert_true(call.start > 0 && call.sent_first >= call.start);
		assert_true(call.end >= call.sent_first);
		assert_non_null(strstr(s.url, call.peer));
		call_release(&call);
		shop_close(&s);
	}
}

static void test_timeout(void **state)
{
	(void)state;
	struct shop s;
	struct call call;
	struct sample sample = {.id = "a"};
	shop_open(&s, serve_never, NULL, "null", "/");
	call_init(&call, &sample);
	call.timeout_ns = 50 * MS;
	assert_int_equal(client_call(s.client, &call, NULL), 0);
	assert_int_equal(call.outcome, OUTCOME_TIMEOUT);
	assert_true(call.end - call.start >= 50 * MS);
	assert_true(call.end - call.start < patience(2 * NS_PER_S));
	call_release(&call);
	shop_close(&s);
}

static void test_many(void **state)
{
	(void)state;
	enum { N = 12 };
	static const char reply[] = OK_HEAD "Content-Length: 2\r\n\r\nok";
	struct shop s[2];
	struct sample sample = {.id = "a"};
	struct call calls[N], *list[N];
	struct client *clients[N];
	for (int i = 0; i < 2; i++)
		shop_open(&s[i], serve_slowly, reply, "null", "/");
	for (int mixed = 0; mixed < 2; mixed++)
		for (size_t parallel = 0; parallel <= 3; parallel += 3) {
			atomic_store(&in_flight_peak, 0);
			for (int i = 0; i < N; i++) {
				call_init(&calls[i], &sample);
				list[i] = &calls[i];
				clients[i] = s[mixed ? i % 2 : 0].client;
			}
			assert_int_equal(client_call_all(clients, list, N, parallel, NULL), 0);
			for (int i = 0; i < N; i++) {
				assert_int_equal(calls[i].outcome, OUTCOME_OK);
				assert_non_null(strstr(s[mixed ? i % 2 : 0].url, calls[i].peer));
				call_release(&calls[i]);
			}
			assert_int_equal(atomic_load(&in_flight_peak), parallel ? 3 : N);
		}
	shop_close(&s[0]);
	shop_close(&s[1]);
}

static void test_stop(void **state)
{
	(void)state;
	struct shop s;
	struct sample sample = {.id = "a"};
	struct call calls[3], *list[3];
	struct client *clients[3];
	shop_open(&s, serve_never, NULL, "null", "/");
	for (int i = 0; i < 3; i++) {
		call_init(&calls[i], &sample);
		list[i] = &calls[i];
		clients[i] = s.client;
	}
	stop_request();
	assert_int_equal(client_call_all(clients, list, 3, 2, NULL), 0);
	stop_reset();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(calls[i].outcome, OUTCOME_ABORTED);
		call_release(&calls[i]);
	}
	shop_close(&s);
}

static void test_own_failure(void **state)
{
	(void)state;
	struct shop s;
	struct err e = {0};
	struct sample no_audio = {.id = "a"};
	struct call call;
	shop_open(&s, serve_text, OK_HEAD "Content-Length: 2\r\n\r\n{}", "transcribe",
		  "/transcribe");
	call_init(&call, &no_audio);
	assert_int_equal(client_call(s.client, &call, &e), -1);
	assert_true(strlen(e.text) > 0);
	assert_int_not_equal(call.outcome, OUTCOME_OK);
	call_release(&call);
	s.service.urls.items[0] = "http://no-such-host.invalid/";
	struct client *c = NULL;
	assert_int_equal(client_new(&s.service, &c, &e), -1);
	assert_non_null(strstr(e.text, "no-such-host"));
	shop_close(&s);
}

static void serve_chat(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	(void)ctx;
	while (fake_read(c, &in)) {
		assert(strstr(in.data, "POST /v1/chat/completions HTTP/1.1\r\n"));
		assert(strstr(in.data, "\r\nAccept-Encoding: identity\r\n"));
		(void)fake_say(c, OK_HEAD "Content-Type: text/event-stream\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n");
		(void)fake_chunk(c, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":"
				 "\"assistant\",\"content\":\"\"}}]}\n\n");
		(void)fake_wait_until(clock_now() + patience(20 * MS));
		(void)fake_chunk(c, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
				 "\"Hel\"}}]}\n\n");
		(void)fake_wait_until(clock_now() + patience(20 * MS));
		(void)fake_chunk(c, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
				 "\"lo\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
		(void)fake_say(c, "0\r\n\r\n");
	}
	buf_release(&in);
}

static void test_chat(void **state)
{
	(void)state;
	struct shop s;
	struct call call;
	struct sample sample = {.id = "a", .question = "?"};
	shop_open(&s, serve_chat, NULL, "openai-chat", "/v1");
	call_init(&call, &sample);
	call.ask.stream = true;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(client_call(s.client, &call, NULL), 0);
		if (call.outcome != OUTCOME_OK)
			fail_msg("%s %s", outcome_name(call.outcome), call.answer.error.data);
		assert_string_equal(call.answer.text.data, "Hello");
		assert_int_equal(call.answer.text_events, 2);
		assert_true(call.answer.first_token >= call.answer.first_event + 15 * MS);
		assert_true(call.answer.last_token >= call.answer.first_token + 15 * MS);
		assert_true(call.end >= call.answer.last_token);
		assert_true(call.first_byte <= call.answer.first_event);
	}
	assert_int_equal(fake_connections(s.server), 1);
	call_release(&call);
	shop_close(&s);
}

/* An event of 1 MB, then one byte at a time, as one chunk each. */
static void serve_hard_chat(struct fake_conn *c, void *ctx)
{
	enum { BIG = 1 << 20 };
	static const char rest[] = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"!\"},"
				   "\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n";
	struct buf in = BUF_INIT(1 << 20), big = BUF_INIT(2 * BIG);
	(void)ctx;
	(void)buf_str(&big, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
	for (int i = 0; i < BIG; i++)
		(void)buf_char(&big, 'x');
	(void)buf_str(&big, "\"}}]}\n\n");
	while (fake_read(c, &in)) {
		char size[32];
		(void)fake_say(c, OK_HEAD "Content-Type: text/event-stream\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n");
		(void)snprintf(size, sizeof(size), "%zx\r\n", big.len);
		(void)fake_say(c, size);
		(void)fake_send(c, big.data, big.len);
		(void)fake_say(c, "\r\n");
		for (const char *r = rest; *r; r++)
			(void)fake_chunk(c, (char[2]){*r, '\0'});
		(void)fake_say(c, "0\r\n\r\n");
	}
	buf_release(&big);
	buf_release(&in);
}

static void test_hard_chat(void **state)
{
	(void)state;
	struct shop s;
	struct call call;
	struct sample sample = {.id = "a", .question = "?"};
	shop_open(&s, serve_hard_chat, NULL, "openai-chat", "/v1");
	call_init(&call, &sample);
	call.ask.stream = true;
	assert_int_equal(client_call(s.client, &call, NULL), 0);
	if (call.outcome != OUTCOME_OK)
		fail_msg("%s %s", outcome_name(call.outcome), call.answer.error.data);
	assert_int_equal(call.answer.text.len, (1 << 20) + 1);
	assert_int_equal(call.answer.text_events, 2);
	call_release(&call);
	shop_close(&s);
}

static void test_get(void **state)
{
	(void)state;
	struct shop s;
	struct get_reply reply;
	struct buf body = BUF_INIT(64);
	shop_open(&s, serve_text, OK_HEAD "Content-Length: 5\r\n\r\nhello", "null", "/x");
	assert_int_equal(client_get(s.client, "/health", 0, &body, &reply, NULL), 0);
	assert_int_equal(reply.outcome, OUTCOME_OK);
	assert_int_equal(reply.status, 200);
	assert_string_equal(body.data, "hello");
	assert_true(reply.latency_ns > 0 && reply.latency_ns < NS_PER_S);
	assert_int_equal(client_get_url(s.url, NS_PER_S, &body, &reply, NULL), 0);
	assert_string_equal(body.data, "hello");
	assert_false(body.failed);
	body.max = 3;
	assert_int_equal(client_get_url(s.url, NS_PER_S, &body, &reply, NULL), 0);
	assert_string_equal(body.data, "hel");
	assert_true(body.failed);
	assert_int_equal(client_get_url("nonsense", NS_PER_S, &body, &reply, NULL), -1);
	char url[96];
	memcpy(url, s.url, sizeof(url));
	shop_close(&s);
	assert_int_equal(client_get_url(url, NS_PER_S, &body, &reply, NULL), 0);
	assert_int_equal(reply.outcome, OUTCOME_CONNECT);
	assert_non_null(strstr(reply.words, "refused"));
	buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_own_failure),
		cmocka_unit_test(test_chat),
		cmocka_unit_test(test_hard_chat),
		cmocka_unit_test(test_get),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
