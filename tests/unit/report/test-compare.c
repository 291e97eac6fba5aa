/* tests/unit/report/test-compare.c - better, same, worse, undecided: from results whose truth is
 * known.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "report/compare.h"
#include "stats/interval.h"
#include "tests/golden/fixture.h"

/* n requests whose latencies are spread around median; failed of them failed. */
static struct result *made(size_t n, double median, uint64_t failed, uint64_t seed)
{
	struct rng rng;
	rng_init(&rng, seed);
	struct result *r = result_new();
	r->tool_version = "1";
	struct run *run = result_add_run(r, "bench asr", "performance");
	run->service = (struct service_ref){"asr", "asr", "transcribe", "http://127.0.0.1:1/"};
	fixture_fill(r, run, "latency", n, median, 0.1, &rng);
	run->attempted = n;
	run->outcomes[OUTCOME_OK] = n - failed;
	run->outcomes[OUTCOME_HTTP_5XX] = failed;
	run->trust.trustworthy = true;
	run->duration_s = 60;
	run->windows = arena_array(r->arena, 60, sizeof(*run->windows));
	run->n_windows = 60;
	for (size_t i = 0; i < 60; i++)
		run->windows[i] = (struct run_window){.from_ns = i * NS_PER_S,
						      .to_ns = (i + 1) * NS_PER_S,
						      .ok = n / 60 + i % 2};
	run_metric(r, run, "request_rate", false)->value = (double)(n - failed) / 60;
	return r;
}

static const struct compared *find(const struct comparison *c, const char *metric)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->items[i].metric, metric) == 0)
			return &c->items[i];
	fail_msg("no %s", metric);
	return NULL;
}

static struct compare_limit limit(struct arena *a, const char *text)
{
	struct compare_limit l;
	struct err e;
	if (compare_limit_parse(text, a, &l, &e) < 0)
		fail_msg("%s", e.text);
	return l;
}

struct want {
	size_t n_base, n_now;
	double base, now;
	uint64_t failed_base, failed_now;
	const char *limit;
	const char *metric;
	enum change change;
	int status;
};

static void test_changes(void **state)
{
	static const struct want wants[] = {
		{6000, 6000, 0.2, 0.2, 0, 0, "latency.p50 +5%", "latency.p50", CHANGE_SAME, 0},
		{6000, 6000, 0.2, 0.26, 0, 0, "latency.p50 +5%", "latency.p50", CHANGE_WORSE, 1},
		{6000, 6000, 0.2, 0.26, 0, 0, "latency.p50 +40%", "latency.p50", CHANGE_SAME, 0},
		{6000, 6000, 0.2, 0.26, 0, 0, "latency.p50 +10ms", "latency.p50",
		 CHANGE_WORSE, 1},
		{6000, 6000, 0.2, 0.15, 0, 0, "latency.p50 +5%", "latency.p50", CHANGE_BETTER, 0},
		{40, 40, 0.2, 0.21, 0, 0, "latency.p50 +5%", "latency.p50", CHANGE_UNDECIDED, 5},
		{6000, 50, 0.2, 0.2, 0, 0, "latency.p99 +5%", "latency.p99", CHANGE_UNDECIDED, 5},
		{6000, 6000, 0.2, 0.2, 6, 6, "error_rate +0.5pp", "error_rate", CHANGE_SAME, 0},
		{6000, 6000, 0.2, 0.2, 6, 120, "error_rate +0.5pp", "error_rate", CHANGE_WORSE, 1},
		{6000, 6000, 0.2, 0.2, 0, 0, "latency.mean +5%", "latency.mean", CHANGE_SAME, 0},
		{6000, 3000, 0.2, 0.2, 0, 0, "request_rate -5%", "request_rate", CHANGE_WORSE, 1},
		{3000, 6000, 0.2, 0.2, 0, 0, "request_rate -5%", "request_rate", CHANGE_BETTER, 0},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
		const struct want *w = &wants[i];
		struct arena *a = arena_new();
		struct result *base = made(w->n_base, w->base, w->failed_base, 1);
		struct result *now = made(w->n_now, w->now, w->failed_now, 2);
		struct compare_limit l = limit(a, w->limit);
		struct compare_options o = {.limits = &l, .n_limits = 1, .same = 0.05,
					    .same_share = 0.005};
		struct comparison c;
		struct err e;
		assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
		const struct compared *x = find(&c, w->metric);
		if (x->change != w->change || compare_exit_status(&c) != w->status)
			fail_msg("%s, row %zu: %s (%.4g … %.4g), status %d", w->limit, i,
				 change_name(x->change), x->lo, x->hi, compare_exit_status(&c));
		assert_true(l.used);
		assert_true((x->change == CHANGE_UNDECIDED) == (x->why != NULL));
		result_free(base);
		result_free(now);
		arena_free(a);
	}
}

