/* tests/unit/text/test-similarity.c - similarity against values worked out by hand.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "base/util.h"
#include "text/similarity.h"

typedef int (*measure)(struct span a, struct span b, double *ret, struct err *e);

static void near(measure f, const char *a, const char *b, double want)
{
	double got = -1;
	assert_int_equal(f(span_of(a), span_of(b), &got, NULL), 0);
	if (!(fabs(got - want) < 5e-5))
		fail_msg("'%s' and '%s': %.6f, not %.6f", a, b, got, want);
}

static void test_characters(void **state)
{
	(void)state;
	near(similarity_characters, "kitten", "sitting", 1 - 3.0 / 7);
	near(similarity_characters, "", "", 1);
	near(similarity_characters, "abc", "", 0);
	near(similarity_characters, "a b", "ab", 1 - 1.0 / 3);
	near(similarity_characters, "你好", "你们好", 1 - 1.0 / 3);
}

static double anls(const char *candidate, const char *a, const char *b)
{
	struct span answers[] = {span_of(a), span_of(b)};
	double got = -1;
	assert_int_equal(similarity_anls(span_of(candidate), answers, 2, &got, NULL), 0);
	return got;
}

static void test_anls(void **state)
{
	(void)state;
	assert_true(anls("paris", "london", "paris") == 1);
	assert_true(fabs(anls("pariss", "london", "paris") - (1 - 1.0 / 6)) < 1e-12);
	assert_true(anls("abcd", "abxy", "zzzz") == 0.5);
	assert_true(anls("abcd", "axyz", "zzzz") == 0);		/* 0.25 is below the threshold */
	double got = -1;
	assert_int_equal(similarity_anls(span_of("x"), NULL, 0, &got, NULL), 0);
	assert_true(got == 0);
}

static void test_relaxed(void **state)
{
	(void)state;
	static const struct {
		const char *got, *want;
		bool same;
	} rows[] = {
		{"105", "100", true}, {"95", "100", true}, {"105.1", "100", false},
		{"0", "0", true}, {"0.01", "0", false}, {"1,234", "1234", true},
		{"5%", "0.05", true}, {"$3", "3", true}, {"-3", "3", false}, {" 7 ", "7", true},
		{"Yes", "yes", true}, {"yes", "no", false}, {"2019", "in 2019", false},
		{"", "", true},
		{"1e400", "1e400", true}, {"%", "%", true}, {"12", "", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (similarity_relaxed(span_of(rows[i].got), span_of(rows[i].want)) != rows[i].same)
			fail_msg("'%s' for '%s'", rows[i].got, rows[i].want);
}

static void test_chrf(void **state)
{
	(void)state;
	near(similarity_chrf, "the cat", "the cat", 1);
	near(similarity_chrf, "", "", 1);
	near(similarity_chrf, "abc", "", 0);
	near(similarity_chrf, "abc", "xyz", 0);
	/* 1-grams 2 of 3 and 2 of 3, 2-grams 1 of 2, 3-grams 0 of 1: averages (7/6)/3 each */
	near(similarity_chrf, "abc", "abd", 7.0 / 18);
	/* spaces do not count; precision 1, recall (3/4 + 2/3 + 1/2 + 0)/4 over four orders: the
	 * candidate has no 4-grams, so its precision is 3/4 */
	near(similarity_chrf, "a bc", "abcd", 5 * 0.75 * (23.0 / 48) / (4 * 0.75 + 23.0 / 48));
}

static void test_rouge_l(void **state)
{
	(void)state;
	near(similarity_rouge_l, "the cat sat", "the cat sat", 1);
	near(similarity_rouge_l, "the cat", "the big cat sat", 2 * 2.0 / 6);
	near(similarity_rouge_l, "今天天气好", "今天天气很好", 2 * 5.0 / 11);
	near(similarity_rouge_l, "", "", 1);
	near(similarity_rouge_l, "a", "", 0);
	/* over the width of a word of bits */
	char a[401], b[401];
	for (size_t i = 0; i < 200; i++) {
		memcpy(a + 2 * i, i % 3 ? "x " : "y ", 2);
		memcpy(b + 2 * i, i % 3 ? "x " : "z ", 2);
	}
	a[400] = b[400] = '\0';
	near(similarity_rouge_l, a, b, 133.0 / 200);
}

static bool keywords(const char *text, const char *a, const char *b, bool all)
{
	struct span list[] = {span_of(a), span_of(b)};
	return similarity_keywords(span_of(text), list, 2, all);
}

static void test_keywords(void **state)
{
	(void)state;
	assert_true(keywords("a red car", "red", "car", true));
	assert_false(keywords("a red bus", "red", "car", true));
	assert_true(keywords("a red bus", "red", "car", false));
	assert_false(keywords("a bus", "red", "car", false));
	assert_false(keywords("10 cars", "1", "car", false));	/* whole words */
	assert_true(keywords("cars, 1 car", "1", "car", true));
	assert_true(keywords("一只红色的猫", "红色", "猫", true));
	assert_true(keywords("x", "", "x", true));
	assert_false(keywords("", "a", "b", false));
}

static void test_regular_expression(void **state)
{
	(void)state;
	bool found = false;
	struct err e;
	assert_int_equal(similarity_matches(span_of("Two Cats"), span_of("two (cat|dog)s?"),
					    &found, &e), 0);
	assert_true(found);
	assert_int_equal(similarity_matches(span_of("三只猫"), span_of("[二三]只"), &found, &e), 0);
	assert_true(found);
	assert_int_equal(similarity_matches(span_of("x"), span_of("^y"), &found, &e), 0);
	assert_false(found);
	assert_int_equal(similarity_matches(span_of("x"), span_of("("), &found, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	/* One that would take for ever is given up. */
	char a[64];
	memset(a, 'a', sizeof(a) - 1);
	a[sizeof(a) - 1] = '\0';
	assert_int_equal(similarity_matches(span_of(a), span_of("(a+)+(a+)+(a+)+b"), &found, &e),
			 -1);
	assert_int_equal(e.code, ERR_DATA);
}

static void test_divergence(void **state)
{
	(void)state;
	struct divergence d;
	assert_int_equal(similarity_divergence(span_of("the cat sat"), span_of("the cat ran"), &d,
					       NULL), 0);
	assert_false(d.equal);
	assert_int_equal(d.tokens, 2);
	assert_int_equal(d.characters, 8);
	assert_int_equal(similarity_divergence(span_of("今天"), span_of("今天"), &d, NULL), 0);
	assert_true(d.equal);
	assert_int_equal(d.tokens, 2);
	assert_int_equal(similarity_divergence(span_of("a"), span_of("a b"), &d, NULL), 0);
	assert_false(d.equal);
	assert_int_equal(d.characters, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_anls),
		cmocka_unit_test(test_relaxed),
		cmocka_unit_test(test_chrf),
		cmocka_unit_test(test_rouge_l),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_regular_expression),
		cmocka_unit_test(test_divergence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
