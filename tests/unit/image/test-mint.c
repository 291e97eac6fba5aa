/* tests/unit/image/test-mint.c - one picture in many versions: whole JPEGs and PNGs, none like
 * another.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <png.h>

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

/* ---- PNG ---- */

/* The picture as the library writes it, in one of its simple formats. */
static void encode_png(png_uint_32 format, int width, int height, struct buf *out)
{
	static unsigned char row_data[SIDE_MAX * SIDE_MAX * 8];
	png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width,
			   .height = (png_uint_32)height, .format = format};
	size_t n = (size_t)width * (size_t)height * PNG_IMAGE_PIXEL_CHANNELS(format);
	for (size_t i = 0; i < n; i++) {
		unsigned char v = rgb[i % sizeof(rgb)];
		if (format & PNG_FORMAT_FLAG_COLORMAP)
			row_data[i] = v % 200;
		else if (format & PNG_FORMAT_FLAG_LINEAR)
			((png_uint_16 *)row_data)[i] = (png_uint_16)(v << 8 | 7);
		else
			row_data[i] = v;
	}
	unsigned char map[256 * 3];
	for (int i = 0; i < 256; i++)
		for (int c = 0; c < 3; c++)
			map[i * 3 + c] = (unsigned char)(i + c * 5);
	image.colormap_entries = format & PNG_FORMAT_FLAG_COLORMAP ? 200 : 0;
	png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
	void *to = buf_reserve(out, size);
	assert_non_null(to);
	assert_true(png_image_write_to_memory(&image, to, &size, 0, row_data, 0, map));
	buf_grew(out, size);
}

/* Through another path of the library than the one under test; a warning is a failure. */
static void decode_png(const struct buf *png, int width, int height, unsigned char *to)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	assert_true(png_image_begin_read_from_memory(&image, png->data, png->len));
	assert_int_equal(image.width, width);
	assert_int_equal(image.height, height);
	image.format = PNG_FORMAT_RGBA;
	if (!png_image_finish_read(&image, NULL, to, 0, NULL) || image.warning_or_error)
		fail_msg("%s", image.message);
}

static void check_png(png_uint_32 format, int kind, int width, int height)
{
	static unsigned char seen[2][SIDE_MAX * SIDE_MAX * 4];
	CLEANUP(buf_release) struct buf png = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf made = BUF_INIT(BUF_UNLIMITED);
	struct image_mint *m = NULL;
	struct err e = {0};
	size_t n = (size_t)width * (size_t)height * 4;
	paint(kind, width, height);
	encode_png(format, width, height, &png);
	if (image_mint_new(png.data, png.len, &m, &e) != 0)
		fail_msg("format %u, %d x %d: %s", format, width, height, e.text);
	assert_int_equal(image_mint_bits(m), MIN(height, 32));
	decode_png(&png, width, height, seen[0]);
	version(m, 0, &made);
	decode_png(&made, width, height, seen[1]);
	assert_memory_equal(seen[0], seen[1], n);
	assert_true(made.len < png.len + png.len / 4 + 3000);	/* an upload of its own size */
	for (int bit = 0; bit < image_mint_bits(m); bit++) {
		int most = 0;
		version(m, UINT32_C(1) << bit, &made);
		decode_png(&made, width, height, seen[1]);
		for (size_t i = 0; i < n; i++)
			most = MAX(most, abs(seen[0][i] - seen[1][i]));
		/* 6 of 255 in light are more to the eye, as which the library gives it back */
		if (most < 1 || most > (format & PNG_FORMAT_FLAG_LINEAR ? 64 : 16))
			fail_msg("format %u, %d x %d, bit %d: %d", format, width, height, bit,
				 most);
	}
	version(m, UINT32_MAX, &made);
	decode_png(&made, width, height, seen[1]);
	image_mint_free(m);
}

static void test_png(void **state)
{
	(void)state;
	static const png_uint_32 formats[] = {
		PNG_FORMAT_RGB, PNG_FORMAT_RGBA, PNG_FORMAT_GRAY, PNG_FORMAT_GA,
		PNG_FORMAT_LINEAR_RGB, PNG_FORMAT_LINEAR_Y, PNG_FORMAT_RGB_COLORMAP,
	};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		for (int kind = 0; kind < 4; kind += 3) {
			check_png(formats[i], kind, 512, 384);
			check_png(formats[i], kind, 100, 75);
			check_png(formats[i], kind, 1, 40);
		}
	check_png(PNG_FORMAT_RGB, 1, 17, 16);
	check_png(PNG_FORMAT_RGB, 2, 1, 1);
}

static void test_png_all_different(void **state)
{
	CLEANUP(buf_release) struct buf png = BUF_INIT(BUF_UNLIMITED);
	static unsigned char seen[128 * 128 * 4];
	struct image_mint *m = NULL;
	static char sums[256][HASH_HEX];
	(void)state;
	paint(3, 128, 128);
	encode_png(PNG_FORMAT_RGB, 128, 128, &png);
	assert_int_equal(image_mint_new(png.data, png.len, &m, NULL), 0);
	for (uint32_t i = 0; i < 256; i++) {
		CLEANUP(buf_release) struct buf made = BUF_INIT(BUF_UNLIMITED);
		version(m, UINT32_MAX - 100 + i, &made);
		decode_png(&made, 128, 128, seen);
		hash_sha256(seen, sizeof(seen), sums[i]);
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(sums[i], sums[k]);
	}
	image_mint_free(m);
}

/* Cut at every byte, and each byte turned: refused, or read as the library reads it. */
static void test_png_damaged(void **state)
{
	CLEANUP(buf_release) struct buf png = BUF_INIT(BUF_UNLIMITED);
	struct image_mint *m = NULL;
	int refused = 0;
	(void)state;
	paint(0, 20, 20);
	encode_png(PNG_FORMAT_RGB, 20, 20, &png);
	for (size_t i = 0; i < 2 * png.len; i++) {
		size_t len = i < png.len ? i : png.len;
		char *copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, png.data, len);
		if (i >= png.len)
			copy[i - png.len] ^= 0x55;
		if (image_mint_new(copy, len, &m, NULL) == 0)
			m = image_mint_free(m);
		else
			refused++;
		free(copy);
	}
	assert_true(refused > (int)png.len);
}

/* 1 x 1 pixels each. */
#define INTERLACED \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAFNeavDAAAACklEQVR42mNoAAAAggCB2kUIOwAA" \
	"AABJRU5ErkJggg=="
#define ONE_BIT \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR42mNoAAAAggCB2kUIOwAA" \
	"AABJRU5ErkJggg=="
#define ONE_COLOUR \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAMAAAAoyzS7AAAAA1BMVEUBAgMNh2TVAAAACklEQVR4" \
	"2mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
#define GIF \
	"R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAkQBADs="

static void refused_png(const char *base64, const char *words)
{
	CLEANUP(buf_release) struct buf png = BUF_INIT(BUF_UNLIMITED);
	struct image_mint *m = NULL;
	struct err e = {0};
	assert_int_equal(base64_decode(base64, strlen(base64), &png), 0);
	assert_int_equal(image_mint_new(png.data, png.len, &m, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	if (!strstr(e.text, words))
		fail_msg("%s", e.text);
}

static void test_refused(void **state)
{
	(void)state;
	refused_png(INTERLACED, "an interlaced PNG");
	refused_png(ONE_BIT, "less than 8 bits");
	refused_png(ONE_COLOUR, "of one colour");
	refused_png(GIF, "only a JPEG or a PNG");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_all_different),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_png),
		cmocka_unit_test(test_png_all_different),
		cmocka_unit_test(test_png_damaged),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
