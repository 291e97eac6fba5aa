/* tests/unit/client/test-bad-input.c - streams of a chat as servers and proxies spoil them: each is
 * understood, or counted under the reason that is the right one.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/util.h"
#include "client/client.h"
#include "server.h"

#define MIB ((size_t)1 << 20)
#define SSE "Content-Type: text/event-stream\r\n"
#define OLD "HTTP/1.0 200 OK\r\n" SSE "\r\n"
#define CLOSE "HTTP/1.1 200 OK\r\n" SSE "Connection: close\r\n\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\n" SSE "Transfer-Encoding: chunked\r\n\r\n"
#define DELTA(text) "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]}"
#define EVENT(text) "data: " DELTA(text) "\n\n"
#define STOP "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE "data: [DONE]\n\n"

enum manner { WHOLE, BYTEWISE, RESET };

/* What the server says, and how. */
struct spoilt {
	const char *what;
	const char *text;	/* chunks are written out: "39" is the size of EVENT("a") */
	enum manner manner;
	enum outcome outcome;
	const char *answer;	/* the text that was understood */
	const char *words;	/* in what is said of the failure */
};

/* EVENT("a") and EVENT("b") are 0x39 bytes, STOP 0x43, DONE 0xe. */
#define A "39\r\n" EVENT("a") "\r\n"
#define B "39\r\n" EVENT("b") "\r\n"
#define END "43\r\n" STOP "\r\ne\r\n" DONE "\r\n"
#define LAST "0\r\n\r\n"

static const struct spoilt rows[] = {
	{"as it should be", CHUNKED A B END LAST, WHOLE, OUTCOME_OK, "ab", ""},
	{"one byte at a time", CHUNKED A B END LAST, BYTEWISE, OUTCOME_OK, "ab", ""},
	{"an event over two chunks", CHUNKED "10\r\ndata: {\"choices\"\r\n"
	 "29\r\n:[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n\r\n" B END LAST, WHOLE,
	 OUTCOME_OK, "ab", ""},
	{"line ends CR LF", CLOSE "data: " DELTA("a") "\r\n\r\ndata: " DELTA("b") "\r\n\r\n" DONE,
	 WHOLE, OUTCOME_OK, "ab", ""},
	{"line ends CR", CLOSE "data: " DELTA("a") "\r\rdata: [DONE]\r\r", WHOLE, OUTCOME_OK, "a",
	 ""},
	{"a byte order mark", CLOSE "\xef\xbb\xbf" EVENT("a") DONE, WHOLE, OUTCOME_OK, "a", ""},
	{"a byte order mark, byte by byte", CLOSE "\xef\xbb\xbf" EVENT("a") DONE, BYTEWISE,
	 OUTCOME_OK, "a", ""},
	{"several data lines", CLOSE "data: {\"choices\":\ndata: [{\"index\":0,\"delta\":\ndata: "
	 "{\"content\":\"a\"}}]}\n\n" DONE, WHOLE, OUTCOME_OK, "a", ""},
	{"comments", CLOSE ": ping\n\n" EVENT("a") ": ping - 2024\r\n\r\n" DONE, WHOLE, OUTCOME_OK,
	 "a", ""},
	{"a trailer", CHUNKED A END "0\r\nX-Sum: 1\r\n\r\n", WHOLE, OUTCOME_OK, "a", ""},
	{"chunk extensions", CHUNKED "39;x=\"y;\"\r\n" EVENT("a") "\r\n" END "0;last\r\n\r\n",
	 WHOLE, OUTCOME_OK, "a", ""},
	{"HTTP/1.0", OLD EVENT("a") STOP DONE, WHOLE, OUTCOME_OK, "a", ""},
	{"100 before it", "HTTP/1.1 100 Continue\r\n\r\n" CHUNKED A END LAST, WHOLE, OUTCOME_OK,
	 "a", ""},
	{"103 before it, byte by byte", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" CHUNKED A
	 END LAST, BYTEWISE, OUTCOME_OK, "a", ""},
	{"a Content-Length that is too long", "HTTP/1.1 200 OK\r\n" SSE "Content-Length: 900\r\n"
	 "\r\n" EVENT("a") DONE, WHOLE, OUTCOME_TRUNCATED, "a", "inside the reply"},
	{"a Content-Length that is too short", "HTTP/1.1 200 OK\r\n" SSE "Content-Length: 57\r\n"
	 "\r\n" EVENT("a") DONE, WHOLE, OUTCOME_BAD_HTTP, "a", "bytes follow"},
	{"a chunk that is longer than it says", CHUNKED "38\r\n" EVENT("a") "\r\n" LAST, WHOLE,
	 OUTCOME_BAD_HTTP, "", "longer than its size"},
	{"closed without a word", "", WHOLE, OUTCOME_TRUNCATED, "", "without a reply"},
	{"closed inside the head", "HTTP/1.1 200 OK\r\nContent-T", WHOLE, OUTCOME_TRUNCATED, "",
	 "inside the reply"},
	{"closed inside an event", CHUNKED A "39\r\ndata: {\"choi", WHOLE, OUTCOME_TRUNCATED, "a",
	 "inside the reply"},
	{"closed between chunks", CHUNKED A END, WHOLE, OUTCOME_TRUNCATED, "a", "inside the reply"},
	{"ended without [DONE]", CHUNKED A LAST, WHOLE, OUTCOME_UNFINISHED_STREAM, "a", ""},
	{"reset before the reply", "", RESET, OUTCOME_RESET, "", "reset"},
	{"reset inside it", CHUNKED A, RESET, OUTCOME_RESET, NULL, "reset"},
	{"gzip that nobody asked for", "HTTP/1.1 200 OK\r\n" SSE "Content-Encoding: gzip\r\n"
	 "Content-Length: 4\r\n\r\n\x1f\x8b\x08!", WHOLE, OUTCOME_BAD_HTTP, "", "compressed"},
	{"a redirect", "HTTP/1.1 308 Moved\r\nLocation: https://b/v1/chat/completions\r\n"
	 "Content-Length: 0\r\n\r\n", WHOLE, OUTCOME_HTTP_3XX, "", "write url: 'https://b/v1'"},
	{"another content type", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4"
	 "\r\n\r\n<a/>", WHOLE, OUTCOME_BAD_CONTENT_TYPE, "", "text/html"},
	{"no JSON", CLOSE "data: {]\n\n", WHOLE, OUTCOME_BAD_JSON, "", ""},
	{"an error event", CLOSE EVENT("a") "data: {\"error\":{\"message\":\"no memory\"}}\n\n",
	 WHOLE, OUTCOME_ERROR_EVENT, "a", "no memory"},
	{"TLS spoken to a plain client", "\x15\x03\x01\x01\x02\x02\x46", WHOLE, OUTCOME_BAD_HTTP,
	 "", "HTTP/1"},
};

