/* tests/unit/load/test-schedule.c - moments of an open loop, and what a plan may say of a load.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "load/schedule.h"

#define N 20000

static void gaps_of(const struct load_spec *spec, double *ret_mean, double *ret_cv)
{
	struct schedule s;
	double sum = 0, squares = 0;
	uint64_t before = 0, index;
	schedule_init(&s, spec, NULL, "arrivals");
	for (uint64_t i = 0; i < N; i++) {
		uint64_t at = schedule_next(&s, &index);
		assert_int_equal(index, i);
		assert_true(at >= before);
		double gap = ns_to_s(at - before);
		sum += gap;
		squares += gap * gap;
		before = at;
	}
	*ret_mean = sum / N;
	*ret_cv = sqrt(squares / N - *ret_mean * *ret_mean) / *ret_mean;
}

/* Mean 1 / rate; coefficient of variation 0, 1, and 1 / sqrt(shape). */
static void test_laws(void **state)
{
	(void)state;
	static const struct {
		int law;
		double shape, cv;
	} rows[] = {
		{ARRIVAL_CONSTANT, 0, 0}, {ARRIVAL_POISSON, 0, 1},
		{ARRIVAL_GAMMA, 0.25, 2}, {ARRIVAL_GAMMA, 4, 0.5},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct load_spec spec = {.arrival = rows[i].law, .rate = 50,
					 .gamma_shape = rows[i].shape, .seed = 3};
		double mean, cv;
		gaps_of(&spec, &mean, &cv);
		assert_true(fabs(mean - 0.02) < 0.02 * (0.001 + 4 * rows[i].cv / sqrt(N)));
		assert_true(fabs(cv - rows[i].cv) < 0.02 + 0.05 * rows[i].cv);
	}
}

static void test_same_seed_same_moments(void **state)
{
	(void)state;
	struct load_spec spec = {.rate = 7, .seed = 3}, other = {.rate = 7, .seed = 4};
	struct schedule a, b, c, d;
	uint64_t index;
	int differ = 0;
	schedule_init(&a, &spec, NULL, "arrivals");
	schedule_init(&b, &spec, NULL, "arrivals");
	schedule_init(&c, &other, NULL, "arrivals");
	schedule_init(&d, &spec, NULL, "warmup arrivals");
	for (int i = 0; i < 100; i++) {
		uint64_t at = schedule_next(&a, &index);
		assert_int_equal(at, schedule_next(&b, &index));
		differ += at != schedule_next(&c, &index);
		differ += at != schedule_next(&d, &index);
	}
	assert_true(differ > 190);
}

/* A constant rate has no error that adds up. */
static void test_no_drift(void **state)
{
	(void)state;
	struct load_spec spec = {.arrival = ARRIVAL_CONSTANT, .rate = 3, .seed = 1};
	struct schedule s;
	uint64_t at = 0, index;
	schedule_init(&s, &spec, NULL, "arrivals");
	for (int i = 0; i <= 300000; i++)
		at = schedule_next(&s, &index);
	assert_int_equal(at, 100000 * NS_PER_S);
}

static int set(struct load_spec *spec, const char *name, const char *text, struct err *e)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct optset options = {.rows = load_options, .to = spec};
	return opt_set(&options, name, text, a, e);
}

static void test_options(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text;
		int law;
		double rate, shape;
	} good[] = {
		{"arrival", "constant", ARRIVAL_CONSTANT, 0, 0},
		{"arrival", "gamma:0.5", ARRIVAL_GAMMA, 0, 0.5},
		{"arrival", "{poisson: 4/s}", ARRIVAL_POISSON, 4, 0},
		{"arrival", "{constant: 120/min}", ARRIVAL_CONSTANT, 2, 0},
		{"arrival", "{gamma: {rate: 3, shape: 2}}", ARRIVAL_GAMMA, 3, 2},
		{"rate", "0.5", ARRIVAL_POISSON, 0.5, 0},
		{"rate", "36/h", ARRIVAL_POISSON, 0.01, 0},
		{"arrival", "closed", ARRIVAL_CLOSED, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct load_spec spec;
		struct err e = {0};
		load_defaults(&spec);
		if (set(&spec, good[i].name, good[i].text, &e) != 0)
			fail_msg("%s: %s", good[i].text, e.text);
		assert_int_equal(load_law(&spec), good[i].law);
		assert_true(fabs(spec.rate - good[i].rate) < 1e-12);
		assert_true(fabs(spec.gamma_shape - good[i].shape) < 1e-12);
	}
	static const char *const bad[][2] = {
		{"arrival", "uniform"}, {"arrival", "gamma"}, {"arrival", "gamma:0"},
		{"arrival", "gamma:x"}, {"arrival", "{poisson: -1}"}, {"arrival", "{closed: 4}"},
		{"arrival", "{gamma: 4}"}, {"arrival", "{gamma: {rate: 3}}"}, {"arrival", "[1]"},
		{"arrival", "{poisson: 1, constant: 2}"}, {"rate", "0"}, {"rate", "-4"},
		{"rate", "4/day"}, {"rate", "fast"}, {"rate", "nan"}, {"rate", "inf"},
		{"rate", "1e9"}, {"concurrency", "-1"}, {"requests", "-1"}, {"window", "0"},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct load_spec spec;
		struct err e = {0};
		load_defaults(&spec);
		if (set(&spec, bad[i][0], bad[i][1], &e) == 0)
			fail_msg("%s %s was taken", bad[i][0], bad[i][1]);
		assert_true(strlen(e.text) > 10);
	}
}

static void test_check(void **state)
{
	(void)state;
	static const struct {
		struct load_spec spec;
		bool good;
	} rows[] = {
		{{.requests = 5}, true},
		{{.duration_ns = 5}, true},
		{{.requests = 5, .duration_ns = 5}, false},
		{{0}, false},
		{{.requests = 5, .arrival = ARRIVAL_CONSTANT}, false},
		{{.requests = 5, .arrival = ARRIVAL_CONSTANT, .rate = 1}, true},
		{{.requests = 5, .rate = 1, .pause_ns = 1}, false},
		{{.requests = 5, .pause_ns = 1}, true},
		{{.requests = 5, .threads = 2}, false},
		{{.requests = 5, .threads = 2, .concurrency = 2}, true},
		{{.requests = 5, .threads = 2, .rate = 1}, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = {0};
		assert_int_equal(load_check(&rows[i].spec, &e), rows[i].good ? 0 : -1);
		assert_int_equal(e.code, rows[i].good ? ERR_NONE : ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_laws),
		cmocka_unit_test(test_same_seed_same_moments),
		cmocka_unit_test(test_no_drift),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
