/* tests/unit/image/test-image.c - pictures written, their heads read again, and damaged.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <png.h>
#include <stdio.h>
#include <jpeglib.h>

#include "base/rng.h"
#include "base/util.h"
#include "image/encode.h"
#include "image/probe.h"

#define W 33
#define H 17
static unsigned char rgb[W * H * 3];

static int set_up(void **state)
{
	(void)state;
	for (int i = 0; i < W * H * 3; i++)
		rgb[i] = (unsigned char)(i % 3 == 0 ? 200 : i % 3 == 1 ? 100 : 50);
	return 0;
}

static void test_png(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct err e;
	assert_int_equal(image_encode_png(rgb, W, H, &b, &e), 0);
	png_image image = {.version = PNG_IMAGE_VERSION};
	unsigned char back[W * H * 3];
	assert_true(png_image_begin_read_from_memory(&image, b.data, b.len));
	image.format = PNG_FORMAT_RGB;
	assert_true(png_image_finish_read(&image, NULL, back, 0, NULL));
	assert_memory_equal(back, rgb, sizeof(rgb));
	struct image_info i;
	assert_int_equal(image_probe(b.data, b.len, &i, &e), 0);
	assert_string_equal(i.mime, "image/png");
	assert_int_equal(i.width, W);
	assert_int_equal(i.height, H);
}

static void test_jpeg(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct err e;
	assert_int_equal(image_encode_jpeg(rgb, W, H, 95, &b, &e), 0);
	struct jpeg_decompress_struct d;
	struct jpeg_error_mgr on_error;
	d.err = jpeg_std_error(&on_error);
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, (unsigned char *)b.data, b.len);
	assert_int_equal(jpeg_read_header(&d, TRUE), JPEG_HEADER_OK);
	(void)jpeg_start_decompress(&d);
	unsigned char row[W * 3];
	JSAMPROW rows[1] = {row};
	assert_int_equal(jpeg_read_scanlines(&d, rows, 1), 1);
	for (int k = 0; k < W * 3; k++)
		assert_true(abs(row[k] - rgb[k]) <= 4);
	jpeg_destroy_decompress(&d);
	struct image_info i;
	assert_int_equal(image_probe(b.data, b.len, &i, &e), 0);
	assert_string_equal(i.format, "jpeg");
	assert_int_equal(i.width, W);
	assert_int_equal(i.height, H);
}

static void test_other_heads(void **state)
{
	(void)state;
	static const struct {
		const char *data;
		size_t len;
		const char *format;
		int width, height;
	} rows[] = {
		{"GIF89a\x10\0\x20\x01", 10, "gif", 16, 288},
		{"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x0f\0\0\x1f\1\0", 30, "webp", 16, 288},
		{"RIFF\0\0\0\0WEBPVP8L\x05\0\0\0\x2f\x0f\xc0\x47\0", 25, "webp", 16, 288},
		{"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x10\0\x20\x01", 30, "webp", 16,
			288},
		{"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x10\0\0\0\xe0\xfe\xff\xff", 26, "bmp", 16,
			288},
	};
	struct image_info i;
	struct err e;
	for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
		if (image_probe(rows[k].data, rows[k].len, &i, &e) < 0)
			fail_msg("row %zu: %s", k, e.text);
		assert_string_equal(i.format, rows[k].format);
		assert_int_equal(i.width, rows[k].width);
		assert_int_equal(i.height, rows[k].height);
		for (size_t n = 0; n < rows[k].len; n++) {	/* cut anywhere: no answer */
			char *exact = malloc(n + 1);
			memcpy(exact, rows[k].data, n);
			assert_int_equal(image_probe(exact, n, &i, &e), -1);
			free(exact);
		}
	}
}

static void test_damage(void **state)
{
	(void)state;
	struct rng r;
	struct err e;
	struct image_info i;
	rng_init(&r, 11);
	for (int kind = 0; kind < 2; kind++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		assert_int_equal(kind ? image_encode_png(rgb, W, H, &b, &e) :
					image_encode_jpeg(rgb, W, H, 80, &b, &e), 0);
		for (int k = 0; k < 3000; k++) {
			size_t len = (size_t)rng_below(&r, b.len) + 1;
			unsigned char *copy = malloc(len);
			memcpy(copy, b.data, len);
			for (int m = 0; m < 3; m++)
				copy[rng_below(&r, len)] = (unsigned char)rng_next(&r);
			if (image_probe(copy, len, &i, &e) == 0)
				assert_true(i.width > 0 && i.height > 0);
			else
				assert_int_equal(e.code, ERR_DATA);
			free(copy);
		}
	}
	assert_int_equal(image_probe("plain text", 10, &i, &e), -1);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	assert_int_equal(image_encode_png(rgb, 0, H, &b, &e), -1);
	assert_int_equal(image_encode_jpeg(rgb, W, 70000, 80, &b, &e), -1);
	b.max = 10;
	assert_int_equal(image_encode_jpeg(rgb, W, H, 80, &b, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_png),
		cmocka_unit_test(test_jpeg),
		cmocka_unit_test(test_other_heads),
		cmocka_unit_test(test_damage),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
