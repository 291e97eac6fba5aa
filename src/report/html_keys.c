/* src/report/html_keys.c - the first screen's table of what decides: capacity, accuracy, soak and
 * devices, each number with its target, interval and n.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/str.h"
#include "base/util.h"
#include "report/device_facts.h"
#include "report/grid.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "report/wording.h"
#include "result/chinese.h"

#define DEVICES_MAX 8	/* rows of devices with something wrong; the others are counted */

/* One row; texts that are NULL show as a dash. Without the Chinese text the other stands. */
struct key {
	const char *what, *what_zh, *link;
	const char *value, *value_zh;
	const char *target, *target_zh;
	const char *interval;
	uint64_t n;
	enum verdict verdict;
	const char *words, *words_zh;	/* instead of the verdict's own; NULL: those */
};

static void cell(struct buf *out, const char *class, const char *en, const char *zh)
{
	(void)buf_fmt(out, "<td class=\"%s%s\">", class, en ? "" : " none");
	html_both(out, en ? en : "–", zh ? zh : en ? en : "–");
	(void)buf_str(out, "</td>");
}

static void row(const struct html *h, const struct key *k)
{
	struct buf *out = h->out;
	(void)buf_fmt(out, "<tr class=\"%s\"><th>", verdict_name(k->verdict));
	if (k->link)
		(void)buf_fmt(out, "<a href=\"%s\">", k->link);
	html_both(out, k->what, k->what_zh);
	(void)buf_str(out, k->link ? "</a></th>" : "</th>");
	cell(out, "value", k->value, k->value_zh);
	cell(out, "num", k->target, k->target_zh);
	cell(out, "num", k->interval, NULL);
	cell(out, "num", k->n ? arena_fmt(h->a, "%llu", (unsigned long long)k->n) : NULL, NULL);
	(void)buf_str(out, "<td>");
	html_verdict_words(out, k->verdict, k->words, k->words_zh);
	(void)buf_str(out, "</td></tr>\n");
}

/* ---- capacity ---- */

static const struct metric *capacity_of(const struct run *run)
{
	const struct metric *rate = run_find_metric(run, "highest_rate");
	return rate ? rate : run_find_metric(run, "highest_concurrency");
}

static void capacity_found(const struct html *h, const struct run *run, struct key *k)
{
	const struct metric *m = capacity_of(run);
	struct metric_value rate;
	k->verdict = VERDICT_PASS;
	k->words = m->note;
	k->words_zh = in_chinese(m->note, h->a);
	k->n = run->attempted;
	if (strcmp(m->def->name, "highest_rate") == 0)
		k->value = k->value_zh = arena_fmt(h->a, "%g /s", m->value);
	else {
		const char *at = run_value(run, "request_rate", &rate)
			? arena_fmt(h->a, ", %.3g /s", rate.value) : "";
		k->value = arena_fmt(h->a, "%g in flight%s", m->value, at);
		k->value_zh = arena_fmt(h->a, "并发 %g%s", m->value, at);
	}
	if (run->n_targets == 0)
		return;
	k->target = arena_fmt(h->a, "%s %s", run->targets[0].metric, run->targets[0].text);
	if (run->n_targets > 1)
		k->target = arena_fmt(h->a, "%s, +%zu", k->target, run->n_targets - 1);
}

/* The steps of one search; their order is that of the search. */
static void capacity(const struct html *h, size_t first, size_t n)
{
	const struct run *best = NULL;
	bool search = false;
	for (size_t i = first; i < first + n; i++) {
		const struct run *run = h->r->runs[i];
		const struct metric *m = capacity_of(run);
		search |= json_object_get(run->settings, "find") != NULL;
		if (m && (!best || m->value > capacity_of(best)->value))
			best = run;
	}
	if (!search && !best)
		return;
	const char *name = html_sweep_name(h->r->runs[first], h->a);
	struct key k = {.what = arena_fmt(h->a, "capacity of %s", name),
			.what_zh = arena_fmt(h->a, "%s 容量", name),
			.link = arena_fmt(h->a, n > 1 ? "#sweep-%zu" : "#run-%zu", first),
			.verdict = VERDICT_UNDECIDED,
			.value = "no step met every target twice",
			.value_zh = "没有任何一级两次全部达标"};
	if (best)
		capacity_found(h, best, &k);
	row(h, &k);
}

