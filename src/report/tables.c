/* src/report/tables.c - see tables.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/tables.h"

#include <math.h>

#include "base/str.h"
#include "base/util.h"
#include "report/wording.h"
#include "result/chinese.h"
#include "result/format.h"
#include "result/stats_table.h"

#define L(en, chinese) (zh ? (chinese) : (en))

const char *tables_color(enum verdict v)
{
	static const char *const colors[] = {
		[VERDICT_PASS] = "\033[32m", [VERDICT_FAIL] = "\033[1;31m",
		[VERDICT_UNDECIDED] = "\033[33m", [VERDICT_UNTRUSTWORTHY] = "\033[1;35m",
		[VERDICT_ERROR] = "\033[1;31m", [VERDICT_SKIPPED] = "\033[2m",
	};
	return colors[v];
}

static void heads(struct table *t, const char *const *texts, size_t n)
{
	table_row(t);
	t->has_head = true;
	for (size_t i = 0; i < n; i++)
		table_cell(t, texts[i], "\033[2m");
}

static const char *number(struct arena *a, uint64_t n)
{
	return arena_fmt(a, "%llu", (unsigned long long)n);
}

bool tables_grid(const struct result *r, struct arena *a, bool zh, struct table *t)
{
	struct grid g;
	grid_make(r, a, &g);
	table_init(t, a, "lllll");
	const char *const names[] = {
		L("service", "服务"), grid_title(GRID_PERFORMANCE, zh),
		grid_title(GRID_RELIABILITY, zh), grid_title(GRID_FUNCTIONALITY, zh),
		grid_title(GRID_ACCURACY, zh)};
	heads(t, names, ARRAY_LEN(names));
	for (size_t i = 0; i < g.n; i++) {
		const struct grid_row *row = &g.rows[i];
		table_row(t);
		table_cell(t, row->service ? row->service : L("all", "全部"), "\033[1m");
		for (size_t c = 0; c < GRID_COLUMNS; c++) {
			const struct grid_cell *cell = &row->cells[c];
			const char *text = L(cell->text, cell->text_zh);
			if (!cell->present)
				table_cell(t, "", NULL);
			else
				table_cell(t, arena_fmt(a, "%s %s", verdict_sign(cell->verdict),
							text ? text : ""),
					   tables_color(cell->verdict));
		}
	}
	return g.n > 0;
}

bool tables_targets(const struct target *items, size_t n, struct arena *a, bool zh,
		    struct table *t)
{
	table_init(t, a, "llrlrrl");
	const char *const names[] = {"", L("target", "指标"), L("value", "实测"),
				     L("limit", "要求"), L("95 % interval", "95% 区间"), "n",
				     L("remark", "说明")};
	heads(t, names, ARRAY_LEN(names));
	for (size_t i = 0; i < n; i++) {
		const struct target *x = &items[i];
		enum verdict v = (enum verdict)x->verdict;
		const char *value = metric_text(a, x->metric, x->value);
		table_row(t);
		table_cell(t, verdict_sign(v), tables_color(v));
		table_cell(t, x->metric, NULL);
		table_cell(t, *value ? value : "–", tables_color(v));
		table_cell(t, x->text, NULL);
		table_cell(t, interval_text(a, x->metric, x->lo, x->hi), NULL);
		table_cell(t, x->n ? number(a, x->n) : "", NULL);
		table_cell(t, target_why(x, a, zh), NULL);
	}
	return n > 0;
}

static void distribution(struct table *t, struct arena *a, const struct metric *m, bool zh,
			 bool all)
{
	table_row(t);
	table_cell(t, m->def->name, NULL);
	table_cell(t, number(a, hist_count(m->hist)), NULL);
	for (const struct stats_row *row = stats_table; row->name; row++) {
		bool small = row->quantile == 0.5 || row->quantile == 0.9 ||
			     row->quantile == 0.99 || strcmp(row->name, "max") == 0;
		if (!all && !small)
			continue;
		char text[FORMAT_MAX];
		format_unit(text, sizeof(text), m->def->unit, stats_value(row, m->hist));
		table_cell(t, arena_fmt(a, "%s%s", text, stats_few(row, m->hist) ? "*" : ""), NULL);
	}
	table_cell(t, L(m->note, in_chinese(m->note, a)), NULL);
}

bool tables_distributions(const struct run *run, struct arena *a, bool zh, bool all,
			  struct table *t)
{
	static const char *const few[] = {"", "n", "p50", "p90", "p99", "max", ""};
	static const char *const every[] = {"", "n", "mean", "min", "p50", "p90", "p95", "p99",
					    "p999", "max", ""};
	bool any = false;
	table_init(t, a, all ? "lrrrrrrrrrl" : "lrrrrrl");
	heads(t, all ? every : few, all ? ARRAY_LEN(every) : ARRAY_LEN(few));
	for (size_t i = 0; i < run->n_metrics; i++) {
		const struct metric *m = &run->metrics[i];
		if (!m->hist || hist_count(m->hist) == 0)
			continue;
		distribution(t, a, m, zh, all);
		any = true;
	}
	return any;
}

bool tables_failures(const struct run *run, struct arena *a, bool zh, struct table *t)
{
	table_init(t, a, "lrrll");
	const char *const names[] = {L("failure", "失败原因"), L("count", "次数"), "HTTP",
				     L("first input", "首个输入"), L("first reply", "首个应答")};
	heads(t, names, ARRAY_LEN(names));
	for (size_t i = 0; i < run->n_failures; i++) {
		const struct failure_example *f = &run->failures[i];
		table_row(t);
		table_cell(t, outcome_name(f->outcome), tables_color(VERDICT_FAIL));
		table_cell(t, number(a, f->count), NULL);
		table_cell(t, f->status ? arena_fmt(a, "%d", f->status) : "", NULL);
		table_cell(t, f->sample_id, NULL);
		table_cell(t, f->detail, NULL);
	}
	return run->n_failures > 0;
}

bool tables_cases(const struct result *r, struct arena *a, bool zh, bool all, struct table *t)
{
	bool any = false;
	table_init(t, a, "llllll");
	const char *const names[] = {"", L("case", "用例"), L("service", "服务"), L("name", "名称"),
				     L("finding", "发现"), L("detail", "详情")};
	heads(t, names, ARRAY_LEN(names));
	for (size_t i = 0; i < r->n_cases; i++) {
		const struct case_result *c = &r->cases[i];
		if (!all && (c->verdict == VERDICT_PASS || c->verdict == VERDICT_SKIPPED))
			continue;
		table_row(t);
		table_cell(t, verdict_sign(c->verdict), tables_color(c->verdict));
		table_cell(t, c->id, NULL);
		table_cell(t, c->service, NULL);
		table_cell(t, L(c->name, in_chinese(c->name, a)), NULL);
		table_cell(t, L(c->finding, in_chinese(c->finding, a)), tables_color(c->verdict));
		table_cell(t, L(c->detail, in_chinese(c->detail, a)), NULL);
		any = true;
	}
	return any;
}

bool tables_accuracy(const struct result *r, struct arena *a, bool zh, struct table *t)
{
	table_init(t, a, "lllrrrrrrl");
	const char *const names[] = {
		"", L("service", "服务"), L("metric", "指标"), "n", L("candidate", "被测"),
		L("reference", "参考"), L("difference", "差值"), L("95 % interval", "95% 区间"),
		L("gate", "门限"), L("verdict", "结论")};
	heads(t, names, ARRAY_LEN(names));
	for (size_t i = 0; i < r->n_accuracy; i++) {
		const struct accuracy_result *x = &r->accuracy[i];
		enum verdict v = accuracy_verdict(x);
		struct accuracy_words w;
		accuracy_words(x, a, &w);
		table_row(t);
		table_cell(t, verdict_sign(v), tables_color(v));
		table_cell(t, x->service, NULL);
		table_cell(t, L(w.what, w.what_zh), NULL);
		table_cell(t, number(a, x->utterances), NULL);
		table_cell(t, w.candidate, NULL);
		table_cell(t, w.reference, NULL);
		table_cell(t, w.difference, NULL);
		table_cell(t, w.interval, NULL);
		table_cell(t, w.gate, NULL);
		table_cell(t, L(w.verdict, w.verdict_zh), tables_color(v));
	}
	return r->n_accuracy > 0;
}

bool tables_leaks(const struct result *r, struct arena *a, bool zh, struct table *t)
{
	table_init(t, a, "llrl");
	const char *const names[] = {"", L("leak", "泄漏"), L("growth", "增长"),
				     L("verdict", "结论")};
	heads(t, names, ARRAY_LEN(names));
	for (size_t i = 0; i < r->soak.n_leaks; i++) {
		const struct leak_result *l = &r->soak.leaks[i];
		enum verdict v = leak_verdict(l);
		table_row(t);
		table_cell(t, verdict_sign(v), tables_color(v));
		table_cell(t, L(l->what, in_chinese(l->what, a)), NULL);
		table_cell(t, leak_growth(l, a), NULL);
		table_cell(t, leak_word(l, zh), tables_color(v));
	}
	return r->soak.n_leaks > 0;
}

const char *tables_run_line(const struct run *run, struct arena *a, bool zh)
{
	static const char *const rates[] = {"request_rate", "token_rate", "audio_rate",
					    "goodput_share"};
	struct buf b = BUF_INIT(4096);
	(void)buf_fmt(&b, L("%llu ok, %llu failed", "成功 %llu,失败 %llu"),
		      (unsigned long long)run->outcomes[OUTCOME_OK],
		      (unsigned long long)run_failed(run));
	if (run->unsent)
		(void)buf_fmt(&b, L(", %llu unsent", ",未发送 %llu"),
			      (unsigned long long)run->unsent);
	if (!isnan(run->duration_s))
		(void)buf_fmt(&b, L(" in %s", ",历时 %s"), metric_text(a, "latency",
								 run->duration_s));
	if (!isnan(run->concurrency_mean))
		(void)buf_fmt(&b, L(" · %.3g in flight", " · 并发 %.3g"), run->concurrency_mean);
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		const struct metric *m = run_find_metric(run, rates[i]);
		if (m && !isnan(m->value))
			(void)buf_fmt(&b, " · %s %s", rates[i], metric_text(a, rates[i], m->value));
	}
	const char *until = run_until_text(run, a, zh);
	if (until)
		(void)buf_fmt(&b, " · %s", until);
	if (run->interrupted)
		(void)buf_str(&b, L(" · interrupted", " · 被中断"));
	const char *text = arena_str(a, b.data);
	buf_release(&b);
	return text;
}

const char *tables_soak_line(const struct soak_result *s, struct arena *a, bool zh)
{
	unsigned long long n = s->requests, windows = s->windows;
	return arena_fmt(
		a,
		L("%s · %s · errors %s (95 %%: %s … %s) · outages %zu, longest %.1f s · %s, "
		  "%llu missing",
		  "%s · %s · 错误率 %s(95%%: %s … %s)· 中断 %zu 次,最长 %.1f 秒 · %s,缺 %llu 个"),
		metric_text(a, "latency", s->hours * 3600),
		zh ? arena_fmt(a, "%llu 个请求", n)
		   : arena_fmt(a, "%llu request%s", n, str_plural(n)),
		metric_text(a, "error_rate", s->error_rate),
		metric_text(a, "error_rate", s->error_lo),
		metric_text(a, "error_rate", s->error_hi),
		s->n_outages, soak_longest_outage(s),
		zh ? arena_fmt(a, "%llu 个时间窗", windows)
		   : arena_fmt(a, "%llu window%s", windows, str_plural(windows)),
		(unsigned long long)s->gaps);
}