/* The interval of a difference: for shares it is the one of Newcombe (1998), table II. */
static void test_interval(void **state)
{
	(void)state;
	struct interval b = interval_wilson(48, 80), n = interval_wilson(56, 70);
	struct interval want = interval_difference(48, 80, 56, 70);
	struct compared x = {.base = {48.0 / 80, b.lo, b.hi, 80},
			     .now = {56.0 / 70, n.lo, n.hi, 70}};
	compare_difference(&x);
	assert_true(fabs(x.lo - want.lo) < 1e-12 && fabs(x.hi - want.hi) < 1e-12);
	assert_true(fabs(x.lo - 0.0524) < 5e-4 && fabs(x.hi - 0.3339) < 5e-4);
	x.now.hi = NAN;
	compare_difference(&x);
	assert_true(isinf(x.hi) && x.hi > 0 && isfinite(x.lo));
}

static void test_limits(void **state)
{
	static const char *const bad[] = {"", "latency.p99", "latency.p99 10%", "latency.p99 -10%",
					  "request_rate +5%", "latncy +5%", "latency.p99 +",
					  "cer +x", "cer +5ms", "latency.p99 +5pp",
					  "latency.p99 +nan%",
					  "latency.p99 +5%%", "keyword -1pp", "anls -1pp"};
	(void)state;
	struct arena *a = arena_new();
	struct compare_limit l;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e = {0};
		if (compare_limit_parse(bad[i], a, &l, &e) == 0 || !*e.text)
			fail_msg("'%s' was taken", bad[i]);
	}
	l = limit(a, "cer +0.5pp");
	assert_true(!l.relative && fabs(l.amount - 0.005) < 1e-12);
	for (size_t i = 0; accuracy_name(i); i++)
		(void)limit(a, arena_fmt(a, "%s +1pp", accuracy_name(i)));
	l = limit(a, "latency.p99 +10%");
	assert_true(l.relative && fabs(l.amount - 0.1) < 1e-12);
	l = limit(a, "ttft.p50  +20ms");
	assert_true(!l.relative && fabs(l.amount - 0.02) < 1e-12);
	arena_free(a);
}

/* What was measured badly decides nothing; what is gone is said. */
static void test_trust_and_missing(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct compare_options o = {.same = 0.05, .same_share = 0.005};
	struct comparison c;
	struct err e;
	struct result *base = made(6000, 0.2, 0, 1), *now = made(6000, 0.4, 600, 2);
	now->runs[0]->trust.trustworthy = false;
	assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
	assert_int_equal(find(&c, "latency.p50")->change, CHANGE_UNDECIDED);
	assert_int_equal(compare_exit_status(&c), 5);
	now->runs[0]->trust.trustworthy = true;
	assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
	assert_int_equal(find(&c, "latency.p50")->change, CHANGE_WORSE);
	assert_int_equal(compare_exit_status(&c), 1);
	struct result *none = result_new();
	none->tool_version = "2";
	assert_int_equal(compare_results(base, none, &o, a, &c, &e), 0);
	assert_int_equal(c.missing.n, 1);
	assert_int_equal(compare_exit_status(&c), 5);
	assert_string_equal(c.environment[0].key, "assay");
	result_free(base);
	result_free(now);
	result_free(none);
	arena_free(a);
}

