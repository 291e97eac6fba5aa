/* tests/unit/text/test-align.c - alignments against the textbook's table of distances.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "base/rng.h"
#include "base/util.h"
#include "text/align.h"

static struct aligner *aligner;

static int setup(void **state)
{
	(void)state;
	return aligner_new(&aligner, NULL);
}

static int teardown(void **state)
{
	(void)state;
	aligner = aligner_free(aligner);
	return 0;
}

/* Wagner & Fischer, two rows. */
static uint64_t plain_distance(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	uint32_t *row = calloc(m + 1, sizeof(row[0]));
	assert_non_null(row);
	for (size_t j = 0; j <= m; j++)
		row[j] = (uint32_t)j;
	for (size_t i = 1; i <= n; i++) {
		uint32_t diagonal = row[0];
		row[0] = (uint32_t)i;
		for (size_t j = 1; j <= m; j++) {
			uint32_t best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			best = MIN(best, MIN(row[j], row[j - 1]) + 1);
			row[j] = best;
		}
	}
	uint64_t d = row[m];
	free(row);
	return d;
}

/* The ops must lead through both sequences, say the truth, and cost the least. */
static struct align_counts check(const uint32_t *a, size_t n, const uint32_t *b, size_t m,
				 uint32_t symbols)
{
	const char *ops;
	size_t n_ops, i = 0, j = 0;
	assert_int_equal(align_tokens(aligner, a, n, b, m, symbols, &ops, &n_ops, NULL), 0);
	for (size_t k = 0; k < n_ops; k++) {
		bool in_a = ops[k] != ALIGN_INSERTION, in_b = ops[k] != ALIGN_DELETION;
		assert_true((!in_a || i < n) && (!in_b || j < m));
		if (in_a && in_b)
			assert_int_equal(ops[k] == ALIGN_HIT, a[i] == b[j]);
		i += in_a;
		j += in_b;
	}
	assert_true(i == n && j == m);
	struct align_counts c = align_count(ops, n_ops);
	assert_int_equal(align_errors(&c), plain_distance(a, n, b, m));
	assert_int_equal(align_reference(&c), n);
	assert_int_equal(align_hypothesis(&c), m);
	return c;
}

static size_t copy_with_errors(struct rng *r, const uint32_t *a, size_t n, double rate,
			       uint32_t symbols, uint32_t *b)
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		if (rng_unit(r) >= rate) {
			b[m++] = a[i];
			continue;
		}
		uint64_t kind = rng_below(r, 3);
		if (kind > 0)
			b[m++] = (uint32_t)rng_below(r, symbols);
		if (kind == 2)
			b[m++] = a[i];
	}
	return m;
}

static void test_small(void **state)
{
	(void)state;
	static const uint32_t a[] = {0, 1, 2, 3, 4}, b[] = {0, 9, 2, 4, 5};
	struct align_counts c = check(a, 5, b, 5, 10);
	assert_int_equal(align_errors(&c), 3);
	c = check(a, 5, b, 0, 10);
	assert_int_equal(c.deletions, 5);
	c = check(a, 0, b, 5, 10);
	assert_int_equal(c.insertions, 5);
	c = check(a, 0, b, 0, 0);
	assert_int_equal(align_errors(&c), 0);
	c = check(a, 5, a, 5, 5);
	assert_int_equal(c.hits, 5);
}

/* Unit costs: the five errors of five substitutions beat three deletions and insertions. */
static void test_costs_are_one(void **state)
{
	(void)state;
	static const uint32_t a[] = {0, 1, 2, 3, 4}, b[] = {3, 4, 5, 6, 7};
	struct align_counts c = check(a, 5, b, 5, 8);
	assert_int_equal(align_errors(&c), 5);
}

static void test_random(void **state)
{
	(void)state;
	static uint32_t a[400], b[900];
	struct rng r;
	rng_init(&r, 1);
	for (int run = 0; run < 1500; run++) {
		uint32_t symbols = 2 + (uint32_t)rng_below(&r, run % 2 ? 4 : 300);
		size_t n = rng_below(&r, 400);
		for (size_t i = 0; i < n; i++)
			a[i] = (uint32_t)rng_below(&r, symbols);
		size_t m = copy_with_errors(&r, a, n, rng_unit(&r), symbols, b);
		check(a, n, b, m, symbols);
	}
}

/* Long enough for the band and for cutting in two; few errors, many, and a lost passage. */
static void test_long(void **state)
{
	(void)state;
	enum { N = 6000 };
	static uint32_t a[N], b[2 * N];
	struct rng r;
	rng_init(&r, 2);
	static const double rates[] = {0.002, 0.1, 0.6, 1};
	for (size_t k = 0; k < ARRAY_LEN(rates); k++) {
		uint32_t symbols = k % 2 ? 800 : 6;
		for (size_t i = 0; i < N; i++)
			a[i] = (uint32_t)rng_below(&r, symbols);
		size_t m = copy_with_errors(&r, a, N, rates[k], symbols, b);
		check(a, N, b, m, symbols);
		check(b, m, a, N, symbols);
		memmove(b + 1000, b + 3000, (m - 3000) * sizeof(b[0]));
		check(a, N, b, m - 2000, symbols);
		check(b, 70, a, N, symbols);
		check(a, N, b, 1, symbols);
		check(a, 1, b, m, symbols);
	}
}

static void test_measures(void **state)
{
	(void)state;
	struct align_counts c = {.hits = 6, .substitutions = 2, .deletions = 1, .insertions = 3};
	assert_true(fabs(align_rate(&c) - 6.0 / 9) < 1e-12);
	assert_true(fabs(align_match_error_rate(&c) - 6.0 / 12) < 1e-12);
	assert_true(fabs(align_wip(&c) - 6.0 / 9 * 6.0 / 11) < 1e-12);
	assert_true(fabs(align_wil(&c) + align_wip(&c) - 1) < 1e-12);
	struct align_counts none = {.insertions = 3};
	assert_true(isnan(align_rate(&none)));
	assert_true(align_match_error_rate(&none) == 1);
	align_add(&none, &c);
	assert_int_equal(none.insertions, 6);
	assert_int_equal(align_reference(&none), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_costs_are_one),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_measures),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
