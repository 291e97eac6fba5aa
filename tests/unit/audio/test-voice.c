/* tests/unit/audio/test-voice.c - spectra against the definition, and distances of voices.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <complex.h>
#include <math.h>

#include "audio/measure.h"
#include "audio/measure_parts.h"
#include "base/rng.h"

static void test_spectrum(void **state)
{
	(void)state;
	double in[SPECTRUM_SIZE];
	double out[SPECTRUM_SIZE / 2 + 1];
	struct rng r;
	rng_init(&r, 1);
	for (int i = 0; i < SPECTRUM_SIZE; i++)
		in[i] = rng_normal(&r, 0, 1);
	spectrum_power(in, out);
	for (int k = 0; k <= SPECTRUM_SIZE / 2; k++) {
		double complex sum = 0;
		for (int i = 0; i < SPECTRUM_SIZE; i++)
			sum += in[i] * cexp(-2 * M_PI * I * k * i / SPECTRUM_SIZE);
		double want = pow(cabs(sum), 2);
		assert_true(fabs(out[k] - want) < 1e-8 * (want + 1));
	}
}

/* A buzz with a resonance: a crude vowel. */
static void vowel(float *to, size_t n, int rate, double f0, double formant, double peak)
{
	for (size_t i = 0; i < n; i++) {
		double v = 0;
		for (int h = 1; h * f0 < rate / 2.0 && h < 40; h++)
			v += sin(2 * M_PI * h * f0 * (double)i / rate) /
			     (1 + pow((h * f0 - formant) / 200, 2));
		to[i] = (float)(v * peak / 10);
	}
}

static void test_distances(void **state)
{
	(void)state;
	static float clip[24000];
	struct voice a, b, same, quiet;
	struct err e;
	vowel(clip, 24000, 24000, 120, 700, 0.5);
	assert_int_equal(voice_measure(clip, 24000, 24000, &a, &e), 0);
	vowel(clip, 24000, 24000, 120, 700, 0.05);
	assert_int_equal(voice_measure(clip, 24000, 24000, &quiet, &e), 0);
	vowel(clip, 16000, 16000, 120, 700, 0.5);	/* another rate is no other voice */
	assert_int_equal(voice_measure(clip, 16000, 16000, &same, &e), 0);
	vowel(clip, 24000, 24000, 240, 1500, 0.5);
	assert_int_equal(voice_measure(clip, 24000, 24000, &b, &e), 0);
	assert_true(voice_mfcc_distance(&a, &a) == 0);
	assert_true(fabs(voice_f0_distance(&a, &b) - 12) < 0.2);	/* an octave */
	assert_true(voice_f0_distance(&a, &same) < 0.1);
	double far = voice_mfcc_distance(&a, &b);
	assert_true(voice_mfcc_distance(&a, &same) < far / 4);
	assert_true(voice_mfcc_distance(&a, &quiet) < far / 4);	/* c0, the level, is not in it */
	assert_int_equal(voice_measure(clip, 500, 24000, &b, &e), -1);
	assert_int_equal(voice_measure(clip, 0, 24000, &b, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spectrum),
		cmocka_unit_test(test_distances),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
