/* tests/workers/test-decode-image.c - the decode worker: pictures, right, wrong and hostile.
 *
 * Each picture has four quarters: red, green, blue, and one that is transparent where the format
 * can say so, else white.
 * SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/util.h"

#define WIDTH 60
#define HEIGHT 40

enum quarter { RED, GREEN, BLUE, WHITE };
static const unsigned char colours[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};

static enum quarter quarter_at(unsigned x, unsigned y)
{
	return (enum quarter)((x >= WIDTH / 2) + 2 * (y >= HEIGHT / 2));
}

static void write_png(png_structp png, png_bytep data, size_t len)
{
	assert_int_equal(buf_add(png_get_io_ptr(png), data, len), 0);
}

static void flush_png(png_structp png)
{
	(void)png;
}

/* One pixel as this kind of PNG holds it; returns its bytes. */
static size_t put_pixel(int type, int depth, enum quarter q, unsigned char *to)
{
	const unsigned char *c = colours[q];
	unsigned char px[4] = {c[0], c[1], c[2], q == WHITE ? 0 : 255};
	size_t channels = type == PNG_COLOR_TYPE_RGB ? 3 : 4;
	if (type == PNG_COLOR_TYPE_PALETTE) {
		to[0] = (unsigned char)q;
		return 1;
	}
	if (type == PNG_COLOR_TYPE_GRAY) {
		to[0] = (unsigned char)(q * 85);
		to[1] = 0x80;
		return depth == 16 ? 2 : 1;
	}
	if (type == PNG_COLOR_TYPE_RGBA && q == WHITE)
		memset(px, 0, 3);	/* black, but nobody sees it */
	for (size_t i = 0; i < channels; i++)
		for (int k = 0; k < depth / 8; k++)
			*to++ = px[i];
	return channels * (size_t)depth / 8;
}

static void make_png(int type, int depth, int interlace, struct buf *out)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	if (setjmp(png_jmpbuf(png)))
		fail_msg("libpng cannot write");
	png_set_write_fn(png, out, write_png, flush_png);
	png_set_IHDR(png, info, WIDTH, HEIGHT, depth, type, interlace, PNG_COMPRESSION_TYPE_BASE,
		     PNG_FILTER_TYPE_BASE);
	png_color palette[4];
	png_byte alpha[4] = {255, 255, 255, 0};
	for (int i = 0; i < 4; i++)
		palette[i] = (png_color){colours[i][0], colours[i][1], colours[i][2]};
	palette[WHITE] = (png_color){0, 0, 0};
	if (type == PNG_COLOR_TYPE_PALETTE) {
		png_set_PLTE(png, info, palette, 4);
		png_set_tRNS(png, info, alpha, 4, NULL);
	}
	png_write_info(png, info);
	int passes = png_set_interlace_handling(png);
	for (int pass = 0; pass < passes; pass++) {
		for (unsigned y = 0; y < HEIGHT; y++) {
			unsigned char row[WIDTH * 8];
			unsigned char *to = row;
			for (unsigned x = 0; x < WIDTH; x++)
				to += put_pixel(type, depth, quarter_at(x, y), to);
			png_write_row(png, row);
		}
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
}

/* TIFF block with nothing but the orientation. */
static void put_exif(struct jpeg_compress_struct *j, int orientation)
{
	unsigned char exif[] = {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1,
				1, 0x12, 0, 3, 0, 0, 0, 1, 0, (unsigned char)orientation, 0, 0,
				0, 0, 0, 0};
	jpeg_write_marker(j, JPEG_APP0 + 1, exif, sizeof(exif));
}

static void make_jpeg(J_COLOR_SPACE space, int channels, int orientation, bool progressive,
		      struct buf *out)
{
	struct jpeg_compress_struct j;
	struct jpeg_error_mgr errors;
	j.err = jpeg_std_error(&errors);
	jpeg_create_compress(&j);
	unsigned char *data = NULL;
	unsigned long len = 0;
	jpeg_mem_dest(&j, &data, &len);
	j.image_width = WIDTH;
	j.image_height = HEIGHT;
	j.input_components = channels;
	j.in_color_space = space;
	jpeg_set_defaults(&j);
	jpeg_set_quality(&j, 95, TRUE);
	if (progressive)
		jpeg_simple_progression(&j);
	j.write_Adobe_marker = space == JCS_CMYK;
	jpeg_start_compress(&j, TRUE);
	if (orientation)
		put_exif(&j, orientation);
	for (unsigned y = 0; y < HEIGHT; y++) {
		unsigned char row[WIDTH * 4];
		for (unsigned x = 0; x < WIDTH; x++) {
			enum quarter q = quarter_at(x, y);
			unsigned char *to = row + x * (unsigned)channels;
			if (channels == 1)
				to[0] = (unsigned char)(q * 85);
			else
				memcpy(to, colours[q], 3);
			if (channels == 4)
				to[3] = 255;	/* Adobe: the inverse of the ink */
		}
		unsigned char *rows = row;
		(void)jpeg_write_scanlines(&j, &rows, 1);
	}
	jpeg_finish_compress(&j);
	jpeg_destroy_compress(&j);
	(void)buf_add(out, data, len);
	free(data);
}

