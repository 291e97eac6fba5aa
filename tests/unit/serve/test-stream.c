/* tests/unit/serve/test-stream.c - live speech end to end: `assay serve asr` against
 * `assay bench` over a WebSocket; many streams at once, what is refused, a server that ends.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "media/speech.h"
#include "serve_test.h"

static const char *const sim_args[] = {"asr", "--worker", "sim", "--sim-ttft", "20ms",
				       "--sim-parallel", "32", "--drain-time", "300ms", NULL};
static char dir[] = "/tmp/assay-stream-XXXXXX";
static char manifest[64];

static int set_up_all(void **state)
{
	char path[64];
	struct arena *a = arena_new();
	struct speech s = {0};
	struct media m;
	struct err e;
	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(manifest, sizeof(manifest), "%s/m.jsonl", dir);
	(void)snprintf(path, sizeof(path), "%s/a.wav", dir);
	assert_int_equal(speech_tone(&s, 16000, 1.5, 300, -6, &e), 0);
	assert_int_equal(speech_to_media(&s, "a.wav", "wav", 1, a, &m, &e), 0);
	assert_int_equal(file_write(path, m.data, m.len, &e), 0);
	static const char line[] = "{\"id\": \"a\", \"audio_filepath\": \"a.wav\"}\n";
	assert_int_equal(file_write(manifest, line, sizeof(line) - 1, &e), 0);
	speech_release(&s);
	arena_free(a);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	return file_remove_tree(dir, NULL);
}

/* The first run of a bench. Caller: json_decref(). */
static json_t *bench(const struct service *s, const char *path, const char *streams)
{
	char url[96];
	(void)snprintf(url, sizeof(url), "ws://127.0.0.1:%d%s", s->port, path);
	const char *const argv[] = {assay_program(), "bench", "asr", url, "--data", manifest,
				    "--requests", streams, "--concurrency", streams, "--format",
				    "json", "--no-targets", "--protocol", "funasr-ws", NULL};
	CLEANUP(buf_release) struct buf out = BUF_INIT(1 << 24);
	struct err e = {0};
	int status = 0;
	if (process_run(argv, NULL, 3 * TEST_WAIT, false, &out, &status, &e) < 0)
		fail_msg("%s", e.text);
	json_t *all = json_read(out.data ? out.data : "", out.len, 32, &e);
	if (!all)
		fail_msg("%s: %s", e.text, out.data ? out.data : "");
	json_t *run = json_incref(json_at(all, "runs.0"));
	json_decref(all);
	assert_non_null(run);
	return run;
}

static void test_streams(void **state)
{
	static const char *const paths[] = {"/stream", "/"};
	struct service s = service_start(sim_args);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		json_t *run = bench(&s, paths[i], i == 0 ? "24" : "2");
		int64_t ok = 0;
		double latency = 0, final = 0;
		assert_true(json_whole(run, "counts.ok", &ok));
		if (ok != (i == 0 ? 24 : 2)) {
			char *text = json_dumps(run, 0);
			fail_msg("%s", text);
		}
		/* one and a half seconds of speech take so long to be spoken */
		assert_true(json_number(run, "metrics.latency.min", &latency));
		assert_true(latency >= 1.5);
		assert_true(json_number(run, "metrics.final_delay.min", &final));
		assert_true(final >= 0.02 && final < latency - 1.4);
		json_decref(run);
	}
	struct reply r = get(&s, "/health");	/* all streams were given back */
	assert_int_equal(r.status, 200);
	reply_release(&r);
	service_stop(&s);
}

#define UPGRADE "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

static void test_refusals(void **state)
{
	static const struct {
		const char *headers;
		int status;
	} rows[] = {
		{"", 426}, {KEY, 426}, {UPGRADE, 400}, {"Upgrade: websocket\r\n" KEY, 426},
		{UPGRADE "Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n", 400},
		{UPGRADE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		 "Sec-WebSocket-Version: 8\r\n", 400},
	};
	struct service s = service_start(sim_args);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[600];
		(void)snprintf(text, sizeof(text), "GET /stream HTTP/1.1\r\nHost: x\r\n%s\r\n",
			       rows[i].headers);
		struct reply r = ask_text(&s, text);
		assert_int_equal(r.status, rows[i].status);
		assert_non_null(strstr(r.body, "{\"error\""));
		reply_release(&r);
	}
	service_stop(&s);
}

/* What a client says and what the first message of the server holds. */
static void test_messages(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		const char *want;
	} rows[] = {
#define MASK "\0\0\0\0"		/* leaves the bytes as they are */
		{"\x82\x82" MASK "ab", 8, "before speech comes a JSON opening"},
		{"\x81\x82" MASK "[]", 8, "must be a JSON object"},
		{"\x81\x8c" MASK "{\"mode\":\"x\"}", 18, "mode must be 2pass"},
		{"\x81\x91" MASK "{\"audio_fs\":8000}", 23, "audio_fs 16000"},
		{"\x81\x82" MASK "{}\x82\x81" MASK "a", 15, "whole samples"},
		{"\x81\x95" MASK "{\"is_speaking\":false}", 27, "is_end"},
	};
	struct service s = service_start(sim_args);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\n" UPGRADE KEY
					   "Sec-WebSocket-Protocol: chat, binary\r\n\r\n";
		char got[4096];
		size_t n = 0;
		int fd = dial(&s);
		send_all(fd, head, sizeof(head) - 1);
		send_all(fd, rows[i].data, rows[i].len);
		uint64_t until = clock_now() + TEST_WAIT;
		got[0] = '\0';
		while (!memmem(got, n, rows[i].want, strlen(rows[i].want))) {
			struct pollfd p = {.fd = fd, .events = POLLIN};
			assert_true(clock_now() < until);
			if (poll(&p, 1, 50) <= 0)
				continue;
			ssize_t more = recv(fd, got + n, sizeof(got) - n, 0);
			if (more <= 0)
				fail_msg("row %zu: %.*s", i, (int)n, got);
			n += (size_t)more;
		}
		assert_non_null(memmem(got, n, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28));
		assert_non_null(memmem(got, n, "Sec-WebSocket-Protocol: binary", 30));
		(void)close(fd);
	}
	/* a client that leaves in the middle does not keep its worker */
	struct reply r = get(&s, "/health");
	assert_int_equal(r.status, 200);
	reply_release(&r);
	service_stop(&s);
}

/* A service that ends while speech is sent: no stream may count as ok. */
static void test_end(void **state)
{
	struct service s = service_start(sim_args);
	(void)state;
	static const char head[] = "GET / HTTP/1.1\r\nHost: x\r\n" UPGRADE KEY "\r\n";
	char got[4096];
	int fd = dial(&s);
	send_all(fd, head, sizeof(head) - 1);
	send_all(fd, "\x81\x82" MASK "{}\x82\x82" MASK "ab", 16);
	assert_true(recv(fd, got, sizeof(got), 0) > 0);
	service_stop(&s);	/* ends by itself although the stream is open */
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_end),
	};
	return cmocka_run_group_tests_name("stream", tests, set_up_all, tear_down_all);
}
