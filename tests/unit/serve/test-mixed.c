/* tests/unit/serve/test-mixed.c - recognition and synthesis under requests of every sort, good and
 * bad, streamed and not, some of which leave: nothing stays behind. (The same for chat is in
 * test-service.c.) Built with AddressSanitizer, a leak makes the service's exit status and so
 * these tests fail.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve_test.h"

#define REQUESTS 300
#define BOUNDARY "xyzzy"

struct body {
	const char *path, *type, *text;
	size_t len;	/* 0: of text */
};

static void put_wav(struct buf *b, uint32_t samples)
{
	static const char head[] = "RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0"
				   "\2\0\x10\0data";
	uint32_t bytes = samples * 2;
	(void)buf_add(b, head, sizeof(head) - 1);
	(void)buf_add(b, &bytes, 4);
	for (uint32_t i = 0; i < samples; i++) {
		int16_t v = (int16_t)(i * 1103u % 20000u) - 10000;
		(void)buf_add(b, &v, 2);
	}
}

static void put_form(struct buf *b, bool stream, const void *file, size_t len)
{
	(void)buf_str(b, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n"
		      "m\r\n");
	if (stream)
		(void)buf_str(b, "--" BOUNDARY "\r\nContent-Disposition: form-data; "
			      "name=\"stream\"\r\n\r\ntrue\r\n");
	(void)buf_str(b, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; "
		      "filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n");
	(void)buf_add(b, file, len);
	(void)buf_str(b, "\r\n--" BOUNDARY "--\r\n");
}

/* All of them in turn; every tenth leaves in the middle of what it sends, or just behind it. */
static void run_mix(const char *const *args, const struct body *bodies, size_t n)
{
	struct service s = service_start(args);
	size_t answers[6] = {0};
	for (size_t i = 0; i < REQUESTS; i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		const struct body *body = &bodies[i % n];
		put_post(&b, body->path, body->type, body->text,
			 body->len ? body->len : strlen(body->text));
		if (i % 10 == 9) {
			int fd = dial(&s);
			send_all(fd, b.data, b.len - i % 3 * 20);
			(void)close(fd);
			continue;
		}
		struct reply r = ask(&s, b.data, b.len);
		if (r.status < 200 || r.status > 599)
			fail_msg("request %zu: %d", i, r.status);
		answers[r.status / 100]++;
		reply_release(&r);
	}
	assert_true(answers[2] > REQUESTS / 10 && answers[4] > REQUESTS / 10);
	assert_true(metric_becomes(&s, "assay_requests_in_flight", 1, TEST_WAIT));
	assert_true(metric_becomes(&s, "assay_worker_running", 0, TEST_WAIT));
	assert_true(metric(&s, "assay_held_bytes") == 0);
	service_stop(&s);
}

static void test_recognition(void **state)
{
	(void)state;
	static const char *const args[] = {"asr", "--worker", "sim", "--sim-ttft", "0",
					   "--sim-token-time", "1ms", "--sim-drop-rate", "0.1",
					   NULL};
	static const char type[] = "multipart/form-data; boundary=" BOUNDARY;
	static const char path[] = "/v1/audio/transcriptions";
	CLEANUP(buf_release) struct buf wav = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf whole = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf stream = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf noise = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf cut = BUF_INIT(BUF_UNLIMITED);
	put_wav(&wav, 8000);
	put_form(&whole, false, wav.data, wav.len);
	put_form(&stream, true, wav.data, wav.len);
	put_form(&noise, false, "this is no sound", 16);
	put_form(&cut, false, wav.data, 30);
	const struct body bodies[] = {
		{path, type, whole.data, whole.len}, {path, type, stream.data, stream.len},
		{path, type, noise.data, noise.len}, {path, type, cut.data, cut.len},
		{path, type, "--" BOUNDARY "\r\nnothing", 0},
		{path, type, whole.data, whole.len / 2}, {path, "text/plain", "x", 0},
	};
	run_mix(args, bodies, ARRAY_LEN(bodies));
}

static void test_synthesis(void **state)
{
	(void)state;
	static const char *const args[] = {"tts", "--worker", "sim", "--sim-ttft", "0",
					   "--sim-drop-rate", "0.1", NULL};
	static const char json[] = "application/json";
	static const struct body bodies[] = {
		{"/synthesize", json, "{\"text\":\"hello\"}", 0},
		{"/synthesize", json, "{\"text\":\"hello\",\"stream\":true}", 0},
		{"/synthesize", json, "{\"text\":\"\"}", 0},
		{"/synthesize", json, "{\"text\":7}", 0},
		{"/v1/audio/speech", json, "{\"model\":\"m\",\"input\":\"hello\"}", 0},
		{"/v1/audio/speech", json, "{\"input\":[]}", 0},
		{"/v1/audio/speech", json, "{", 0},
	};
	run_mix(args, bodies, ARRAY_LEN(bodies));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recognition),
		cmocka_unit_test(test_synthesis),
	};
	return cmocka_run_group_tests_name("mixed", tests, NULL, NULL);
}
