/* tests/unit/media/test-clip.c - clips put together and written as files.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "audio/decode.h"
#include "audio/measure.h"
#include "base/base64.h"
#include "base/util.h"
#include "media/speech.h"

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return 0;
}

static void test_joined(void **state)
{
	(void)state;
	CLEANUP(speech_release) struct speech s = {0};
	CLEANUP(speech_release) struct speech tone = {0};
	struct audio_figures f;
	struct err e;
	assert_int_equal(speech_tone(&tone, 16000, 1, 300, -6, &e), 0);
	assert_int_equal(speech_silence(&s, 16000, 0.5, &e), 0);
	assert_int_equal(speech_append(&s, &tone, &e), 0);
	assert_int_equal(speech_silence(&s, 16000, 0.25, &e), 0);
	assert_int_equal(s.n, 28000);
	assert_int_equal(audio_measure(s.samples, s.n, s.rate, &f, &e), 0);
	assert_true(fabs(f.leading_silence - 0.5) < 0.011);
	assert_true(fabs(f.trailing_silence - 0.25) < 0.011);
	assert_true(fabs(f.peak_db + 6) < 0.05);
	assert_true(fabs(f.f0_median - 300) < 1);

	assert_int_equal(speech_resample(&s, 24000, &e), 0);
	assert_int_equal(s.rate, 24000);
	assert_true(s.n >= 41999 && s.n <= 42001);
	assert_int_equal(speech_append(&s, &tone, &e), -1);	/* not at the same rate */
	assert_non_null(strstr(e.text, "24000"));
}

static void test_noise(void **state)
{
	(void)state;
	CLEANUP(speech_release) struct speech a = {0};
	CLEANUP(speech_release) struct speech b = {0};
	CLEANUP(speech_release) struct speech c = {0};
	struct audio_figures f;
	struct err e;
	assert_int_equal(speech_noise(&a, 16000, 2, -20, 1, &e), 0);
	assert_int_equal(speech_noise(&b, 16000, 2, -20, 1, &e), 0);
	assert_int_equal(speech_noise(&c, 16000, 2, -20, 2, &e), 0);
	assert_memory_equal(a.samples, b.samples, a.n * sizeof(float));	/* the seed decides */
	assert_memory_not_equal(a.samples, c.samples, a.n * sizeof(float));
	assert_int_equal(audio_measure(a.samples, a.n, a.rate, &f, &e), 0);
	assert_true(fabs(f.rms_db + 20) < 0.2);
	assert_int_equal(speech_noise(&a, 16000, 1, -1, 1, &e), -1);
	assert_int_equal(speech_tone(&a, 16000, 1, 9000, -6, &e), -1);
	assert_int_equal(speech_silence(&a, 16000, -1, &e), -1);
	assert_int_equal(speech_silence(&a, 16000, 1e9, &e), -1);
}

static void test_files(void **state)
{
	(void)state;
	static const char *const formats[] = {"wav", "flac", "ogg", "opus", "mp3"};
	static const char *const mimes[] = {"audio/wav", "audio/flac", "audio/ogg", "audio/ogg",
					    "audio/mpeg"};
	CLEANUP(speech_release) struct speech s = {0};
	struct media m;
	struct err e;
	assert_int_equal(speech_to_media(&s, "a", "wav", 1, arena, &m, &e), -1);
	assert_int_equal(speech_tone(&s, 16000, 2, 300, -6, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		for (int channels = 1; channels <= 2; channels++) {
			struct audio a;
			assert_int_equal(speech_to_media(&s, "a.x", formats[i], channels, arena, &m,
							 &e), 0);
			assert_string_equal(m.mime, mimes[i]);
			assert_string_equal(m.name, "a.x");
			assert_true(fabs(m.seconds - 2) < 0.15);
			assert_int_equal(strlen(m.sha256), 64);
			assert_null(m.base64);
			assert_int_equal(audio_decode(m.data, m.len, &a, &e), 0);
			assert_int_equal(a.channels, channels);
			audio_release(&a);
		}
	}
	assert_int_equal(speech_to_media(&s, "a", "wav", 3, arena, &m, &e), -1);
	assert_int_equal(speech_to_media(&s, "a", "aac", 1, arena, &m, &e), -1);
	s.samples[5] = 1.5f;
	assert_int_equal(speech_to_media(&s, "a", "wav", 1, arena, &m, &e), -1);
}

static void test_media(void **state)
{
	(void)state;
	struct media m;
	struct err e;
	assert_int_equal(media_from_bytes("x", NULL, "plain", 5, arena, &m, &e), 0);
	assert_string_equal(m.mime, "application/octet-stream");
	assert_true(isnan(m.seconds));
	/* damaged files are media too: their figures are not known */
	assert_int_equal(media_from_bytes("x.wav", "audio/wav", "RIFF", 4, arena, &m, &e), 0);
	assert_string_equal(m.mime, "audio/wav");
	assert_true(isnan(m.seconds));
	assert_int_equal(media_from_bytes("x.jpg", "image/jpeg", "\xff\xd8", 2, arena, &m, &e), 0);
	assert_int_equal(m.width, 0);
	assert_string_equal(m.base64, "/9g=");
	assert_int_equal(media_from_bytes("x.png", NULL, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10"
					  "\0\0\1\x20", 24, arena, &m, &e), 0);
	assert_int_equal(m.width, 16);
	assert_int_equal(m.height, 288);
	assert_string_equal(m.mime, "image/png");
	CLEANUP(buf_release) struct buf back = BUF_INIT(100);
	assert_int_equal(base64_decode(m.base64, m.base64_len, &back), 0);
	assert_memory_equal(back.data, m.data, m.len);
	assert_int_equal(media_from_bytes("e", NULL, "", 0, arena, &m, &e), 0);
	assert_int_equal(media_add_base64(&m, arena, &e), 0);
	assert_int_equal(m.base64_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_noise),
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_media, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
