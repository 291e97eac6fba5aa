/* tests/unit/result/test-json.c - the tree as JSON and back: equal, and never fooled.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/json.h"
#include "tests/golden/fixture.h"

static char *text_of(const struct result *r)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	json_t *j = result_to_json(r);
	assert_int_equal(json_write(j, true, &b), 0);
	json_decref(j);
	return buf_take(&b);
}

static struct result *read_text(const char *text, size_t len, struct err *e)
{
	json_t *j = json_read(text, len, JSON_DEPTH_MAX, e);
	if (!j)
		return NULL;
	struct result *r = result_from_json(j, e);
	json_decref(j);
	return r;
}

static void test_round(void **state)
{
	(void)state;
	struct err e = {0};
	struct result *r = fixture_result();
	char *text = text_of(r);
	struct result *again = read_text(text, strlen(text), &e);
	if (!again)
		fail_msg("%s", e.text);
	char *second = text_of(again);
	assert_string_equal(text, second);
	assert_int_equal(again->n_runs, r->n_runs);
	const struct metric *a = run_find_metric(r->runs[1], "itl");
	const struct metric *b = run_find_metric(again->runs[1], "itl");
	assert_int_equal(hist_count(a->hist), hist_count(b->hist));
	assert_int_equal(hist_quantile(a->hist, 0.99), hist_quantile(b->hist, 0.99));
	assert_int_equal(again->series[2]->at_ns[90], r->series[2]->at_ns[90]);
	/* What was read is judged as what was measured. */
	result_judge(again);
	char *third = text_of(again);
	assert_string_equal(text, third);
	free(text);
	free(second);
	free(third);
	result_free(r);
	result_free(again);
}

/* The keys that INTERFACES promises. */
static void test_keys(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"assay", "tool.version", "verdict", "environment.host", "environment.devices",
		"runs.0.name", "runs.0.suite", "runs.0.service.kind", "runs.0.service.protocol",
		"runs.0.service.url", "runs.0.counts.attempted", "runs.0.counts.ok",
		"runs.0.counts.unsent", "runs.0.counts.failed", "runs.0.duration_s",
		"runs.0.metrics.latency.unit", "runs.0.metrics.latency.n",
		"runs.0.metrics.latency.mean", "runs.0.metrics.latency.min",
		"runs.0.metrics.latency.p50", "runs.0.metrics.latency.p90",
		"runs.0.metrics.latency.p95", "runs.0.metrics.latency.p99",
		"runs.0.metrics.latency.p999", "runs.0.metrics.latency.max",
		"runs.0.rates.request_rate", "runs.0.rates.error_rate", "runs.0.targets.0.metric",
		"runs.0.targets.0.limit", "runs.0.targets.0.value", "runs.0.targets.0.verdict",
		"runs.0.generator.threads", "runs.0.generator.cpu_s",
		"runs.0.generator.queue_delay", "runs.0.generator.generator_delay",
		"runs.0.generator.moments.stamped", "runs.0.generator.moments.bound_p99_s",
		"runs.0.trust.verdict", "runs.0.trust.reasons", "cases.0.id", "cases.0.verdict",
		"cases.1.finding", "cases.0.detail", "accuracy.0.reference_rate",
		"accuracy.0.interval95.1", "accuracy.0.verdict", "soak.hours", "soak.windows",
		"soak.gaps", "soak.outages.0.from", "soak.outages.0.seconds", "soak.error_rate",
		"soak.leaks.0.what", "soak.leaks.0.slope_per_hour", "soak.drift",
	};
	struct result *r = fixture_result();
	json_t *j = result_to_json(r);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (!json_at(j, paths[i]))
			fail_msg("no %s", paths[i]);
	assert_int_equal(json_integer_value(json_at(j, "runs.1.counts.failed.http_5xx")), 5);
	/* Unknown is absent: the first run had no token rate, the second no rtf. */
	assert_null(json_at(j, "runs.0.rates.token_rate"));
	assert_null(json_at(j, "runs.1.metrics.rtf"));
	json_decref(j);
	result_free(r);
}

static void test_empty(void **state)
{
	(void)state;
	struct err e = {0};
	struct result *r = result_new();
	result_judge(r);
	char *text = text_of(r);
	struct result *again = read_text(text, strlen(text), &e);
	assert_non_null(again);
	char *second = text_of(again);
	assert_string_equal(text, second);
	free(text);
	free(second);
	result_free(r);
	result_free(again);
}

