/* tests/unit/protocols/test-http-service.c - services that a plan describes: requests byte by byte,
 * replies good and wrong.
 * SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <math.h>

#include "base/util.h"

#define JSON "application/json"

static const struct media wave = {
	.name = "a.wav", .mime = "audio/wav", .data = "RIFF\0\r\n--", .len = 9,
	.sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
};
#define LINE "--assay-00112233445566778899aabbccddeeff"

static struct exchange x;

static const char *request(void)
{
	size_t len = 0;
	const char *text = exchange_request(&x, &len);
	if (!text)
		fail_msg("%s", x.e.text);
	return text;
}

static void expect_refused(const char *words)
{
	assert_null(exchange_request(&x, NULL));
	if (!strstr(x.e.text, words))
		fail_msg("'%s' does not say '%s'", x.e.text, words);
}

static void expect_bad(const char *yaml, const char *words)
{
	struct arena *a = arena_new();
	struct service s;
	struct err e = {0};
	const struct yaml_node *map = yaml_parse(yaml, strlen(yaml), "plan", a, &e);
	assert_non_null(map);
	int rc = service_from_yaml(&s, "s", map, a, &e);
	if (rc == 0)
		rc = service_check(&s, a, &e);
	assert_int_equal(rc, -1);
	if (!strstr(e.text, words))
		fail_msg("'%s' does not say '%s'", e.text, words);
	service_release(&s);
	arena_free(a);
}

static void test_form(void **state)
{
	(void)state;
	exchange_begin(&x, "{kind: asr, protocol: http, url: \"http://a/recognition\", multipart: "
		       "{audio: \"@{audio}\", lang: \"{language}\", tag: \"{{{id}}}\", n: 3}, "
		       "body: {hot: x}, reply: {text: /text}}");
	x.sample.audio = &wave;
	size_t len = 0;
	const char *got = exchange_request(&x, &len);
	assert_non_null(got);
	static const char want[] =
		LINE "\r\nContent-Disposition: form-data; name=\"audio\"; filename=\"a.wav\"\r\n"
		"Content-Type: audio/wav\r\n\r\nRIFF\0\r\n--\r\n"
		LINE "\r\nContent-Disposition: form-data; name=\"tag\"\r\n\r\n{one}\r\n"
		LINE "\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n3\r\n"
		LINE "\r\nContent-Disposition: form-data; name=\"hot\"\r\n\r\nx\r\n"
		LINE "--\r\n";
	assert_int_equal(len, sizeof(want) - 1);
	assert_memory_equal(got, want, len);
	x.sample.language = "zh";
	assert_non_null(exchange_request(&x, &len));
	x.sample.audio = NULL;
	expect_refused("has a place {audio}, and the sample 'one' has none");
	exchange_end(&x);
}

static void test_json(void **state)
{
	(void)state;
	exchange_begin(&x, "{kind: tts, protocol: http, url: \"http://a/tts\", model: m1, json: "
		       "{input: {text: \"say \\\"{text}\\\"\", speaker: \"{speaker}\"}, speed: "
		       "\"{speed}\", n: 1, f: 0.5, yes: true, s: \"1\", list: [\"{language}\", a, "
		       "{}], model: \"{model}\"}, body: {extra: [1, 2]}, method: PUT}");
	x.sample.text = "a\"b\n";
	assert_string_equal(request(), "{\"input\":{\"text\":\"say \\\"a\\\"b\\n\\\"\"},\"n\":1,"
			    "\"f\":0.5,\"yes\":true,\"s\":\"1\",\"list\":[\"a\",{}],"
			    "\"model\":\"m1\",\"extra\":[1,2]}");
	assert_string_equal(x.request.method, "PUT");
	assert_string_equal(x.request.head.data, "Content-Type: application/json\r\n");
	x.ask.speed = 1.25;
	x.ask.speaker = "bob";
	x.sample.language = "en";
	assert_string_equal(request(), "{\"input\":{\"text\":\"say \\\"a\\\"b\\n\\\"\","
			    "\"speaker\":\"bob\"},\"speed\":1.25,\"n\":1,\"f\":0.5,\"yes\":true,"
			    "\"s\":\"1\",\"list\":[\"en\",\"a\",{}],\"model\":\"m1\","
			    "\"extra\":[1,2]}");
	x.sample.text = NULL;
	expect_refused("place {text}");
	exchange_end(&x);

	exchange_begin(&x, "{kind: asr, protocol: http, url: \"http://a/\", json: [{audio: "
		       "\"data:audio/wav;base64,{audio}\"}, \"{audio}\"], reply: {text: /0/t}}");
	x.sample.audio = &wave;
	assert_string_equal(request(), "[{\"audio\":\"data:audio/wav;base64,UklGRgANCi0t\"},"
			    "\"UklGRgANCi0t\"]");
	exchange_end(&x);
}

static void test_plans(void **state)
{
#define ASR "kind: asr, protocol: http, url: \"http://a/\", "
#define FORM "multipart: {a: \"@{audio}\"}, "
	static const struct {
		const char *yaml, *words;
	} rows[] = {
		{"{protocol: http, url: \"http://a/\", json: {a: 1}}", "needs kind"},
		{"{" ASR "reply: {text: /t}}", "what is sent?"},
		{"{" ASR FORM "json: {a: 1}, reply: {text: /t}}", "exclude each other"},
		{"{" ASR FORM "}", "where the text is"},
		{"{" ASR FORM "reply: {text: t}}", "plan:1:89: text: a JSON pointer begins with"},
		{"{" ASR FORM "reply: {text: /t, ok: \"/code = 0\"}}", "ok: column 7: here =="},
		{"{" ASR FORM "reply: {text: body, ok: /a}}", "look into JSON"},
		{"{" ASR FORM "reply: {txt: /t}}", "txt"},
		{"{" ASR "multipart: {a: \"@{audo}\"}, reply: {text: /t}}", "a file is"},
		{"{" ASR "multipart: {a: \"{langage}\"}, reply: {text: /t}}",
		 "did you mean {language}?"},
		{"{" ASR "multipart: {a: \"{x\"}, reply: {text: /t}}", "without '}'"},
		{"{" ASR "multipart: {a: \"x}\"}, reply: {text: /t}}", "without '{'"},
		{"{" ASR "multipart: {a: [1]}, reply: {text: /t}}", "one text"},
		{"{" ASR "json: {a: \"{x}\"}, reply: {text: /t}}", "there is no place {x}"},
		{"{" ASR "json: 3, reply: {text: /t}}", "json must be a map or a list"},
		{"{" ASR "json: [1], body: {b: 1}, reply: {text: /t}}", "json is a list"},
		{"{" ASR "json: {b: 2}, body: {b: 1}, reply: {text: /t}}", "both set 'b'"},
		{"{" ASR "method: GET, json: {b: 2}, reply: {text: /t}}", "method GET"},
		{"{kind: tts, protocol: http, url: \"http://a/\", json: {a: 1}, reply: "
		 "{text: /t}}", "has audio, not text"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_bad(rows[i].yaml, rows[i].words);
}

static void test_transcripts(void **state)
{
	(void)state;
	exchange_begin(&x, "{" ASR FORM "reply: {text: /result/0/text, ok: \"/code == 0\", "
		       "segments: /sentences, time_unit: ms, words: /t, language: /lang}}");
	x.sample.audio = &wave;
	exchange_expect_text(&x, JSON, "{\"code\": 0, \"lang\": \"zh\", \"result\": [{\"text\": "
			     "\"hi\"}], \"sentences\": [{\"start\": 500, \"end\": 1500, "
			     "\"t\": \"hi\"}]}", OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "hi");
	assert_string_equal(x.answer.language, "zh");
	assert_int_equal(x.answer.n_segments, 1);
	assert_true(fabs(x.answer.segments[0].start - 0.5) < 1e-9);
	assert_true(fabs(x.answer.segments[0].end - 1.5) < 1e-9);
	exchange_expect_text(&x, JSON, "{\"code\": 1, \"msg\": \"no model\", \"result\": "
			     "[{\"text\": \"hi\"}]}", OUTCOME_ERROR_BODY);
	assert_string_equal(x.answer.error.data, "no model");
	exchange_expect_text(&x, JSON, "{\"result\": []}", OUTCOME_ERROR_BODY);
	exchange_expect_text(&x, JSON, "{\"code\": 0, \"result\": []}", OUTCOME_BAD_JSON);
	assert_string_equal(x.answer.error.data, "the reply has no text at /result/0/text");
	exchange_expect_text(&x, JSON, "{\"code\": 0, \"result\": [{\"text\": 7}]}",
			     OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"code\": 0, \"result\": [{\"text\": \"\"}], "
			     "\"sentences\": null}", OUTCOME_OK);
	exchange_expect_text(&x, JSON, "{\"code\": 0, \"result\": [{\"text\": \"a\"}], "
			     "\"sentences\": [{\"start\": 1, \"t\": \"a\"}]}", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"code\": 0", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, "text/html", "{\"code\": 0}", OUTCOME_BAD_CONTENT_TYPE);
	exchange_end(&x);

	exchange_begin(&x, "{" ASR FORM "reply: {text: body}}");
	exchange_expect_text(&x, "text/plain; charset=utf-8", " hello there\n", OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "hello there");
	exchange_expect_text(&x, "text/plain", "a\xff", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"error\": \"busy\"}", OUTCOME_ERROR_BODY);
	exchange_expect_text(&x, "text/html", "<p>", OUTCOME_BAD_CONTENT_TYPE);
	exchange_end(&x);
}

static void test_speech(void **state)
{
	static const char pcm[] = "\1\0\2\0\3\0\4\0";
	(void)state;
	exchange_begin(&x, "{kind: tts, protocol: http, url: \"http://a/\", json: {t: \"{text}\"}, "
		       "reply: {format: pcm, sample_rate: 4000}}");
	exchange_expect(&x, "audio/pcm", pcm, 8, OUTCOME_OK);
	assert_true(fabs(x.answer.audio_seconds - 0.001) < 1e-9);
	exchange_expect(&x, "audio/pcm", pcm, 7, OUTCOME_BAD_AUDIO);
	exchange_expect_text(&x, JSON, "{\"error\": {\"message\": \"no\"}}", OUTCOME_ERROR_BODY);
	exchange_expect_text(&x, JSON, "{\"fine\": 1}", OUTCOME_BAD_CONTENT_TYPE);
	exchange_end(&x);

	exchange_begin(&x, "{kind: tts, protocol: http, url: \"http://a/\", json: {t: \"{text}\"}, "
		       "reply: {format: pcm, sample_rate: 4000, audio: /data/wav, ok: /ok}}");
	exchange_expect_text(&x, JSON, "{\"ok\": 1, \"data\": {\"wav\": \"AQACAAMABAA=\"}}",
			     OUTCOME_OK);
	assert_int_equal(x.answer.sound.len, 8);
	assert_memory_equal(x.answer.sound.data, pcm, 8);
	exchange_expect_text(&x, JSON, "{\"ok\": 1, \"data\": {\"wav\": \"AQAC!\"}}",
			     OUTCOME_BAD_AUDIO);
	exchange_expect_text(&x, JSON, "{\"ok\": 1, \"data\": {\"wav\": \"\"}}",
			     OUTCOME_EMPTY_ANSWER);
	exchange_expect_text(&x, JSON, "{\"ok\": false, \"detail\": \"bad voice\"}",
			     OUTCOME_ERROR_BODY);
	assert_string_equal(x.answer.error.data, "bad voice");
	exchange_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_transcripts),
		cmocka_unit_test(test_speech),
	};
	return cmocka_run_group_tests_name("http_service", tests, NULL, NULL);
}
