/* tests/unit/protocols/test-live.c - live speech: what is sent, what messages mean, which words
 * were taken back and how far behind the speech they were.
 * SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <math.h>

#include "base/util.h"
#include "media/speech.h"
#include "protocols/live_text.h"

#define MS ((uint64_t)1000000)

static struct exchange x;
static void *st;

static void test_tokens(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {
		{"", 0}, {" , .", 0}, {"hello", 1}, {"Hello, world!", 2}, {"it's 3.5", 3},
		{"\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82", 2}, {"a\xe4\xbd\xa0""b", 3},
		{"caf\xc3\xa9 au", 2}, {"\xff\xff", 0}, {"a\xe4\xbd", 1},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (live_tokens(span_of(rows[i].text)) != rows[i].n)
			fail_msg("'%s' has %zu tokens", rows[i].text,
				 live_tokens(span_of(rows[i].text)));
	assert_int_equal(live_common(span_of("the cat sat"), span_of("The cat, sad")), 2);
	assert_int_equal(live_common(span_of("the"), span_of("them")), 0);
	assert_int_equal(live_common(span_of("a b"), span_of("")), 0);
	for (size_t n = 0; n <= 12; n++)	/* cut inside a character */
		(void)live_tokens((struct span){"a\xe4\xbd\xa0\xf0\x9f\x98\x80 \xc3\xa9 z", n});
}

static void begin(const char *yaml)
{
	exchange_begin(&x, yaml);
	answer_clear(&x.answer);
	st = calloc(1, x.service.protocol->state_size);
	const struct http_head h = {.status = 101};
	assert_int_equal(x.service.protocol->head(st, &x.service, &x.ask, &h, &x.answer),
			 OUTCOME_OK);
	x.answer.speech_start = 1000 * MS;
}

static enum outcome tell(uint64_t ms, const char *text)
{
	const struct arrival at = {ms * MS, 500, STAMP_KERNEL, true};
	return x.service.protocol->receive(st, text, strlen(text), &at, &x.answer);
}

static enum outcome end(void)
{
	enum outcome o = x.service.protocol->finish(st, &x.sample, &x.answer);
	free(st);
	return o;
}

#define LIVE "protocol: funasr-ws, url: \"ws://a/stream\""

static void test_two_passes(void **state)
{
	(void)state;
	begin("{" LIVE "}");
	assert_int_equal(tell(1400, "{\"mode\": \"2pass-online\", \"text\": \"the \"}"),
			 OUTCOME_OK);
	assert_int_equal(tell(1900, "{\"mode\": \"2pass-online\", \"text\": \"cad sat \", "
			      "\"is_final\": true}"), OUTCOME_OK);
	assert_false(x.answer.complete);
	/* one of three words shown is taken back, and one that follows it has to be shown anew */
	assert_int_equal(tell(2500, "{\"mode\": \"2pass-offline\", \"text\": \"The cat sat.\", "
			      "\"timestamp\": \"[[0,300],[300,600],[600,800]]\"}"), OUTCOME_OK);
	assert_int_equal(x.answer.shown_tokens, 5);
	assert_int_equal(x.answer.revised_tokens, 2);
	assert_int_equal(tell(2600, "{\"mode\": \"2pass-online\", \"text\": \"down\"}"),
			 OUTCOME_OK);
	x.answer.speech_end = 2700 * MS;
	assert_int_equal(tell(2800, "{\"mode\": \"2pass-offline\", \"text\": \"down\", "
			      "\"timestamp\": [[900, 1100]], \"is_final\": false, "
			      "\"stamp_sents\": [{\"text_seg\": \"down\", \"start\": 900, "
			      "\"end\": 1100}]}"), OUTCOME_OK);
	assert_true(x.answer.complete);
	assert_int_equal(end(), OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "The cat sat. down");
	assert_int_equal(x.answer.first_token, 1400 * MS);
	assert_int_equal(x.answer.n_segments, 1);
	assert_true(fabs(x.answer.segments[0].end - 1.1) < 1e-9);
	/* 1400 − (1000 + 300), 1900 − (1000 + 800), 2600 − (1000 + 1100) */
	assert_int_equal(x.answer.n_partial_delays, 3);
	assert_int_equal(x.answer.partial_delays[0], 100 * MS);
	assert_int_equal(x.answer.partial_delays[1], 100 * MS);
	assert_int_equal(x.answer.partial_delays[2], 500 * MS);
	exchange_end(&x);
}

static void test_ends(void **state)
{
	(void)state;
	/* times that begin anew in each segment say nothing of the stream */
	begin("{" LIVE "}");
	assert_int_equal(tell(1500, "{\"mode\": \"2pass-online\", \"text\": \"a\"}"), OUTCOME_OK);
	assert_int_equal(tell(1600, "{\"mode\": \"2pass-offline\", \"text\": \"a\", "
			      "\"timestamp\": [[100, 200]]}"), OUTCOME_OK);
	x.answer.speech_end = 1;
	assert_int_equal(tell(1700, "{\"mode\": \"2pass-offline\", \"text\": \"b\", "
			      "\"timestamp\": [[0, 100]]}"), OUTCOME_OK);
	assert_int_equal(end(), OUTCOME_OK);
	assert_int_equal(x.answer.n_partial_delays, 0);
	exchange_end(&x);

	begin("{" LIVE ", mode: online}");
	assert_int_equal(tell(1500, "{\"mode\": \"online\", \"text\": \"one \"}"), OUTCOME_OK);
	x.answer.speech_end = 1;
	assert_int_equal(tell(1600, "{\"text\": \"two\"}"), OUTCOME_OK);
	assert_false(x.answer.complete);	/* is_end, the close or silence ends it */
	assert_int_equal(tell(1700, "{\"is_end\": true}"), OUTCOME_OK);
	assert_true(x.answer.complete);
	assert_int_equal(end(), OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "one two");
	assert_int_equal(x.answer.revised_tokens, 0);
	exchange_end(&x);

	begin("{" LIVE ", mode: offline}");
	x.answer.speech_end = 1;
	assert_int_equal(tell(1700, "{\"text\": \"all of it\"}"), OUTCOME_OK);
	assert_true(x.answer.complete);
	assert_int_equal(end(), OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "all of it");
	assert_int_equal(x.answer.first_token, 0);
	exchange_end(&x);
}

