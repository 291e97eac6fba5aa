/* src/report/html_run.c - one run: targets, distributions, plots, failures, how it was measured.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/util.h"
#include "report/grid.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "report/wording.h"
#include "result/chinese.h"
#include "result/format.h"
#include "result/stats_table.h"

void html_targets(const struct html *h, const struct target *items, size_t n)
{
	static const struct html_column heads[] = {
		{NULL, "target", "指标"}, {"num", "measured", "实测"}, {"num", "limit", "要求"},
		{"num", "95 % interval", "95% 置信区间"}, {"num", "n", "样本数"},
		{NULL, "verdict", "结论"}, {0}};
	struct buf *out = h->out;
	if (n == 0)
		return;
	html_table(out, "targets", heads);
	for (size_t i = 0; i < n; i++) {
		const struct target *t = &items[i];
		enum verdict v = (enum verdict)t->verdict;
		(void)buf_fmt(out, "<tr class=\"%s\">", verdict_name(v));
		html_tag(out, "th", "name", t->metric);
		html_number(out, t->metric, t->value);
		html_tag(out, "td", "num", t->text);
		html_cell(out, "num", interval_text(h->a, t->metric, t->lo, t->hi));
		(void)buf_fmt(out, "<td class=\"num\">%llu</td><td>", (unsigned long long)t->n);
		html_verdict(out, v);
		if (t->why) {
			(void)buf_str(out, " <span class=\"why\">");
			html_both(out, t->why, target_why(t, h->a, true));
			(void)buf_str(out, "</span>");
		}
		(void)buf_str(out, "</td></tr>");
	}
	html_table_end(out);
}

void html_run_verdict(struct buf *out, const struct run *run)
{
	enum verdict v = run_verdict(run);
	bool together = v == VERDICT_SKIPPED;
	html_verdict_words(out, v, together ? together_text(false) : NULL,
			   together ? together_text(true) : NULL);
}

static void distribution_row(const struct html *h, const struct metric *m)
{
	struct buf *out = h->out;
	(void)buf_str(out, "<tr><th class=\"name\" title=\"");
	html_text(out, m->def->rule);
	(void)buf_str(out, "\">");
	html_text(out, m->def->name);
	(void)buf_str(out, "<small lang=\"zh\">");
	html_text(out, m->def->title_zh);
	(void)buf_str(out, "</small>");
	if (m->note)
		html_tag_both(out, "small", NULL, m->note, in_chinese(m->note, h->a));
	(void)buf_fmt(out, "</th><td class=\"num\">%llu</td>",
		      (unsigned long long)hist_count(m->hist));
	for (const struct stats_row *row = stats_table; row->name; row++) {
		char text[FORMAT_MAX];
		bool few = stats_few(row, m->hist);
		format_unit(text, sizeof(text), m->def->unit, stats_value(row, m->hist));
		(void)buf_fmt(out, "<td class=\"num%s\">%s%s</td>", few ? " few" : "", text,
			      few ? "<sup>*</sup>" : "");
	}
	(void)buf_str(out, "</tr>");
}

static void statistic_head(struct buf *out, const char *name)
{
	static const char *const names[][3] = {{"mean", "mean", "均值"}, {"min", "min", "最小"},
					       {"max", "max", "最大"}, {"p999", "p99.9", "p99.9"}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i][0], name) == 0) {
			html_head(out, "num", names[i][1], names[i][2]);
			return;
		}
	html_head(out, "num", name, name);
}

static void distributions(const struct html *h, const struct run *run)
{
	struct buf *out = h->out;
	size_t shown = 0, few = 0;
	for (size_t i = 0; i < run->n_metrics; i++)
		shown += run->metrics[i].hist && hist_count(run->metrics[i].hist) > 0;
	if (shown == 0)
		return;
	(void)buf_str(out, "<div class=\"wide\"><table><thead><tr>");
	html_head(out, NULL, "per request", "逐请求");
	html_head(out, "num", "n", "样本数");
	for (const struct stats_row *row = stats_table; row->name; row++)
		statistic_head(out, row->name);
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < run->n_metrics; i++) {
		const struct metric *m = &run->metrics[i];
		if (!m->hist || hist_count(m->hist) == 0)
			continue;
		distribution_row(h, m);
		for (const struct stats_row *row = stats_table; row->name; row++)
			few += stats_few(row, m->hist);
	}
	(void)buf_str(out, "</tbody></table></div>");
	if (few == 0)
		return;
	(void)buf_str(out, "<p class=\"note\"><sup>*</sup> ");
	html_both(out, "fewer than 10 samples lie beyond this percentile",
		  "该百分位之外的样本不足 10 个");
	(void)buf_str(out, "</p>");
}

static void count_fact(const struct html *h, const char *en, const char *zh, uint64_t n)
{
	html_fact(h->out, en, zh, arena_fmt(h->a, "%llu", (unsigned long long)n));
}

static void facts(const struct html *h, const struct run *run)
{
	struct buf *out = h->out;
	struct arena *a = h->a;
	(void)buf_str(out, "<dl class=\"facts\">");
	count_fact(h, "ok", "成功", run->outcomes[OUTCOME_OK]);
	count_fact(h, "failed", "失败", run_failed(run));
	if (run->unsent)
		count_fact(h, "unsent", "未发送", run->unsent);
	html_fact(out, "error rate", "错误率", metric_text(a, "error_rate", run_error_rate(run)));
	html_fact(out, "duration", "历时", metric_text(a, "latency", run->duration_s));
	if (!isnan(run->concurrency_mean))
		html_fact(out, "in flight (mean, peak)", "并发(均值,峰值)",
		     arena_fmt(a, "%.3g, %.3g", run->concurrency_mean, run->concurrency_peak));
	html_fact(out, "first request", "首个请求", metric_text(a, "latency", run->first_request_s));
	if (run->warmup_requests)
		count_fact(h, "warm-up", "预热", run->warmup_requests);
	for (size_t i = 0; i < run->n_metrics; i++) {
		const struct metric *m = &run->metrics[i];
		/* The rate of errors stands there already. */
		if (m->hist || strcmp(m->def->name, "error_rate") == 0)
			continue;
		const char *value = metric_text(a, m->def->name, m->value), *value_zh = value;
		if (m->note && *value) {
			value_zh = arena_fmt(a, "%s(%s)", value, in_chinese(m->note, a));
			value = arena_fmt(a, "%s (%s)", value, m->note);
		}
		html_fact_both(out, m->def->name, m->def->title_zh, value, value_zh);
	}
	(void)buf_str(out, "</dl>");
}