static void decode(struct worker *w, const void *data, size_t len, struct reply *ret)
{
	ask(w, json_pack("{s:s, s:s, s:i, s:i, s:f}", "type", "decode", "kind", "image",
			 "max_pixels", 4000000, "max_side", 4096, "max_aspect", 200.0),
	    data, len, ret);
}

static int64_t number(const json_t *j, const char *key)
{
	int64_t v = -1;
	(void)json_whole(j, key, &v);
	return v;
}

static void expect_size(const struct reply *r, unsigned width, unsigned height)
{
	if (!r->done)
		fail_msg("%s", r->err.text);
	assert_int_equal(r->frames, 1);
	assert_int_equal(number(r->first, "width"), width);
	assert_int_equal(number(r->first, "height"), height);
	assert_int_equal(number(r->first, "channels"), 3);
	assert_int_equal(r->payload.len, width * height * 3);
	assert_null(json_object_get(r->done, "damaged"));
}

/* The colour in the middle of each quarter, in reading order, within tolerance. */
static void expect_quarters(const struct reply *r, unsigned width, unsigned height,
			    const unsigned char (*want)[3], int tolerance)
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned x = width / 4 + (i % 2) * width / 2;
		unsigned y = height / 4 + (i / 2) * height / 2;
		const unsigned char *px =
			(const unsigned char *)r->payload.data + 3 * (y * width + x);
		for (unsigned c = 0; c < 3; c++)
			if (abs(px[c] - want[i][c]) > tolerance)
				fail_msg("quarter %u is %u %u %u", i, px[0], px[1], px[2]);
	}
}

static const unsigned char grays[4][3] = {{0, 0, 0}, {85, 85, 85}, {170, 170, 170},
					  {255, 255, 255}};

static void test_png(void **state)
{
	(void)state;
	static const int kinds[][2] = {
		{PNG_COLOR_TYPE_RGB, 8},  {PNG_COLOR_TYPE_RGB, 16}, {PNG_COLOR_TYPE_RGBA, 8},
		{PNG_COLOR_TYPE_RGBA, 16}, {PNG_COLOR_TYPE_PALETTE, 8}, {PNG_COLOR_TYPE_GRAY, 8},
		{PNG_COLOR_TYPE_GRAY, 16},
	};
	struct worker *w = run_worker("decode");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		for (int interlace = 0; interlace < 2; interlace++) {
			CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
			make_png(kinds[i][0], kinds[i][1], interlace, &file);
			CLEANUP(reply_release) struct reply r;
			decode(w, file.data, file.len, &r);
			expect_size(&r, WIDTH, HEIGHT);
			assert_string_equal(json_text(r.done, "format", ""), "png");
			bool gray = kinds[i][0] == PNG_COLOR_TYPE_GRAY;
			expect_quarters(&r, WIDTH, HEIGHT, gray ? grays : colours, 1);
		}
	}
	worker_free(w);
}

static void test_jpeg(void **state)
{
	(void)state;
	struct worker *w = run_worker("decode");
	for (int progressive = 0; progressive < 2; progressive++) {
		static const struct {
			J_COLOR_SPACE space;
			int channels;
		} kinds[] = {{JCS_RGB, 3}, {JCS_GRAYSCALE, 1}, {JCS_CMYK, 4}};
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
			CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
			make_jpeg(kinds[i].space, kinds[i].channels, 0, progressive, &file);
			CLEANUP(reply_release) struct reply r;
			decode(w, file.data, file.len, &r);
			expect_size(&r, WIDTH, HEIGHT);
			assert_string_equal(json_text(r.done, "format", ""), "jpeg");
			expect_quarters(&r, WIDTH, HEIGHT,
					kinds[i].channels == 1 ? grays : colours, 12);
		}
	}
	worker_free(w);
}

/* Which quarters of the file are seen where, for each value of EXIF's orientation. */
static void test_orientation(void **state)
{
	(void)state;
	static const enum quarter seen[9][4] = {
		{RED, GREEN, BLUE, WHITE}, {RED, GREEN, BLUE, WHITE}, {GREEN, RED, WHITE, BLUE},
		{WHITE, BLUE, GREEN, RED}, {BLUE, WHITE, RED, GREEN}, {RED, BLUE, GREEN, WHITE},
		{BLUE, RED, WHITE, GREEN}, {WHITE, GREEN, BLUE, RED}, {GREEN, WHITE, RED, BLUE},
	};
	struct worker *w = run_worker("decode");
	for (int o = 1; o <= 9; o++) {
		CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
		make_jpeg(JCS_RGB, 3, o, false, &file);
		CLEANUP(reply_release) struct reply r;
		decode(w, file.data, file.len, &r);
		bool turned = o >= 5 && o <= 8;
		unsigned width = turned ? HEIGHT : WIDTH;
		unsigned height = turned ? WIDTH : HEIGHT;
		expect_size(&r, width, height);
		unsigned char want[4][3];
		for (int i = 0; i < 4; i++)
			memcpy(want[i], colours[seen[o == 9 ? 0 : o][i]], 3);
		expect_quarters(&r, width, height, (const unsigned char (*)[3])want, 12);
	}
	worker_free(w);
}