/* Only two results of one run each are paired whatever the runs are called, and never two of
 * services of other kinds; another load is named with the environments. */
static void test_pairs(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct compare_options o = {.same = 0.05, .same_share = 0.005};
	struct comparison c;
	struct err e;
	struct result *base = made(6000, 0.2, 0, 1), *now = made(6000, 0.2, 0, 2);
	now->runs[0]->name = "other";
	base->runs[0]->settings = json_pack("{s:i,s:i}", "concurrency", 1, "requests", 9);
	now->runs[0]->settings = json_pack("{s:i,s:i}", "concurrency", 8, "requests", 9);
	assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
	assert_int_equal(find(&c, "latency.p50")->change, CHANGE_SAME);
	assert_int_equal(c.n_environment, 2);
	assert_string_equal(c.environment[0].key, "run");
	assert_string_equal(c.environment[0].now, "other");
	assert_string_equal(c.environment[1].key, "other.concurrency");
	assert_string_equal(c.environment[1].base, "1");
	assert_string_equal(c.environment[1].now, "8");
	now->runs[0]->service.kind = "tts";
	base->runs[0]->service.kind = "asr";
	assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
	assert_int_equal(c.n, 0);
	assert_int_equal(c.missing.n, 1);
	assert_non_null(strstr(c.missing.items[0], "of kind asr (now tts)"));
	assert_int_equal(compare_exit_status(&c), 5);
	now->runs[0]->service.kind = "asr";
	struct run *more = result_add_run(base, "third", "performance");
	more->service.kind = "asr";
	assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
	assert_int_equal(c.n, 0);
	assert_int_equal(c.missing.n, 2);
	result_free(base);
	result_free(now);
	arena_free(a);
}

static void add_accuracy(struct result *r, size_t n, size_t wrong)
{
	struct accuracy_result *x = result_add_accuracy(r);
	x->service = "asr";
	x->metric = "wer";
	x->normalizer = "none 1";
	x->utterances = n;
	x->units = n * 4;
	x->substitutions = wrong;
	x->hits = n * 4 - wrong;
	x->candidate_rate = (double)wrong / (double)(n * 4);
	for (size_t i = 0; i < n; i++)
		*ARENA_ADD(r->arena, x->pairs, x->n_pairs) = (struct accuracy_pair){
			.id = arena_fmt(r->arena, "u%zu", i), .reference = "one two three four",
			.candidate_text = i < wrong ? "one two three for" : "one two three four",
			.reference_rate = NAN};
}

static void test_accuracy(void **state)
{
	static const struct {
		size_t n, base, now;
		const char *limit;
		enum change change;
	} wants[] = {
		{100, 10, 10, "wer +0.5pp", CHANGE_SAME},
		{100, 10, 60, "wer +0.5pp", CHANGE_WORSE},
		{100, 60, 10, "wer +0.5pp", CHANGE_BETTER},
		{100, 10, 12, "wer +0.5pp", CHANGE_UNDECIDED},
		{20, 10, 10, "wer +0.5pp", CHANGE_UNDECIDED},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
		struct arena *a = arena_new();
		struct compare_limit l = limit(a, wants[i].limit);
		struct compare_options o = {.limits = &l, .n_limits = 1};
		struct result *base = made(60, 0.2, 0, 1), *now = made(60, 0.2, 0, 1);
		struct comparison c;
		struct err e;
		add_accuracy(base, wants[i].n, wants[i].base);
		add_accuracy(now, wants[i].n, wants[i].now);
		assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
		const struct compared *x = find(&c, "wer");
		assert_string_equal(x->rule, "paired bootstrap over utterances");
		if (x->change != wants[i].change)
			fail_msg("row %zu: %s (%.4g … %.4g)", i, change_name(x->change), x->lo,
				 x->hi);
		result_free(base);
		result_free(now);
		arena_free(a);
	}
}

