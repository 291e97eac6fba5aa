/* tests/unit/result/test-value.c - from a name to a number of a run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "result/result.h"

static struct result *r;
static struct run *run;

static double value(const char *name)
{
	struct metric_value v;
	return run_value(run, name, &v) ? v.value : NAN;
}

static bool close_to(double a, double b)
{
	return fabs(a - b) <= fabs(b) * 0.001;
}

static void test_distribution(void **state)
{
	(void)state;
	struct metric *m = run_metric(r, run, "latency", true);
	assert_true(isnan(value("latency.p50")));
	for (uint64_t i = 1; i <= 1000; i++)
		hist_record(m->hist, i * 1000000);
	assert_true(close_to(value("latency"), 0.5));
	assert_true(close_to(value("latency.p50"), 0.5));
	assert_true(close_to(value("latency.p99"), 0.99));
	assert_true(value("latency.max") == 1);
	assert_true(value("latency.min") == 0.001);
	assert_true(close_to(value("latency.mean"), 0.5005));
	struct metric_value v;
	assert_true(run_value(run, "latency.p50", &v));
	assert_true(v.quantile && !v.few && v.n == 1000);
	assert_true(v.lo < v.value && v.value < v.hi && v.lo > 0.46 && v.hi < 0.54);
	assert_true(run_value(run, "latency.p999", &v));
	assert_true(v.few);
	/* 1000 samples say what p999 is at least, and nothing of what it is at most. */
	assert_false(isnan(v.lo));
	assert_true(isnan(v.hi));
	assert_true(isnan(value("ttft")));
	assert_true(isnan(value("nothing")));
}

static void test_fields(void **state)
{
	(void)state;
	struct metric_value v;
	assert_true(isnan(value("error_rate")));
	run->attempted = 1000;
	run->outcomes[OUTCOME_OK] = 990;
	run->outcomes[OUTCOME_HTTP_5XX] = 7;
	run->outcomes[OUTCOME_RESET] = 3;
	assert_true(value("failed") == 10);
	assert_true(value("error_rate") == 0.01);
	assert_true(run_value(run, "error_rate", &v));
	/* Wilson 95 % of 10 in 1000. */
	assert_true(fabs(v.lo - 0.005444) < 1e-5 && fabs(v.hi - 0.018309) < 1e-5);
	run_metric(r, run, "goodput_share", false)->value = 0.5;
	assert_true(run_value(run, "goodput_share", &v));
	assert_true(v.lo < 0.5 && v.lo > 0.46 && v.hi > 0.5 && v.hi < 0.54);
	run_metric(r, run, "request_rate", false)->value = 12.5;
	assert_true(value("request_rate") == 12.5);
	assert_true(isnan(value("token_rate")));
}

/* The seed's rtf: sum over sum at concurrency 1, the distribution's median above. */
static void test_rtf(void **state)
{
	(void)state;
	struct metric *rtf = run_metric(r, run, "rtf", true);
	struct metric *time = run_metric(r, run, "service_time", true);
	struct metric *audio = run_metric(r, run, "audio_seconds", true);
	for (uint64_t i = 0; i < 10; i++) {
		hist_record(time->hist, i == 0 ? 5000000000 : 100000000);
		hist_record(audio->hist, i == 0 ? 10000000000 : 1000000000);
		hist_record(rtf->hist, i == 0 ? 500000000 : 100000000);
	}
	run->outcomes[OUTCOME_OK] = run->attempted = 10;
	run->concurrency_peak = 1;
	assert_true(fabs(value("rtf") - 5.9 / 19) < 1e-9);
	assert_true(close_to(value("rtf.p50"), 0.1));
	run->concurrency_peak = 4;
	assert_true(close_to(value("rtf"), 0.1));
	run->concurrency_peak = 1;
	run_metric(r, run, "rtf_run", false)->value = 0.25;
	assert_true(value("rtf") == 0.25);
	assert_true(value("rtf_run") == 0.25);
}

static int setup(void **state)
{
	(void)state;
	r = result_new();
	run = result_add_run(r, "one", "performance");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	r = result_free(r);
	return 0;
}

static void test_names(void **state)
{
	(void)state;
	static const char *const names[][2] = {{"p", "p"}, {"p2", "p2"}, {"p", "p (2)"},
					       {"p", "p (3)"}, {"p (2)", "p (2) (2)"},
					       {"p (4)", "p (4)"}, {"p", "p (6)"}};
	struct result *own = result_new();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_string_equal(result_add_run(own, result_unique_name(own, names[i][0]),
						   "x")->name, names[i][1]);
	(void)result_free(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_distribution, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rtf, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