static void capacities(const struct html *h)
{
	for (size_t first = 0; first < h->r->n_runs;) {
		size_t n = MAX(html_sweep_steps(h->r, first), (size_t)1);
		capacity(h, first, n);
		first += n;
	}
}

/* ---- accuracy ---- */

static void accuracy(const struct html *h, const struct accuracy_result *x)
{
	struct accuracy_words w;
	accuracy_words(x, h->a, &w);
	const char *service = x->service ? x->service : "";
	const char *reference = w.reference ? w.reference : "?";
	struct key k = {.what = arena_fmt(h->a, "%s %s", service, w.what),
			.what_zh = arena_fmt(h->a, "%s %s", service, w.what_zh),
			.link = "#accuracy", .value = w.candidate, .target = w.gate,
			.interval = w.interval, .n = x->utterances,
			.verdict = accuracy_verdict(x), .words = w.verdict,
			.words_zh = w.verdict_zh};
	if (w.difference) {
		k.value = arena_fmt(h->a, "%s (%s, reference %s)", w.difference, w.candidate,
				    reference);
		k.value_zh = arena_fmt(h->a, "%s(被测 %s,参考 %s)", w.difference, w.candidate,
				       reference);
	}
	row(h, &k);
}

/* ---- soak ---- */

static void soak_errors(const struct html *h, const struct soak_result *s)
{
	const struct target *t = soak_target(s, "error_rate");
	const char *time = metric_text(h->a, "latency", s->hours * 3600);
	const char *rate = metric_text(h->a, "error_rate", s->error_rate);
	row(h, &(struct key){
		.what = arena_fmt(h->a, "soak of %s", time),
		.what_zh = arena_fmt(h->a, "长稳 %s", time), .link = "#soak",
		.value = arena_fmt(h->a, "errors %s", rate),
		.value_zh = arena_fmt(h->a, "错误率 %s", rate),
		.target = t ? t->text : NULL,
		.interval = interval_text(h->a, "error_rate", s->error_lo, s->error_hi),
		.n = s->requests,
		.verdict = t ? (enum verdict)t->verdict : soak_verdict(s)});
}

static void soak_outages(const struct html *h, const struct soak_result *s)
{
	double longest = soak_longest_outage(s);
	row(h, &(struct key){
		.what = "outages", .what_zh = "中断", .link = "#soak",
		.value = s->n_outages ? arena_fmt(h->a, "%zu, the longest %.3g s", s->n_outages,
						  longest) : "none",
		.value_zh = s->n_outages ? arena_fmt(h->a, "%zu 次,最长 %.3g 秒", s->n_outages,
						     longest) : "无",
		.target = arena_fmt(h->a, "≤ %g s", SOAK_OUTAGE_MAX_S),
		.verdict = longest > SOAK_OUTAGE_MAX_S ? VERDICT_FAIL : VERDICT_PASS});
}

static void soak_leaks(const struct html *h, const struct soak_result *s)
{
	static const int rank[] = {[VERDICT_PASS] = 0, [VERDICT_SKIPPED] = 1,
				   [VERDICT_UNDECIDED] = 2, [VERDICT_FAIL] = 3};
	const struct leak_result *worst = NULL;
	size_t clean = 0;
	for (size_t i = 0; i < s->n_leaks; i++) {
		const struct leak_result *l = &s->leaks[i];
		clean += leak_verdict(l) == VERDICT_PASS;
		if (!worst || rank[leak_verdict(l)] > rank[leak_verdict(worst)])
			worst = l;
	}
	if (!worst)
		return;
	bool all = clean == s->n_leaks;
	const char *growth = leak_growth(worst, h->a);
	struct key k = {.what = "leaks", .what_zh = "泄漏", .link = "#soak",
			.verdict = leak_verdict(worst), .n = 0,
			.words = leak_word(worst, false),
			.words_zh = leak_word(worst, true)};
	if (leak_verdict(worst) == VERDICT_SKIPPED && clean == 0) {
		k.value = arena_fmt(h->a, "%zu series, too short to tell", s->n_leaks);
		k.value_zh = arena_fmt(h->a, "%zu 项,时长不足以判断", s->n_leaks);
		row(h, &k);
		return;
	}
	k.value = all ? arena_fmt(h->a, "none in %zu series", s->n_leaks)
		      : arena_fmt(h->a, "%s %s; %zu of %zu clean", worst->what, growth, clean,
				  s->n_leaks);
	k.value_zh = all ? arena_fmt(h->a, "%zu 项均无", s->n_leaks)
			 : arena_fmt(h->a, "%s %s;%zu/%zu 项无泄漏",
				     in_chinese(worst->what, h->a), growth, clean, s->n_leaks);
	row(h, &k);
}

