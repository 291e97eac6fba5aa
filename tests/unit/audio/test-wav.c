/* tests/unit/audio/test-wav.c - WAV headers in pieces, and what stands behind the data.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "audio/wav.h"
#include "base/rng.h"
#include "base/util.h"

static const char plain[] = "RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\2\0\x44\xac\0\0\x10\xb1\2\0\4\0"
	"\x10\0"
			    "data\4\0\0\0abcd";
/* extensible, 24 bits, with chunks of odd size around */
static const char rich[] = "RIFF\0\0\0\0WAVELIST\3\0\0\0xyz\0fmt \x28\0\0\0\xfe\xff\1\0\x80\xbb\0\0"
			   "\x80\x32\2\0\3\0\x18\0\x16\0\x18\0\4\0\0\0\1\0\0\0\0\0\x10\0\x80\0\0"
				"\xaa\0"
			   "\x38\x9b\x71" "data\xff\xff\xff\xff";

static void parse_cut(const char *text, size_t len, size_t header, struct wav_parser *p)
{
	for (size_t cut = 0; cut <= header; cut++) {
		size_t used = 99;
		char *exact = malloc(cut + 1);
		memcpy(exact, text, cut);
		wav_parser_init(p);
		int rc = wav_parse(p, exact, cut, &used);
		free(exact);
		assert_int_equal(rc, cut == header);
		assert_int_equal(used, cut);
		if (rc == 1)
			continue;
		assert_int_equal(wav_parse(p, text + cut, len - cut, &used), 1);
		assert_int_equal(cut + used, header);
	}
}

static void test_headers(void **state)
{
	(void)state;
	struct wav_parser p;
	parse_cut(plain, sizeof(plain) - 1, 44, &p);
	assert_int_equal(p.pcm, PCM_S16);
	assert_int_equal(p.channels, 2);
	assert_int_equal(p.sample_rate, 44100);
	assert_int_equal(p.frame_bytes, 4);
	assert_int_equal(p.data_size, 4);
	assert_false(p.open_ended);
	parse_cut(rich, sizeof(rich) - 1, sizeof(rich) - 1, &p);
	assert_int_equal(p.pcm, PCM_S24);
	assert_int_equal(p.sample_rate, 48000);
	assert_true(p.open_ended);
}

static void test_wrong(void **state)
{
	(void)state;
	struct wav_parser p;
	size_t used;
	wav_parser_init(&p);
	assert_int_equal(wav_parse(&p, "OggS\0\0\0\0\0\0\0\0", 12, &used), -1);
	assert_non_null(p.wrong);
	/* a chunk that never ends: refused, not swallowed */
	static const char endless[] = "RIFF\0\0\0\0WAVEJUNK\xff\xff\xff\x7f";
	wav_parser_init(&p);
	assert_int_equal(wav_parse(&p, endless, sizeof(endless) - 1, &used), -1);
	/* and one of zero size again and again */
	wav_parser_init(&p);
	assert_int_equal(wav_parse(&p, endless, 12, &used), 0);
	int rc = 0;
	for (int i = 0; i < 300000 && rc == 0; i++)
		rc = wav_parse(&p, "JUNK\x08\0\0\0abcdefgh", 16, &used);
	assert_int_equal(rc, -1);
}

/* Random damage: an answer every time, and never one about a format that cannot be. */
static void test_damage(void **state)
{
	(void)state;
	struct rng r;
	rng_init(&r, 7);
	for (int i = 0; i < 50000; i++) {
		char text[sizeof(rich)];
		memcpy(text, rich, sizeof(rich));
		for (int k = 0; k < 4; k++)
			text[rng_below(&r, sizeof(text))] = (char)rng_next(&r);
		struct wav_parser p;
		size_t used = 0;
		wav_parser_init(&p);
		int rc = wav_parse(&p, text, sizeof(text), &used);
		assert_true(used <= sizeof(text));
		if (rc == 1)
			assert_true(p.frame_bytes > 0 && p.frame_bytes <= 512 &&
				    p.sample_rate >= 1000 && p.pcm != PCM_NONE);
		if (rc == -1)
			assert_non_null(p.wrong);
	}
}

static void test_tail(void **state)
{
	(void)state;
	static const char chunks[] = "LIST\3\0\0\0abc\0id3 \2\0\0\0xy";
	size_t len = sizeof(chunks) - 1;
	for (size_t cut = 0; cut <= len; cut++) {
		struct wav_tail t = {0};
		assert_int_equal(wav_tail_parse(&t, chunks, cut), 0);
		assert_int_equal(wav_tail_complete(&t), cut == 0 || cut == 12 || cut == len);
		assert_int_equal(wav_tail_parse(&t, chunks + cut, len - cut), 0);
		assert_true(wav_tail_complete(&t));
	}
	struct wav_tail t = {0};
	assert_int_equal(wav_tail_parse(&t, "RIFF\4\0\0\0WAVE", 12), -1);
	t = (struct wav_tail){0};
	assert_int_equal(wav_tail_parse(&t, "\1\2\3\4\5\6\7\x08", 8), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_tail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
