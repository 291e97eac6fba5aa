/* src/report/compare_html.c - the comparison as a page: tables in both languages, and a drawn line
 * (SVG) for each number of a history. No scripts but the switches of language and colour.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "report/assets.h"
#include "report/compare_text.h"
#include "report/grid.h"
#include "report/history.h"
#include "report/html_text.h"
#include "report/writers.h"
#include "result/chinese.h"

#define PLOT_WIDTH 280.0
#define PLOT_HEIGHT 56.0
#define PLOT_EDGE 6.0

static void change_cell(struct buf *out, enum change c)
{
	static const char *const classes[] = {"skipped", "pass", "fail", "undecided"};
	(void)buf_fmt(out, "<td><span class=\"v %s\">", classes[c]);
	html_both(out, change_text(c, false), change_text(c, true));
	(void)buf_str(out, "</span></td>");
}

static void open_table(struct buf *out, const char *id, const char *en, const char *zh)
{
	(void)buf_fmt(out, "<section id=\"%s\"><h2>", id);
	html_both(out, en, zh);
	(void)buf_fmt(out, "</h2><div class=\"wide\"><table class=\"%s\"><thead><tr>", id);
}

/* A run's name over its rows. */
static void group_row(struct arena *a, struct buf *out, const char *group, const char **last,
		      size_t columns)
{
	if (*last && strcmp(*last, group) == 0)
		return;
	*last = group;
	(void)buf_fmt(out, "<tr class=\"group\"><th colspan=\"%zu\">", columns);
	html_both(out, compare_group(a, group, false), compare_group(a, group, true));
	(void)buf_str(out, "</th></tr>");
}

static void close_table(struct buf *out)
{
	(void)buf_str(out, "</tbody></table></div></section>\n");
}

static void environment(const struct comparison *c, struct buf *out)
{
	if (c->n_environment == 0) {
		(void)buf_str(out, "<p class=\"note\">");
		html_both(out, "Both were measured in the same environment.", "两次测量的环境相同。");
		(void)buf_str(out, "</p>\n");
		return;
	}
	open_table(out, "environment", "The environments differ", "环境不同");
	html_head(out, NULL, "", "");
	html_head(out, NULL, "base", "基线");
	html_head(out, NULL, "new", "新");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < c->n_environment; i++) {
		const struct compare_environment *x = &c->environment[i];
		(void)buf_str(out, "<tr>");
		html_tag(out, "th", NULL, x->key);
		html_tag(out, "td", NULL, x->base ? x->base : "–");
		html_tag(out, "td", NULL, x->now ? x->now : "–");
		(void)buf_str(out, "</tr>");
	}
	close_table(out);
}

static const char *remark(struct arena *a, const struct compared *x, bool zh)
{
	const char *why = compare_why(a, x, zh), *rule = compare_rule(a, x, zh);
	return arena_fmt(a, "%s%s%s", why, *why && *rule ? " · " : "", rule);
}

static void items(const struct comparison *c, struct buf *out)
{
	static const char *const heads[][2] = {
		{"", ""}, {"metric", "指标"}, {"base", "基线"}, {"new", "新"},
		{"change", "变化"}, {"95 % interval", "95 % 区间"}, {"remark", "说明"}};
	const char *group = NULL;
	if (c->n == 0)
		return;
	open_table(out, "metrics", "Numbers", "数值");
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		html_head(out, i >= 2 && i <= 5 ? "num" : NULL, heads[i][0], heads[i][1]);
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < c->n; i++) {
		const struct compared *x = &c->items[i];
		group_row(c->a, out, x->group, &group, ARRAY_LEN(heads));
		(void)buf_str(out, x->judged ? "<tr class=\"judged\">" : "<tr>");
		change_cell(out, x->change);
		(void)buf_str(out, "<th class=\"name\">");
		html_both(out, compare_metric(c->a, x, false), compare_metric(c->a, x, true));
		(void)buf_str(out, x->judged ? " *</th>" : "</th>");
		html_tag(out, "td", "num", compare_number(c->a, x, x->base.value));
		html_tag(out, "td", "num", compare_number(c->a, x, x->now.value));
		html_tag(out, "td", "num", compare_change(c->a, x, x->difference));
		html_tag(out, "td", "num", compare_interval(c->a, x));
		(void)buf_str(out, "<td class=\"why\">");
		html_both(out, remark(c->a, x, false), remark(c->a, x, true));
		(void)buf_str(out, "</td>");
		(void)buf_str(out, "</tr>");
	}
	close_table(out);
	(void)buf_str(out, "<p class=\"note\">");
	html_both(out, "* judged: counts for the verdict and the exit status",
		  "* 计入结论与退出状态");
	(void)buf_str(out, "</p>\n");
}

