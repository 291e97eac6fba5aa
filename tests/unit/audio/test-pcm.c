/* tests/unit/audio/test-pcm.c - sample formats as bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "audio/pcm.h"

static void one(enum pcm_format f, const void *data, double want)
{
	float got = 9;
	pcm_to_mono(data, f, 1, 1, &got);
	assert_true(fabs((double)got - want) < 1e-6);
}

static void test_formats(void **state)
{
	(void)state;
	const float f32 = -0.25f;
	const double f64 = 0.75;
	one(PCM_U8, "\x00", -1);
	one(PCM_U8, "\xff", 127.0 / 128);
	one(PCM_S16, "\x00\x80", -1);
	one(PCM_S16, "\xff\x7f", 32767.0 / 32768);
	one(PCM_S24, "\x00\x00\xc0", -0.5);
	one(PCM_S24, "\xff\xff\xff", -1 / 8388608.0);
	one(PCM_S32, "\x00\x00\x00\x80", -1);
	one(PCM_F32, &f32, -0.25);
	one(PCM_F64, &f64, 0.75);
	assert_int_equal(pcm_bytes(PCM_NONE), 0);
	assert_int_equal(pcm_bytes(PCM_S24), 3);
	float beyond = 2.5f;	/* comes through: nothing is clipped */
	one(PCM_F32, &beyond, 2.5);
	float nan = NAN;
	float got = 0;
	pcm_to_mono(&nan, PCM_F32, 1, 1, &got);
	assert_true(isnan(got));
}

static void test_channels(void **state)
{
	(void)state;
	float out[2];
	pcm_to_mono("\x00\x40\x00\x00\x00\xc0\x00\xc0", PCM_S16, 2, 2, out);
	assert_true(fabs((double)out[0] - 0.25) < 1e-6);
	assert_true(fabs((double)out[1] + 0.5) < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_channels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
