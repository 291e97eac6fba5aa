/* src/report/html_soak.c - the soak, and the definitions of what the page shows.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "report/grid.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "report/tables.h"

static void outages(const struct html *h)
{
	const struct soak_result *s = &h->r->soak;
	struct buf *out = h->out;
	if (s->n_outages == 0)
		return;
	(void)buf_str(out, "<div class=\"wide\"><table class=\"short\"><thead><tr>");
	html_head(out, NULL, "outage from", "中断开始");
	html_head(out, "num", "lasted", "持续");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < s->n_outages; i++) {
		char when[32];
		clock_format_wall(when, sizeof(when), s->outages[i].from_wall_ns);
		(void)buf_fmt(out, "<tr><th class=\"name\">%s</th>", when);
		html_number(out, "latency", s->outages[i].seconds);
		(void)buf_str(out, "</tr>");
	}
	(void)buf_str(out, "</tbody></table></div>");
}

const char *html_growth(const struct leak_result *l, struct arena *a)
{
	/* Written with or without the hour. */
	bool bytes = l->unit && (strcmp(l->unit, "B") == 0 || strcmp(l->unit, "B/h") == 0);
	if (isnan(l->slope_per_hour))
		return "–";
	if (bytes)
		return arena_fmt(a, "%+.2f MiB/h", l->slope_per_hour / 1048576);
	return arena_fmt(a, "%+.3g /h", l->slope_per_hour);
}

static void leaks(const struct html *h)
{
	const struct soak_result *s = &h->r->soak;
	struct buf *out = h->out;
	if (s->n_leaks == 0)
		return;
	(void)buf_str(out, "<div class=\"wide\"><table class=\"short\"><thead><tr>");
	html_head(out, NULL, "leak", "泄漏");
	html_head(out, "num", "growth", "增长");
	html_head(out, NULL, "verdict", "结论");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < s->n_leaks; i++) {
		const struct leak_result *l = &s->leaks[i];
		enum verdict v = leak_verdict(l);
		(void)buf_fmt(out, "<tr class=\"%s\">", verdict_name(v));
		html_tag(out, "th", "name", l->what);
		html_tag(out, "td", "num", html_growth(l, h->a));
		(void)buf_fmt(out, "<td><span class=\"v %s\"><i>%s</i> ", verdict_name(v),
			      verdict_sign(v));
		html_both(out, html_alignment(l->verdict, false), html_alignment(l->verdict, true));
		(void)buf_str(out, "</span></td></tr>");
	}
	(void)buf_str(out, "</tbody></table></div>");
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
		(void)buf_str(out, "<div><dt>");
		html_text(out, def->name);
		(void)buf_str(out, " <small lang=\"zh\">");
		html_text(out, def->title_zh);
		(void)buf_str(out, "</small></dt>");
		html_tag(out, "dd", NULL, arena_fmt(h->a, "%s [%s]", def->rule, def->unit));
		(void)buf_str(out, "</div>");
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
