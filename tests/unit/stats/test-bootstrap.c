/* tests/unit/stats/test-bootstrap.c - intervals that cover, comparisons that decide.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "base/rng.h"
#include "base/util.h"
#include "stats/binomial.h"
#include "stats/bootstrap.h"

#define N 400

static double errors_a[N], errors_b[N], units[N];

/* Utterances of 5 to 25 words; A errs at 10 %, B makes A's errors and `more` of its own. */
static void make(struct rng *r, double more)
{
	for (size_t i = 0; i < N; i++) {
		units[i] = 5 + (double)rng_below(r, 21);
		errors_a[i] = 0;
		for (int w = 0; w < (int)units[i]; w++)
			errors_a[i] += rng_unit(r) < 0.1;
		errors_b[i] = errors_a[i];
		for (int w = 0; w < (int)units[i]; w++)
			errors_b[i] += rng_unit(r) < more;
	}
}

static void test_rate_interval_covers(void **state)
{
	(void)state;
	struct rng r;
	rng_init(&r, 1);
	int covered = 0;
	for (int run = 0; run < 200; run++) {
		struct bootstrap b;
		make(&r, 0);
		assert_int_equal(bootstrap_rate(errors_a, units, N, 400, 7, &b, NULL), 0);
		covered += b.interval95.lo <= 0.1 && 0.1 <= b.interval95.hi;
		assert_true(b.interval95.lo < b.estimate && b.estimate < b.interval95.hi);
		assert_true(b.interval95.lo >= 0);
	}
	assert_in_range(covered, 182, 199);
}

static void test_same_seed_same_interval(void **state)
{
	(void)state;
	struct rng r;
	struct bootstrap a, b, c;
	rng_init(&r, 2);
	make(&r, 0.01);
	assert_int_equal(bootstrap_rate(errors_a, units, N, 1000, 5, &a, NULL), 0);
	assert_int_equal(bootstrap_rate(errors_a, units, N, 1000, 5, &b, NULL), 0);
	assert_int_equal(bootstrap_rate(errors_a, units, N, 1000, 6, &c, NULL), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_true(a.interval95.lo != c.interval95.lo || a.interval95.hi != c.interval95.hi);
}

static void test_pairing_sees_small_differences(void **state)
{
	(void)state;
	struct rng r;
	struct bootstrap d, a, b;
	uint64_t needed;
	rng_init(&r, 3);
	make(&r, 0.01);
	assert_int_equal(bootstrap_difference(errors_a, errors_b, units, N, 2000, 1, &d, NULL), 0);
	assert_int_equal(bootstrap_rate(errors_a, units, N, 2000, 1, &a, NULL), 0);
	assert_int_equal(bootstrap_rate(errors_b, units, N, 2000, 1, &b, NULL), 0);
	assert_true(fabs(d.estimate - (b.estimate - a.estimate)) < 1e-12);
	assert_true(d.interval95.lo > 0);		/* B is worse for sure … */
	assert_true(b.interval95.lo < a.interval95.hi);	/* … which unpaired intervals hide */
	assert_true(d.below == 0);
	assert_int_equal(alignment_judge(&d, N, 0.03, &needed), ALIGNMENT_ALIGNED);
	assert_int_equal(needed, N);
	assert_int_equal(alignment_judge(&d, N, 0.002, &needed), ALIGNMENT_NOT_ALIGNED);
	assert_int_equal(alignment_judge(&d, N, d.estimate + 1e-4, &needed), ALIGNMENT_UNDECIDED);
	assert_true(needed > 10 * N && needed < UINT64_MAX);
	/* Few utterances never decide. */
	assert_int_equal(alignment_judge(&d, 29, 0.03, &needed), ALIGNMENT_UNDECIDED);
	assert_int_equal(needed, 30);
	/* The other way round the sign turns. */
	assert_int_equal(bootstrap_difference(errors_b, errors_a, units, N, 2000, 1, &a, NULL), 0);
	assert_true(a.estimate == -d.estimate && a.below == 1);
	assert_int_equal(alignment_judge(&a, N, 0.002, &needed), ALIGNMENT_NOT_ALIGNED);
	/* A against itself: exactly nothing. */
	assert_int_equal(bootstrap_difference(errors_a, errors_a, units, N, 500, 1, &a, NULL), 0);
	assert_true(a.interval95.lo == 0 && a.interval95.hi == 0);
	assert_int_equal(alignment_judge(&a, N, 0.01, &needed), ALIGNMENT_ALIGNED);
}

static void test_odd_corpora(void **state)
{
	(void)state;
	struct bootstrap b;
	uint64_t needed;
	static const double three[] = {3, 0, 0}, none[] = {0, 0, 0}, some[] = {0, 0, 6};
	assert_int_equal(bootstrap_rate(three, NULL, 0, 100, 1, &b, NULL), 0);
	assert_true(isnan(b.estimate) && isnan(b.interval95.lo));
	assert_int_equal(alignment_judge(&b, 0, 0.01, &needed), ALIGNMENT_UNDECIDED);
	assert_int_equal(bootstrap_rate(three, none, 3, 100, 1, &b, NULL), 0);
	assert_true(isnan(b.estimate) && isnan(b.interval95.hi));
	/* Insertions against empty references count; draws without any reference do not. */
	assert_int_equal(bootstrap_rate(three, some, 3, 1000, 1, &b, NULL), 0);
	assert_true(b.estimate == 0.5);
	assert_true(isfinite(b.interval95.lo) && isfinite(b.interval95.hi));
	assert_int_equal(bootstrap_rate(three, NULL, 3, 1000, 1, &b, NULL), 0);
	assert_true(b.estimate == 1 && b.interval95.lo == 0);
	assert_int_equal(bootstrap_rate(three, NULL, 1, 1000, 1, &b, NULL), 0);
	assert_true(b.interval95.lo == 3 && b.interval95.hi == 3 && b.sd < 1e-9);
}

/* Every utterance comes up equally often: with one that errs, its share is 1 / n. */
static void test_draws_are_even(void **state)
{
	(void)state;
	double one[7] = {0};
	for (size_t i = 0; i < ARRAY_LEN(one); i++) {
		struct bootstrap b;
		memset(one, 0, sizeof(one));
		one[i] = 7;
		assert_int_equal(bootstrap_rate(one, NULL, 7, 20000, 11, &b, NULL), 0);
		assert_true(b.interval95.lo == 0 && b.interval95.hi == 3);
		assert_true(fabs(b.sd - sqrt(6.0 / 7)) < 0.02);
	}
}

/* Many equal utterances are drawn as groups; the spread must be that of single draws. */
static void test_groups(void **state)
{
	(void)state;
	enum { MANY = 4000 };
	static double wrong[MANY];
	static const size_t wrongs[] = {2, 40, 400, 3000};
	for (size_t i = 0; i < ARRAY_LEN(wrongs); i++) {
		struct bootstrap b;
		double p = (double)wrongs[i] / MANY, sd = sqrt(p * (1 - p) / MANY);
		for (size_t k = 0; k < MANY; k++)
			wrong[k] = k < wrongs[i];
		assert_int_equal(bootstrap_rate(wrong, NULL, MANY, 20000, 3, &b, NULL), 0);
		assert_true(b.estimate == p);
		assert_true(fabs(b.sd / sd - 1) < 0.03);
		if (wrongs[i] >= 40)
			assert_true(fabs((b.interval95.hi - b.interval95.lo) / (3.92 * sd) - 1) <
				    0.06);
	}
}

/* Against the exact distribution, on both sides of the change of method. */
static void test_binomial(void **state)
{
	(void)state;
	static const struct {
		uint32_t n;
		double p;
	} rows[] = {{20, 0.3}, {40, 0.3}, {60, 0.8}, {1000, 0.005}, {25, 0.5}, {3, 0.999}};
	struct rng r;
	rng_init(&r, 9);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum { DRAWS = 200000 };
		static uint32_t seen[1001];
		double n = rows[i].n, p = rows[i].p, off = 0;
		memset(seen, 0, sizeof(seen));
		for (int d = 0; d < DRAWS; d++) {
			uint32_t k = binomial_draw(rows[i].n, p, log1p(-p), &r);
			assert_true(k <= rows[i].n);
			seen[k]++;
		}
		for (uint32_t k = 0; k <= rows[i].n; k++) {
			double want = DRAWS * exp(lgamma(n + 1) - lgamma(k + 1.0) -
						  lgamma(n - k + 1) + k * log(p) +
						  (n - k) * log1p(-p));
			if (fabs(seen[k] - want) > 5 * sqrt(want) + 5)
				fail_msg("n %u p %g k %u: %u, not %g", rows[i].n, p, k, seen[k],
					 want);
			off += fabs(seen[k] - want);
		}
		assert_true(off < 0.02 * DRAWS);
	}
}

