/* src/report/html_soak.c - the soak, and the definitions of what the page shows.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "report/grid.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "report/tables.h"
#include "report/wording.h"
#include "result/chinese.h"

static void outages(const struct html *h)
{
	static const struct html_column heads[] = {{NULL, "outage from", "中断开始"},
						   {"num", "lasted", "持续"}, {0}};
	const struct soak_result *s = &h->r->soak;
	struct buf *out = h->out;
	if (s->n_outages == 0)
		return;
	html_table(out, "short", heads);
	for (size_t i = 0; i < s->n_outages; i++) {
		char when[32];
		clock_format_wall(when, sizeof(when), s->outages[i].from_wall_ns);
		(void)buf_fmt(out, "<tr><th class=\"name\">%s</th>", when);
		html_number(out, "latency", s->outages[i].seconds);
		(void)buf_str(out, "</tr>");
	}
	html_table_end(out);
}

static void leaks(const struct html *h)
{
	static const struct html_column heads[] = {{NULL, "leak", "泄漏"}, {"num", "growth", "增长"},
						   {NULL, "verdict", "结论"}, {0}};
	const struct soak_result *s = &h->r->soak;
	struct buf *out = h->out;
	if (s->n_leaks == 0)
		return;
	html_table(out, "short", heads);
	for (size_t i = 0; i < s->n_leaks; i++) {
		const struct leak_result *l = &s->leaks[i];
		enum verdict v = leak_verdict(l);
		(void)buf_fmt(out, "<tr class=\"%s\">", verdict_name(v));
		html_tag_both(out, "th", "name", l->what, in_chinese(l->what, h->a));
		html_cell(out, "num", leak_growth(l, h->a));
		(void)buf_str(out, "<td>");
		html_verdict_words(out, v, leak_word(l, false), leak_word(l, true));
		(void)buf_str(out, "</td></tr>");
	}
	html_table_end(out);
}

void html_soak(const struct html *h)
{
	const struct soak_result *s = &h->r->soak;
	struct buf *out = h->out;
	if (!s->present)
		return;
	(void)buf_str(out, "<section id=\"soak\"><h2>");
	html_both(out, "Soak", "长稳测试");
	(void)buf_char(out, ' ');
	html_verdict(out, soak_verdict(s));
	(void)buf_str(out, "</h2><p>");
	html_both(out, tables_soak_line(s, h->a, false), tables_soak_line(s, h->a, true));
	(void)buf_str(out, "</p>");
	html_targets(h, s->targets, s->n_targets);
	if (!isnan(s->drift_p50)) {
		const char *range = isnan(s->drift_p99_lo) ? ""
			: arena_fmt(h->a, " (%.2f … %.2f)", s->drift_p99_lo, s->drift_p99_hi);
		(void)buf_str(out, "<p>");
		html_both(out,
			  arena_fmt(h->a,
				    "Latency at the end over that at the start: p50 × %.2f, "
				    "p99 × %.2f%s",
				    s->drift_p50, s->drift_p99, range),
			  arena_fmt(h->a, "结束时与开始时的延迟之比: p50 × %.2f,p99 × %.2f%s",
				    s->drift_p50, s->drift_p99, range));
		(void)buf_str(out, "</p>");
	}
	outages(h);
	leaks(h);
	(void)buf_str(out, "</section>\n");
}

static void rule(const struct html *h, const char *name, const char *name_zh, const char *text,
		 const char *text_zh)
{
	struct buf *out = h->out;
	(void)buf_str(out, "<div><dt>");
	html_both(out, name, name_zh);
	(void)buf_str(out, "</dt><dd>");
	html_both(out, text, text_zh);
	(void)buf_str(out, "</dd></div>");
}

static bool told(const struct result *r, size_t i)
{
	const char *metric = r->accuracy[i].metric;
	for (size_t k = 0; metric && k < i; k++)
		if (r->accuracy[k].metric && strcmp(r->accuracy[k].metric, metric) == 0)
			return true;
	return !metric;
}

static bool used(const struct result *r, const struct metric_def *def)
{
	for (size_t i = 0; i < r->n_runs; i++)
		if (run_find_metric(r->runs[i], def->name))
			return true;
	return strcmp(def->name, "error_rate") == 0 && r->n_runs > 0;
}

void html_rules(const struct html *h)
{
	struct buf *out = h->out;
	(void)buf_str(out, "<section id=\"rules\"><h2>");
	html_both(out, "What the numbers mean", "指标定义");
	(void)buf_str(out, "</h2><dl class=\"list\">");
	for (size_t i = 0; metric_at(i); i++) {
		const struct metric_def *def = metric_at(i);
		if (!used(h->r, def))
			continue;
		rule(h, def->name, arena_fmt(h->a, "%s %s", def->name, def->title_zh),
		     arena_fmt(h->a, "%s [%s]", def->rule, def->unit),
		     arena_fmt(h->a, "%s [%s]", def->rule_zh, def->unit));
	}
	for (size_t i = 0; i < h->r->n_accuracy; i++) {
		const char *metric = h->r->accuracy[i].metric;
		if (!told(h->r, i))
			rule(h, accuracy_title(metric, h->a, false),
			     accuracy_title(metric, h->a, true),
			     accuracy_rule(metric, false), accuracy_rule(metric, true));
	}
	(void)buf_str(out, "</dl><p class=\"note\">");
	html_both(
		out,
		"Percentiles: nearest rank, relative error at most 0.1 %, nothing clamped. "
		"A percentile target passes or fails by its 95 % order-statistic interval, a share "
		"by Wilson's interval; else it is undecided.",
		"百分位: 最近秩法,相对误差不超过 0.1%,不截断。百分位指标按 95% 次序统计量区间判定,"
		"比例按 Wilson 区间判定;区间包含限值时为无法判定。");
	(void)buf_str(out, "</p></section>\n");
}
