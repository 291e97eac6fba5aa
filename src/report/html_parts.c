/* src/report/html_parts.c - the first screen, and the sections that are no run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/html_parts.h"

#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/monitor.h"
#include "report/grid.h"
#include "report/html_text.h"
#include "report/tables.h"
#include "result/format.h"

#define PAIRS_MAX 100	/* shown of one comparison, the worst first; result.json has all */

void html_verdict_line(const struct html *h)
{
	const struct result *r = h->r;
	struct buf *out = h->out;
	char when[32], time[FORMAT_MAX];
	clock_format_wall(when, sizeof(when), r->start_wall_ns);
	format_unit(time, sizeof(time), "s", r->duration_s);
	(void)buf_fmt(out, "<section class=\"verdict %s\"><h1>", verdict_name(r->verdict));
	html_both(out, r->sentence ? r->sentence : "", result_sentence(r, "zh"));
	(void)buf_str(out, "</h1><p class=\"sub\">");
	if (r->title)
		html_text(out, arena_fmt(h->a, "%s · ", r->title));
	(void)buf_fmt(out, "<time>%s</time>%s%s · assay %s</p></section>\n", when,
		      *time ? " · " : "", time, r->tool_version);
}

static void grid_cell(struct buf *out, const struct grid_cell *c)
{
	if (!c->present) {
		(void)buf_str(out, "<td class=\"none\">–</td>");
		return;
	}
	(void)buf_fmt(out, "<td class=\"%s\">", verdict_name(c->verdict));
	html_verdict(out, c->verdict);
	(void)buf_str(out, "<small>");
	html_both(out, c->text, c->text_zh);
	(void)buf_str(out, "</small></td>");
}

void html_grid(const struct html *h)
{
	struct buf *out = h->out;
	struct grid g;
	grid_make(h->r, h->a, &g);
	if (g.n == 0)
		return;
	(void)buf_str(out, "<div class=\"wide\"><table class=\"grid\"><thead><tr>");
	html_head(out, NULL, "service", "服务");
	for (int c = 0; c < GRID_COLUMNS; c++)
		html_head(out, NULL, grid_title((enum grid_column)c, false),
			  grid_title((enum grid_column)c, true));
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < g.n; i++) {
		(void)buf_str(out, "<tr><th>");
		if (g.rows[i].service)
			html_text(out, g.rows[i].service);
		else
			html_both(out, "all", "全部");
		(void)buf_str(out, "</th>");
		for (int c = 0; c < GRID_COLUMNS; c++)
			grid_cell(out, &g.rows[i].cells[c]);
		(void)buf_str(out, "</tr>");
	}
	(void)buf_str(out, "</tbody></table></div>\n");
}

