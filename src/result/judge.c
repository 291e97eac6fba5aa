/* src/result/judge.c - targets, and the verdict of the whole.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/str.h"
#include "base/util.h"
#include "result/result.h"
#include "result/trust.h"
#include "stats/interval.h"

/* More failures than this fail a run that has no target for its error_rate. */
#define FAILED_SHARE_MAX 0.01

/* A bound proves only what lies on its far side; a missing bound proves nothing. */
static void decide_by_interval(struct target *t)
{
	bool less = t->op == TARGET_LT || t->op == TARGET_LE;
	double for_pass = less ? t->hi : t->lo;
	double for_fail = less ? t->lo : t->hi;
	t->verdict = VERDICT_UNDECIDED;
	if (!isnan(for_pass) && target_met(t, for_pass))
		t->verdict = VERDICT_PASS;
	else if (!isnan(for_fail) && !target_met(t, for_fail))
		t->verdict = VERDICT_FAIL;
}

static void say_needed(struct arena *a, struct target *t, uint64_t needed)
{
	/* What decides on paper for fewer than are there decides with one more. */
	t->needed = needed == UINT64_MAX ? 0 : MAX(needed, t->n + 1);
	if (t->needed > 0)
		t->why = arena_fmt(a,
				   "its 95 %% interval holds the limit; %llu samples would decide "
				   "if they are like these",
				   (unsigned long long)t->needed);
	else
		t->why = "its 95 % interval holds the limit, and the value is too near to it for "
			 "any "
			 "number of samples to decide";
}

/* Samples that lie on the near side of the limit: those that the quantile test counts. */
static uint64_t count_within(const struct hist *h, const struct target *t)
{
	double limit = t->limit * 1e9;
	if (limit < 0)
		return 0;
	uint64_t at = limit >= 1.8e19 ? UINT64_MAX : (uint64_t)llround(limit);
	bool exclusive = t->op == TARGET_LT || t->op == TARGET_GE;
	if (exclusive && at == 0)
		return 0;
	return hist_count_to(h, exclusive ? at - 1 : at);
}

static void judge_quantile(struct arena *a, const struct hist *h, double q, struct target *t)
{
	decide_by_interval(t);
	if (t->verdict != VERDICT_UNDECIDED)
		return;
	double share = (double)count_within(h, t) / (double)t->n;
	say_needed(a, t, interval_n_quantile(share, q));
}

static void judge_share(struct arena *a, double share, struct target *t)
{
	decide_by_interval(t);
	if (t->verdict == VERDICT_UNDECIDED)
		say_needed(a, t, interval_n_share(share, t->limit));
}

static void judge_missing(const struct run *run, struct target *t)
{
	t->verdict = t->standard ? VERDICT_SKIPPED : VERDICT_UNDECIDED;
	t->why = "not measured: this run gives no such number";
	if (run->error) {
		t->verdict = VERDICT_ERROR;
		t->why = "not measured: the run could not be made";
	} else if (run->attempted > 0 && run->outcomes[OUTCOME_OK] == 0) {
		t->verdict = VERDICT_FAIL;
		t->why = "not measured: no request succeeded";
	} else if (run->attempted == 0) {
		t->why = "not measured: no request was sent";
	}
}

const char *target_why(const struct target *t, struct arena *a, bool zh)
{
	static const char *const words[][2] = {
		{"not measured: this run gives no such number", "未测得:本次运行没有该指标"},
		{"not measured: the run could not be made", "未测得:运行未能进行"},
		{"not measured: no request succeeded", "未测得:没有一个请求成功"},
		{"not measured: no request was sent", "未测得:没有发送任何请求"},
		{"not measured: the soak gives no such number", "未测得:长稳测试没有该指标"},
	};
	if (!zh || !t->why)
		return t->why;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i][0], t->why) == 0)
			return words[i][1];
	if (!str_starts(t->why, "its 95 % interval holds the limit"))
		return t->why;
	if (t->needed == 0)
		return "95 % 区间包含要求值,且实测值过近,样本再多也无法判定";
	return arena_fmt(a, "95 %% 区间包含要求值;同样情况下约需 %llu 个样本才能判定",
			 (unsigned long long)t->needed);
}

