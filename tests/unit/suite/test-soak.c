/* tests/unit/suite/test-soak.c - how hours of readings are judged, and what the schedule draws.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/clock.h"
#include "base/rng.h"
#include "suite/soak_in.h"

#define MIB (1024.0 * 1024)
#define HOURS 12
#define EVERY_S 10
#define POINTS (HOURS * 3600 / EVERY_S)
#define IDLE 30

static const struct watched rss = {"rss", "rss", "B/h", WATCHED_LEAK, LEAK_BUDGET_PER_HOUR};
static const struct watched ecc = {"ecc_*", "errors", "count", WATCHED_COUNT, 0};
static const struct watched heat = {"temperature*", "temperature", "°C", WATCHED_SHOWN, 0};

static struct soak_point points[POINTS + IDLE];

/* Readings of a soak at 2 requests/s; grow: bytes per hour; drained: the idle phase gives all of
 * it back. */
static struct soak_series made(const struct watched *row, double grow, bool drained)
{
	struct rng r;
	rng_init(&r, 5);
	for (size_t i = 0; i < POINTS + IDLE; i++) {
		bool idle = i >= POINTS;
		double hours = (double)MIN(i, (size_t)POINTS) * EVERY_S / 3600;
		double base = 900 * MIB + (idle && drained ? 0 : grow * hours);
		double noise = rng_unit(&r) * 4 * MIB;
		points[i] = (struct soak_point){
			.at_ns = (uint64_t)(i + 1) * EVERY_S * NS_PER_S,
			.low = base + noise,
			.high = base + noise + MIB,
			.requests = 7200 * hours,
			.bytes = 7200 * hours * 3e5,
			.idle = idle,
		};
	}
	return (struct soak_series){.source = (char *)"process", .device = (char *)"chat pid 7",
				    .name = (char *)"rss", .row = row, .points = points,
				    .n = POINTS + IDLE};
}

static void expect(const struct soak_series *s, const char *verdict, double low, double high)
{
	struct arena *a = arena_new();
	struct leak_result leak;
	assert_true(soak_judge_series(s, 0, a, &leak));
	assert_string_equal(leak.verdict, verdict);
	if (!isnan(low) && (leak.slope_per_hour < low || leak.slope_per_hour > high))
		fail_msg("%g is not in %g … %g", leak.slope_per_hour, low, high);
	arena_free(a);
}

static void test_leaks(void **state)
{
	(void)state;
	struct soak_series s = made(&rss, 0, false);
	expect(&s, "clean", -MIB, MIB);
	s = made(&rss, 25 * MIB, false);
	expect(&s, "leak", 24 * MIB, 26 * MIB);
	s = made(&rss, 25 * MIB, true);	/* a cache drains */
	expect(&s, "suspect", 24 * MIB, 26 * MIB);
	s = made(&rss, 2 * MIB, false);	/* within the budget */
	expect(&s, "clean", 1.5 * MIB, 2.5 * MIB);
	s.n = 12;	/* two minutes */
	expect(&s, "too-short", (double)NAN, (double)NAN);
	s.n = 0;
	struct leak_result leak;
	assert_false(soak_judge_series(&s, 0, NULL, &leak));
}

/* Growth while nothing is sent to the service is growth per hour alone: not two of three. */
static void test_growth_without_load(void **state)
{
	(void)state;
	struct soak_series s = made(&rss, 25 * MIB, false);
	for (size_t i = 0; i < s.n; i++)
		points[i].requests = points[i].bytes = 0;
	expect(&s, "leak", 24 * MIB, 26 * MIB);	/* one of one */
	s = made(&rss, 25 * MIB, false);
	for (size_t i = 0; i < s.n; i++)	/* all requests come in the last hour */
		points[i].requests = points[i].bytes = i < POINTS * 11 / 12 ? 0 : (double)i;
	expect(&s, "suspect", 24 * MIB, 26 * MIB);
}

static void test_counts(void **state)
{
	(void)state;
	struct soak_series s = made(&ecc, 0, false);
	struct leak_result leak;
	for (size_t i = 0; i < s.n; i++)
		points[i].high = 3;
	expect(&s, "clean", 0, 0);
	for (size_t i = 100; i < s.n; i++)
		points[i].high = 1;	/* reset */
	expect(&s, "clean", 0, 0);
	for (size_t i = 200; i < s.n; i++)
		points[i].high = 13;
	expect(&s, "suspect", 0.99, 1.01);
	s.row = &heat;
	assert_false(soak_judge_series(&s, 0, NULL, &leak));
}

/* What request i is follows from the seed and i alone: that is what going on relies on. */
static void test_draw(void **state)
{
	(void)state;
	static const struct soak_settings settings = {.seed = 3};
	static struct soak s = {.settings = &settings, .n_services = 3};
	const double shares[] = {0.5, 0.3, 0.2};
	size_t hits[3] = {0}, which, again;
	uint64_t sample, same;
	for (size_t i = 0; i < 3; i++)
		s.services[i].share = shares[i];
	for (uint64_t i = 0; i < 100000; i++) {
		soak_draw(&s, i, &which, &sample);
		soak_draw(&s, i, &again, &same);
		assert_true(which == again && sample == same);
		hits[which]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(fabs((double)hits[i] / 1e5 - shares[i]) < 0.01);
}

static void test_failures_are_capped(void **state)
{
	(void)state;
	struct soak_count *c;
	struct err e;
	uint64_t sum = 0;
	assert_int_equal(soak_count_new(&c, &e), 0);
	for (int i = 0; i < 1000; i++)
		soak_count_failure(c, &(struct soak_failure){.outcome = OUTCOME_HTTP_4XX,
							     .status = 400 + i % 100, .count = 1});
	assert_int_equal(c->n_failures, SOAK_FAILURES_MAX);
	for (size_t i = 0; i < c->n_failures; i++)
		sum += c->failures[i].count;
	assert_int_equal(sum, 1000);
	assert_null(soak_count_free(c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaks),
		cmocka_unit_test(test_growth_without_load),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_draw),
		cmocka_unit_test(test_failures_are_capped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