static void test_wrong(void **state)
{
	static const char good[] = "{\"mode\": \"2pass-offline\", \"text\": \"a b\", "
				   "\"timestamp\": \"[[0,1],[1,2]]\", \"stamp_sents\": []}";
	(void)state;
	begin("{" LIVE "}");
	assert_int_equal(tell(1, "{\"error\": {\"message\": \"no worker\"}}"), OUTCOME_ERROR_EVENT);
	assert_string_equal(x.answer.error.data, "no worker");
	assert_int_equal(tell(1, "{\"mode\": \"online\"}"), OUTCOME_BAD_JSON);
	assert_int_equal(tell(1, "[]"), OUTCOME_BAD_JSON);
	assert_int_equal(tell(1, "{\"mode\": \"offline\", \"text\": \"a\", \"stamp_sents\": "
			      "[{\"start\": 1}]}"), OUTCOME_BAD_JSON);
	for (size_t n = 0; n + 1 < sizeof(good); n++) {
		char cut[sizeof(good)];
		memcpy(cut, good, n);
		cut[n] = '\0';
		assert_int_equal(tell(1, cut), OUTCOME_BAD_JSON);
	}
	assert_int_equal(tell(1, good), OUTCOME_OK);
	assert_int_equal(tell(1, "{\"mode\": \"offline\", \"text\": \"a\", \"timestamp\": "
			      "\"[[0,\"}"), OUTCOME_OK);
	assert_int_equal(end(), OUTCOME_OK);
	assert_int_equal(x.answer.n_partial_delays, 0);
	exchange_end(&x);
}

static struct media sound(int rate, const char *format)
{
	struct speech s = {0};
	struct media m;
	struct err e;
	assert_int_equal(speech_tone(&s, rate, 0.5, 300, -6, &e), 0);
	assert_int_equal(speech_to_media(&s, "a.wav", format, 1, x.arena, &m, &e), 0);
	speech_release(&s);
	return m;
}

static void test_requests(void **state)
{
	(void)state;
	exchange_begin(&x, "{" LIVE ", chunk: 100ms, chunk_size: [8, 8, 4], body: {svs_itn: 1}}");
	struct media m = sound(16000, "wav");
	x.sample.audio = &m;
	x.sample.language = "en";
	if (!exchange_request(&x, NULL))
		fail_msg("%s", x.e.text);
	const struct request_live *l = &x.request.live;
	const char *text = x.request.text.data;
	assert_int_equal(l->opening_at, 0);
	static const char want[] = "{\"mode\":\"2pass\",\"chunk_size\":[8,8,4],"
		"\"chunk_interval\":10,\"wav_name\":\"one\",\"wav_format\":\"pcm\","
		"\"audio_fs\":16000,\"is_speaking\":true,\"itn\":true,\"svs_lang\":\"en\","
		"\"svs_itn\":1}";
	assert_int_equal(l->opening_len, sizeof(want) - 1);
	assert_memory_equal(text, want, sizeof(want) - 1);
	assert_memory_equal(text + l->closing_at, "{\"is_speaking\":false}", l->closing_len);
	assert_int_equal(l->pcm_len, 16000);
	assert_true((const char *)l->pcm > (const char *)m.data &&
		    (const char *)l->pcm < (const char *)m.data + m.len);	/* not copied */
	assert_int_equal(l->chunk_len, 3200);
	assert_int_equal(l->chunk_ns, 100 * MS);
	assert_int_equal(l->quiet_ns, 0);
	struct media other = sound(8000, "flac");	/* decoded and resampled */
	x.sample.audio = &other;
	assert_non_null(exchange_request(&x, NULL));
	assert_null(x.request.live.pcm);
	assert_int_equal(x.request.live.pcm_len, 16000);
	x.sample.audio = NULL;
	assert_null(exchange_request(&x, NULL));
	exchange_end(&x);
}

static void expect_bad(const char *yaml, const char *words)
{
	struct arena *a = arena_new();
	struct service s;
	struct err e = {0};
	const struct yaml_node *map = yaml_parse(yaml, strlen(yaml), "plan", a, &e);
	assert_non_null(map);
	int rc = service_from_yaml(&s, "s", map, a, &e);
	assert_int_equal(rc == 0 ? service_check(&s, a, &e) : rc, -1);
	if (!strstr(e.text, words))
		fail_msg("'%s' does not say '%s'", e.text, words);
	service_release(&s);
	arena_free(a);
}

static void test_plans(void **state)
{
	(void)state;
	expect_bad("{" LIVE ", chunk_size: [1, 2]}", "three numbers");
	expect_bad("{" LIVE ", chunk_size: [1, 2, x]}", "'x' is no number");
	expect_bad("{" LIVE ", mode: both}", "both");
	expect_bad("{protocol: transcribe, url: \"ws://a/x\"}", "spoken by the protocol funasr-ws");
	exchange_begin(&x, "{kind: asr, url: \"wss://a/stream\"}");
	assert_string_equal(x.service.protocol_name, "funasr-ws");
	exchange_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_two_passes),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_plans),
	};
	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
