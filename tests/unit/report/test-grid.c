/* tests/unit/report/test-grid.c - what the first screen says of each service: the worst, by its
 * name, against what was asked; and in which words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "report/grid.h"
#include "report/wording.h"
#include "suite/answer_judge.h"
#include "tests/golden/fixture.h"

static struct run *add_run(struct result *r, const char *name, const char *suite, uint64_t failed)
{
	struct rng rng;
	rng_init(&rng, 1);
	struct run *run = result_add_run(r, name, suite);
	run->service = (struct service_ref){"chat", "chat", "openai-chat", "http://127.0.0.1:1/v1"};
	run->attempted = 200;
	run->outcomes[OUTCOME_OK] = 200 - failed;
	run->outcomes[OUTCOME_HTTP_5XX] = failed;
	run->trust.trustworthy = true;
	fixture_fill(r, run, "latency", 200 - failed, 0.2, 0.1, &rng);
	return run;
}

static struct grid_cell cell(struct result *r, const char *service, enum grid_column column)
{
	struct grid g;
	grid_make(r, r->arena, &g);
	for (size_t i = 0; i < g.n; i++)
		if (g.rows[i].service == service ||
		    (service && g.rows[i].service && strcmp(g.rows[i].service, service) == 0))
			return g.rows[i].cells[column];
	fail_msg("no row of %s", service ? service : "all");
	return (struct grid_cell){0};
}

static void expect(const struct grid_cell *c, enum verdict verdict, const char *text,
		   const char *more)
{
	assert_true(c->present);
	assert_int_equal(c->verdict, verdict);
	assert_string_equal(c->text, text);
	if (more)
		assert_non_null(strstr(c->more ? c->more : "", more));
}

/* A run that fails because requests failed says so, though its targets are met elsewhere. */
static void test_failing_run(void **state)
{
	(void)state;
	struct result *r = result_new();
	fixture_target(r, add_run(r, "steady", "performance", 0), "latency.p50", "< 1s");
	fixture_target(r, add_run(r, "limit", "performance", 50), "latency.p50", "< 1s");
	result_judge(r);
	struct grid_cell c = cell(r, "chat", GRID_PERFORMANCE);
	expect(&c, VERDICT_FAIL, "of 200 requests 50 failed", "limit");
	assert_string_equal(c.text_zh, "200 个请求中有 50 个失败");
	r = result_free(r);
	r = result_new();
	fixture_target(r, add_run(r, "steady", "performance", 0), "latency.p50", "< 1s");
	fixture_target(r, add_run(r, "slow", "performance", 0), "latency.p50", "< 1ms");
	result_judge(r);
	c = cell(r, "chat", GRID_PERFORMANCE);
	assert_int_equal(c.verdict, VERDICT_FAIL);
	assert_non_null(strstr(c.text, "latency.p50 "));
	assert_non_null(strstr(c.text, "(< 1ms)"));
	assert_non_null(strstr(c.more, "slow · 95 %: "));
	assert_non_null(strstr(c.more, "n = 200"));
	result_free(r);
}

/* Errors of a soak are judged over its whole mix: one service of it has not passed by itself. */
static void test_soak(void **state)
{
	(void)state;
	struct result *r = result_new();
	add_run(r, "soak chat", "soak", 50);
	r->soak.present = true;
	r->soak.hours = 1;
	r->soak.requests = 200;
	r->soak.failed = 50;
	result_judge(r);
	assert_int_equal(r->verdict, VERDICT_FAIL);
	struct grid_cell c = cell(r, "chat", GRID_RELIABILITY);
	expect(&c, VERDICT_SKIPPED, "soak: errors 25.00 %", NULL);
	assert_string_equal(c.words, "judged together");
	assert_string_equal(c.words_zh, "合并判定");
	c = cell(r, NULL, GRID_RELIABILITY);
	expect(&c, VERDICT_FAIL, "soak 60.0 min: errors 25.00 % (< 0.1%), outages 0", "n = 200");
	/* Cases beside it have their own word. */
	struct case_result *x = result_add_case(r);
	x->suite = "faults";
	x->service = "chat";
	x->verdict = VERDICT_PASS;
	c = cell(r, "chat", GRID_RELIABILITY);
	expect(&c, VERDICT_PASS, "1 of 1 passed · soak: errors 25.00 %", NULL);
	assert_null(c.words);
	result_free(r);
}

/* The rates are those of errors, and every name says so. */
static void test_accuracy(void **state)
{
	static const struct {
		const char *metric, *title, *title_zh;
	} wants[] = {{"cer", "cer", "cer"},
		     {"keyword", "wrong (keyword)", "答错(keyword)"},
		     {"anls", "1 − anls", "1 − anls"}};
	(void)state;
	struct result *r = result_new();
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
		assert_string_equal(accuracy_title(wants[i].metric, r->arena, false),
				    wants[i].title);
		assert_string_equal(accuracy_title(wants[i].metric, r->arena, true),
				    wants[i].title_zh);
	}
	for (size_t i = 0; accuracy_name(i); i++)
		if (!accuracy_of_transcripts(accuracy_name(i)))
			assert_int_equal(answer_judge_check(accuracy_name(i), NULL, &e), 0);
	struct accuracy_result *x = result_add_accuracy(r);
	x->service = "chat";
	x->metric = "keyword";
	x->utterances = 40;
	x->candidate_rate = 0;
	x->interval_lo = 0;
	x->interval_hi = 0.0875;
	result_judge(r);
	struct grid_cell c = cell(r, "chat", GRID_ACCURACY);
	expect(&c, VERDICT_SKIPPED, "wrong (keyword) 0 %, no reference",
	       "95 %: 0 % … 8.75 %, n = 40");
	assert_string_equal(c.words, "not compared");
	result_free(r);
}

/* A bound that is not known is none, not a question mark. */
static void test_interval(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	assert_string_equal(interval_text(a, "ttft.p99", 0.1, 0.2), "100 ms … 200 ms");
	assert_string_equal(interval_text(a, "ttft.p99", 0.1, NAN), "≥ 100 ms");
	assert_string_equal(interval_text(a, "ttft.p99", NAN, 0.2), "≤ 200 ms");
	assert_null(interval_text(a, "ttft.p99", NAN, NAN));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failing_run), cmocka_unit_test(test_soak),
		cmocka_unit_test(test_accuracy), cmocka_unit_test(test_interval),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