static void cases(const struct comparison *c, struct buf *out)
{
	if (c->n_cases == 0 && c->missing.n == 0)
		return;
	open_table(out, "cases", "Changed or missing", "有变化或缺少");
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < c->n_cases; i++) {
		const struct compared_case *x = &c->cases[i];
		(void)buf_str(out, "<tr>");
		change_cell(out, x->change);
		html_tag(out, "th", "name", x->id);
		html_tag(out, "td", NULL, x->service);
		(void)buf_str(out, "<td class=\"turn\">");
		html_verdict(out, x->base);
		(void)buf_str(out, " → ");
		html_verdict(out, x->now);
		(void)buf_str(out, "</td>");
		html_tag_both(out, "td", "what", x->name, in_chinese(x->name, c->a));
		html_tag_both(out, "td", "reply", x->detail, in_chinese(x->detail, c->a));
		(void)buf_str(out, "</tr>");
	}
	for (size_t i = 0; i < c->missing.n; i++) {
		(void)buf_str(out, "<tr>");
		change_cell(out, CHANGE_UNDECIDED);
		html_tag_both(out, "th", "name", compare_missing(c->a, c->missing.items[i], false),
			      compare_missing(c->a, c->missing.items[i], true));
		(void)buf_str(out, "<td colspan=\"4\">");
		html_both(out, "missing in the new result", "新结果中缺少");
		(void)buf_str(out, "</td></tr>");
	}
	close_table(out);
}

/* The two ends of an axis. It begins at 0 where that leaves the line readable; a line without any
 * change lies in its middle. */
static void axis(const struct history *h, const struct history_row *row, double *ret_low,
		 double *ret_high)
{
	double low = INFINITY, high = -INFINITY;
	for (size_t i = 0; i < h->n; i++) {
		const struct compare_value *v = &row->values[i];
		bool whole = !isnan(v->lo) && !isnan(v->hi);	/* what is drawn */
		low = fmin(low, whole ? fmin(v->lo, v->value) : v->value);
		high = fmax(high, whole ? fmax(v->hi, v->value) : v->value);
	}
	if (low > 0 && low < high / 2)
		low = 0;
	if (!(high > low)) {
		low -= 0.5;
		high += 0.5;
	}
	*ret_low = low;
	*ret_high = high;
}

/* One line with its intervals. */
static void plot(const struct history *h, const struct history_row *row, struct arena *a,
		 struct buf *out)
{
	double low, high;
	axis(h, row, &low, &high);
	double step = h->n > 1 ? (PLOT_WIDTH - 2 * PLOT_EDGE) / (double)(h->n - 1) : 0;
	double scale = (PLOT_HEIGHT - 2 * PLOT_EDGE) / (high - low);
	(void)buf_fmt(out, "<svg viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\">",
		      PLOT_WIDTH, PLOT_HEIGHT, PLOT_WIDTH, PLOT_HEIGHT);
	struct buf line = BUF_INIT(BUF_UNLIMITED), dots = BUF_INIT(BUF_UNLIMITED);
	for (size_t i = 0; i < h->n; i++) {
		const struct compare_value *v = &row->values[i];
		double x = PLOT_EDGE + step * (double)i;
		double y = PLOT_HEIGHT - PLOT_EDGE - (v->value - low) * scale;
		if (isnan(v->value))
			continue;
		(void)buf_fmt(&line, "%s%.1f,%.1f", line.len ? " " : "", x, y);
		if (!isnan(v->lo) && !isnan(v->hi))
			(void)buf_fmt(out, "<path d=\"M%.1f %.1fV%.1f\" stroke=\"var(--soft)\"/>",
				      x, PLOT_HEIGHT - PLOT_EDGE - (v->lo - low) * scale,
				      PLOT_HEIGHT - PLOT_EDGE - (v->hi - low) * scale);
		(void)buf_fmt(&dots, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" "
			      "fill=\"var(--c1)\"><title>", x, y);
		html_text(&dots, history_label(h, a, i));
		(void)buf_str(&dots, ": ");
		html_text(&dots, compare_number(a, &row->what, v->value));
		(void)buf_str(&dots, "</title></circle>");
	}
	/* The points lie over the line: they tell their values to the pointer. */
	(void)buf_fmt(out, "<polyline points=\"%s\" fill=\"none\" stroke=\"var(--c1)\"/>",
		      line.data ? line.data : "");
	(void)buf_add(out, dots.data ? dots.data : "", dots.len);
	(void)buf_str(out, "</svg>");
	out->failed |= line.failed || dots.failed;
	buf_release(&line);
	buf_release(&dots);
}

