/* tests/unit/stats/test-trend.c - the leak test on made curves, and latency drift.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "base/util.h"
#include "bench/leak_series.h"
#include "stats/trend.h"

#define HOURS 12
#define N (HOURS * 120 + 1)
#define MIB SERIES_MIB
#define RUNS 100

static double time_s[N], bytes[N], work[N];

static int leaks_among(enum series_kind kind, double leak_mib_per_hour)
{
	struct rng r;
	int found = 0;
	rng_init_named(&r, 1, series_names[kind]);
	for (int i = 0; i < RUNS; i++) {
		struct leak l;
		series_make(kind, leak_mib_per_hour, &r, time_s, bytes, N);
		leak_test(time_s, bytes, NULL, N, LEAK_BUDGET_PER_HOUR, &l);
		found += l.verdict == LEAK_LEAK;
	}
	return found;
}

static void test_no_false_alarm(void **state)
{
	(void)state;
	assert_in_range(leaks_among(SERIES_STEADY, 0), 0, RUNS / 50);
	assert_in_range(leaks_among(SERIES_WARM_UP, 0), 0, RUNS / 50);
	assert_in_range(leaks_among(SERIES_SAWTOOTH, 0), 0, RUNS / 50);
}

static void test_leaks_are_found(void **state)
{
	(void)state;
	assert_in_range(leaks_among(SERIES_STEADY, 25), RUNS * 98 / 100, RUNS);
	assert_in_range(leaks_among(SERIES_WARM_UP, 25), RUNS * 98 / 100, RUNS);
	assert_in_range(leaks_among(SERIES_SAWTOOTH, 25), RUNS * 98 / 100, RUNS);
}

static void line(size_t n, double step_s, double mib_per_hour)
{
	for (size_t i = 0; i < n; i++) {
		time_s[i] = (double)i * step_s;
		bytes[i] = 1000 * MIB + mib_per_hour * MIB * time_s[i] / 3600;
	}
}

static void test_straight_lines(void **state)
{
	(void)state;
	struct leak l;
	line(N, 30, 10);
	leak_test(time_s, bytes, NULL, N, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_LEAK);
	assert_true(fabs(l.slope - 10 * MIB) < 1 && fabs(l.slope_low - 10 * MIB) < 1);
	assert_in_range(l.blocks, 58, 61);
	assert_true(fabs(l.grown - 10 * MIB * 10) < 2 * MIB);
	line(N, 30, 4.9);
	leak_test(time_s, bytes, NULL, N, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_CLEAN);
	line(N, 30, -50);
	leak_test(time_s, bytes, NULL, N, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_CLEAN);
	/* Growth that stopped half-way is not called a leak, and not clean either. */
	line(N, 30, 50);
	for (size_t i = N * 6 / 10; i < N; i++)
		bytes[i] = bytes[N * 6 / 10];
	leak_test(time_s, bytes, NULL, N, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_SUSPECT);
	assert_true(l.late_slope == 0);
}

static void test_too_short(void **state)
{
	(void)state;
	struct leak l;
	leak_test(time_s, bytes, NULL, 0, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_TOO_SHORT);
	line(390, 1, 1000);		/* 11 blocks of 30 s are left of 390 s … */
	leak_test(time_s, bytes, NULL, 390, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_TOO_SHORT);
	assert_true(isnan(l.slope));
	line(440, 1, 1000);		/* … and 13 of 440 s */
	leak_test(time_s, bytes, NULL, 440, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_LEAK);
	for (size_t i = 0; i < 440; i++)	/* a sensor that was never there */
		bytes[i] = NAN;
	leak_test(time_s, bytes, NULL, 440, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_TOO_SHORT);
	assert_int_equal(l.blocks, 0);
}

static void test_gaps_are_no_zeros(void **state)
{
	(void)state;
	struct leak l;
	line(N, 30, 10);
	for (size_t i = N / 3; i < N / 2; i++)
		bytes[i] = NAN;
	leak_test(time_s, bytes, NULL, N, LEAK_BUDGET_PER_HOUR, &l);
	assert_int_equal(l.verdict, LEAK_LEAK);
	assert_true(fabs(l.slope - 10 * MIB) < 1);
	assert_in_range(l.blocks, 45, 50);
}

