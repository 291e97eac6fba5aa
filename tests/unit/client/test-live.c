/* tests/unit/client/test-live.c - streams of speech against scripted WebSocket servers: the
 * handshake, frames in any pieces, the pace, every way to end.
 * SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <math.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "base/yaml.h"
#include "client/client.h"
#include "http/websocket.h"
#include "media/speech.h"
#include "server.h"

#define MS NS_PER_MS
#define FRAME_MAX 200

struct script {
	const char *accept;	/* NULL: the right one */
	const char *head;	/* instead of an answer; NULL */
	const char *frames;
	size_t len;
	size_t piece;		/* bytes of one send; 0: all */
	int hang;		/* keep the connection open afterwards */
	uint64_t reads_for;	/* read what comes for so long before the frames, ns */
	uint64_t received;	/* bytes of frames */
	uint64_t took;		/* ns from the first to the last of them */
	char asked[1024];	/* the handshake */
};

static void serve(struct fake_conn *c, void *ctx)
{
	struct script *s = ctx;
	char accept[WEBSOCKET_ACCEPT_SIZE] = "";
	CLEANUP(buf_release) struct buf in = BUF_INIT(1 << 20);
	if (!fake_read(c, &in))
		return;
	(void)snprintf(s->asked, sizeof(s->asked), "%s", in.data);
	const char *key = strstr(in.data, "Sec-WebSocket-Key: ");
	if (key)
		websocket_accept(key + 19, strcspn(key + 19, "\r"), accept);
	CLEANUP(buf_release) struct buf out = BUF_INIT(1 << 20);
	(void)buf_fmt(&out, "HTTP/1.1 101 Go\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
		      "Sec-WebSocket-Accept: %s\r\n\r\n", s->accept ? s->accept : accept);
	if (s->head) {
		buf_clear(&out);
		(void)buf_str(&out, s->head);
	}
	uint64_t begin = clock_now();
	if (s->reads_for > 0) {
		(void)fake_send(c, out.data, out.len);
		buf_clear(&out);
	}
	while (s->reads_for > 0 && clock_now() < begin + s->reads_for) {
		char waste[4096];
		struct timeval tv = {.tv_usec = 20000};
		(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		ssize_t n = recv(c->fd, waste, sizeof(waste), 0);
		if (n > 0) {
			s->received += (uint64_t)n;
			s->took = clock_now() - begin;
		}
	}
	struct timeval none = {0};
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
	(void)buf_add(&out, s->frames, s->len);
	size_t piece = s->piece ? s->piece : out.len;
	for (size_t at = 0; at < out.len; at += piece)
		if (!fake_send(c, out.data + at, MIN(piece, out.len - at)))
			return;
	if (s->hang)
		fake_hang(c);
}

struct shop {
	struct fake *server;
	struct arena *arena;
	struct service service;
	struct client *client;
	struct media sound;
	struct sample sample;
	struct call call;
	char url[96];
};

static const char *own_keys;	/* of the service; NULL: none */
static SSL_CTX *tls;		/* of the server; NULL: plain */
static const char *ca;

static void ask(struct shop *s, struct script *script, double seconds)
{
	struct err e = {0};
	struct speech speech = {0};
	*s = (struct shop){.arena = arena_new(), .sample = {.id = "a"}};
	s->server = fake_start(&(struct fake_spec){serve, script, tls});
	service_defaults(&s->service);
	s->service.name = "it";
	s->service.protocol_name = "funasr-ws";
	s->service.url = fake_url(s->server, "/stream", s->url, sizeof(s->url));
	if (tls) {
		(void)snprintf(s->url, sizeof(s->url), "wss://127.0.0.1:%d/stream",
			       fake_port(s->server));
		s->service.headers = json_pack("{s:s}", "X-Tenant", "t7");
		s->service.tls_ca = ca;
	}
	if (own_keys)
		s->service.protocol_keys = yaml_parse(own_keys, strlen(own_keys), "keys", s->arena,
						      &e);
	s->service.idle_timeout_ns = 1000 * MS;
	assert_int_equal(speech_tone(&speech, 16000, seconds, 300, -6, &e), 0);
	assert_int_equal(speech_to_media(&speech, "a.wav", "wav", 1, s->arena, &s->sound, &e), 0);
	speech_release(&speech);
	s->sample.audio = &s->sound;
	if (service_check(&s->service, s->arena, &e) != 0 ||
	    client_new(&s->service, &s->client, &e) != 0)
		fail_msg("%s", e.text);
	call_init(&s->call, &s->sample);
	if (client_call(s->client, &s->call, &e) != 0)
		fail_msg("%s", e.text);
}

static void done(struct shop *s)
{
	call_release(&s->call);
	client_free(s->client);
	service_release(&s->service);
	fake_stop(s->server);
	arena_free(s->arena);
}

/* "\x81 length text" of a short text message. */
static size_t frame(char *to, const char *text)
{
	size_t len = strlen(text);
	assert_true(len <= 125);
	to[0] = (char)0x81;
	to[1] = (char)len;
	memcpy(to + 2, text, len);
	return len + 2;
}

static void test_pieces(void **state)
{
	char frames[600];
	size_t len = 0;
	(void)state;
	len += frame(frames + len, "{\"mode\":\"2pass-online\",\"text\":\"hello \"}");
	memcpy(frames + len, "\x89\x02hi", 4);	/* a ping between */
	len += 4;
	len += frame(frames + len, "{\"mode\":\"2pass-offline\",\"text\":\"Hello.\","
		     "\"is_end\":true}");
	for (size_t piece = 0; piece < 4; piece++) {
		struct script script = {.frames = frames, .len = len, .piece = piece, .hang = 1};
		struct shop s;
		ask(&s, &script, 0.1);
		if (s.call.outcome != OUTCOME_OK)
			fail_msg("%s: %s", outcome_name(s.call.outcome), s.call.answer.error.data);
		assert_string_equal(s.call.answer.text.data, "Hello.");
		assert_int_equal(s.call.answer.text_events, 1);
		assert_int_equal(s.call.status, 101);
		assert_true(s.call.answer.first_token > 0 &&
			    s.call.end >= s.call.answer.first_token);
		done(&s);
	}
}

/* wss: with a certificate that is checked, and the plan's headers. */
static void test_tls(void **state)
{
	char frames[FRAME_MAX], pem[] = "/tmp/assay-live-XXXXXX";
	size_t len = frame(frames, "{\"mode\":\"2pass-offline\",\"text\":\"x\",\"is_end\":true}");
	int fd = mkstemp(pem);
	(void)state;
	assert_true(fd >= 0);
	close_fd(&fd);
	tls = fake_tls(pem);
	for (int trusted = 0; trusted < 2; trusted++) {
		struct script script = {.frames = frames, .len = len, .hang = 1};
		struct shop s;
		ca = trusted ? pem : NULL;
		ask(&s, &script, 0.1);
		const char *words = s.call.answer.error.data ? s.call.answer.error.data : "";
		if (s.call.outcome != (trusted ? OUTCOME_OK : OUTCOME_TLS))
			fail_msg("%s: %s", outcome_name(s.call.outcome), words);
		if (trusted) {
			assert_string_equal(s.call.answer.text.data, "x");
			assert_non_null(strstr(script.asked, "\r\nX-Tenant: t7\r\n"));
		} else {
			assert_non_null(strstr(words, "tls.ca"));
		}
		done(&s);
	}
	SSL_CTX_free(tls);
	tls = NULL;
	(void)unlink(pem);
}

static void test_pace(void **state)
{
	char frames[FRAME_MAX];
	size_t len = frame(frames, "{\"mode\":\"2pass-offline\",\"text\":\"x\"}");
	struct script script = {.frames = frames, .len = len, .hang = 1, .reads_for = 900 * MS};
	struct shop s;
	(void)state;
	ask(&s, &script, 0.6);
	assert_int_equal(s.call.outcome, OUTCOME_OK);
	/* ten chunks of 60 ms, each when it has been spoken: never faster than that */
	assert_true(script.received > 19200);
	assert_true(script.took >= 590 * MS);
	uint64_t spoken = s.call.answer.speech_end - s.call.answer.speech_start;
	assert_true(spoken >= 600 * MS);
	assert_true(spoken - 600 * MS <= s.call.answer.pace_delay + 5 * MS);
	assert_true(s.call.end > s.call.answer.speech_end);
	done(&s);
}

/* Silence ends a stream of mode online; what was said before the speech ended is no end of it. */
static void test_silence(void **state)
{
	char frames[FRAME_MAX];
	size_t len = frame(frames, "{\"mode\":\"online\",\"text\":\"x\"}");
	(void)state;
	own_keys = "{mode: online, final_wait: 100ms}";
	for (int late = 0; late < 2; late++) {
		struct script script = {.frames = frames, .len = len, .hang = 1,
					.reads_for = late ? 700 * MS : 50 * MS};
		struct shop s;
		uint64_t begin = clock_now();
		ask(&s, &script, 0.4);
		uint64_t took = clock_now() - begin;
		if (s.call.outcome != OUTCOME_OK)
			fail_msg("%s: %s", outcome_name(s.call.outcome), s.call.answer.error.data);
		assert_string_equal(s.call.answer.text.data, "x");
		assert_true(s.call.end >= s.call.answer.speech_end);
		if (late)	/* at the result, which is told 100 ms later */
			assert_true(s.call.end - s.call.answer.speech_end >= 200 * MS);
		else		/* only the idle timeout shows that nothing comes any more */
			assert_true(took >= 1400 * MS);
		done(&s);
	}
	own_keys = NULL;
}

/* A stream counts as open for as long as it lasts: least_open gives the next to another replica. */
static void test_least_open(void **state)
{
	enum { N = 6 };
	char frames[FRAME_MAX];
	size_t len = frame(frames, "{\"mode\":\"2pass-offline\",\"text\":\"x\",\"is_end\":true}");
	struct script slow = {.frames = frames, .len = len, .hang = 1, .reads_for = 4000 * MS};
	struct script quick = {.frames = frames, .len = len, .hang = 1, .reads_for = 150 * MS};
	struct shop s;
	struct call calls[N], *list[N];
	struct client *clients[N];
	char url[96];
	struct err e;
	(void)state;
	ask(&s, &quick, 0.1);
	struct fake *other = fake_start(&(struct fake_spec){serve, &slow, NULL});
	strings_add(&s.service.urls, s.arena, fake_url(other, "/stream", url, sizeof(url)));
	s.service.balance = BALANCE_LEAST_OPEN;
	s.service.idle_timeout_ns = 10 * NS_PER_S;
	client_free(s.client);
	assert_int_equal(client_new(&s.service, &s.client, &e), 0);
	for (int i = 0; i < N; i++) {
		call_init(&calls[i], &s.sample);
		list[i] = &calls[i];
		clients[i] = s.client;
	}
	assert_int_equal(client_call_all(clients, list, N, 2, NULL), 0);
	for (int i = 0; i < N; i++) {
		assert_int_equal(calls[i].outcome, OUTCOME_OK);
		call_release(&calls[i]);
	}
	assert_int_equal(fake_connections(other), 1);
	fake_stop(other);
	done(&s);
}

static void test_failures(void **state)
{
	static const struct {
		struct script script;
		enum outcome want;
		const char *words;
	} rows[] = {
		{{.accept = "wrong", .hang = 1}, OUTCOME_BAD_HTTP, "Sec-WebSocket-Accept"},
		{{.head = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"}, OUTCOME_HTTP_4XX,
		 "there is no WebSocket"},
		{{.head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, OUTCOME_BAD_HTTP,
		 "status 200 instead of 101"},
		{{.head = "HTTP/1.1 503 No\r\n\r\n"}, OUTCOME_HTTP_5XX, "503"},
		{{.head = "garbage\r\n\r\n"}, OUTCOME_BAD_HTTP, ""},
		{{.head = "HTTP/1.1 101 Go\r\n\r\n"}, OUTCOME_BAD_HTTP, "without 'Upgrade"},
		{{.head = "HTTP/1.1 101 Go\r\nUpg"}, OUTCOME_TRUNCATED, "without a reply"},
		{{.frames = "\xff\x00", .len = 2, .hang = 1}, OUTCOME_BAD_HTTP, "WebSocket"},
		{{.frames = "\x81\x02[]", .len = 4, .hang = 1}, OUTCOME_BAD_JSON, "[]"},
		{{.frames = "\x81\x03\xff\xff\xff", .len = 5, .hang = 1}, OUTCOME_BAD_HTTP, ""},
		{{.frames = "\x88\x02\x03\xf3", .len = 4, .hang = 1}, OUTCOME_ERROR_EVENT,
		 "code 1011"},
		{{.frames = "\x88\x02\x03\xe8", .len = 4, .hang = 1}, OUTCOME_TRUNCATED, ""},
		{{.len = 0}, OUTCOME_TRUNCATED, ""},
		{{.len = 0, .hang = 1}, OUTCOME_IDLE_TIMEOUT, "no result within"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct script script = rows[i].script;
		struct shop s;
		ask(&s, &script, 0.1);
		const char *words = s.call.answer.error.data ? s.call.answer.error.data : "";
		/* a close while we send may come as a reset */
		bool reset = rows[i].want == OUTCOME_TRUNCATED && s.call.outcome == OUTCOME_RESET;
		if (!reset && (s.call.outcome != rows[i].want || !strstr(words, rows[i].words)))
			fail_msg("row %zu: %s, not %s: %s", i, outcome_name(s.call.outcome),
				 outcome_name(rows[i].want), words);
		done(&s);
	}
}

/* RFC 6455, section 1.3 */
static void test_accept(void **state)
{
	char out[WEBSOCKET_ACCEPT_SIZE];
	(void)state;
	websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", 24, out);
	assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_least_open),
		cmocka_unit_test(test_failures),
	};
	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