static void plots(const struct html *h, const struct run *run, size_t index)
{
	struct buf *out = h->out;
	bool any = run->n_windows > 0;
	for (size_t i = 0; i < run->n_metrics; i++)
		any = any || (run->metrics[i].hist && hist_count(run->metrics[i].hist) > 1);
	if (!any)
		return;
	(void)buf_fmt(out, "<div class=\"plots\" data-run=\"%zu\"></div>", index);
}

static void failures(const struct html *h, const struct run *run)
{
	static const struct html_column heads[] = {
		{NULL, "reason", "原因"}, {"num", "count", "次数"}, {"num", "HTTP", "HTTP"},
		{NULL, "first input", "首个输入"}, {NULL, "first reply", "首个应答"}, {0}};
	struct buf *out = h->out;
	if (run->n_failures == 0)
		return;
	(void)buf_str(out, "<h3>");
	html_both(out, "Failures", "失败请求");
	(void)buf_str(out, "</h3>");
	html_table(out, NULL, heads);
	for (size_t i = 0; i < run->n_failures; i++) {
		const struct failure_example *f = &run->failures[i];
		(void)buf_str(out, "<tr><th class=\"name\" title=\"");
		html_text(out, outcome_help(f->outcome));
		(void)buf_fmt(out, "\">%s</th><td class=\"num\">%llu</td><td class=\"num\">%s</td>",
			      outcome_name(f->outcome), (unsigned long long)f->count,
			      f->status ? arena_fmt(h->a, "%d", f->status) : "");
		html_tag(out, "td", NULL, f->sample_id);
		html_tag(out, "td", "reply", f->detail);
		(void)buf_str(out, "</tr>");
	}
	html_table_end(out);
}

static const char *p99_text(struct arena *a, const struct hist *hist)
{
	return hist && hist_count(hist) > 0
		? metric_text(a, "latency", (double)hist_quantile(hist, 0.99) / 1e9) : "";
}

