/* tests/unit/result/test-judge.c - every verdict can be reached, and each by its own rule.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/clock.h"
#include "result/result.h"

static struct result *r;
static struct run *run;

static struct target *target(const char *metric, const char *limit)
{
	struct target t;
	struct err e;
	if (target_parse(metric, limit, r->arena, &t, &e) < 0)
		fail_msg("%s", e.text);
	*ARENA_ADD(r->arena, run->targets, run->n_targets) = t;
	return &run->targets[run->n_targets - 1];
}

/* n latencies of 1, 2, … n ms. */
static void latencies(uint64_t n)
{
	struct metric *m = run_metric(r, run, "latency", true);
	for (uint64_t i = 1; i <= n; i++)
		hist_record(m->hist, i * NS_PER_MS);
	run->attempted = run->outcomes[OUTCOME_OK] = n;
}

static void expect_target(const char *metric, const char *limit, enum verdict want)
{
	struct target *t = target(metric, limit);
	run_judge(r, run);
	if (t->verdict != (int)want)
		fail_msg("%s %s: %s, not %s (%g in %g … %g)", metric, limit,
			 verdict_name((enum verdict)t->verdict), verdict_name(want), t->value,
			 t->lo, t->hi);
}

static void test_quantile(void **state)
{
	(void)state;
	latencies(1000);
	expect_target("latency.p50", "< 600ms", VERDICT_PASS);
	expect_target("latency.p50", "< 400ms", VERDICT_FAIL);
	expect_target("latency.p50", "< 510ms", VERDICT_UNDECIDED);
	struct target *t = &run->targets[2];
	assert_true(t->needed > 1000);
	assert_non_null(strstr(t->why, "samples would decide"));
	expect_target("latency.p50", "> 400ms", VERDICT_PASS);
	expect_target("latency.p50", "> 600ms", VERDICT_FAIL);
	expect_target("latency.p50", ">= 495ms", VERDICT_UNDECIDED);
	/* 1000 samples bound p999 from below only: a breach is proven, a pass is not. */
	expect_target("latency.p999", "< 900ms", VERDICT_FAIL);
	expect_target("latency.p999", "< 2s", VERDICT_UNDECIDED);
	assert_true(run->targets[7].needed >= 3688 && run->targets[7].needed <= 3690);
	expect_target("latency.p999", "> 900ms", VERDICT_PASS);
	assert_int_equal(run_verdict(run), VERDICT_FAIL);
}

/* The n that is named really decides: the same law with as many samples. */
/* Fast answers do not hide that many requests got none. */
static void test_failures_fail(void **state)
{
	(void)state;
	latencies(200);
	run->trust.trustworthy = true;
	run->attempted = 202;
	run->outcomes[OUTCOME_RESET] = 2;
	run->outcomes[OUTCOME_OK] = 200;
	assert_false(run_fails_too_often(run));
	run->attempted = 203;
	run->outcomes[OUTCOME_RESET] = 3;
	assert_true(run_fails_too_often(run));
	assert_int_equal(run_verdict(run), VERDICT_FAIL);
	result_judge(r);
	assert_non_null(strstr(r->sentence, "of 203 requests 3 failed"));
	(void)target("error_rate", "< 10%");
	assert_false(run_fails_too_often(run));
}

static void test_needed(void **state)
{
	(void)state;
	latencies(1000);
	struct target *t = target("latency.p50", "< 520ms");
	run_judge(r, run);
	assert_int_equal(t->verdict, VERDICT_UNDECIDED);
	uint64_t n = t->needed;
	struct run *more = result_add_run(r, "more", "performance");
	struct metric *m = run_metric(r, more, "latency", true);
	for (uint64_t i = 0; i < n + n / 50; i++)
		hist_record(m->hist, (1 + i % 1000) * NS_PER_MS);
	more->attempted = more->outcomes[OUTCOME_OK] = n;
	run = more;
	expect_target("latency.p50", "< 520ms", VERDICT_PASS);
}

static void test_shares(void **state)
{
	(void)state;
	run->attempted = 1000;
	run->outcomes[OUTCOME_OK] = 990;
	run->outcomes[OUTCOME_TIMEOUT] = 10;
	expect_target("error_rate", "< 5%", VERDICT_PASS);
	expect_target("error_rate", "< 0.1%", VERDICT_FAIL);
	expect_target("error_rate", "< 1.2%", VERDICT_UNDECIDED);
	assert_true(run->targets[2].needed > 1000);
	run_metric(r, run, "audio_rate", false)->value = 2.5;
	expect_target("audio_rate", "> 3", VERDICT_FAIL);
	expect_target("audio_rate", "> 2", VERDICT_PASS);
}

