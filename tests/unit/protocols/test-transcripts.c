/* tests/unit/protocols/test-transcripts.c - transcribe, openai-transcriptions, whisper-cpp: golden
 * forms, golden and wrong replies.
 * SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include "base/util.h"

#define JSON "application/json"
#define SSE "text/event-stream"

static const struct media wave = {
	.name = "a\"b.wav", .mime = "audio/wav", .data = "RIFF\0\r\n--", .len = 9,
	.sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
};
#define LINE "--assay-00112233445566778899aabbccddeeff"
#define FIELD(n, v) LINE "\r\nContent-Disposition: form-data; name=\"" n "\"\r\n\r\n" v "\r\n"
#define FILE_HEAD(n) LINE "\r\nContent-Disposition: form-data; name=\"" n "\"; " \
			  "filename=\"a%22b.wav\"\r\nContent-Type: audio/wav\r\n\r\n"

static struct exchange x;

static void begin(const char *yaml)
{
	exchange_begin(&x, yaml);
	x.sample.audio = &wave;
	x.sample.language = "en";
}

static void expect_form(const char *before, const char *file_head, const char *after)
{
	size_t len = 0;
	const char *got = exchange_request(&x, &len);
	assert_non_null(got);
	CLEANUP(buf_release) struct buf want = BUF_INIT(BUF_UNLIMITED);
	(void)buf_str(&want, before);
	(void)buf_str(&want, file_head);
	(void)buf_add(&want, wave.data, wave.len);
	(void)buf_str(&want, "\r\n");
	(void)buf_str(&want, after);
	(void)buf_str(&want, LINE "--\r\n");
	if (len != want.len || memcmp(got, want.data, len) != 0)
		fail_msg("got:\n%.*s\nwant:\n%.*s", (int)len, got, (int)want.len, want.data);
	assert_string_equal(x.request.head.data, "Content-Type: multipart/form-data; boundary="
						 "assay-00112233445566778899aabbccddeeff\r\n");
	bool borrowed = false;
	for (size_t i = 0; i < x.request.n_pieces; i++)
		borrowed |= x.request.pieces[i].data == wave.data;
	assert_true(borrowed);
}

static void test_forms(void **state)
{
	(void)state;
	begin("{protocol: transcribe, url: \"http://a/transcribe\", body: {hot: 1, no: null}}");
	expect_form(FIELD("language", "en"), FILE_HEAD("audio"), FIELD("hot", "1"));
	assert_string_equal(x.request.path, "");
	x.sample.audio = NULL;
	assert_null(exchange_request(&x, NULL));
	assert_non_null(strstr(x.e.text, "needs audio, and the sample 'one' has none"));
	exchange_end(&x);

	begin("{protocol: openai-transcriptions, url: \"http://a/v1\", model: whisper-1}");
	x.ask.language = "zh";
	x.ask.temperature = 0.5;
	x.ask.stream = true;
	x.ask.response_format = "verbose_json";
	expect_form(FIELD("model", "whisper-1") FIELD("language", "zh")
		    FIELD("response_format", "verbose_json") FIELD("temperature", "0.5")
		    FIELD("stream", "true"), FILE_HEAD("file"), "");
	assert_string_equal(x.request.path, "/audio/transcriptions");
	x.ask.response_format = "xml";
	assert_null(exchange_request(&x, NULL));
	exchange_end(&x);

	begin("{protocol: whisper-cpp, url: \"http://a/inference\"}");
	expect_form(FIELD("response_format", "verbose_json") FIELD("language", "en"),
		    FILE_HEAD("file"), "");
	x.ask.keep = false;
	x.sample.language = NULL;
	expect_form(FIELD("response_format", "json"), FILE_HEAD("file"), "");
	x.ask.response_format = "text";
	assert_null(exchange_request(&x, NULL));
	exchange_end(&x);
}

static void json_replies(const char *yaml)
{
	begin(yaml);
	exchange_expect_text(&x, JSON, "{\"text\":\"h\\u00e9\",\"language\":\"en\",\"segments\":["
			     "{\"start\":0,\"end\":1.5,\"text\":\"h\"},{\"start\":1.5,\"end\":2,"
			     "\"text\":\"\\u00e9\"}]}", OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "h\xc3\xa9");
	assert_string_equal(x.answer.language, "en");
	assert_int_equal(x.answer.n_segments, 2);
	assert_true(x.answer.segments[1].start == 1.5 && x.answer.segments[1].end == 2);
	assert_int_equal(x.answer.segments[1].text_len, 2);
	assert_int_equal(x.answer.first_token, 0);
	exchange_expect_text(&x, "Application/JSON; charset=utf-8", "{\"text\":\"\"}", OUTCOME_OK);
	assert_int_equal(x.answer.text.len, 0);
	exchange_expect_text(&x, JSON, "{\"text\":\"a\",\"language\":null,\"segments\":null}",
		OUTCOME_OK);
	exchange_expect_text(&x, JSON, "{\"error\":\"failed to read audio\"}", OUTCOME_ERROR_BODY);
	assert_string_equal(x.answer.error.data, "failed to read audio");
	exchange_expect_text(&x, JSON, "{\"language\":\"en\"}", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"text\":7}", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"text\":\"a\",\"segments\":{}}", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"text\":\"a\",\"segments\":[{\"text\":\"a\"}]}",
			     OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"text\":\"a\"", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "[\"a\"]", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, "text/html", "{\"text\":\"a\"}", OUTCOME_BAD_CONTENT_TYPE);
	exchange_expect_text(&x, NULL, "{\"text\":\"a\"}", OUTCOME_BAD_CONTENT_TYPE);
	x.ask.keep = false;
	exchange_expect_text(&x, JSON, "{\"text\":\"a\",\"segments\":[{\"start\":0,\"end\":1,"
			     "\"text\":\"a\"}]}", OUTCOME_OK);
	assert_int_equal(x.answer.n_segments, 0);	/* kept only when asked */
	exchange_end(&x);
}

