/* tests/unit/result/test-metric.c - the table of metrics and the reading of their names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/str.h"
#include "result/result.h"

static void test_table(void **state)
{
	(void)state;
	size_t n = 0;
	for (; metric_at(n); n++) {
		const struct metric_def *def = metric_at(n);
		assert_non_null(def->name);
		assert_non_null(def->unit);
		assert_true(def->rule && *def->rule);
		assert_non_null(def->title_zh);
		assert_true(strlen(def->title_zh) >= 6);
		assert_ptr_equal(metric_find(def->name), def);
		assert_int_equal(str_utf8_valid(def->title_zh, strlen(def->title_zh)),
				 strlen(def->title_zh));
	}
	assert_true(n > 30);
	assert_null(metric_find("latancy"));
	assert_null(metric_find(""));
}

static void check_quantile(const char *name, double q)
{
	const struct metric_def *def = NULL;
	double got = NAN;
	const char *stat = NULL;
	assert_true(metric_parse(name, &def, &got, &stat));
	assert_true(fabs(got - q) < 1e-12);
	assert_string_equal(stat, "");
}

static void test_parse(void **state)
{
	(void)state;
	check_quantile("ttft.p99", 0.99);
	check_quantile("ttft.p999", 0.999);
	check_quantile("ttft.p99.9", 0.999);
	check_quantile("ttft.p50", 0.5);
	check_quantile("ttft.p5", 0.05);
	check_quantile("ttft.p05", 0.05);
	const struct metric_def *def;
	double q;
	const char *stat;
	assert_true(metric_parse("latency.mean", &def, &q, &stat));
	assert_string_equal(stat, "mean");
	assert_true(isnan(q));
	static const char *const bad[] = {
		"", ".", "nothing", "latency.", "latency.p", "latency.p0", "latency.p00",
		"latency.p99x", "latency.p99.", "latency.p-5", "latency.median", "error_rate.p50",
		"latency.p999999999", "latency.p123.4", " latency",
		"a-name-that-is-longer-than-any-metric-could-ever-be-and-still-goes-on-and-on.p50"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(metric_parse(bad[i], &def, &q, &stat));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_parse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
