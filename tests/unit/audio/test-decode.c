/* tests/unit/audio/test-decode.c - sound files written, read again, and damaged.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "audio/decode.h"
#include "audio/resample.h"
#include "base/buf.h"
#include "base/rng.h"
#include "base/util.h"

/* libsndfile 1.2.0 forgets its vorbis_info when the headers of an OGG file are damaged. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:vorbis_info_init";
}

#define N 16000
static float tone[N * 2];

static int set_up(void **state)
{
	(void)state;
	for (int i = 0; i < N; i++) {
		tone[2 * i] = 0.5f * sinf((float)i * 0.2f);
		tone[2 * i + 1] = 0.25f * sinf((float)i * 0.1f);
	}
	return 0;
}

static void test_round_trip(void **state)
{
	(void)state;
	static const struct {
		const char *format;
		double tolerance;	/* of the RMS difference; 0: only roughly as long */
	} rows[] = {{"wav", 1e-4}, {"flac", 1e-4}, {"ogg", 0.05}, {"opus", 0}, {"mp3", 0}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		struct audio a;
		struct err e;
		double seconds = 0;
		char format[16];
		assert_int_equal(audio_encode(tone, N, 2, 16000, rows[i].format, &b, &e), 0);
		assert_int_equal(audio_decode(b.data, b.len, &a, &e), 0);
		assert_string_equal(a.format, rows[i].format);
		assert_int_equal(a.channels, 2);
		assert_int_equal(audio_length(b.data, b.len, &seconds, format, &e), 0);
		assert_true(seconds == (double)a.frames / a.rate);
		assert_string_equal(format, rows[i].format);
		assert_true(fabs(seconds - 1) < 0.15);
		if (rows[i].tolerance > 0) {
			double sum = 0;
			assert_int_equal(a.frames, N);
			for (size_t k = 0; k < N * 2; k++)
				sum += pow((double)a.samples[k] - (double)tone[k], 2);
			assert_true(sqrt(sum / (N * 2)) < rows[i].tolerance);
		}
		audio_to_mono(&a);
		assert_int_equal(a.channels, 1);
		audio_release(&a);
	}
}

/* The header may say what it likes. */
static void test_lying_header(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct err e;
	double seconds = 0;
	char format[16];
	assert_int_equal(audio_encode(tone, N, 1, 16000, "wav", &b, &e), 0);
	static const unsigned sizes[] = {0, 0x7fffffff, 0xffffffff, 2 * N + 1000, 2 * N};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (int k = 0; k < 4; k++)
			b.data[40 + k] = (char)(sizes[i] >> (8 * k));
		if (audio_length(b.data, b.len, &seconds, format, &e) == 0)
			assert_true(fabs(seconds - 1) < 1e-6);
		else
			assert_int_equal(e.code, ERR_DATA);
	}
}

static void test_damaged(void **state)
{
	(void)state;
	struct audio a;
	struct err e = {0};
	assert_int_equal(audio_decode("", 0, &a, &e), -1);
	assert_int_equal(audio_decode("no sound in here", 16, &a, &e), -1);
	assert_int_equal(e.code, ERR_DATA);
	static const char *const formats[] = {"wav", "flac", "ogg", "mp3"};
	struct rng r;
	rng_init(&r, 3);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		assert_int_equal(audio_encode(tone, 4000, 1, 16000, formats[i], &b, &e), 0);
		for (int k = 0; k < 60; k++) {	/* cut, and with bytes changed */
			size_t len = 1 + (size_t)rng_below(&r, b.len);
			char *copy = malloc(len);
			memcpy(copy, b.data, len);
			if (k % 2)
				copy[rng_below(&r, len)] ^= (char)rng_next(&r);
			if (audio_decode(copy, len, &a, &e) == 0) {
				assert_true(a.frames > 0 && a.channels > 0 && a.rate > 0);
				audio_release(&a);
			}
			free(copy);
		}
	}
}

static void test_encode_refuses(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct err e;
	float loud[] = {0, 1.5f};
	float nan[] = {0, NAN};
	assert_int_equal(audio_encode(loud, 2, 1, 16000, "wav", &b, &e), -1);
	assert_non_null(strstr(e.text, "sample 1"));
	assert_int_equal(audio_encode(nan, 2, 1, 16000, "wav", &b, &e), -1);
	assert_int_equal(audio_encode(tone, 2, 1, 16000, "aac", &b, &e), -1);
	assert_non_null(strstr(e.text, "aac"));
	assert_int_equal(b.len, 0);
}

static void test_resample(void **state)
{
	(void)state;
	float in[8000];
	float *out = NULL;
	size_t n = 0;
	struct err e;
	for (int i = 0; i < 8000; i++)
		in[i] = 0.5f * sinf((float)i * 2 * (float)M_PI * 440 / 8000);
	assert_int_equal(audio_resample(in, 8000, 1, 8000, 16000, &out, &n, &e), 0);
	assert_true(n >= 15999 && n <= 16001);
	for (size_t i = 1000; i < 15000; i++)
		assert_true(fabs(out[i] - 0.5 * sin((double)i * 2 * M_PI * 440 / 16000)) < 1e-3);
	free(out);
	assert_int_equal(audio_resample(in, 8000, 1, 0, 16000, &out, &n, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_lying_header),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_encode_refuses),
		cmocka_unit_test(test_resample),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