/* ---- devices ---- */

static void device_row(const struct html *h, const struct device_facts *d, size_t n)
{
	bool zh_needed = d->health_known || d->ecc_known;
	enum verdict v = device_bad(d) ? VERDICT_FAIL : zh_needed ? VERDICT_PASS : VERDICT_SKIPPED;
	struct key k = {.verdict = v, .target = "OK, no new double-bit error",
			.target_zh = "正常,无新增双比特错误", .n = d->readings};
	k.what = n == 1 ? d->label : arena_fmt(h->a, "%zu devices", n);
	k.what_zh = n == 1 ? d->label : arena_fmt(h->a, "%zu 个设备", n);
	k.value = device_text(d, h->a, false);
	k.value_zh = device_text(d, h->a, true);
	k.words = v == VERDICT_SKIPPED ? "health not read" : v == VERDICT_PASS ? "healthy"
		: "not healthy";
	k.words_zh = v == VERDICT_SKIPPED ? "未读到健康状态" : v == VERDICT_PASS ? "正常" : "异常";
	row(h, &k);
}

/* Those that are well in one row, the others in rows of their own. */
static void devices(const struct html *h)
{
	size_t n, good = 0, bad = 0;
	struct device_facts *all = device_facts(h->r, h->a, &n), well = {0};
	for (size_t i = 0; i < n; i++) {
		if (!device_bad(&all[i]))
			device_join(&well, &all[i], good++ == 0);
		else if (bad++ < DEVICES_MAX)
			device_row(h, &all[i], 1);
	}
	if (bad > DEVICES_MAX)
		row(h, &(struct key){
			.what = arena_fmt(h->a, "%zu more device%s", bad - DEVICES_MAX,
					  str_plural(bad - DEVICES_MAX)),
			.what_zh = arena_fmt(h->a, "另有 %zu 个设备", bad - DEVICES_MAX),
			.verdict = VERDICT_FAIL, .words = "not healthy", .words_zh = "异常"});
	if (good > 0)
		device_row(h, &well, good);
	if (n == 0)
		row(h, &(struct key){.what = "devices", .what_zh = "设备",
				     .value = "no NPU or GPU was seen on this machine",
				     .value_zh = "本机未发现 NPU 或 GPU",
				     .verdict = VERDICT_SKIPPED, .words = "not watched",
				     .words_zh = "未监控"});
}

void html_keys(const struct html *h)
{
	static const struct html_column heads[] = {
		{NULL, "what decides", "关键结果"}, {NULL, "measured", "实测"},
		{"num", "target", "要求"}, {"num", "95 % interval", "95% 置信区间"},
		{"num", "n", "样本数"}, {NULL, "verdict", "结论"}, {0}};
	struct buf *out = h->out;
	const struct soak_result *s = &h->r->soak;
	html_table(out, "keys", heads);
	capacities(h);
	for (size_t i = 0; i < h->r->n_accuracy; i++)
		accuracy(h, &h->r->accuracy[i]);
	if (s->present) {
		soak_errors(h, s);
		soak_outages(h, s);
		soak_leaks(h, s);
	}
	devices(h);
	html_table_end(out);
}
