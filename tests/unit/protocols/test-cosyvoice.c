/* tests/unit/protocols/test-cosyvoice.c - the five modes' forms, raw samples without a type.
 * SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"

static const struct media voice = {
	.name = "v.wav", .mime = "audio/wav", .data = "RIFF", .len = 4,
	.sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
};
#define PLAIN "--assay-7d1c0b52e6f94a83"
#define LINE "--assay-00112233445566778899aabbccddeeff"
#define FIELD(line, n, v) line "\r\nContent-Disposition: form-data; name=\"" n "\"\r\n\r\n" v "\r\n"
#define WAV LINE "\r\nContent-Disposition: form-data; name=\"prompt_wav\"; filename=\"v.wav\"\r\n" \
	    "Content-Type: audio/wav\r\n\r\nRIFF\r\n"

static struct exchange x;

static void expect_form(const char *path, const char *want)
{
	const char *got = exchange_request(&x, NULL);
	if (!got)
		fail_msg("%s", x.e.text);
	assert_string_equal(got, want);
	assert_string_equal(x.request.path, path);
}

static void begin(const char *yaml)
{
	exchange_begin(&x, yaml);
	x.sample.text = "hello";
}

static void expect_needs(const char *words)
{
	assert_null(exchange_request(&x, NULL));
	if (!strstr(x.e.text, words))
		fail_msg("'%s' does not say '%s'", x.e.text, words);
}

static void test_modes(void **state)
{
	(void)state;
	begin("{protocol: cosyvoice, url: \"http://a:50000/\", spk_id: \"\xe4\xb8\xad\"}");
	expect_form("/inference_sft", FIELD(PLAIN, "tts_text", "hello")
		    FIELD(PLAIN, "spk_id", "\xe4\xb8\xad") PLAIN "--\r\n");
	x.sample.speaker = "bob";
	expect_form("/inference_sft", FIELD(PLAIN, "tts_text", "hello")
		    FIELD(PLAIN, "spk_id", "bob") PLAIN "--\r\n");
	x.sample.text = NULL;
	expect_needs("needs a text to speak");
	exchange_end(&x);

	begin("{protocol: cosyvoice, url: \"http://a\"}");
	expect_needs("mode sft needs spk_id");
	exchange_end(&x);

	begin("{protocol: cosyvoice, url: \"http://a\", mode: zero_shot, prompt_text: said}");
	expect_needs("mode zero_shot needs prompt_wav");
	x.sample.prompt_wav = &voice;
	expect_form("/inference_zero_shot", FIELD(LINE, "tts_text", "hello")
		    FIELD(LINE, "prompt_text", "said") WAV LINE "--\r\n");
	x.sample.prompt_text = "other";
	expect_form("/inference_zero_shot", FIELD(LINE, "tts_text", "hello")
		    FIELD(LINE, "prompt_text", "other") WAV LINE "--\r\n");
	exchange_end(&x);

	begin("{protocol: cosyvoice, url: \"http://a\", mode: cross_lingual}");
	x.sample.prompt_wav = &voice;
	expect_form("/inference_cross_lingual", FIELD(LINE, "tts_text", "hello") WAV LINE "--\r\n");
	exchange_end(&x);

	begin("{protocol: cosyvoice, url: \"http://a\", mode: instruct, instruct_text: soft, "
	      "spk_id: b}");
	expect_form("/inference_instruct", FIELD(PLAIN, "tts_text", "hello")
		    FIELD(PLAIN, "spk_id", "b") FIELD(PLAIN, "instruct_text", "soft")
		    PLAIN "--\r\n");
	exchange_end(&x);

	begin("{protocol: cosyvoice, url: \"http://a\", mode: instruct2, instruct_text: soft}");
	x.sample.prompt_wav = &voice;
	expect_form("/inference_instruct2", FIELD(LINE, "tts_text", "hello")
		    FIELD(LINE, "instruct_text", "soft") WAV LINE "--\r\n");
	exchange_end(&x);
}

static int check(const char *yaml, struct err *e)
{
	struct arena *a = arena_new();
	struct service s;
	const struct yaml_node *map = yaml_parse(yaml, strlen(yaml), "plan", a, e);
	assert_non_null(map);
	int rc = service_from_yaml(&s, "s", map, a, e);
	if (rc == 0)
		rc = service_check(&s, a, e);
	service_release(&s);
	arena_free(a);
	return rc;
}

static void test_plans(void **state)
{
	static const struct {
		const char *yaml, *words;
	} rows[] = {
		{"{protocol: cosyvoice, url: \"http://a/inference_sft\"}", "say mode: sft"},
		{"{protocol: cosyvoice, url: \"http://a\", mode: instruct, spk_id: b}",
		 "needs instruct_text"},
		{"{protocol: cosyvoice, url: \"http://a\", mode: sing}", "sing"},
		{"{protocol: cosyvoice, url: \"http://a\", mode: zero_shot, prompt_wav: no.wav}",
		 "plan:1:69: prompt_wav: "},
		{"{protocol: cosyvoice, kind: asr, url: \"http://a\"}", "is for kind tts"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = {0};
		assert_int_equal(check(rows[i].yaml, &e), -1);
		if (!strstr(e.text, rows[i].words))
			fail_msg("'%s' does not say '%s'", e.text, rows[i].words);
	}
	char name[] = "/tmp/assay-test-XXXXXX";
	int fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, "no sound", 8), 0);
	assert_int_equal(close(fd), 0);
	CLEANUP(buf_release) struct buf yaml = BUF_INIT(4096);
	(void)buf_fmt(&yaml, "{protocol: cosyvoice, url: \"http://a\", mode: cross_lingual, "
		      "prompt_wav: %s}", name);
	struct err e = {0};
	assert_int_equal(check(yaml.data, &e), -1);
	assert_non_null(strstr(e.text, "is no sound file"));
	(void)unlink(name);
}

static void test_replies(void **state)
{
	static const char pcm[] = "\1\0\2\0\3\0\4\0";
	(void)state;
	begin("{protocol: cosyvoice, url: \"http://a\", spk_id: b, sample_rate: 4000}");
	exchange_expect(&x, NULL, pcm, 8, OUTCOME_OK);
	assert_true(fabs(x.answer.audio_seconds - 0.001) < 1e-9);
	assert_int_equal(x.answer.sample_rate, 4000);
	assert_memory_equal(x.answer.sound.data, pcm, 8);
	exchange_expect(&x, "application/octet-stream", pcm, 8, OUTCOME_OK);
	exchange_expect(&x, NULL, pcm, 7, OUTCOME_BAD_AUDIO);
	exchange_expect(&x, NULL, "\1\0\1\0\1\0", 6, OUTCOME_BAD_AUDIO);
	assert_int_equal(exchange_reply(&x, 200, NULL, "", 0, 0, 1), OUTCOME_EMPTY_ANSWER);
	exchange_expect_text(&x, "application/json", "{\"error\": \"no voice\"}",
			     OUTCOME_ERROR_BODY);
	exchange_expect_text(&x, "application/json", "{}", OUTCOME_BAD_CONTENT_TYPE);
	exchange_expect_text(&x, "text/html", "<p>", OUTCOME_BAD_CONTENT_TYPE);
	exchange_end(&x);
	begin("{protocol: cosyvoice, url: \"http://a\", spk_id: b, sample_format: f32le, "
	      "sample_rate: 2000}");
	exchange_expect(&x, NULL, pcm, 8, OUTCOME_OK);
	assert_true(fabs(x.answer.audio_seconds - 0.001) < 1e-9);
	exchange_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_replies),
	};
	return cmocka_run_group_tests_name("cosyvoice", tests, NULL, NULL);
}