/* Memory that follows the work: a leak per request shows over requests too. */
static void test_over_requests(void **state)
{
	(void)state;
	struct leak three[3];
	line(N, 30, 0);
	for (size_t i = 0; i < N; i++) {
		work[i] = (double)i * (double)i / 1e4;
		bytes[i] = 1000 * MIB + work[i] * MIB;
	}
	leak_test(time_s, bytes, work, N, 0.5 * MIB, &three[0]);
	assert_int_equal(three[0].verdict, LEAK_LEAK);
	assert_true(fabs(three[0].slope - MIB) < 1);
	leak_test(time_s, bytes, work, N, 2 * MIB, &three[1]);
	assert_int_equal(three[1].verdict, LEAK_CLEAN);
	three[2] = three[1];
	assert_int_equal(leak_combine(three, 1), LEAK_LEAK);
	assert_int_equal(leak_combine(three, 2), LEAK_SUSPECT);
	assert_int_equal(leak_combine(three, 3), LEAK_SUSPECT);
	three[2] = three[0];
	assert_int_equal(leak_combine(three, 3), LEAK_LEAK);
	assert_int_equal(leak_combine(three + 1, 1), LEAK_CLEAN);
}

static void test_idle_phase(void **state)
{
	(void)state;
	struct leak l;
	line(N, 30, 50);
	leak_test(time_s, bytes, NULL, N, LEAK_BUDGET_PER_HOUR, &l);
	double stays[] = {l.last, NAN, l.last + MIB}, drains[] = {NAN, l.first + 10 * MIB};
	assert_true(leak_after_idle(&l, stays, 3) == 0);
	assert_int_equal(l.verdict, LEAK_LEAK);
	assert_true(leak_after_idle(&l, drains, 2) > 0.9);
	assert_int_equal(l.verdict, LEAK_SUSPECT);
	assert_true(isnan(leak_after_idle(&l, drains, 1)));
}

/* Sen 1968 has no bound for few points; outliers do not turn the slope. */
static void test_theil_sen(void **state)
{
	(void)state;
	double x[] = {1, 2, 3, 4, 10, 12, 18}, y[] = {9, 15, 19, 20, 45, 55, 78};
	double slope, low, high;
	/* Sen's own example (Hollander & Wolfe): 4, with 3.71 to 4.75 at 93 % */
	assert_int_equal(theil_sen(x, y, 7, 1.96, &slope, &low, &high, NULL), 0);
	assert_true(fabs(slope - 4) < 0.01);
	assert_true(low > 3 && low <= 3.75 && high >= 4.5 && high < 6.1);
	y[6] = 1e9;
	assert_int_equal(theil_sen(x, y, 7, 1.96, &slope, &low, &high, NULL), 0);
	assert_true(slope > 3.5 && slope < 6);
	struct err e;
	assert_int_equal(theil_sen(x, y, 1, 1.96, &slope, &low, &high, &e), -1);
	x[1] = 1;
	assert_int_equal(theil_sen(x, y, 2, 1.96, &slope, &low, &high, &e), -1);
}

static void test_drift(void **state)
{
	(void)state;
	struct hist *a = NULL, *b = NULL;
	struct drift d;
	struct rng r;
	assert_int_equal(hist_new(&a, NULL), 0);
	assert_int_equal(hist_new(&b, NULL), 0);
	assert_int_equal(drift_ratio(a, b, 0.5, 500, 1, &d, NULL), 0);
	assert_true(isnan(d.ratio) && isnan(d.interval95.lo));
	rng_init(&r, 4);
	int covered = 0;
	for (int run = 0; run < 60; run++) {
		hist_clear(a);
		hist_clear(b);
		for (int i = 0; i < 500; i++) {
			hist_record(a, (uint64_t)rng_gamma(&r, 4, 50e6));
			hist_record(b, (uint64_t)rng_gamma(&r, 4, 60e6));
		}
		assert_int_equal(drift_ratio(a, b, 0.5, 400, 1, &d, NULL), 0);
		assert_true(d.interval95.lo <= d.ratio && d.ratio <= d.interval95.hi);
		covered += d.interval95.lo <= 1.2 && 1.2 <= d.interval95.hi;
	}
	assert_in_range(covered, 52, 60);
	assert_true(d.interval95.lo > 1);
	hist_free(a);
	hist_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_false_alarm),
		cmocka_unit_test(test_leaks_are_found),
		cmocka_unit_test(test_straight_lines),
		cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_gaps_are_no_zeros),
		cmocka_unit_test(test_over_requests),
		cmocka_unit_test(test_idle_phase),
		cmocka_unit_test(test_theil_sen),
		cmocka_unit_test(test_drift),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
