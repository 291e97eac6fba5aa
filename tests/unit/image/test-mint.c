/* tests/unit/image/test-mint.c - one picture in many versions: whole JPEGs, none like another.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/util.h"
#include "image/encode.h"
#include "image/jpeg_failure.h"
#include "image/mint.h"

#define SIDE_MAX 512

static unsigned char rgb[SIDE_MAX * SIDE_MAX * 3], pixels[2][SIDE_MAX * SIDE_MAX * 3];

/* kind 0: noise; 1: white; 2: black; 3: a soft slope. */
static void paint(int kind, int width, int height)
{
	struct rng r;
	rng_init(&r, 5);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width * 3; x++) {
			int noise = (int)(rng_next(&r) >> 56);
			int values[] = {noise, 255, 0, (x + y) / 8};
			rgb[y * width * 3 + x] = (unsigned char)values[kind];
		}
}

/* Decoded by the library, in which no warning is allowed either. */
static void decode(const struct buf *jpeg, int width, int height, unsigned char *to)
{
	struct jpeg_decompress_struct d;
	struct jpeg_failure failure;
	d.err = jpeg_failure_init(&failure);
	if (setjmp(failure.back))
		fail_msg("%s", failure.text);
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, (const unsigned char *)jpeg->data, jpeg->len);
	assert_int_equal(jpeg_read_header(&d, TRUE), JPEG_HEADER_OK);
	assert_int_equal(d.image_width, width);
	assert_int_equal(d.image_height, height);
	d.out_color_space = JCS_RGB;
	(void)jpeg_start_decompress(&d);
	while (d.output_scanline < d.output_height) {
		JSAMPROW row = to + (size_t)d.output_scanline * (size_t)width * 3;
		assert_int_equal(jpeg_read_scanlines(&d, &row, 1), 1);
	}
	assert_int_equal(d.err->num_warnings, 0);
	jpeg_destroy_decompress(&d);
}

static void version(const struct image_mint *m, uint32_t n, struct buf *jpeg)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct span head = image_mint_head(m);
	assert_int_equal(buf_add(&text, head.data, head.len), 0);
	size_t len = image_mint_tail(m, n, &text);
	assert_true(len > 0 && len < text.room);
	buf_grew(&text, len);
	buf_clear(jpeg);
	assert_int_equal(base64_decode(text.data, text.len, jpeg), 0);
}

static void check_versions(int kind, int width, int height)
{
	CLEANUP(buf_release) struct buf jpeg = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf made = BUF_INIT(BUF_UNLIMITED);
	struct image_mint *m = NULL;
	size_t n = (size_t)width * (size_t)height * 3;
	paint(kind, width, height);
	assert_int_equal(image_encode_jpeg(rgb, width, height, 90, &jpeg, NULL), 0);
	assert_int_equal(image_mint_new(jpeg.data, jpeg.len, &m, NULL), 0);
	decode(&jpeg, width, height, pixels[0]);
	version(m, 0, &made);
	decode(&made, width, height, pixels[1]);
	assert_memory_equal(pixels[0], pixels[1], n);	/* number 0 is the picture itself */
	/* each bit alone changes pixels, by little, and no two of them the same */
	for (int bit = 0; bit < image_mint_bits(m); bit++) {
		int most = 0;
		version(m, UINT32_C(1) << bit, &made);
		decode(&made, width, height, pixels[1]);
		for (size_t i = 0; i < n; i++)
			most = MAX(most, abs(pixels[0][i] - pixels[1][i]));
		if (most < 2 || most > 24)
			fail_msg("kind %d, %d x %d, bit %d: %d", kind, width, height, bit, most);
	}
	version(m, UINT32_MAX, &made);
	decode(&made, width, height, pixels[1]);
	image_mint_free(m);
}

static void test_versions(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		check_versions(kind, 512, 384);
		check_versions(kind, 100, 75);
		check_versions(kind, 17, 16);
		check_versions(kind, 1, 1);
	}
}

static void test_all_different(void **state)
{
	CLEANUP(buf_release) struct buf jpeg = BUF_INIT(BUF_UNLIMITED);
	struct image_mint *m = NULL;
	static char seen[256][HASH_HEX];
	(void)state;
	paint(3, 128, 128);
	assert_int_equal(image_encode_jpeg(rgb, 128, 128, 90, &jpeg, NULL), 0);
	assert_int_equal(image_mint_new(jpeg.data, jpeg.len, &m, NULL), 0);
	assert_int_equal(image_mint_bits(m), 32);
	for (uint32_t i = 0; i < 256; i++) {
		CLEANUP(buf_release) struct buf made = BUF_INIT(BUF_UNLIMITED);
		version(m, UINT32_MAX - 100 + i, &made);
		decode(&made, 128, 128, pixels[0]);
		hash_sha256(pixels[0], (size_t)128 * 128 * 3, seen[i]);
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
	image_mint_free(m);
}

/* Cut at every byte: refused, or read as the library reads it; nothing beyond it is touched. */
static void test_damaged(void **state)
{
	CLEANUP(buf_release) struct buf jpeg = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf made = BUF_INIT(BUF_UNLIMITED);
	int good = 0;
	(void)state;
	paint(0, 40, 40);
	assert_int_equal(image_encode_jpeg(rgb, 40, 40, 90, &jpeg, NULL), 0);
	for (size_t len = 0; len <= jpeg.len; len++) {
		struct image_mint *m = NULL;
		char *copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, jpeg.data, len);
		if (image_mint_new(copy, len, &m, NULL) == 0) {
			version(m, 3, &made);
			decode(&made, 40, 40, pixels[0]);
			good++;
		}
		image_mint_free(m);
		free(copy);
	}
	assert_true(good > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_all_different),
		cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