/* A JSON value as short text: objects as "key value, key value". */
static void value_text(struct buf *out, const json_t *v, int depth)
{
	const char *key;
	json_t *item;
	size_t i;
	bool first = true;
	if (json_is_string(v))
		(void)buf_str(out, json_string_value(v));
	else if (json_is_integer(v))
		(void)buf_fmt(out, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		(void)buf_fmt(out, "%.6g", json_real_value(v));
	else if (json_is_boolean(v))
		(void)buf_str(out, json_is_true(v) ? "yes" : "no");
	else if (depth > 4)
		(void)buf_str(out, "…");
	json_object_foreach((json_t *)(json_is_object(v) && depth <= 4 ? v : NULL), key, item) {
		size_t len = strlen(key);
		bool suffix = len > 6 && strcmp(key + len - 6, "_bytes") == 0;
		bool bytes = suffix || strcmp(key, "memory") == 0;
		(void)buf_fmt(out, "%s%.*s ", first ? "" : ", ", (int)(suffix ? len - 6 : len),
			      key);
		if (bytes && json_is_number(item))
			(void)buf_fmt(out, "%.4g GiB", json_number_value(item) / 1073741824);
		else
			value_text(out, item, depth + 1);
		first = false;
	}
	json_array_foreach((json_is_array(v) && depth <= 4 ? v : NULL), i, item) {
		(void)buf_str(out, i ? "; " : "");
		value_text(out, item, depth + 1);
	}
}

static void environment(const struct html *h)
{
	static const char *const names[][2] = {
		{"host", "主机"}, {"devices", "设备"}, {"driver", "驱动"}, {"cann", "CANN"},
		{"services", "服务"}, {"plan_sha256", "计划 SHA-256"},
	};
	struct buf *out = h->out;
	const char *key;
	json_t *v;
	if (json_object_size(h->r->environment) == 0)
		return;
	(void)buf_str(out, "<section><h2>");
	html_both(out, "Environment", "环境");
	(void)buf_str(out, "</h2><dl class=\"list\">");
	json_object_foreach(h->r->environment, key, v) {
		const char *zh = key;
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (strcmp(names[i][0], key) == 0)
				zh = names[i][1];
		struct buf text = BUF_INIT(1 << 20);
		value_text(&text, v, 0);
		if (text.len > 0) {
			(void)buf_str(out, "<div><dt>");
			html_both(out, key, zh);
			(void)buf_str(out, "</dt>");
			html_tag(out, "dd", NULL, text.data);
			(void)buf_str(out, "</div>");
		}
		buf_release(&text);
	}
	(void)buf_str(out, "</dl></section>");
}

static void trust(const struct html *h)
{
	struct buf *out = h->out;
	const struct result *r = h->r;
	size_t bad = 0;
	for (size_t i = 0; i < r->n_runs; i++)
		bad += !r->runs[i]->trust.trustworthy;
	(void)buf_str(out, "<section><h2>");
	html_both(out, "Can the numbers be trusted?", "结果可信吗?");
	(void)buf_str(out, "</h2>");
	if (r->n_runs == 0 || bad == 0) {
		(void)buf_str(out, "<p>");
		html_both(out,
			  arena_fmt(h->a,
				    "Yes: in all %zu runs the tester kept up and its clocks "
				    "were exact enough.",
				    r->n_runs),
			  arena_fmt(h->a, "可信: %zu 次运行中测试端均未成为瓶颈,计时足够精确。",
				    r->n_runs));
		(void)buf_str(out, "</p>");
	}
	(void)buf_str(out, "<ul>");
	for (size_t i = 0; i < r->n_runs; i++)
		for (size_t k = 0; k < r->runs[i]->trust.reasons.n; k++) {
			(void)buf_fmt(out, "<li class=\"untrustworthy\"><a href=\"#run-%zu\">", i);
			html_text(out, r->runs[i]->name);
			(void)buf_str(out, "</a>: ");
			html_both(out, r->runs[i]->trust.reasons.items[k],
				  trust_reason(r->runs[i], k, h->a, true));
			(void)buf_str(out, "</li>");
		}
	(void)buf_str(out, "</ul></section>");
}

/* "npu-smi: cannot run …": true on every machine without that device, so it is put away. */
static bool of_sampler(const char *text)
{
	const char *name, *summary;
	for (size_t i = 0; monitor_sampler(i, &name, &summary); i++) {
		size_t len = strlen(name);
		if (strncmp(text, name, len) == 0 && text[len] == ':')
			return true;
	}
	return false;
}

static void samplers_not_run(const struct html *h)
{
	struct buf *out = h->out;
	const struct strings *all = &h->r->skipped;
	size_t n = 0;
	for (size_t i = 0; i < all->n; i++)
		n += of_sampler(all->items[i]);
	if (n == 0)
		return;
	(void)buf_str(out, "<details><summary>");
	html_both(out, arena_fmt(h->a, "%zu kinds of readings are not to be had here", n),
		  arena_fmt(h->a, "本机缺少 %zu 类监控数据", n));
	(void)buf_str(out, "</summary><ul>");
	for (size_t i = 0; i < all->n; i++)
		if (of_sampler(all->items[i]))
			html_tag(out, "li", NULL, all->items[i]);
	(void)buf_str(out, "</ul></details>");
}

static void not_run(const struct html *h)
{
	struct buf *out = h->out;
	const struct result *r = h->r;
	if (r->skipped.n + r->errors.n == 0)
		return;
	(void)buf_str(out, "<section><h2>");
	html_both(out, "Not run, and why", "未运行及原因");
	(void)buf_str(out, "</h2><ul>");
	for (size_t i = 0; i < r->errors.n; i++)
		html_tag(out, "li", "error", r->errors.items[i]);
	for (size_t i = 0; i < r->skipped.n; i++)
		if (!of_sampler(r->skipped.items[i]))
			html_tag(out, "li", NULL, r->skipped.items[i]);
	(void)buf_str(out, "</ul>");
	samplers_not_run(h);
	(void)buf_str(out, "</section>");
}

void html_facts(const struct html *h)
{
	struct buf *out = h->out;
	(void)buf_str(out, "<div class=\"columns\">");
	trust(h);
	not_run(h);
	environment(h);
	if (h->r->command) {
		(void)buf_str(out, "<section><h2>");
		html_both(out, "Repeat it", "重新运行");
		(void)buf_str(out, "</h2>");
		html_tag(out, "pre", NULL, h->r->command);
		(void)buf_str(out, "</section>");
	}
	(void)buf_str(out, "</div>\n");
}

static void case_row(const struct html *h, const struct case_result *c)
{
	struct buf *out = h->out;
	char time[FORMAT_MAX];
	format_unit(time, sizeof(time), "s", c->seconds);
	(void)buf_fmt(out, "<tr class=\"%s\">", verdict_name(c->verdict));
	html_tag(out, "th", "name", c->id);
	html_tag(out, "td", NULL, c->service);
	(void)buf_str(out, "<td>");
	html_text(out, c->name);
	if (c->source)
		html_tag(out, "small", NULL, c->source);
	(void)buf_str(out, "</td><td>");
	html_verdict(out, c->verdict);
	if (c->finding)
		html_tag(out, "small", NULL, c->finding);
	(void)buf_str(out, "</td><td class=\"reply\">");
	html_text(out, c->detail);
	if (c->again)
		html_tag(out, "code", NULL, c->again);
	(void)buf_fmt(out, "</td><td class=\"num\">%s</td></tr>", time);
}

void html_cases(const struct html *h)
{
	/* What needs a reader comes first. */
	static const enum verdict order[] = {VERDICT_ERROR, VERDICT_FAIL, VERDICT_UNTRUSTWORTHY,
					     VERDICT_UNDECIDED, VERDICT_PASS, VERDICT_SKIPPED};
	struct buf *out = h->out;
	const struct result *r = h->r;
	if (r->n_cases == 0)
		return;
	(void)buf_str(out, "<section id=\"cases\"><h2>");
	html_both(out, "Cases", "用例");
	(void)buf_str(out, "</h2><div class=\"wide\"><table class=\"cases\"><thead><tr>");
	html_head(out, NULL, "id", "编号");
	html_head(out, NULL, "service", "服务");
	html_head(out, NULL, "case", "用例");
	html_head(out, NULL, "verdict", "结论");
	html_head(out, NULL, "expected and seen; command that asks again", "预期与实际; 重现命令");
	html_head(out, "num", "time", "耗时");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (size_t i = 0; i < r->n_cases; i++)
			if (r->cases[i].verdict == order[k])
				case_row(h, &r->cases[i]);
	(void)buf_str(out, "</tbody></table></div></section>\n");
}

static void share_cell(struct buf *out, double share)
{
	char text[FORMAT_MAX];
	format_percent(text, sizeof(text), share);
	html_tag(out, "td", "num", *text ? text : "–");
}

static void accuracy_row(const struct html *h, const struct accuracy_result *x)
{
	struct buf *out = h->out;
	enum verdict v = accuracy_verdict(x);
	(void)buf_fmt(out, "<tr class=\"%s\">", verdict_name(v));
	html_tag(out, "th", "name", x->service);
	(void)buf_str(out, "<td>");
	html_text(out, x->metric);
	html_tag(out, "small", NULL, x->normalizer);
	(void)buf_fmt(out, "</td><td class=\"num\">%llu</td>", (unsigned long long)x->utterances);
	share_cell(out, x->candidate_rate);
	share_cell(out, x->reference_rate);
	html_tag(out, "td", "num", isnan(x->difference) ? "–"
		 : arena_fmt(h->a, "%+.2f pp", x->difference * 100));
	html_tag(out, "td", "num", isnan(x->interval_lo) ? "–"
		 : arena_fmt(h->a, "%+.2f … %+.2f", x->interval_lo * 100, x->interval_hi * 100));
	html_tag(out, "td", "num", isnan(x->gate) ? "–" : arena_fmt(h->a, "±%g pp", x->gate * 100));
	share_cell(out, x->floor);
	(void)buf_str(out, "<td>");
	(void)buf_fmt(out, "<span class=\"v %s\"><i>%s</i> ", verdict_name(v), verdict_sign(v));
	html_text(out, x->verdict ? x->verdict : "no reference");
	(void)buf_str(out, "</span>");
	if (x->needed > 0) {
		(void)buf_str(out, " <span class=\"why\">");
		html_both(out, arena_fmt(h->a, "%llu would decide", (unsigned long long)x->needed),
			  arena_fmt(h->a, "约需 %llu 条", (unsigned long long)x->needed));
		(void)buf_str(out, "</span>");
	}
	if (x->units > 0)
		html_tag(out, "small", NULL, arena_fmt(h->a, "S %llu  D %llu  I %llu / %llu",
			 (unsigned long long)x->substitutions, (unsigned long long)x->deletions,
			 (unsigned long long)x->insertions, (unsigned long long)x->units));
	if (x->missing.n > 0)
		html_tag(out, "small", NULL, arena_fmt(h->a, "missing: %zu", x->missing.n));
	html_tag(out, "small", NULL, x->note);
	(void)buf_str(out, "</td></tr>");
}

static int by_rate(const void *a, const void *b)
{
	double x = (*(const struct accuracy_pair *const *)a)->candidate_rate;
	double y = (*(const struct accuracy_pair *const *)b)->candidate_rate;
	return isnan(x) ? (isnan(y) ? 0 : 1) : isnan(y) ? -1 : (x < y) - (x > y);
}

static void pairs(const struct html *h, const struct accuracy_result *x)
{
	struct buf *out = h->out;
	if (x->n_pairs == 0)
		return;
	const struct accuracy_pair **sorted = arena_array(h->a, x->n_pairs, sizeof(*sorted));
	for (size_t i = 0; i < x->n_pairs; i++)
		sorted[i] = &x->pairs[i];
	qsort(sorted, x->n_pairs, sizeof(*sorted), by_rate);
	size_t n = MIN(x->n_pairs, (size_t)PAIRS_MAX);
	(void)buf_str(out, "<details class=\"pairs\"><summary>");
	html_both(out,
		  arena_fmt(h->a, "%s %s: %zu of %zu pairs, the worst first", x->service, x->metric,
			    n, x->n_pairs),
		  arena_fmt(h->a, "%s %s: %zu 对(共 %zu 对),最差在前", x->service, x->metric, n,
			    x->n_pairs));
	(void)buf_str(out, "</summary><div class=\"wide\"><table><thead><tr>");
	html_head(out, NULL, "id", "编号");
	html_head(out, "num", "rate", "错误率");
	html_head(out, NULL, "truth, candidate, reference service", "标准答案, 被测服务, 参考服务");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < n; i++) {
		const struct accuracy_pair *p = sorted[i];
		(void)buf_str(out, "<tr class=\"pair\">");
		html_tag(out, "th", "name", p->id);
		share_cell(out, p->candidate_rate);
		(void)buf_str(out, "<td>");
		html_tag(out, "p", "truth", p->reference);
		html_tag(out, "p", "heard", p->candidate_text);
		if (p->reference_text)
			html_tag(out, "p", "heard reference", p->reference_text);
		(void)buf_str(out, "</td></tr>");
	}
	(void)buf_str(out, "</tbody></table></div></details>");
}

void html_accuracy(const struct html *h)
{
	struct buf *out = h->out;
	const struct result *r = h->r;
	if (r->n_accuracy == 0)
		return;
	(void)buf_str(out, "<section id=\"accuracy\"><h2>");
	html_both(out, "Accuracy against the reference", "与参考服务的精度对比");
	(void)buf_str(out, "</h2><div class=\"wide\"><table><thead><tr>");
	html_head(out, NULL, "service", "服务");
	html_head(out, NULL, "metric", "指标");
	html_head(out, "num", "n", "样本数");
	html_head(out, "num", "candidate", "被测");
	html_head(out, "num", "reference", "参考");
	html_head(out, "num", "difference", "差值");
	html_head(out, "num", "95 % interval", "95% 置信区间");
	html_head(out, "num", "gate", "门限");
	html_head(out, "num", "floor", "重复误差");
	html_head(out, NULL, "verdict", "结论");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < r->n_accuracy; i++)
		accuracy_row(h, &r->accuracy[i]);
	(void)buf_str(out, "</tbody></table></div>");
	for (size_t i = 0; i < r->n_accuracy; i++)
		pairs(h, &r->accuracy[i]);
	(void)buf_str(out, "</section>\n");
}