static void test_missing(void **state)
{
	(void)state;
	latencies(100);
	expect_target("ttft", "< 2s", VERDICT_UNDECIDED);
	assert_non_null(strstr(run->targets[0].why, "not measured"));
	run_add_targets(r, run, targets_default("chat"));
	run_judge(r, run);
	assert_int_equal(run->targets[1].verdict, VERDICT_SKIPPED);
	assert_int_equal(targets_default("chat")->items[0].verdict, VERDICT_UNDECIDED);
	run->outcomes[OUTCOME_OK] = 0;
	run->outcomes[OUTCOME_CONNECT] = 100;
	run_judge(r, run);
	assert_int_equal(run->targets[1].verdict, VERDICT_FAIL);
	assert_int_equal(run_verdict(run), VERDICT_FAIL);
	run->error = "no such host";
	run_judge(r, run);
	assert_int_equal(run->targets[1].verdict, VERDICT_ERROR);
	assert_int_equal(run_verdict(run), VERDICT_ERROR);
}

static struct hist *filled(uint64_t value)
{
	struct hist *h = NULL;
	assert_int_equal(hist_new(&h, NULL), 0);
	for (int i = 0; i < 100; i++)
		hist_record(h, value);
	return h;
}

static void expect_trust(bool trusted, const char *says)
{
	run_judge(r, run);
	assert_int_equal(run->trust.trustworthy, trusted);
	assert_int_equal(run->trust.reasons.n, trusted ? 0 : 1);
	if (!trusted && !strstr(run->trust.reasons.items[0], says))
		fail_msg("'%s' does not say '%s'", run->trust.reasons.items[0], says);
	assert_int_equal(run_verdict(run), trusted ? VERDICT_PASS : VERDICT_UNTRUSTWORTHY);
}

static void test_trust_delay(void **state)
{
	(void)state;
	latencies(1000);	/* median 500 ms: 5 ms may be */
	expect_trust(true, "");
	run->generator.generator_delay = filled(4900000);
	expect_trust(true, "");
	hist_free(run->generator.generator_delay);
	run->generator.generator_delay = filled(5100000);
	expect_trust(false, "generator_delay");
	hist_free(run->generator.generator_delay);
	run->generator.generator_delay = NULL;
	run->generator.bound = filled(1100000);
	expect_trust(false, "first token");
	struct metric *ttft = run_metric(r, run, "ttft", true);
	hist_record(ttft->hist, 200 * NS_PER_MS);
	expect_trust(true, "");
}

/* So many delays of 5 ms among n: is the run believed? */
static bool trusted(unsigned late, unsigned n)
{
	struct hist *h = run->generator.generator_delay;
	hist_clear(h);
	for (unsigned i = 0; i < n; i++)
		hist_record(h, i < late ? 5 * NS_PER_MS : NS_PER_US);
	run_judge(r, run);
	return run->trust.trustworthy;
}

/* One hiccup says nothing about 1 % of the requests; more of them than chance gives do. */
static void test_trust_of_few(void **state)
{
	(void)state;
	struct err e;
	latencies(10);
	assert_int_equal(hist_new(&run->generator.generator_delay, &e), 0);
	assert_false(trusted(1, 1));
	assert_true(trusted(1, 9));
	assert_false(trusted(2, 9));
	assert_true(trusted(2, 40));
	assert_false(trusted(3, 40));
	assert_true(trusted(5, 200));
	assert_false(trusted(6, 200));
	assert_true(trusted(10, 1000));
	assert_false(trusted(11, 1000));
}

static void test_trust_rest(void **state)
{
	(void)state;
	latencies(10);
	run->generator.busiest_core_share = 0.9;
	expect_trust(true, "");
	run->generator.busiest_core_share = 0.95;
	expect_trust(false, "core");
	run->generator.busiest_core_share = NAN;
	run->generator.reads_stamped = 990;
	run->generator.reads_user = 10;
	expect_trust(true, "");
	run->generator.reads_user = 12;
	expect_trust(false, "timestamp");
	run->generator.reads_user = 0;
	run->generator.asked_rate = 100;
	run->generator.achieved_rate = 99;
	expect_trust(true, "");
	run->generator.achieved_rate = 98;
	expect_trust(false, "requests/s");
	run->interrupted = true;	/* then the schedule was not run to its end */
	expect_trust(true, "");
}

