/* tests/unit/suite/test-fault-make.c - made media are what they claim to be.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <math.h>

#include "audio/decode.h"
#include "base/clock.h"
#include "image/probe.h"
#include "media/sample.h"
#include "suite/fault_make.h"

static void test_wav(void **state)
{
	static const struct wav_shape shapes[] = {
		{.rate = 16000, .channels = 1},
		{.rate = 8000, .channels = 2, .extensible = true},
		{.rate = 16000, .channels = 6, .extensible = true},
		{.rate = 16000, .channels = 1, .list_before = true},
		{.rate = 16000, .channels = 1, .coding = WAV_F32},
		{.rate = 48000, .channels = 1, .coding = WAV_S24},
		{.rate = 16000, .channels = 1, .coding = WAV_U8},
		{.rate = 16000, .channels = 1, .coding = WAV_ALAW},
	};
	static float samples[8000];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		samples[i] = 0.5F * (float)sin((double)i / 10);
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		CLEANUP(buf_release) struct buf wav = BUF_INIT(1 << 20);
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct media m;
		struct err e;
		make_wav(&shapes[i], samples, ARRAY_LEN(samples), &wav);
		assert_int_equal(media_from_bytes("a.wav", NULL, wav.data, wav.len, a, &m, &e), 0);
		double want = (double)ARRAY_LEN(samples) / shapes[i].rate;
		assert_true(fabs(m.seconds - want) < 1e-6);
	}
}

static void test_mp3(void **state)
{
	CLEANUP(buf_release) struct buf mp3 = BUF_INIT(1 << 20);
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct media m;
	struct err e;
	(void)state;
	make_silent_mp3(60, &mp3);
	assert_true(mp3.len < 61000);
	assert_int_equal(media_from_bytes("a.mp3", NULL, mp3.data, mp3.len, a, &m, &e), 0);
	assert_true(fabs(m.seconds - 60) < 1);
}

static void test_png(void **state)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	(void)state;
	for (int shape = PNG_RGB8; shape <= PNG_PALETTE; shape++) {
		CLEANUP(buf_release) struct buf png = BUF_INIT(1 << 20);
		struct media m;
		struct err e;
		assert_int_equal(make_png(30, 20, (enum png_shape)shape, &png), 0);
		assert_int_equal(media_from_bytes("a.png", NULL, png.data, png.len, a, &m, &e), 0);
		assert_int_equal(m.width, 30);
		assert_int_equal(m.height, 20);
		forge_png_size(png.data, 30000, 7);
		assert_int_equal(media_from_bytes("a.png", NULL, png.data, png.len, a, &m, &e), 0);
		assert_int_equal(m.width, 30000);
		assert_int_equal(m.height, 7);
	}
}

static void test_bomb_is_small(void **state)
{
	CLEANUP(buf_release) struct buf png = BUF_INIT(1 << 22);
	(void)state;
	assert_int_equal(make_png(19000, 19000, PNG_GRAY1, &png), 0);
	assert_true(png.len < 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wav),
		cmocka_unit_test(test_mp3),
		cmocka_unit_test(test_png),
		cmocka_unit_test(test_bomb_is_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
