/* src/result/sentence.c - the verdict in one sentence, in English and Chinese.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/str.h"
#include "base/util.h"
#include "result/chinese.h"
#include "result/format.h"
#include "result/result.h"

struct tally {
	uint64_t targets, met;
	uint64_t cases, passed, skipped;
	uint64_t compared, aligned;
	uint64_t bad;		/* things with the verdict of the whole */
};

static const char *describe_target(struct arena *a, const char *where, const struct target *t,
				   bool zh)
{
	char value[FORMAT_MAX];
	format_metric(value, sizeof(value), t->metric, t->value);
	if (!*value)
		return arena_fmt(a, "%s %s: %s", where, t->metric,
				 t->why ? target_why(t, a, zh) : zh ? "未测得" : "not measured");
	if (t->verdict == VERDICT_UNDECIDED && t->needed > 0)
		return arena_fmt(a,
				 zh ? "%s %s 为 %s(要求 %s),约需 %llu 个样本才能判定"
				    : "%s %s is %s (must be %s); about %llu samples would decide",
				 where, t->metric, value, t->text, (unsigned long long)t->needed);
	return arena_fmt(a, zh ? "%s %s 为 %s(要求 %s)" : "%s %s is %s (must be %s)", where,
			 t->metric, value, t->text);
}

/* Remember the first thing that has the verdict of the whole, and count the others. */
static void blame(struct tally *n, const char **first, const char *text)
{
	if (n->bad++ == 0)
		*first = text;
}

static void tally_targets(const struct result *r, const char *where, const struct target *items,
			  size_t n_items, bool zh, struct tally *n, const char **first)
{
	for (size_t i = 0; i < n_items; i++) {
		const struct target *t = &items[i];
		if (t->verdict != VERDICT_SKIPPED)
			n->targets++;
		n->met += t->verdict == VERDICT_PASS;
		if (t->verdict == (int)r->verdict && r->verdict != VERDICT_PASS)
			blame(n, first, describe_target(r->arena, where, t, zh));
	}
}

const char *run_why(const struct run *run, struct arena *a, bool zh)
{
	if (run->error)
		return zh ? in_chinese(run->error, a) : run->error;
	if (run_verdict(run) == VERDICT_UNTRUSTWORTHY)
		return run->trust.reasons.n ? trust_reason(run, 0, a, zh)
					    : (zh ? "运行被中断" : "interrupted");
	if (run->outcomes[OUTCOME_OK] > 0)
		return zh ? arena_fmt(a, "%llu 个请求中有 %llu 个失败",
				      (unsigned long long)run->attempted,
				      (unsigned long long)run_failed(run))
			  : arena_fmt(a, "of %llu request%s %llu failed",
				      (unsigned long long)run->attempted,
				      str_plural(run->attempted),
				      (unsigned long long)run_failed(run));
	return run->attempted ? (zh ? "没有一个请求成功" : "no request succeeded")
			      : (zh ? "没有发送任何请求" : "no request was sent");
}

static void tally_run(const struct result *r, const struct run *run, bool zh, struct tally *n,
		      const char **first)
{
	uint64_t before = n->bad;
	tally_targets(r, run->name, run->targets, run->n_targets, zh, n, first);
	if (r->verdict == VERDICT_PASS || run_verdict(run) != r->verdict || n->bad != before)
		return;
	const char *why = run_why(run, r->arena, zh);
	blame(n, first, arena_fmt(r->arena, "%s: %s", run->name, why));
}

static const char *describe_case(const struct case_result *c, struct arena *a, bool zh)
{
	const char *name = c->name ? c->name : "", *finding = c->finding ? c->finding : "";
	return arena_fmt(a, "%s %s (%s)%s%s", c->service ? c->service : "",
			 zh ? in_chinese(name, a) : name, c->id ? c->id : "",
			 *finding ? ": " : "", zh ? in_chinese(finding, a) : finding);
}

static void tally_cases(const struct result *r, bool zh, struct tally *n, const char **first)
{
	for (size_t i = 0; i < r->n_cases; i++) {
		const struct case_result *c = &r->cases[i];
		n->skipped += c->verdict == VERDICT_SKIPPED;
		n->cases += c->verdict != VERDICT_SKIPPED;
		n->passed += c->verdict == VERDICT_PASS;
		if (c->verdict == r->verdict && r->verdict != VERDICT_PASS)
			blame(n, first, describe_case(c, r->arena, zh));
	}
}

static void tally_accuracy(const struct result *r, bool zh, struct tally *n, const char **first)
{
	for (size_t i = 0; i < r->n_accuracy; i++) {
		const struct accuracy_result *x = &r->accuracy[i];
		enum verdict v = accuracy_verdict(x);
		n->compared += v != VERDICT_SKIPPED;
		n->aligned += v == VERDICT_PASS;
		if (v != r->verdict || v == VERDICT_PASS)
			continue;
		const char *needs = "";
		if (v == VERDICT_UNDECIDED && x->needed > 0)
			needs = arena_fmt(r->arena, zh ? ",约需 %llu 条" : "; about %llu utterances "
					  "would decide", (unsigned long long)x->needed);
		blame(n, first, arena_fmt(r->arena, zh ? "%s %s 与参考相差 %+.2f 个百分点%s"
				: "%s %s: %+.2f percentage points against the reference%s",
				x->service, accuracy_title(x->metric, r->arena, zh),
				x->difference * 100, needs));
	}
}

static const char *describe_leak(const struct leak_result *l, struct arena *a, bool zh)
{
	return zh ? arena_fmt(a, "长稳: %s %s", in_chinese(l->what, a), in_chinese(l->verdict, a))
		  : arena_fmt(a, "soak: %s %s", l->what, l->verdict);
}