static void serve(struct fake_conn *c, void *ctx)
{
	const struct spoilt *s = ctx;
	struct buf in = BUF_INIT(1 << 20);
	if (!fake_read(c, &in)) {
		buf_release(&in);
		return;
	}
	for (const char *t = s->text; *t && s->manner == BYTEWISE; t++)
		if (!fake_send(c, t, 1))
			break;
	if (s->manner != BYTEWISE)
		(void)fake_say(c, s->text);
	if (s->manner == RESET)
		fake_reset(c);
	buf_release(&in);
}

struct shop {
	struct fake *server;
	struct arena *arena;
	struct service service;
	struct client *client;
	char url[96];
};

static void shop_open(struct shop *s, const struct fake_spec *spec, const char *url)
{
	struct err e = {0};
	*s = (struct shop){.arena = arena_new(), .server = fake_start(spec)};
	service_defaults(&s->service);
	s->service.name = "it";
	s->service.protocol_name = "openai-chat";
	s->service.model = "m";
	(void)fake_url(s->server, "/v1", s->url, sizeof(s->url));
	if (url)	/* another scheme or host, same port */
		(void)snprintf(s->url, sizeof(s->url), url, fake_port(s->server));
	s->service.url = s->url;
	if (service_check(&s->service, s->arena, &e) != 0)
		fail_msg("%s", e.text);
}

static void ask(struct shop *s, struct call *call)
{
	static const struct sample sample = {.id = "a", .question = "q?"};
	struct err e = {0};
	if (client_new(&s->service, &s->client, &e) != 0)
		fail_msg("%s", e.text);
	call_init(call, &sample);
	call->ask.stream = true;
	assert_int_equal(client_call(s->client, call, NULL), 0);
}

static void shop_close(struct shop *s)
{
	client_free(s->client);
	service_release(&s->service);
	fake_stop(s->server);
	arena_free(s->arena);
}

static const char *words_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