static void test_json(void **state)
{
	(void)state;
	json_replies("{protocol: transcribe, url: \"http://a/transcribe\"}");
	json_replies("{protocol: whisper-cpp, url: \"http://a/inference\"}");
	json_replies("{protocol: openai-transcriptions, url: \"http://a/v1\"}");
}

static void test_text(void **state)
{
	(void)state;
	begin("{protocol: openai-transcriptions, url: \"http://a/v1\"}");
	x.ask.response_format = "text";
	exchange_expect_text(&x, "text/plain; charset=utf-8", " one two\n", OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "one two");
	exchange_expect_text(&x, "text/plain", "", OUTCOME_OK);
	exchange_expect_text(&x, "text/plain", "\xff", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"error\":{\"message\":\"x\"}}", OUTCOME_ERROR_BODY);
	exchange_expect_text(&x, JSON, "{\"text\":\"a\"}", OUTCOME_BAD_CONTENT_TYPE);
	exchange_end(&x);
	/* the plan's body decides about the form of the reply as well */
	begin("{protocol: openai-transcriptions, url: \"http://a/v1\", body: {response_format: "
		"vtt}}");
	exchange_expect_text(&x, "text/vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\na\n", OUTCOME_OK);
	exchange_end(&x);
}

static void test_streams(void **state)
{
	(void)state;
	begin("{protocol: openai-transcriptions, url: \"http://a/v1\"}");
	x.ask.stream = true;
	exchange_expect_text(&x, SSE,
		"data: {\"type\":\"transcript.text.delta\",\"delta\":\"one\"}\n\n"
		"data: {\"type\":\"transcript.text.delta\",\"delta\":\" two\"}\n\n"
		"data: {\"type\":\"transcript.text.done\",\"text\":\"One "
		"two.\",\"usage\":{\"type\":"
		"\"tokens\",\"input_tokens\":14,\"output_tokens\":5}}\n\n", OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "One two.");
	assert_int_equal(x.answer.text_events, 2);
	assert_int_equal(x.answer.output_tokens, 5);
	assert_int_equal(x.answer.prompt_tokens, 14);
	exchange_expect_text(&x, SSE, "data: {\"object\":\"transcription.chunk\","
		"\"choices\":[{\"delta\":"
			     "{\"content\":\"one\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"conte"
				"nt\":"
			     "\" two\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
				OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "one two");
	exchange_expect_text(&x, SSE, "data: {\"type\":\"transcript.text.done\",\"text\":\"\"}\n\n",
			     OUTCOME_OK);	/* silence */
	exchange_expect_text(&x, SSE, "data: {\"type\":\"transcript.text.delta\","
		"\"delta\":\"one\"}\n\n",
			     OUTCOME_UNFINISHED_STREAM);
	exchange_expect_text(&x, SSE, "data: {\"type\":\"error\",\"message\":\"no\"}\n\n",
			     OUTCOME_ERROR_EVENT);
	exchange_expect_text(&x, SSE, "data: {\"type\":\n\n", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"text\":\"a\"}", OUTCOME_BAD_CONTENT_TYPE);
	exchange_expect_text(&x, JSON, "{\"error\":\"a\"}", OUTCOME_ERROR_BODY);
	exchange_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_streams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
