/* tests/unit/suite/test-functional-sentences.c - made sentences: seeded, of many kinds, of the
 * length asked for, and readable by any speech service.
 * SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "suite/samples.h"

#define N 300

static const char *sentence(struct arena *a, uint64_t seed, const char *language, int words)
{
	struct rng r;
	rng_init_named(&r, seed, "test");
	return made_sentence(&r, language, words, a);
}

static void same_seed_same_sentence(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	size_t same = 0;
	for (uint64_t i = 0; i < N; i++) {
		assert_string_equal(sentence(a, i, "en", 8), sentence(a, i, "en", 8));
		assert_string_equal(sentence(a, i, "zh", 8), sentence(a, i, "zh", 8));
		same += strcmp(sentence(a, i, "en", 8), sentence(a, i + 1, "en", 8)) == 0;
	}
	/* Seeds choose: neighbours are hardly ever alike. */
	assert_in_range(same, 0, 3);
	(void)arena_free(a);
}

static void english_is_plain_words(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	for (uint64_t i = 0; i < N; i++) {
		const char *text = sentence(a, i, "en", 20);
		int words = 1;
		assert_true(islower((unsigned char)text[0]));
		for (const char *c = text; *c; c++) {
			assert_true(islower((unsigned char)*c) || *c == ' ');
			assert_false(c[0] == ' ' && (c[1] == ' ' || c[1] == '\0'));
			words += *c == ' ';
		}
		assert_in_range(words, 20, 40);
	}
	(void)arena_free(a);
}

static void chinese_is_han(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	for (uint64_t i = 0; i < N; i++) {
		const char *text = sentence(a, i, "zh", 20);
		size_t len = strlen(text);
		assert_int_equal(str_utf8_valid(text, len), len);
		for (const char *c = text; *c; c++)
			assert_true((unsigned char)*c & 0x80);
		assert_in_range(len / 3, 20, 60);
	}
	(void)arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_sentence),
		cmocka_unit_test(english_is_plain_words),
		cmocka_unit_test(chinese_is_han),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
