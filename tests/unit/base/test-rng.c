/* tests/unit/base/test-rng.c - the same seed gives the same numbers; laws have their moments.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/rng.h"

static void test_same_seed_same_numbers(void **state)
{
	(void)state;
	struct rng a, b, c;
	rng_init(&a, 42);
	rng_init(&b, 42);
	rng_init_named(&c, 42, "images");
	bool differs = false;
	for (int i = 0; i < 100; i++) {
		uint64_t x = rng_next(&a);
		assert_true(x == rng_next(&b));
		differs |= x != rng_next(&c);
	}
	assert_true(differs);
}

static void test_moments(void **state)
{
	(void)state;
	enum { N = 200000 };
	struct rng r;
	rng_init(&r, 1);
	double sum_e = 0, sum_g = 0, sum_g2 = 0, sum_n = 0, sum_n2 = 0, sum_small = 0;
	for (int i = 0; i < N; i++) {
		sum_e += rng_exponential(&r, 2.0);
		double g = rng_gamma(&r, 4.0, 0.5);
		sum_g += g;
		sum_g2 += g * g;
		double n = rng_normal(&r, 3.0, 2.0);
		sum_n += n;
		sum_n2 += n * n;
		sum_small += rng_gamma(&r, 0.25, 4.0);
	}
	assert_true(fabs(sum_e / N - 2.0) < 0.03);
	assert_true(fabs(sum_g / N - 2.0) < 0.02);
	assert_true(fabs(sum_g2 / N - 4.0 - 1.0) < 0.05);	/* variance shape × scale² */
	assert_true(fabs(sum_n / N - 3.0) < 0.03);
	assert_true(fabs(sum_n2 / N - 9.0 - 4.0) < 0.15);
	assert_true(fabs(sum_small / N - 1.0) < 0.05);
}

static void test_below_is_even(void **state)
{
	(void)state;
	struct rng r;
	rng_init(&r, 7);
	int counts[6] = {0};
	for (int i = 0; i < 60000; i++)
		counts[rng_below(&r, 6)]++;
	for (int i = 0; i < 6; i++)
		assert_true(counts[i] > 9600 && counts[i] < 10400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_seed_same_numbers),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_below_is_even),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