/* How it was measured: folded, for those who doubt. */
static void generator(const struct html *h, const struct run *run)
{
	const struct generator *g = &run->generator;
	struct buf *out = h->out;
	uint64_t all = g->moments_stamped + g->moments_shared + g->moments_user;
	(void)buf_str(out, "<details><summary>");
	html_both(out, "How it was measured", "测量方式");
	(void)buf_str(out, "</summary><dl class=\"facts\">");
	html_fact(out, "load threads", "负载线程",
	     g->threads ? arena_fmt(h->a, "%d", g->threads) : "");
	html_fact(out, "CPU of the tester", "测试端 CPU", metric_text(h->a, "latency", g->cpu_s));
	if (!isnan(g->busiest_core_share))
		html_fact(out, "busiest thread", "最忙线程",
		     arena_fmt(h->a, "%.1f %%", g->busiest_core_share * 100));
	html_fact(out, "generator_delay p99", "测试端自身延迟 p99", p99_text(h->a, g->generator_delay));
	html_fact(out, "queue_delay p99", "排队等待 p99", p99_text(h->a, g->queue_delay));
	if (all > 0)
		html_fact(out, "moments: kernel, shared, user", "时刻: 内核, 共享, 用户态",
		     arena_fmt(h->a, "%.2f %%, %.2f %%, %.2f %%",
			       100.0 * (double)g->moments_stamped / (double)all,
			       100.0 * (double)g->moments_shared / (double)all,
			       100.0 * (double)g->moments_user / (double)all));
	html_fact(out, "error bound of first token p99", "首 token 时刻误差 p99",
		  p99_text(h->a, g->bound));
	if (!isnan(g->asked_rate))
		html_fact(out, "rate asked, achieved", "目标速率, 实际速率",
		     arena_fmt(h->a, "%.4g /s, %.4g /s", g->asked_rate, g->achieved_rate));
	(void)buf_str(out, "</dl>");
	if (run->settings) {
		struct buf text = BUF_INIT(1 << 20);
		(void)json_write(run->settings, true, &text);
		html_tag(out, "pre", NULL, text.data);
		buf_release(&text);
	}
	(void)buf_str(out, "</details>");
}

static void alert(const struct html *h, const struct run *run, size_t i)
{
	(void)buf_str(h->out, "<p class=\"alert\">");
	html_both(h->out, run->trust.reasons.items[i], trust_reason(run, i, h->a, true));
	(void)buf_str(h->out, "</p>");
}

void html_run(const struct html *h, const struct run *run, size_t index)
{
	struct buf *out = h->out;
	(void)buf_fmt(out, "<section class=\"run\" id=\"run-%zu\"><h2>", index);
	html_text(out, run->name);
	(void)buf_char(out, ' ');
	html_run_verdict(out, run);
	(void)buf_str(out, "</h2><p class=\"sub\">");
	html_text(out, arena_fmt(h->a, "%s · %s · %s · %s", run->suite ? run->suite : "",
				 run->service.kind ? run->service.kind : "",
				 run->service.protocol ? run->service.protocol : "",
				 run->service.url ? run->service.url : ""));
	(void)buf_str(out, "</p>");
	if (run->error)
		html_tag_both(out, "p", "alert", run->error, in_chinese(run->error, h->a));
	for (size_t i = 0; i < run->trust.reasons.n; i++)
		alert(h, run, i);
	if (run->interrupted) {
		(void)buf_str(out, "<p class=\"alert\">");
		html_both(out, "Interrupted: what was measured until then stands here.",
			  "运行被中断: 以下为中断前的测量结果。");
		(void)buf_str(out, "</p>");
	}
	if (run->until.metric) {
		(void)buf_fmt(out, "<p class=\"%s\">", run_until_reached(run) ? "note" : "alert");
		html_both(out, run_until_text(run, h->a, false), run_until_text(run, h->a, true));
		(void)buf_str(out, "</p>");
	}
	html_targets(h, run->targets, run->n_targets);
	if (!run->error || run->attempted > 0) {
		facts(h, run);
		distributions(h, run);
		plots(h, run, index);
		failures(h, run);
		html_hosts(h, run);
		generator(h, run);
	}
	(void)buf_str(out, "</section>\n");
}
