/* tests/unit/protocols/test-speech.c - synthesize and openai-speech: golden requests, sound that is
 * right and sound that is not.
 * SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <math.h>

#include "audio/decode.h"
#include "base/base64.h"
#include "base/json.h"

#define OWN "{protocol: synthesize, url: \"http://a/synthesize\"}"
#define OPENAI "{protocol: openai-speech, url: \"http://a/v1\", model: tts-1, voice: alloy}"
#define WAV "audio/wav"
#define JSON "application/json"

static struct exchange x;

static void begin(const char *yaml)
{
	exchange_begin(&x, yaml);
	x.sample.text = "Say \"it\".";
}

static void put16(struct buf *b, unsigned v)
{
	const char bytes[2] = {(char)(v & 255), (char)(v >> 8 & 255)};
	(void)buf_add(b, bytes, 2);
}

static void put32(struct buf *b, uint32_t v)
{
	put16(b, v & 65535);
	put16(b, v >> 16);
}

/* 16-bit mono at 8 kHz: header with this data size, then n samples made of a ramp (or all zero). */
static void wav(struct buf *b, uint32_t data_size, size_t n, bool sound)
{
	buf_clear(b);
	(void)buf_str(b, "RIFF");
	put32(b, data_size + 36);
	(void)buf_str(b, "WAVEfmt ");
	put32(b, 16);
	put16(b, 1);
	put16(b, 1);
	put32(b, 8000);
	put32(b, 16000);
	put16(b, 2);
	put16(b, 16);
	(void)buf_str(b, "data");
	put32(b, data_size);
	for (size_t i = 0; i < n; i++)
		put16(b, sound ? (unsigned)(i * 37) : 0);
}

static void test_requests(void **state)
{
	(void)state;
	begin(OWN);
	assert_string_equal(exchange_request(&x, NULL), "{\"text\":\"Say \\\"it\\\".\"}");
	x.sample.speaker = "slt";
	x.ask.speed = 1.25;
	x.ask.stream = true;
	assert_string_equal(exchange_request(&x, NULL), "{\"text\":\"Say \\\"it\\\".\",\"speaker\":"
			    "\"slt\",\"speed\":1.25,\"stream\":true}");
	x.ask.speaker = "awb";
	assert_non_null(strstr(exchange_request(&x, NULL), "\"speaker\":\"awb\""));
	x.sample.text = NULL;
	assert_null(exchange_request(&x, NULL));
	assert_non_null(strstr(x.e.text, "needs a text to speak"));
	exchange_end(&x);

	begin(OPENAI);
	assert_string_equal(exchange_request(&x, NULL), "{\"model\":\"tts-1\",\"input\":"
		"\"Say \\\"it\\\".\",\"voice\":\"alloy\",\"response_format\":\"wav\"}");
	assert_string_equal(x.request.path, "/audio/speech");
	x.ask.response_format = "mp3";
	x.ask.stream = true;	/* a stream of bytes needs no key */
	assert_null(strstr(exchange_request(&x, NULL), "stream"));
	x.ask.response_format = "aac";
	assert_null(exchange_request(&x, NULL));
	exchange_end(&x);
	begin("{protocol: openai-speech, url: \"http://a/v1\", stream_format: sse}");
	assert_null(strstr(exchange_request(&x, NULL), "stream_format"));
	x.ask.stream = true;
	assert_non_null(strstr(exchange_request(&x, NULL), "\"stream_format\":\"sse\""));
	exchange_end(&x);
}

static void good(struct buf *b, const char *type, size_t samples)
{
	exchange_expect(&x, type, b->data, b->len, OUTCOME_OK);
	assert_int_equal(x.answer.sample_rate, 8000);
	assert_int_equal(x.answer.channels, 1);
	assert_int_equal(x.answer.pcm, PCM_S16);
	assert_int_equal(x.answer.sound_bytes, samples * 2);
	assert_int_equal(x.answer.sound.len, samples * 2);
	assert_true(fabs(x.answer.audio_seconds - (double)samples / 8000) < 1e-9);
}

static void test_wav(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	static const uint32_t open_sizes[] = {0, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFF000, 0xFFFFFFFE};
	begin(OWN);
	wav(&b, 200, 100, true);
	good(&b, WAV, 100);
	good(&b, "audio/x-wav", 100);
	for (size_t i = 0; i < 5; i++) {
		wav(&b, open_sizes[i], 100, true);
		good(&b, WAV, 100);
	}
	/* a chunk behind the data is fine */
	wav(&b, 200, 100, true);
	(void)buf_add(&b, "LIST\x03\0\0\0abc\0", 12);
	good(&b, WAV, 100);
	/* a chunk before the format, and one between format and data */
	static const char early[] = "RIFF\0\0\0\0WAVEJUNK\x02\0\0\0zzfmt "
		"\x12\0\0\0\1\0\1\0\x40\x1f\0\0"
				    "\x80\x3e\0\0\2\0\x10\0\0\0fact\4\0\0\0\2\0\0\0data\4\0\0\0\1"
					"\0\2";
	exchange_expect(&x, WAV, early, sizeof(early), OUTCOME_OK);
	assert_int_equal(x.answer.sound_bytes, 4);
	/* data of odd size is padded to an even offset, as it should be or not */
#define EIGHT_BITS "RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0" \
		   "data\3\0\0\0abc"
	static const char padded[] = EIGHT_BITS "\0LIST\2\0\0\0xy";
	static const char bare[] = EIGHT_BITS "LIST\2\0\0\0xy";
	exchange_expect(&x, WAV, padded, sizeof(padded) - 1, OUTCOME_OK);
	assert_int_equal(x.answer.pcm, PCM_U8);
	assert_memory_equal(x.answer.sound.data, "abc", 3);
	exchange_expect(&x, WAV, bare, sizeof(bare) - 1, OUTCOME_OK);
	exchange_expect(&x, WAV, padded, 48, OUTCOME_OK);	/* the pad alone */
	exchange_end(&x);
}

