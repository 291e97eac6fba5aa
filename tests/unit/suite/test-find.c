/* tests/unit/suite/test-find.c - the search for the highest value that meets the targets.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include "base/clock.h"
#include "base/util.h"
#include "base/yaml.h"
#include "suite/find.h"

/* Search where everything up to `capacity` meets the targets. Returns the number of runs. */
static int search(const struct find *f, double capacity, struct find_search *s)
{
	double value;
	int runs = 0;
	find_begin(s, f);
	while (find_next(s, &value)) {
		assert_true(value >= f->lo && value <= f->hi);
		find_tell(s, value, value <= capacity);
		assert_true(++runs < 100);
	}
	return runs;
}

static void test_every_capacity(void **state)
{
	(void)state;
	const struct find f = {.lo = 1, .hi = 256};
	for (int capacity = 1; capacity <= 256; capacity++) {
		struct find_search s;
		int runs = search(&f, capacity, &s);
		const struct find_tried *pass = find_highest_pass(&s);
		const struct find_tried *fail = find_lowest_fail(&s);
		assert_non_null(pass);
		assert_int_equal(pass->passes, 2);
		assert_true(runs <= 20);
		assert_true(pass->value <= capacity && pass->value >= capacity / 1.06 - 1);
		if (capacity < 256) {
			assert_non_null(fail);
			assert_int_equal(fail->fails, 2);
			assert_true(fail->value > capacity);
		} else {
			assert_null(fail);
			assert_true(pass->value == 256);
		}
	}
}

static void test_rates(void **state)
{
	(void)state;
	const struct find f = {.by_rate = true, .lo = 0.5, .hi = 1000};
	for (double capacity = 0.5; capacity < 1000; capacity *= 1.37) {
		struct find_search s;
		(void)search(&f, capacity, &s);
		const struct find_tried *pass = find_highest_pass(&s);
		assert_non_null(pass);
		assert_true(pass->value <= capacity && pass->value >= capacity / 1.0501);
		assert_int_equal(pass->passes, 2);
	}
}

static void test_nothing_passes(void **state)
{
	(void)state;
	struct find_search s;
	const struct find f = {.lo = 4, .hi = 64};
	assert_int_equal(search(&f, 3, &s), 2);
	assert_null(find_highest_pass(&s));
	assert_int_equal(find_lowest_fail(&s)->fails, 2);
}

/* What passed and then failed is no pass: the search goes on below it. */
static void test_luck_is_no_pass(void **state)
{
	(void)state;
	struct find_search s;
	const struct find f = {.lo = 1, .hi = 64};
	double value;
	int at_eight = 0;
	find_begin(&s, &f);
	while (find_next(&s, &value)) {
		bool met = value < 8 || (value == 8 && at_eight++ == 0);
		find_tell(&s, value, met);
	}
	assert_int_equal(at_eight, 2);
	assert_true(find_highest_pass(&s)->value == 7);
	assert_true(find_lowest_fail(&s)->value == 8);
}

static int read_find(const char *text, struct find *f)
{
	struct err e = {0};
	struct yaml_node node = {.kind = YAML_SCALAR, .text = text};
	struct opt o = {.name = "find"};
	int rc = find_from_yaml(&o, &node, NULL, f, &e);
	assert_int_equal(e.code, rc == 0 ? ERR_NONE : ERR_USAGE);
	return rc;
}

static void test_words(void **state)
{
	(void)state;
	struct find f;
	assert_int_equal(read_find("concurrency:1..256", &f), 0);
	assert_true(!f.by_rate && f.lo == 1 && f.hi == 256);
	assert_int_equal(read_find("rate: 0.5/s..20/s", &f), 0);
	assert_true(f.by_rate && f.lo == 0.5 && f.hi == 20);
	static const char *const bad[] = {"", "concurrency", "concurrency:", "concurrency:1",
					  "concurrency:0..4", "concurrency:4..1", "rate:0..1",
					  "concurrency:1.5..4", "speed:1..2", "rate:1..x",
					  "concurrency:1..9999999", "rate:nan..3"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (read_find(bad[i], &f) == 0)
			fail_msg("'%s' was taken", bad[i]);
}

/* p99 needs thousands of requests, a median a few dozen. */
static void test_sizes(void **state)
{
	(void)state;
	struct target t = {.metric = "latency.p99"};
	struct targets all = {&t, 1};
	struct load_spec step = {.concurrency = 4, .requests = 10};
	find_size_step(&all, &step);
	assert_int_equal(step.requests, 2000);
	t.metric = "ttft";
	step.requests = 10;
	find_size_step(&all, &step);
	assert_int_equal(step.requests, 40);
	step.concurrency = 100;
	find_size_step(&all, &step);
	assert_int_equal(step.requests, 500);
	step = (struct load_spec){.rate = 10, .duration_ns = NS_PER_S};
	assert_int_equal(find_size_step(&all, &step), 40);
	assert_int_equal(step.duration_ns, 4 * NS_PER_S);
	step = (struct load_spec){.concurrency = 2, .duration_ns = NS_PER_S};
	assert_int_equal(find_size_step(&all, &step), 40);
	assert_true(step.requests == 0 && step.duration_ns == NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_capacity), cmocka_unit_test(test_rates),
		cmocka_unit_test(test_nothing_passes), cmocka_unit_test(test_luck_is_no_pass),
		cmocka_unit_test(test_words),	       cmocka_unit_test(test_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
