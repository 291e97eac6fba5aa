/* tests/unit/audio/test-measure.c - figures of clips whose truth is known.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "audio/measure.h"
#include "base/rng.h"
#include "base/util.h"

#define RATE 24000
static float clip[RATE * 5];

static size_t add_tone(size_t at, double seconds, double hz, double peak)
{
	size_t n = (size_t)(seconds * RATE);
	for (size_t i = 0; i < n; i++)
		clip[at + i] = (float)(peak * sin(2 * M_PI * hz * (double)i / RATE));
	return at + n;
}

static size_t add_silence(size_t at, double seconds)
{
	size_t n = (size_t)(seconds * RATE);
	memset(clip + at, 0, n * sizeof(*clip));
	return at + n;
}

static void near(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("%s is %g, not %g", what, got, want);
}

static void test_tone(void **state)
{
	(void)state;
	struct audio_figures f;
	size_t n = add_tone(0, 3, 997, 0.1);
	assert_int_equal(audio_measure(clip, n, RATE, &f, NULL), 0);
	near("seconds", f.seconds, 3, 1e-9);
	near("peak", f.peak_db, -20, 0.01);
	near("rms", f.rms_db, -23.01, 0.01);
	near("loudness", f.loudness_lufs, -23.01,
		0.1);	/* ITU-R BS.1770-4: 0 dB at 997 Hz is -3.01 */
	near("tail", f.tail_db, -23.01, 0.05);
	assert_int_equal(f.nonfinite, 0);
	assert_false(f.constant);
	assert_true(f.clipped_share == 0 && f.sign_flips == 0);
	assert_true(f.leading_silence == 0 && f.trailing_silence == 0 && f.longest_silence == 0);
	near("speaking rate", audio_speaking_rate(&f, 30), 10, 1e-6);
}

static void test_pitch(void **state)
{
	(void)state;
	static const double pitches[] = {70, 110.5, 220, 330.3, 480};
	for (size_t i = 0; i < ARRAY_LEN(pitches); i++) {
		struct audio_figures f;
		size_t n = add_tone(0, 1, pitches[i], 0.5);
		for (size_t k = 0; k < n; k++)	/* a second harmonic that is stronger */
			clip[k] = (float)(0.5 * (double)clip[k] +
					  0.4 * sin(4 * M_PI * pitches[i] * (double)k / RATE));
		assert_int_equal(audio_measure(clip, n, RATE, &f, NULL), 0);
		near("median F0", f.f0_median, pitches[i], pitches[i] * 0.005);
		near("F0 range", f.f0_high - f.f0_low, 0, pitches[i] * 0.01);
		near("voiced", f.voiced_share, 1, 0.01);
	}
	struct rng r;
	struct audio_figures f;
	rng_init(&r, 5);
	for (size_t i = 0; i < RATE; i++)
		clip[i] = (float)(rng_unit(&r) - 0.5);
	assert_int_equal(audio_measure(clip, RATE, RATE, &f, NULL), 0);
	near("voiced share of noise", f.voiced_share, 0, 0.05);
}

static void test_silences(void **state)
{
	(void)state;
	struct audio_figures f;
	size_t n = add_silence(0, 0.5);
	n = add_tone(n, 1, 200, 0.5);
	n = add_silence(n, 0.3);
	n = add_tone(n, 1, 200, 0.5);
	n = add_silence(n, 0.2);
	assert_int_equal(audio_measure(clip, n, RATE, &f, NULL), 0);
	near("leading", f.leading_silence, 0.5, 0.011);
	near("trailing", f.trailing_silence, 0.2, 0.011);
	near("longest", f.longest_silence, 0.3, 0.021);
	near("silent share", f.silent_share, 1.0 / 3, 0.01);
	near("speaking rate", audio_speaking_rate(&f, 23), 10, 0.1);
	assert_true(isinf(f.tail_db) && f.tail_db < 0);
}

static void test_defects(void **state)
{
	(void)state;
	struct audio_figures f;
	size_t n = add_tone(0, 1, 200, 0.5);
	clip[100] = NAN;
	clip[200] = INFINITY;
	assert_int_equal(audio_measure(clip, n, RATE, &f, NULL), 0);
	assert_int_equal(f.nonfinite, 2);
	near("peak", f.peak_db, -6.02, 0.01);

	n = add_tone(0, 1, 200, 2);	/* clipped as a saturating cast does it */
	for (size_t i = 0; i < n; i++)
		clip[i] = fminf(fmaxf(clip[i], -1), 1);
	assert_int_equal(audio_measure(clip, n, RATE, &f, NULL), 0);
	near("clipped share", f.clipped_share, 2.0 / 3,
		0.02);	/* |sin| > 1/2 for 2/3 of the time */
	assert_int_equal(f.sign_flips, 0);

	n = add_tone(0, 1, 200, 1.05);	/* wrapped around as a cast without saturation does it */
	for (size_t i = 0; i < n; i++)
		clip[i] = clip[i] > 1 ? clip[i] - 2 : clip[i] < -1 ? clip[i] + 2 : clip[i];
	assert_int_equal(audio_measure(clip, n, RATE, &f, NULL), 0);
	near("sign flips", (double)f.sign_flips, 800, 10);	/* 4 per period */

	for (size_t i = 0; i < RATE; i++)
		clip[i] = 0.25f;
	assert_int_equal(audio_measure(clip, RATE, RATE, &f, NULL), 0);
	assert_true(f.constant);

	(void)add_silence(0, 1);
	assert_int_equal(audio_measure(clip, RATE, RATE, &f, NULL), 0);
	assert_true(f.constant);
	near("leading", f.leading_silence, 1, 1e-9);
	assert_true(isnan(f.loudness_lufs) && isnan(f.f0_median) && isnan(f.voiced_share));
	assert_true(isnan(audio_speaking_rate(&f, 5)));

	(void)add_tone(0, 1, 200, 0.5);
	assert_int_equal(audio_measure(clip, RATE / 5, RATE, &f, NULL), 0);
	assert_true(isnan(f.loudness_lufs));	/* too short to have one */
	assert_int_equal(audio_measure(clip, 1, RATE, &f, NULL), 0);
	struct err e;
	assert_int_equal(audio_measure(clip, 0, RATE, &f, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tone),
		cmocka_unit_test(test_pitch),
		cmocka_unit_test(test_silences),
		cmocka_unit_test(test_defects),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