static void expect(const struct buf *b, enum outcome want, const char *why)
{
	exchange_expect(&x, WAV, b->data, b->len, want);
	if (why && (!x.answer.error.data || !strstr(x.answer.error.data, why)))
		fail_msg("'%s' does not say '%s'", x.answer.error.data, why);
}

static void test_wrong_wav(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	begin(OWN);
	wav(&b, 202, 100, true);
	expect(&b, OUTCOME_BAD_AUDIO, "fewer bytes");
	wav(&b, 100, 100, true);
	expect(&b, OUTCOME_BAD_AUDIO, "more bytes");
	wav(&b, 200, 100, true);
	char again[60];
	memcpy(again, b.data, sizeof(again));	/* a second file behind the first */
	(void)buf_add(&b, again, sizeof(again));
	expect(&b, OUTCOME_BAD_AUDIO, "more bytes");
	wav(&b, 200, 100, true);
	(void)buf_add(&b, "LIST\x08\0\0\0ab", 10);
	expect(&b, OUTCOME_BAD_AUDIO, "inside a chunk");
	wav(&b, 200, 100, false);
	expect(&b, OUTCOME_BAD_AUDIO, "no sound");
	wav(&b, 0, 1, true);
	expect(&b, OUTCOME_BAD_AUDIO, "no sound");
	wav(&b, 0, 100, true);
	(void)buf_char(&b, 'x');
	expect(&b, OUTCOME_BAD_AUDIO, "inside a sample");
	wav(&b, 0, 0, true);
	expect(&b, OUTCOME_EMPTY_ANSWER, NULL);
	b.len = 30;
	expect(&b, OUTCOME_BAD_AUDIO, "inside its header");
	buf_clear(&b);
	expect(&b, OUTCOME_EMPTY_ANSWER, NULL);
	(void)buf_str(&b, "ID3\x04 this is an MP3 file");
	expect(&b, OUTCOME_BAD_AUDIO, "no WAV");
	static const struct {
		size_t at;
		char value;
		const char *why;
	} damage[] = {{20, 6, "not PCM"}, {22, 0, "channels"}, {25, 0, "sample rate"},
		      {32, 4, "block size"}, {34, 12, "not PCM"}, {16, 8, "too short"},
		      {12, 'x', "data before its format"}};
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		wav(&b, 200, 100, true);
		b.data[damage[i].at] = damage[i].value;
		if (damage[i].at == 25)
			b.data[24] = 1;
		expect(&b, OUTCOME_BAD_AUDIO, damage[i].why);
	}
	wav(&b, 200, 100, true);
	exchange_expect(&x, "audio/mpeg", b.data, b.len, OUTCOME_BAD_CONTENT_TYPE);
	exchange_expect(&x, NULL, b.data, b.len, OUTCOME_BAD_CONTENT_TYPE);
	exchange_expect_text(&x, JSON, "{\"error\":\"no voice\"}", OUTCOME_ERROR_BODY);
	exchange_expect_text(&x, JSON, "{\"audio\":\"\"}", OUTCOME_BAD_CONTENT_TYPE);
	exchange_end(&x);
}

static void test_moments(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	begin(OWN);
	wav(&b, 0, 100, true);
	/* the header alone is no sound: the second read holds the first */
	assert_int_equal(exchange_reply(&x, 200, WAV, b.data, b.len, 44, 80), OUTCOME_OK);
	assert_int_equal(x.answer.first_event, 2000000);
	assert_int_equal(x.answer.first_token, 2000000);
	assert_int_equal(x.answer.last_token, 4000000);
	assert_int_equal(x.answer.sound_events, 3);
	assert_int_equal(x.answer.events[2].amount, 40);
	assert_int_equal(x.answer.events[0].stamp, STAMP_KERNEL);
	assert_int_equal(exchange_reply(&x, 200, WAV, b.data, b.len, 45, 80), OUTCOME_OK);
	assert_int_equal(x.answer.first_token, 1000000);
	x.ask.keep = false;
	assert_int_equal(exchange_reply(&x, 200, WAV, b.data, b.len, 44, 80), OUTCOME_OK);
	assert_int_equal(x.answer.sound.len, 0);
	assert_int_equal(x.answer.sound_bytes, 200);
	exchange_end(&x);
}

