/* tests/unit/load/test-timeline.c - windows of a run: sums, percentiles, joining, several lanes.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "load/timeline.h"

#define S NS_PER_S
#define T0 (50 * S)

static struct timeline *lane(uint64_t width)
{
	struct timeline *t = NULL;
	assert_int_equal(timeline_new(T0, width, &t, NULL), 0);
	return t;
}

static void close_to(double x, double y)
{
	if (!(fabs(x - y) <= 0.001 * fabs(y) + 1e-9))
		fail_msg("%f is not %f", x, y);
}

static void test_windows(void **state)
{
	(void)state;
	struct timeline *lanes[2] = {lane(S), lane(S)};
	struct result *r = result_new();
	struct run *run = result_add_run(r, "t", "unit");
	/* from 0.5 to 2.5 s: half a window, a whole one, half of one */
	assert_true(timeline_add(lanes[0], T0 + S / 2, T0 + 2 * S + S / 2, true, 2 * S, S));
	assert_true(timeline_add(lanes[0], T0 + 2 * S, T0 + 2 * S + S / 4, false, 0, 0));
	assert_true(timeline_add(lanes[1], T0 + S, T0 + 2 * S + S / 2, true, 4 * S, 0));
	/* a stamp from before a border that was passed already */
	assert_true(timeline_add(lanes[1], T0 + S, T0 + S + S / 2, true, 6 * S, 0));
	assert_int_equal(timeline_finish(lanes, 2, r, run, NULL), 0);
	assert_int_equal(run->n_windows, 3);
	const struct run_window *w = run->windows;
	assert_int_equal(w[0].started, 1);
	assert_int_equal(w[1].started, 2);
	assert_int_equal(w[2].started, 1);
	assert_int_equal(w[0].ok + w[0].failed, 0);
	assert_int_equal(w[1].ok, 1);
	assert_int_equal(w[2].ok, 2);
	assert_int_equal(w[2].failed, 1);
	close_to(w[0].in_flight, 0.5);
	close_to(w[1].in_flight, 2.5);
	assert_int_equal(w[2].to_ns, 2 * S + S / 2);	/* the run was over */
	close_to(w[2].in_flight, 2.5);
	assert_true(isnan(w[0].latency_p50));
	close_to(w[1].latency_p50, 6);
	close_to(w[2].latency_p50, 2);
	close_to(w[2].latency_p99, 4);
	close_to(w[2].ttft_p50, 1);
	assert_true(isnan(w[1].ttft_p50));
	for (int i = 0; i < 2; i++)
		timeline_free(lanes[i]);
	result_free(r);
}

/* A run of unknown length: neighbours are joined, nothing is lost. */
static void test_joined(void **state)
{
	(void)state;
	enum { N = 3 * TIMELINE_WINDOWS_MAX };
	struct timeline *t = lane(S);
	struct result *r = result_new();
	struct run *run = result_add_run(r, "t", "unit");
	for (uint64_t i = 0; i < N; i++)
		assert_true(timeline_add(t, T0 + i * S, T0 + i * S + S / 2, true, (i % 3 + 1) * S,
					 0));
	assert_int_equal(timeline_finish(&t, 1, r, run, NULL), 0);
	assert_int_equal(run->n_windows, TIMELINE_WINDOWS_MAX);
	for (size_t i = 0; i < run->n_windows; i++) {
		assert_int_equal(run->windows[i].ok, 3);
		assert_int_equal(run->windows[i].started, 3);
		close_to(run->windows[i].latency_p50, 2);
		close_to(run->windows[i].latency_p99, 3);
		if (i + 1 < run->n_windows)
			close_to(run->windows[i].in_flight, 0.5);
	}
	timeline_free(t);
	result_free(r);
}

static void test_empty(void **state)
{
	(void)state;
	struct timeline *t = lane(S);
	struct result *r = result_new();
	struct run *run = result_add_run(r, "t", "unit");
	assert_int_equal(timeline_finish(&t, 1, r, run, NULL), 0);
	assert_int_equal(run->n_windows, 0);
	timeline_free(t);
	result_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
