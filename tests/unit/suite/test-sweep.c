/* tests/unit/suite/test-sweep.c - how the loads of a sweep are written.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "suite/sweep.h"

static const struct opt row[] = {
	{.name = "sweep", .type = OPT_NODE, .parse = sweep_from_yaml, .echo = sweep_echo}, {0}};

static int read_sweep(const char *text, struct sweep *s)
{
	static struct arena *a;
	struct optset set = {.rows = row, .to = s};
	if (!a)
		a = arena_new();
	*s = (struct sweep){0};
	return opt_set(&set, "sweep", text, a, NULL);
}

static void test_right(void **state)
{
	static const struct {
		const char *text;
		bool by_rate;
		double steps[8];
		size_t n;
	} rows[] = {
		{"{concurrency: [1, 4, 2]}", false, {1, 4, 2}, 3},
		{"{concurrency: 1..8}", false, {1, 2, 4, 8}, 4},
		{"{concurrency: 3..20}", false, {3, 6, 12, 20}, 4},
		{"{concurrency: 10..50 by 20}", false, {10, 30, 50}, 3},
		{"{concurrency: 10..45 by 20}", false, {10, 30, 45}, 3},
		{"{rate: 0.5..3}", true, {0.5, 1, 2, 3}, 4},
		{"{rate: 7..7}", true, {7}, 1},
		{"{rate: [0.25]}", true, {0.25}, 1},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sweep s;
		if (read_sweep(rows[i].text, &s) != 0 || s.n != rows[i].n ||
		    s.by_rate != rows[i].by_rate)
			fail_msg("%s: %zu steps", rows[i].text, s.n);
		for (size_t k = 0; k < s.n; k++)
			assert_true(s.steps[k] == rows[i].steps[k]);
	}
}

static void test_wrong(void **state)
{
	static const char *const bad[] = {
		"{concurrency: 0..4}", "{concurrency: 4..1}", "{concurrency: 1.5..4}",
		"{concurrency: 1..}", "{concurrency: ..4}", "{concurrency: 4}", "{concurrency: []}",
		"{concurrency: 1..9 by 0}", "{concurrency: 1..9 by}", "{concurrency: 1..900 by 1}",
		"{concurrency: [1, 1.5]}", "{rate: [0]}", "{rate: 1..inf}", "{speed: 1..2}",
		"{rate: {a: 1}}", "[1, 2]", "3",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct sweep s;
		if (read_sweep(bad[i], &s) == 0)
			fail_msg("'%s' was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