static void forget(struct target *t)
{
	t->value = t->lo = t->hi = NAN;
	t->n = t->needed = 0;
	t->why = NULL;
	t->verdict = VERDICT_UNDECIDED;
}

static void judge_target(struct arena *a, const struct run *run, struct target *t)
{
	const struct metric_def *def;
	double q;
	const char *stat;
	struct metric_value v;
	forget(t);
	if (!metric_parse(t->metric, &def, &q, &stat) || !run_value(run, t->metric, &v)) {
		judge_missing(run, t);
		return;
	}
	t->value = v.value;
	t->lo = v.lo;
	t->hi = v.hi;
	t->n = v.n;
	const struct metric *m = run_find_metric(run, def->name);
	if (v.quantile)
		judge_quantile(a, m->hist, isnan(q) ? 0.5 : q, t);
	else if (!isnan(v.lo))
		judge_share(a, v.value, t);
	else
		t->verdict = target_met(t, v.value) ? VERDICT_PASS : VERDICT_FAIL;
}

void run_judge(struct result *r, struct run *run)
{
	trust_judge(r->arena, run);
	for (size_t i = 0; i < run->n_targets; i++)
		judge_target(r->arena, run, &run->targets[i]);
}

/* Which of two verdicts says more about the whole: 3, 4, 1, 5 of the exit statuses. */
static enum verdict worse(enum verdict a, enum verdict b)
{
	static const int rank[] = {
		[VERDICT_SKIPPED] = 0,
		[VERDICT_PASS] = 1,
		[VERDICT_UNDECIDED] = 2,
		[VERDICT_FAIL] = 3,
		[VERDICT_UNTRUSTWORTHY] = 4,
		[VERDICT_ERROR] = 5,
	};
	return rank[a] >= rank[b] ? a : b;
}

/* Latencies are those of the requests that were answered: without this, a service that answers
 * half of them fast would pass. A soak judges its errors over the whole mix. */
bool run_fails_too_often(const struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++)
		if (str_starts(run->targets[i].metric, "error_rate"))
			return false;
	return strcmp(run->suite, "soak") != 0 &&
	       (double)run_failed(run) > FAILED_SHARE_MAX * (double)run->attempted;
}

enum verdict run_verdict(const struct run *run)
{
	if (run->error)
		return VERDICT_ERROR;
	bool soak = strcmp(run->suite, "soak") == 0;
	enum verdict v = soak && run->n_targets == 0 ? VERDICT_SKIPPED : VERDICT_PASS;
	if (run->attempted == 0)
		v = VERDICT_UNDECIDED;
	else if (run->outcomes[OUTCOME_OK] == 0 || run_fails_too_often(run))
		v = VERDICT_FAIL;
	if (!run->trust.trustworthy)
		v = VERDICT_UNTRUSTWORTHY;
	for (size_t i = 0; i < run->n_targets; i++)
		v = worse(v, run->targets[i].verdict);
	return v;
}

enum verdict accuracy_verdict(const struct accuracy_result *x)
{
	if (!x->verdict)
		return VERDICT_SKIPPED;
	if (strcmp(x->verdict, "aligned") == 0)
		return VERDICT_PASS;
	return strcmp(x->verdict, "not-aligned") == 0 ? VERDICT_FAIL : VERDICT_UNDECIDED;
}

enum verdict leak_verdict(const struct leak_result *l)
{
	if (!l->verdict || strcmp(l->verdict, "too-short") == 0)
		return VERDICT_SKIPPED;
	if (strcmp(l->verdict, "leak") == 0)
		return VERDICT_FAIL;
	return strcmp(l->verdict, "clean") == 0 ? VERDICT_PASS : VERDICT_UNDECIDED;
}