static void test_formats(void **state)
{
	(void)state;
	static const struct {
		const char *format, *type;
	} rows[] = {{"flac", "audio/flac"}, {"mp3", "audio/mpeg"}, {"opus", "audio/ogg"},
		    {"wav", "audio/wav"}};
	float tone[8000];
	for (int i = 0; i < 8000; i++)
		tone[i] = 0.5f * sinf((float)i * 0.3f);
	begin(OPENAI);
	for (size_t i = 0; i < 4; i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		assert_int_equal(audio_encode(tone, 8000, 1, 8000, rows[i].format, &b, &x.e), 0);
		x.ask.response_format = rows[i].format;
		enum outcome o = exchange_reply(&x, 200, rows[i].type, b.data, b.len, 0, 1000);
		assert_string_equal(outcome_name(o), "ok");
		assert_true(fabs(x.answer.audio_seconds - 1) < 0.15);	/* MP3 pads its ends */
		assert_true(x.answer.first_token > 0);
		float *samples = NULL;
		size_t n = 0;
		assert_int_equal(answer_samples(&x.answer, &samples, &n, &x.e), 0);
		assert_true(n > 7000);
		free(samples);
		/* noise of that type is no sound */
		o = exchange_reply(&x, 200, rows[i].type, "not sound at all", 16, 0, 16);
		assert_string_equal(outcome_name(o), "bad_audio");
		o = exchange_reply(&x, 200, rows[i].type, "", 0, 0, 1);
		assert_string_equal(outcome_name(o), "empty_answer");
		o = exchange_reply(&x, 200, "text/plain", b.data, b.len, 0, 1000);
		assert_string_equal(outcome_name(o), "bad_content_type");
	}
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	memset(tone, 0, sizeof(tone));
	assert_int_equal(audio_encode(tone, 8000, 1, 8000, "flac", &b, &x.e), 0);
	x.ask.response_format = "flac";
	assert_int_equal(exchange_reply(&x, 200, "audio/flac", b.data, b.len, 0, 1000),
			 OUTCOME_BAD_AUDIO);
	exchange_end(&x);
}

static void test_pcm(void **state)
{
	(void)state;
	begin("{protocol: openai-speech, url: \"http://a/v1\", sample_rate: 16000}");
	x.ask.response_format = "pcm";
	static const char bytes[8] = {0, 1, 2, 3, 4, 5, 6, 7};
	exchange_expect(&x, "audio/pcm", bytes, 8, OUTCOME_OK);
	assert_true(fabs(x.answer.audio_seconds - 4.0 / 16000) < 1e-12);
	assert_int_equal(x.answer.sample_rate, 16000);
	exchange_expect(&x, "application/octet-stream", bytes, 8, OUTCOME_OK);
	exchange_expect(&x, "audio/pcm", bytes, 7, OUTCOME_BAD_AUDIO);
	exchange_expect(&x, "audio/pcm", "\1\2\1\2\1\2", 6, OUTCOME_BAD_AUDIO);	/* one value */
	exchange_expect(&x, "audio/pcm", "", 0, OUTCOME_EMPTY_ANSWER);
	exchange_end(&x);
}

static void test_events(void **state)
{
	(void)state;
	begin("{protocol: openai-speech, url: \"http://a/v1\", stream_format: sse, "
	      "sample_rate: 8000}");
	x.ask.response_format = "pcm";
	x.ask.stream = true;
#define DELTA(t) "data: {\"type\":\"speech.audio.delta\",\"audio\":\"" t "\"}\n\n"
#define DONE "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":3," \
	     "\"output_tokens\":9}}\n\n"
	exchange_expect_text(&x, "text/event-stream", DELTA("AAEC") DELTA("AwQFBgc=") DONE,
		OUTCOME_OK);
	assert_int_equal(x.answer.sound_bytes, 8);
	assert_memory_equal(x.answer.sound.data, "\0\1\2\3\4\5\6\7", 8);
	assert_int_equal(x.answer.sound_events, 2);
	assert_int_equal(x.answer.output_tokens, 9);
	exchange_expect_text(&x, "text/event-stream", DELTA("AAEC"), OUTCOME_UNFINISHED_STREAM);
	exchange_expect_text(&x, "text/event-stream", DELTA("A*EC") DONE, OUTCOME_BAD_AUDIO);
	exchange_expect_text(&x, "text/event-stream", DONE, OUTCOME_EMPTY_ANSWER);
	exchange_expect_text(&x, "text/event-stream",
		"data: {\"type\":\"speech.audio.delta\"}\n\n" DONE,
			     OUTCOME_BAD_JSON);
	exchange_expect_text(&x, "text/event-stream", DELTA("AAEC") "data: {\"error\":\"no\"}\n\n",
			     OUTCOME_ERROR_EVENT);
	exchange_expect_text(&x, "audio/pcm", "0123", OUTCOME_BAD_CONTENT_TYPE);
	exchange_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_wav),
		cmocka_unit_test(test_wrong_wav),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_pcm),
		cmocka_unit_test(test_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