static void expect_whole(enum verdict v, int status, const char *says)
{
	result_judge(r);
	assert_int_equal(r->verdict, v);
	assert_int_equal(result_exit_status(r), status);
	if (!strstr(r->sentence, says))
		fail_msg("'%s' does not say '%s'", r->sentence, says);
	const char *zh = result_sentence(r, "zh");
	assert_true((unsigned char)zh[0] >= 0x80);
	assert_true(strstr(zh, "%") == NULL || strstr(r->sentence, "%") != NULL);
}

/* Where several hold: 3, 4, 1, 5 in this order. */
static void test_whole(void **state)
{
	(void)state;
	latencies(1000);
	target("latency.p50", "< 600ms");
	expect_whole(VERDICT_PASS, 0, "Passed: 1 target met.");
	struct accuracy_result *x = result_add_accuracy(r);
	x->service = "asr";
	x->metric = "cer";
	x->difference = 0.004;
	x->verdict = "undecided";
	x->needed = 400;
	expect_whole(VERDICT_UNDECIDED, 5, "400 utterances");
	struct case_result *c = result_add_case(r);
	c->service = "asr";
	c->name = "cut in the middle";
	c->id = "A3";
	c->verdict = VERDICT_FAIL;
	c->finding = "dead";
	expect_whole(VERDICT_FAIL, 1, "Failed: asr cut in the middle (A3): dead.");
	run->generator.busiest_core_share = 0.99;
	expect_whole(VERDICT_UNTRUSTWORTHY, 4, "one: A load thread used 99 %");
	strings_add(&r->errors, r->arena, "accuracy: no corpus");
	expect_whole(VERDICT_ERROR, 3, "Could not run: accuracy: no corpus.");
}

static void test_nothing(void **state)
{
	(void)state;
	r->n_runs = 0;
	expect_whole(VERDICT_UNDECIDED, 5, "nothing was measured");
	struct case_result *c = result_add_case(r);
	c->verdict = VERDICT_SKIPPED;
	expect_whole(VERDICT_UNDECIDED, 5, "nothing was measured");
	c->verdict = VERDICT_PASS;
	expect_whole(VERDICT_PASS, 0, "1 case passed");
	r->interrupted = true;
	expect_whole(VERDICT_UNTRUSTWORTHY, 4, "interrupted");
	r->n_runs = 1;
}

static void test_soak(void **state)
{
	(void)state;
	latencies(10);
	struct soak_result *s = &r->soak;
	s->present = true;
	s->requests = 100000;
	s->failed = 10;
	expect_whole(VERDICT_PASS, 0, "the soak held");
	assert_int_equal(s->n_targets, 1);
	assert_true(s->error_lo < 0.0001 && s->error_hi > 0.0001 && s->error_hi < 0.001);
	*ARENA_ADD(r->arena, s->leaks, s->n_leaks) = (struct leak_result){.what = "rss",
								   .verdict = "too-short"};
	expect_whole(VERDICT_PASS, 0, "");
	s->leaks[0].verdict = "suspect";
	expect_whole(VERDICT_UNDECIDED, 5, "soak: rss suspect");
	s->leaks[0].verdict = "leak";
	expect_whole(VERDICT_FAIL, 1, "soak: rss leak");
	s->leaks[0].verdict = "clean";
	*ARENA_ADD(r->arena, s->outages, s->n_outages) = (struct outage){.seconds = 10};
	expect_whole(VERDICT_PASS, 0, "");
	s->outages[0].seconds = 12;
	expect_whole(VERDICT_FAIL, 1, "an outage of 12 s");
	s->outages[0].seconds = 1;
	s->failed = 500;
	s->error_rate = NAN;
	expect_whole(VERDICT_FAIL, 1, "soak error_rate is 0.5 %");
	s->requests = 100;
	s->failed = 0;
	s->error_rate = NAN;
	expect_whole(VERDICT_UNDECIDED, 5, "samples would decide");
	/* Targets of the soak's runs are the plan's word; then there is no standard one. */
	run->suite = "soak";
	s->n_targets = 0;
	target("error_rate", "< 50%");
	expect_whole(VERDICT_PASS, 0, "the soak held");
	assert_int_equal(s->n_targets, 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_quantile),	TEST(test_needed),	    TEST(test_shares),
		TEST(test_missing),	TEST(test_failures_fail),   TEST(test_trust_delay),
		TEST(test_trust_of_few), TEST(test_trust_rest),	    TEST(test_whole),
		TEST(test_nothing),	TEST(test_soak),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