double soak_longest_outage(const struct soak_result *s)
{
	double longest = 0;
	for (size_t i = 0; i < s->n_outages; i++)
		longest = fmax(longest, s->outages[i].seconds);
	return longest;
}

enum verdict soak_verdict(const struct soak_result *s)
{
	if (!s->present)
		return VERDICT_SKIPPED;
	enum verdict v = s->requests == 0 ? VERDICT_UNDECIDED : VERDICT_PASS;
	if (soak_longest_outage(s) > SOAK_OUTAGE_MAX_S)
		v = VERDICT_FAIL;
	for (size_t i = 0; i < s->n_targets; i++)
		v = worse(v, s->targets[i].verdict);
	for (size_t i = 0; i < s->n_leaks; i++)
		v = worse(v, leak_verdict(&s->leaks[i]));
	return v;
}

/* The rate of errors from the counts, unless the suite has set it. */
static void complete_soak(struct result *r)
{
	struct soak_result *s = &r->soak;
	if (isnan(s->error_rate) && s->requests > 0) {
		s->error_rate = (double)s->failed / (double)s->requests;
		struct interval w = interval_wilson(s->failed, s->requests);
		s->error_lo = w.lo;
		s->error_hi = w.hi;
	}
	/* Where the soak's runs have targets of their own, those are the plan's word. */
	bool own = s->n_targets > 0;
	for (size_t i = 0; i < r->n_runs && !own; i++)
		own = strcmp(r->runs[i]->suite, "soak") == 0 && r->runs[i]->n_targets > 0;
	const struct targets *standard = targets_default("soak");
	if (!own)
		for (size_t i = 0; i < standard->n; i++)
			*ARENA_ADD(r->arena, s->targets, s->n_targets) = standard->items[i];
}

static void judge_soak(struct result *r)
{
	struct soak_result *s = &r->soak;
	complete_soak(r);
	for (size_t i = 0; i < s->n_targets; i++) {
		struct target *t = &s->targets[i];
		forget(t);
		if (strcmp(t->metric, "error_rate") != 0 || s->requests == 0) {
			t->verdict = t->standard ? VERDICT_SKIPPED : VERDICT_UNDECIDED;
			t->why = "not measured: the soak gives no such number";
			continue;
		}
		t->value = s->error_rate;
		t->lo = s->error_lo;
		t->hi = s->error_hi;
		t->n = s->requests;
		judge_share(r->arena, s->error_rate, t);
	}
}

void result_judge(struct result *r)
{
	/* Nothing that was judged is no pass. */
	enum verdict v = VERDICT_SKIPPED;
	for (size_t i = 0; i < r->n_runs; i++) {
		run_judge(r, r->runs[i]);
		v = worse(v, run_verdict(r->runs[i]));
	}
	for (size_t i = 0; i < r->n_cases; i++)
		v = worse(v, r->cases[i].verdict);
	for (size_t i = 0; i < r->n_accuracy; i++)
		v = worse(v, r->accuracy[i].verdict ? accuracy_verdict(&r->accuracy[i])
						    : VERDICT_PASS);
	if (r->soak.present) {
		judge_soak(r);
		v = worse(v, soak_verdict(&r->soak));
	}
	if (r->errors.n > 0)
		v = VERDICT_ERROR;
	else if (r->interrupted)
		v = worse(v, VERDICT_UNTRUSTWORTHY);
	r->verdict = v == VERDICT_SKIPPED ? VERDICT_UNDECIDED : v;
	r->sentence = result_sentence(r, "en");
}

int result_exit_status(const struct result *r)
{
	static const int status[] = {
		[VERDICT_PASS] = 0,
		[VERDICT_FAIL] = 1,
		[VERDICT_UNDECIDED] = 5,
		[VERDICT_UNTRUSTWORTHY] = 4,
		[VERDICT_ERROR] = 3,
		[VERDICT_SKIPPED] = 5,
	};
	return status[r->verdict];
}