/* Any one value of a document replaced by something else is refused or read, never a crash. */
static void test_wrong_types(void **state)
{
	(void)state;
	struct err e;
	static const char *const bad[] = {
		"[]",
		"3",
		"{}",
		"{\"assay\":2,\"verdict\":\"pass\"}",
		"{\"assay\":1,\"verdict\":\"good\"}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":{}}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[3]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"metrics\":{\"no\":{}"
		"}}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"metrics\":"
		"{\"latency\":{\"hist\":\"garbage\"}}}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"counts\":"
		"{\"failed\":{\"gremlins\":3}}}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"counts\":{\"ok\":-1}"
		"}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"windows\":"
		"{\"from_s\":[0,1],\"to_s\":[1]}}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"targets\":"
		"[{\"metric\":\"ttft\",\"limit\":\"soon\",\"verdict\":\"pass\"}]}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"series\":[{\"at_s\":[1],\"values\":[]}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"series\":[{\"at_s\":[1],\"values\":[\"x\"]}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"cases\":[{\"verdict\":\"maybe\"}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"accuracy\":[{\"interval95\":[\"a\",1]}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"counts\":"
		"{\"attempted\":3,\"ok\":2,\"failed\":{\"timeout\":2}}}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"counts\":"
		"{\"attempted\":9200000000000000000}}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"counts\":"
		"{\"attempted\":0,\"failed\":{\"timeout\":9000000000000000000,"
		"\"reset\":9000000000000000000,\"tls\":446744073709551616}}}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"rates\":"
		"{\"goodput_share\":1.5}}]}",
		"{\"assay\":1,\"verdict\":\"pass\",\"runs\":[{\"name\":\"x\",\"windows\":"
		"{\"from_s\":[1],\"to_s\":[0],\"started\":[0],\"ok\":[0],\"failed\":[0],"
		"\"in_flight\":[0],\"latency_p50\":[null],\"latency_p99\":[null],"
		"\"ttft_p50\":[null]}}]}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		e = (struct err){0};
		struct result *r = read_text(bad[i], strlen(bad[i]), &e);
		if (r)
			fail_msg("was read: %s", bad[i]);
		assert_int_equal(e.code, ERR_DATA);
		assert_true(strlen(e.text) > 10);
	}
}

/* A newer assay may have written more: what is refused is named. */
static void test_newer(void **state)
{
	(void)state;
	static const char *const news[][2] = {
		{"\"metrics\":{\"joy\":{}}", "runs[0].metrics.joy is not known to assay"},
		{"\"rates\":{\"joy_rate\":1}", "runs[0].rates.joy_rate is not known to assay"},
		{"\"counts\":{\"failed\":{\"bored\":0}}",
		 "runs[0].counts.failed.bored is not known to assay"},
	};
	for (size_t i = 0; i < ARRAY_LEN(news); i++) {
		char text[256];
		struct err e = {0};
		(void)snprintf(text, sizeof(text), "{\"assay\":1,\"verdict\":\"pass\","
			       "\"new\":{},\"runs\":[{\"name\":\"x\",\"new\":1,%s}]}", news[i][0]);
		assert_null(read_text(text, strlen(text), &e));
		if (!strstr(e.text, news[i][1]))
			fail_msg("'%s' does not say '%s'", e.text, news[i][1]);
	}
}

/* What was read can be asked for. */
static void look_at(struct result *r)
{
	struct metric_value v;
	for (size_t i = 0; i < r->n_runs; i++)
		for (size_t k = 0; metric_at(k); k++)
			(void)run_value(r->runs[i], metric_at(k)->name, &v);
	result_judge(r);
}

static void replace_each(json_t *whole, json_t *at, const char *wrong)
{
	const char *key;
	json_t *v;
	void *next;
	size_t i;
	json_t *substitute = json_loads(wrong, JSON_DECODE_ANY, NULL);
	assert_non_null(substitute);
	json_object_foreach_safe(at, next, key, v) {
		json_t *kept = json_incref(v);
		json_object_set(at, key, substitute);
		struct err e = {0};
		struct result *r = result_from_json(whole, &e);
		assert_true(r || e.code == ERR_DATA);
		if (r)
			look_at(r);
		result_free(r);
		json_object_set_new(at, key, kept);
		if (json_is_object(kept) && strcmp(key, "environment") != 0)
			replace_each(whole, kept, wrong);
		json_array_foreach(kept, i, v)
			if (json_is_object(v) && i < 1)
				replace_each(whole, v, wrong);
	}
	json_decref(substitute);
}

static void test_replaced(void **state)
{
	(void)state;
	struct result *r = fixture_result();
	/* Small, so that some hundred readings stay quick. */
	r->n_runs = 2;
	run_metric(r, r->runs[1], "itl", false);
	json_t *j = result_to_json(r);
	json_object_del(j, "series");
	static const char *const wrong[] = {"[]", "{}", "\"x\"", "-1", "null", "[null]",
					    "2", "1e300", "9007199254740993"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		replace_each(j, j, wrong[i]);
	json_decref(j);
	r->n_runs = 3;
	result_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_replaced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