static void test_mapsswe(void **state)
{
	(void)state;
	static const uint32_t a[] = {1, 2, 0, 3, 1, 0, 2, 1}, b[] = {0, 1, 0, 1, 2, 0, 0, 1};
	struct mapsswe m = mapsswe_test(a, b, 8);
	/* differences 1 1 0 2 -1 0 2 0: mean 0.625, squares 11 - 8 × 0.390625 = 7.875 */
	assert_true(fabs(m.mean - 0.625) < 1e-12);
	assert_true(fabs(m.sd - sqrt(7.875 / 7)) < 1e-12);
	assert_true(fabs(m.z - 0.625 / (sqrt(1.125) / sqrt(8))) < 1e-12);
	assert_true(fabs(m.p - 0.0956) < 0.0005);
	m = mapsswe_test(a, a, 8);
	assert_true(m.z == 0 && m.p == 1);
	m = mapsswe_test(a, b, 1);
	assert_true(m.mean == 1 && isnan(m.z) && isnan(m.p));
	m = mapsswe_test(a, b, 0);
	assert_true(isnan(m.mean) && isnan(m.p));
	m = mapsswe_test(a + 3, b + 6, 1);
	assert_true(isnan(m.p));
}

static void test_gates(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
		bool relative;
	} good[] = {{"1pp", 0.01, false}, {"0.02", 0.02, false}, {"0.5pp", 0.005, false},
		    {"3%", 0.03, true}, {"10%", 0.1, true}};
	static const char *const bad[] = {"", "pp", "%", "0", "-1pp", "1 pp", "one", "nan", "1%%"};
	struct gate g;
	struct err e;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(gate_parse(good[i].text, &g, &e), 0);
		assert_float_equal(g.value, good[i].value, 1e-12);
		assert_int_equal(g.relative, good[i].relative);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(gate_parse(bad[i], &g, &e), -1);
	assert_float_equal(gate_absolute(&(struct gate){0.03, true}, 0.2), 0.006, 1e-12);
	assert_float_equal(gate_absolute(&(struct gate){0.03, false}, 0.2), 0.03, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate_interval_covers),
		cmocka_unit_test(test_same_seed_same_interval),
		cmocka_unit_test(test_pairing_sees_small_differences),
		cmocka_unit_test(test_odd_corpora),
		cmocka_unit_test(test_draws_are_even),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_binomial),
		cmocka_unit_test(test_mapsswe),
		cmocka_unit_test(test_gates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