/* Of answers the wrong ones are counted, whatever judged them: more of them is worse. */
static void test_answers(void **state)
{
	static const char *const metrics[] = {"keyword", "anls"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
		struct arena *a = arena_new();
		struct compare_options o = {.same = 0.05, .same_share = 0.005};
		struct result *few = made(60, 0.2, 0, 1), *many = made(60, 0.2, 0, 1);
		struct comparison c;
		struct err e;
		for (int k = 0; k < 2; k++) {
			struct accuracy_result *x = result_add_accuracy(k ? many : few);
			x->service = "chat";
			x->metric = metrics[i];
			x->utterances = 1000;
			x->candidate_rate = k ? 0.3 : 0.1;
		}
		assert_int_equal(compare_results(few, many, &o, a, &c, &e), 0);
		assert_int_equal(find(&c, metrics[i])->change, CHANGE_WORSE);
		assert_int_equal(compare_exit_status(&c), 1);
		assert_int_equal(compare_results(many, few, &o, a, &c, &e), 0);
		assert_int_equal(find(&c, metrics[i])->change, CHANGE_BETTER);
		result_free(few);
		result_free(many);
		arena_free(a);
	}
}

/* Environments before numbers, each run named once over its numbers, reasons in both languages. */
static void expect_page(const char *page)
{
	static const char *const parts[] = {"The environments differ", "id=\"metrics\"",
					    "class=\"group\"", "class=\"judged\"",
					    "order statistics", "次序统计量",
					    "Changed or missing", "id=\"history\"",
					    "In the order of the command", "答错(keyword)"};
	const char *at = page;
	for (size_t i = 0; i < ARRAY_LEN(parts) - 1; i++) {
		const char *next = strstr(at, parts[i]);
		if (!next)
			fail_msg("no '%s' behind '%s'", parts[i], i ? parts[i - 1] : "");
		at = next;
	}
	assert_non_null(strstr(page, parts[ARRAY_LEN(parts) - 1]));
}

/* Cases, environments, JSON, JUnit and the page, from the made result and a worse one. */
static void test_writers(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct compare_options o = {.same = 0.05, .same_share = 0.005};
	struct comparison c;
	struct err e;
	struct result *base = fixture_result(), *now = fixture_result();
	json_put_text(now->environment, "driver", "25.1");
	size_t passed = 0;
	while (now->cases[passed].verdict != VERDICT_PASS)
		passed++;
	now->cases[passed].verdict = VERDICT_FAIL;
	now->cases[passed].detail = FIXTURE_HOSTILE;
	assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
	c.base_path = "base";
	c.now_path = "new";
	assert_int_equal(c.n_cases, 1);
	assert_int_equal(c.cases[0].change, CHANGE_WORSE);
	assert_int_equal(c.n_environment, 1);
	assert_string_equal(c.environment[0].key, "driver");
	assert_string_equal(c.environment[0].now, "25.1");
	json_t *j = compare_json(&c);
	assert_string_equal(json_text(j, "verdict", ""), "worse");
	assert_string_equal(json_text(j, "cases.0.change", ""), "worse");
	json_decref(j);

	const struct result *const all[] = {base, now, base};
	const char *const paths[] = {"one", "two", "three"};
	const struct history h = {.results = all, .paths = paths, .n = 3};
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	assert_int_equal(compare_junit(&c, &out, &e), 0);
	assert_non_null(strstr(out.data, "<failure type=\"worse\""));
	assert_null(strstr(out.data, "<script"));
	buf_clear(&out);
	compare_terminal(&c, true, false, 120, &out);
	assert_non_null(strstr(out.data, "变差"));
	history_terminal(&h, a, false, 120, &out);
	buf_clear(&out);
	assert_int_equal(compare_html(&c, &h, "en", &out, &e), 0);
	assert_null(strstr(out.data, "<script>document"));
	assert_non_null(strstr(out.data, "<svg"));
	assert_non_null(strstr(out.data, "<polyline points=\"6.0,"));
	expect_page(out.data);
	buf_release(&out);
	j = history_json(&h, a);
	assert_int_equal(json_array_size(json_at(j, "0.values")), 3);
	json_decref(j);
	result_free(base);
	result_free(now);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes), cmocka_unit_test(test_interval),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_trust_and_missing),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_accuracy), cmocka_unit_test(test_answers),
		cmocka_unit_test(test_writers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
