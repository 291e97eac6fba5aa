/* tests/unit/stats/test-interval.c - intervals against published values.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "base/util.h"
#include "stats/interval.h"

static void near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.9g is not %.9g", got, want);
}

static void test_wilson(void **state)
{
	(void)state;
	struct interval i = interval_wilson(81, 263);	/* Newcombe 1998, table I */
	near(i.lo, 0.2553, 5e-5);
	near(i.hi, 0.3662, 5e-5);
	i = interval_wilson(0, 20);
	assert_true(i.lo == 0);
	near(i.hi, 0.1611, 5e-5);
	i = interval_wilson(1, 29);
	near(i.lo, 0.0061, 5e-5);
	near(i.hi, 0.1718, 5e-5);
	i = interval_wilson(29, 29);
	assert_true(i.hi == 1);
	near(i.lo, 0.8830, 5e-5);
	i = interval_wilson(0, 0);
	assert_true(isnan(i.lo) && isnan(i.hi));
}

/* Newcombe 1998 (two proportions), table II, method 10: his p1 is our second. */
static void test_difference(void **state)
{
	(void)state;
	struct interval i = interval_difference(48, 80, 56, 70);
	near(i.lo, 0.0524, 5e-5);
	near(i.hi, 0.3339, 5e-5);
	i = interval_difference(3, 10, 9, 10);
	near(i.lo, 0.1705, 5e-5);
	near(i.hi, 0.8090, 5e-5);
	i = interval_difference(0, 29, 5, 56);
	near(i.lo, -0.0381, 5e-5);
	near(i.hi, 0.1926, 5e-5);
	i = interval_difference(0, 0, 5, 56);
	assert_true(isnan(i.lo) && isnan(i.hi));
}

static double binomial_at_most(uint64_t n, double q, uint64_t k)
{
	double total = 0;
	for (uint64_t j = 0; j <= k; j++)
		total += exp(lgamma((double)n + 1) - lgamma((double)j + 1) -
			     lgamma((double)(n - j) + 1) + (double)j * log(q) +
			     (double)(n - j) * log1p(-q));
	return total;
}

static void test_ranks_are_the_tightest(void **state)
{
	(void)state;
	static const uint64_t ns[] = {6, 10, 50, 299, 1000, 4001};
	static const double qs[] = {0.1, 0.5, 0.9, 0.95, 0.99};
	for (size_t i = 0; i < ARRAY_LEN(ns); i++)
		for (size_t j = 0; j < ARRAY_LEN(qs); j++) {
			uint64_t lo, hi, n = ns[i];
			if (!interval_ranks(n, qs[j], &lo, &hi))
				continue;
			assert_true(lo >= 1 && lo < hi && hi <= n);
			assert_true(binomial_at_most(n, qs[j], lo - 1) <= 0.025 + 1e-9);
			assert_true(binomial_at_most(n, qs[j], lo) > 0.025 - 1e-9);
			assert_true(1 - binomial_at_most(n, qs[j], hi - 1) <= 0.025 + 1e-9);
			assert_true(1 - binomial_at_most(n, qs[j], hi - 2) > 0.025 - 1e-9);
		}
	uint64_t lo, hi;
	assert_false(interval_ranks(5, 0.5, &lo, &hi));
	assert_true(interval_ranks(6, 0.5, &lo, &hi));
	assert_true(lo == 1 && hi == 6);
	assert_false(interval_ranks(1, 1, &lo, &hi));
	assert_true(lo == 1 && hi == 1);
	/* Large counts: the normal approximation is right to a few ranks. */
	assert_true(interval_ranks(1000000000, 0.5, &lo, &hi));
	near((double)lo, 5e8 - 1.959964 * sqrt(2.5e8), 3);
	near((double)hi, 5e8 + 1.959964 * sqrt(2.5e8), 3);
}

static void test_how_many_decide(void **state)
{
	(void)state;
	uint64_t n = interval_n_share(0, 0.001);
	assert_true(interval_wilson(0, n).hi < 0.001);
	assert_false(interval_wilson(0, n - 1).hi < 0.001);
	assert_true(interval_n_share(0.3, 0.3) == UINT64_MAX);
	n = interval_n_quantile(1, 0.99);
	assert_int_equal(n, 368);	/* 0.99^368 is the first below 2.5 % */
	assert_int_equal(interval_n_quantile(0, 0.5), 6);
	assert_true(interval_n_quantile(0.99, 0.99) == UINT64_MAX);
	assert_in_range(interval_n_quantile(0.98, 0.99), 500, 800);
	assert_true(interval_n_quantile(0.98, 0.99) < interval_n_quantile(0.985, 0.99));
	assert_int_equal(interval_n_gate(100, 0, 0.02, 0.01), 400);
	assert_true(interval_n_gate(100, 0.01, 0.02, 0.01) == UINT64_MAX);
	assert_int_equal(interval_n_gate(100, -0.03, 0.02, 0.01), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wilson),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_ranks_are_the_tightest),
		cmocka_unit_test(test_how_many_decide),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