static void refused(struct worker *w, const void *data, size_t len, const char *words)
{
	CLEANUP(reply_release) struct reply r;
	decode(w, data, len, &r);
	assert_null(r.done);
	assert_true(r.client_fault);
	assert_int_equal(r.frames, 0);
	if (!strstr(r.err.text, words))
		fail_msg("'%s' does not say '%s'", r.err.text, words);
}

/* A size in IHDR, with the right checksum. */
static void forge_png(struct buf *file, uint32_t width, uint32_t height)
{
	unsigned char *d = (unsigned char *)file->data;
	for (int i = 0; i < 4; i++) {
		d[16 + i] = (unsigned char)(width >> (24 - 8 * i));
		d[20 + i] = (unsigned char)(height >> (24 - 8 * i));
	}
	uint32_t crc = 0xffffffff;
	for (int i = 12; i < 29; i++) {
		crc ^= d[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	for (int i = 0; i < 4; i++)
		d[29 + i] = (unsigned char)(~crc >> (24 - 8 * i));
}

static void test_limits(void **state)
{
	(void)state;
	struct worker *w = run_worker("decode");
	CLEANUP(buf_release) struct buf png = BUF_INIT(BUF_UNLIMITED);
	make_png(PNG_COLOR_TYPE_RGB, 8, 0, &png);
	size_t before = peak_memory(w);
	static const struct {
		uint32_t width, height;
		const char *words;
	} rows[] = {
		{4097, 10, "a side may have 4096"}, {10, 0x7fffffff, "a side may have 4096"},
		{0xffffffff, 0xffffffff, "a side may have 4096"}, {4096, 4096, "4000000 in all"},
		{4000, 10, "200 times"}, {0, 10, "0 by 10"},
		{2000, 2000, "damaged"},	/* lets in, but the pixels are missing */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		forge_png(&png, rows[i].width, rows[i].height);
		refused(w, png.data, png.len, rows[i].words);
	}
	assert_true(SANITIZED || peak_memory(w) < before + ((size_t)32 << 20));
	CLEANUP(buf_release) struct buf jpeg = BUF_INIT(BUF_UNLIMITED);
	make_jpeg(JCS_RGB, 3, 0, false, &jpeg);
	unsigned char *frame = memmem(jpeg.data, jpeg.len, "\xff\xc0\0\x11\x08", 5);
	assert_non_null(frame);
	memcpy(frame + 5, "\xff\xff\xff\xff", 4);
	refused(w, jpeg.data, jpeg.len, "a side may have 4096");
	memcpy(frame + 5, "\x10\x01\0\x20", 4);
	refused(w, jpeg.data, jpeg.len, "a side may have 4096");
	memcpy(frame + 5, "\x10\0\x10\0", 4);
	refused(w, jpeg.data, jpeg.len, "4000000 in all");
	worker_free(w);
}

static void test_damage(void **state)
{
	(void)state;
	struct worker *w = run_worker("decode");
	refused(w, "", 0, "no picture");
	refused(w, "GIF89a............", 18, "png, jpeg");
	refused(w, "RIFF\0\0\0\0WEBPVP8 ", 16, "png, jpeg");
	struct rng rng;
	rng_init(&rng, 3);
	for (int kind = 0; kind < 4; kind++) {
		CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
		if (kind < 2)
			make_png(PNG_COLOR_TYPE_RGBA, 8, kind, &file);
		else
			make_jpeg(JCS_RGB, 3, 6, kind == 3, &file);
		/* Cut anywhere: refused, or (JPEG) said to be damaged. */
		for (size_t cut = 0; cut + 16 < file.len; cut++) {
			CLEANUP(reply_release) struct reply r;
			decode(w, file.data, cut, &r);
			assert_true(r.done ? json_is_true(json_object_get(r.done, "damaged"))
					   : r.client_fault);
		}
		CLEANUP(free_ptr) char *copy = malloc(file.len);
		memcpy(copy, file.data, file.len);
		for (int round = 0; round < 300; round++) {
			memcpy(file.data, copy, file.len);
			for (int k = 0; k < 1 + round % 8; k++)
				file.data[rng_below(&rng, file.len)] = (char)rng_below(&rng, 256);
			CLEANUP(reply_release) struct reply r;
			decode(w, file.data, file.len, &r);
			assert_true(r.done || r.client_fault);
		}
	}
	assert_true(worker_pid(w) > 0);
	worker_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_png), cmocka_unit_test(test_jpeg),
		cmocka_unit_test(test_orientation), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