static void history(const struct history *h, struct arena *a, struct buf *out)
{
	size_t n;
	const char *group = NULL;
	struct history_row *rows = history_rows(h, a, &n);
	open_table(out, "history", "History", "历史");
	html_head(out, NULL, "metric", "指标");
	html_head(out, NULL, "plot", "曲线");
	for (size_t i = 0; i < h->n; i++) {
		(void)buf_str(out, "<th class=\"num\">");
		html_text(out, history_label(h, a, i));
		html_tag(out, "small", NULL, h->paths[i]);
		(void)buf_str(out, "</th>");
	}
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t k = 0; k < n; k++) {
		group_row(a, out, rows[k].what.group, &group, h->n + 2);
		(void)buf_str(out, "<tr><th class=\"name\">");
		html_both(out, compare_metric(a, &rows[k].what, false),
			  compare_metric(a, &rows[k].what, true));
		(void)buf_str(out, "</th>");
		(void)buf_str(out, "<td>");
		plot(h, &rows[k], a, out);
		(void)buf_str(out, "</td>");
		for (size_t i = 0; i < h->n; i++)
			html_tag(out, "td", "num",
				 compare_number(a, &rows[k].what, rows[k].values[i].value));
		(void)buf_str(out, "</tr>");
	}
	close_table(out);
	(void)buf_str(out, "<p class=\"note\">");
	html_both(out, "In the order of the command. Grey bars: 95 % intervals. Each plot has "
		  "its own scale, from 0 where that leaves the line readable.",
		  "按命令中的次序。灰线为 95% 区间。各图纵轴自成比例,在曲线仍可辨读时从 0 开始。");
	(void)buf_str(out, "</p>\n");
}

int compare_html(const struct comparison *c, const struct history *h, const char *lang,
		 struct buf *out, struct err *e)
{
	static const char *const classes[] = {"pass", "pass", "fail", "undecided"};
	const struct writer_options o = {.lang = lang};
	bool zh = writer_chinese(&o), automatic = !lang || strcmp(lang, "auto") == 0;
	(void)buf_fmt(out, "<!doctype html>\n<html lang=\"%s\" data-lang=\"%s\"%s>\n<head>\n"
		      "<meta charset=\"utf-8\">\n", zh ? "zh" : "en", zh ? "zh" : "en",
		      automatic ? " data-auto" : "");
	html_policy(out, (const char *const[]){asset_theme_js, asset_switches_js, NULL}, NULL);
	(void)buf_str(out, "<meta name=\"viewport\" content=\"width=device-width, "
		      "initial-scale=1\">\n<title>assay compare</title>\n<style>");
	(void)buf_str(out, asset_report_css);
	(void)buf_fmt(out, "</style>\n<script>%s</script></head><body>\n", asset_theme_js);
	(void)buf_str(out, "<header class=\"bar\"><b>assay compare</b><nav></nav>"
		      "<span class=\"switches\" hidden><button type=\"button\" id=\"lang\">"
		      "</button><button type=\"button\" id=\"theme\"></button></span></header>\n");
	(void)buf_fmt(out, "<main><section class=\"verdict %s\"><h1>", classes[c->change]);
	html_both(out, compare_sentence(c, false), compare_sentence(c, true));
	(void)buf_str(out, "</h1><p class=\"sub\">");
	html_text(out, arena_fmt(c->a, "%s → %s", c->base_path, c->now_path));
	if (h)
		html_both(out, arena_fmt(c->a, "; history of %zu results", h->n),
			  arena_fmt(c->a, ";共 %zu 次结果的历史", h->n));
	(void)buf_str(out, "</p></section>\n");
	environment(c, out);
	items(c, out);
	cases(c, out);
	if (h)
		history(h, c->a, out);
	(void)buf_fmt(out, "</main><script>%s</script></body></html>\n", asset_switches_js);
	return out->failed ? err_set(e, ERR_SYSTEM, "out of memory while writing the page") : 0;
}