static void test_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shop s;
		struct call call;
		shop_open(&s, &(struct fake_spec){serve, (void *)(uintptr_t)&rows[i], NULL}, NULL);
		ask(&s, &call);
		if (call.outcome != rows[i].outcome)
			fail_msg("%s: %s (%s)", rows[i].what, outcome_name(call.outcome),
				 words_of(&call.answer.error));
		if (rows[i].answer && strcmp(words_of(&call.answer.text), rows[i].answer) != 0)
			fail_msg("%s: '%s'", rows[i].what, words_of(&call.answer.text));
		if (!strstr(words_of(&call.answer.error), rows[i].words))
			fail_msg("%s: '%s'", rows[i].what, words_of(&call.answer.error));
		call_release(&call);
		shop_close(&s);
	}
}

/* Events of a million bytes, in pieces of all sizes that the network makes of them. */
static void serve_large(struct fake_conn *c, void *ctx)
{
	static const char head[] = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
	struct buf in = BUF_INIT(1 << 20);
	char *many = malloc(MIB);
	(void)ctx;
	if (many && fake_read(c, &in) && fake_say(c, CLOSE)) {
		memset(many, 'x', MIB);
		for (int i = 0; i < 3; i++)
			(void)(fake_say(c, head) && fake_send(c, many, MIB) &&
			       fake_say(c, "\"}}]}\n\n"));
		(void)fake_say(c, DONE);
	}
	free(many);
	buf_release(&in);
}

static void test_large_events(void **state)
{
	struct shop s;
	struct call call;
	(void)state;
	shop_open(&s, &(struct fake_spec){serve_large, NULL, NULL}, NULL);
	ask(&s, &call);
	assert_int_equal(call.outcome, OUTCOME_OK);
	assert_int_equal(call.answer.text.len, 3 * MIB);
	assert_int_equal(call.answer.text_events, 3);
	call_release(&call);
	shop_close(&s);
}

/* An event without an end is given up, not held for ever. */
static void serve_endless(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	char *many = malloc(MIB);
	(void)ctx;
	if (many && fake_read(c, &in) && fake_say(c, CLOSE "data: ")) {
		memset(many, 'x', MIB);
		for (int i = 0; i < 64 && fake_send(c, many, MIB); i++)
			;
	}
	free(many);
	buf_release(&in);
}

static void test_endless_event(void **state)
{
	struct shop s;
	struct call call;
	(void)state;
	shop_open(&s, &(struct fake_spec){serve_endless, NULL, NULL}, NULL);
	ask(&s, &call);
	assert_int_equal(call.outcome, OUTCOME_BAD_JSON);
	call_release(&call);
	shop_close(&s);
}

static void test_tls(void **state)
{
	static const struct {
		const char *url, *words;
		bool server_tls, trust, verify;
		enum outcome outcome;
	} tls[] = {
		{"https://localhost:%d/v1", "", true, true, true, OUTCOME_OK},
		{"https://localhost:%d/v1", "", true, false, false, OUTCOME_OK},
		{"https://localhost:%d/v1", "certificate", true, false, true, OUTCOME_TLS},
		{"https://127.0.0.2:%d/v1", "", true, true, true, OUTCOME_CONNECT},
		{"https://localhost:%d/v1", "", false, true, true, OUTCOME_TLS},
	};
	char pem[] = "/tmp/assay-bad-input-XXXXXX";
	int fd = mkstemp(pem);
	(void)state;
	assert_true(fd >= 0);
	close_fd(&fd);
	SSL_CTX *server = fake_tls(pem);
	for (size_t i = 0; i < ARRAY_LEN(tls); i++) {
		struct shop s;
		struct call call;
		shop_open(&s, &(struct fake_spec){serve, (void *)(uintptr_t)&rows[0],
						  tls[i].server_tls ? server : NULL}, tls[i].url);
		s.service.tls_ca = tls[i].trust ? pem : NULL;
		s.service.tls_verify = tls[i].verify;
		s.service.connect_timeout_ns = NS_PER_S;
		ask(&s, &call);
		if (call.outcome != tls[i].outcome ||
		    !strstr(words_of(&call.answer.error), tls[i].words))
			fail_msg("row %zu: %s (%s)", i, outcome_name(call.outcome),
				 words_of(&call.answer.error));
		call_release(&call);
		shop_close(&s);
	}
	SSL_CTX_free(server);
	(void)remove(pem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_large_events),
		cmocka_unit_test(test_endless_event),
		cmocka_unit_test(test_tls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