static void tally_soak(const struct result *r, bool zh, struct tally *n, const char **first)
{
	const struct soak_result *s = &r->soak;
	if (!s->present)
		return;
	uint64_t before = n->bad;
	tally_targets(r, zh ? "长稳" : "soak", s->targets, s->n_targets, zh, n, first);
	if (r->verdict == VERDICT_PASS || soak_verdict(s) != r->verdict || n->bad != before)
		return;
	for (size_t i = 0; i < s->n_leaks; i++)
		if (leak_verdict(&s->leaks[i]) == r->verdict)
			blame(n, first, describe_leak(&s->leaks[i], r->arena, zh));
	if (n->bad == before)
		blame(n, first, arena_fmt(r->arena, zh ? "长稳: 最长中断 %.0f 秒"
					  : "soak: an outage of %.0f s", soak_longest_outage(s)));
}

/* ", 3 cases passed"; in Chinese where that is given. */
static void counted(struct buf *b, uint64_t n, const char *zh, const char *noun,
		    const char *became)
{
	if (zh)
		(void)buf_fmt(b, ",%llu %s", (unsigned long long)n, zh);
	else
		(void)buf_fmt(b, ", %llu %s%s %s", (unsigned long long)n, noun, str_plural(n),
			      became);
}

static const char *passed(const struct result *r, const struct tally *n, bool zh)
{
	struct buf b = BUF_INIT(8192);
	if (n->targets)
		counted(&b, n->targets, zh ? "项指标全部达标" : NULL, "target", "met");
	if (n->cases)
		counted(&b, n->cases, zh ? "个用例全部通过" : NULL, "case", "passed");
	if (n->compared)
		counted(&b, n->compared, zh ? "项精度对齐" : NULL, "accuracy comparison",
			"aligned");
	if (r->soak.present)
		(void)buf_str(&b, zh ? ",长稳测试无异常" : ", the soak held");
	for (size_t i = 0; i < r->n_runs; i++)
		if (!run_until_reached(r->runs[i]))
			(void)buf_fmt(&b, zh ? ",%s" : ", %s",
				      run_until_text(r->runs[i], r->arena, zh));
	if (n->skipped && zh)
		(void)buf_fmt(&b, ",另有 %llu 个用例跳过", (unsigned long long)n->skipped);
	else if (n->skipped)
		counted(&b, n->skipped, NULL, "case", "skipped");
	if (b.len == 0)
		(void)buf_str(&b, zh ? ",没有设定指标" : "  no targets were set");
	const char *rest = b.data ? b.data + (zh ? strlen(",") : 2) : "";
	const char *text = arena_fmt(r->arena, zh ? "通过:%s。" : "Passed: %s.", rest);
	buf_release(&b);
	return text;
}

/* NULL: every rank of every run was heard. */
static const char *lost_rank(const struct result *r, bool zh)
{
	for (size_t i = 0; i < r->n_runs; i++)
		for (size_t k = 0; k < r->runs[i]->n_hosts; k++) {
			const struct run_host *h = &r->runs[i]->hosts[k];
			if (h->lost)
				return arena_fmt(r->arena, zh ? "进程 %d(主机 %s)已失联,以下为其余"
						 "进程的测量结果" : "rank %d (host %s) was lost; what "
						 "the others measured until then is below",
						 h->rank, h->host ? h->host : "?");
		}
	return NULL;
}

const char *result_sentence(const struct result *r, const char *lang)
{
	static const char *const heads[][2] = {
		[VERDICT_FAIL] = {"Failed", "未通过"},
		[VERDICT_UNDECIDED] = {"Undecided", "无法判定"},
		[VERDICT_UNTRUSTWORTHY] = {"Not trustworthy", "结果不可信"},
		[VERDICT_ERROR] = {"Could not run", "无法运行"},
		[VERDICT_SKIPPED] = {"Undecided", "无法判定"},
	};
	bool zh = strcmp(lang, "zh") == 0;
	struct tally n = {0};
	const char *first = NULL;
	for (size_t i = 0; i < r->errors.n && r->verdict == VERDICT_ERROR; i++)
		blame(&n, &first, zh ? in_chinese(r->errors.items[i], r->arena)
				     : r->errors.items[i]);
	const char *lost = lost_rank(r, zh);
	if (lost && r->verdict == VERDICT_UNTRUSTWORTHY)
		blame(&n, &first, lost);
	else if (r->interrupted && r->verdict == VERDICT_UNTRUSTWORTHY)
		blame(&n, &first, zh ? "运行被中断,以下为中断前的测量结果"
				     : "interrupted; what was measured until then is below");
	for (size_t i = 0; i < r->n_runs; i++)
		tally_run(r, r->runs[i], zh, &n, &first);
	tally_cases(r, zh, &n, &first);
	tally_accuracy(r, zh, &n, &first);
	tally_soak(r, zh, &n, &first);
	if (r->verdict == VERDICT_PASS)
		return passed(r, &n, zh);
	if (!first)
		first = zh ? "没有可判定的结果" : "nothing was measured that could be judged";
	const char *more = "";
	if (n.bad > 1)
		more = arena_fmt(r->arena, zh ? ";另有 %llu 项" : "; and %llu more",
				 (unsigned long long)(n.bad - 1));
	/* A reason that is a sentence brings its own full stop. */
	size_t len = strlen(first);
	if (str_ends(first, "."))
		len--;
	else if (str_ends(first, "。"))
		len -= strlen("。");
	return arena_fmt(r->arena, zh ? "%s:%.*s%s。" : "%s: %.*s%s.", heads[r->verdict][zh],
			 (int)len, first, more);
}
