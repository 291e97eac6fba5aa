/* src/report/html_cases.c - the cases: what needs a reader open, the others folded.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/html_parts.h"

#include "base/util.h"
#include "report/grid.h"
#include "report/html_text.h"
#include "result/chinese.h"
#include "result/format.h"

static void case_row(const struct html *h, const struct case_result *c)
{
	struct buf *out = h->out;
	char time[FORMAT_MAX];
	format_unit(time, sizeof(time), "s", c->seconds);
	(void)buf_fmt(out, "<tr class=\"%s\">", verdict_name(c->verdict));
	html_tag(out, "th", "name", c->id);
	html_tag(out, "td", NULL, c->service);
	(void)buf_str(out, "<td>");
	html_both(out, c->name, in_chinese(c->name, h->a));
	if (c->source)
		html_tag_both(out, "small", NULL, c->source, in_chinese(c->source, h->a));
	(void)buf_str(out, "</td><td>");
	html_verdict(out, c->verdict);
	if (c->finding)
		html_tag_both(out, "small", NULL, c->finding, in_chinese(c->finding, h->a));
	(void)buf_str(out, "</td><td class=\"reply\">");
	html_both(out, c->detail, in_chinese(c->detail, h->a));
	if (c->again)
		html_tag(out, "code", NULL, c->again);
	(void)buf_fmt(out, "</td><td class=\"num\">%s</td></tr>", time);
}

static void case_table(const struct html *h, const enum verdict *order, size_t n)
{
	static const struct html_column heads[] = {
		{NULL, "id", "编号"}, {NULL, "service", "服务"}, {NULL, "case", "用例"},
		{NULL, "verdict", "结论"},
		{NULL, "expected and seen; command that asks again", "预期与实际; 重现命令"},
		{"num", "time", "耗时"}, {0}};
	struct buf *out = h->out;
	const struct result *r = h->r;
	html_table(out, "cases", heads);
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < r->n_cases; i++)
			if (r->cases[i].verdict == order[k])
				case_row(h, &r->cases[i]);
	html_table_end(out);
}

static size_t count(const struct result *r, enum verdict v)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n_cases; i++)
		n += r->cases[i].verdict == v;
	return n;
}

static void folded(const struct html *h, enum verdict v, const char *en, const char *zh)
{
	size_t n = count(h->r, v);
	if (n == 0)
		return;
	(void)buf_fmt(h->out, "<details class=\"folded\"><summary><span class=\"v %s\">%s</span> ",
		      verdict_name(v), verdict_sign(v));
	html_both(h->out, arena_fmt(h->a, "%zu %s", n, en), arena_fmt(h->a, "%zu %s", n, zh));
	(void)buf_str(h->out, "</summary>");
	case_table(h, &v, 1);
	(void)buf_str(h->out, "</details>");
}

void html_cases(const struct html *h)
{
	static const enum verdict open[] = {VERDICT_ERROR, VERDICT_FAIL, VERDICT_UNTRUSTWORTHY,
					    VERDICT_UNDECIDED};
	struct buf *out = h->out;
	const struct result *r = h->r;
	if (r->n_cases == 0)
		return;
	(void)buf_str(out, "<section id=\"cases\"><h2>");
	html_both(out, "Cases", "用例");
	(void)buf_str(out, "</h2>");
	if (count(r, VERDICT_PASS) + count(r, VERDICT_SKIPPED) < r->n_cases)
		case_table(h, open, ARRAY_LEN(open));
	folded(h, VERDICT_PASS, "passed", "个通过");
	folded(h, VERDICT_SKIPPED, "skipped", "个跳过");
	(void)buf_str(out, "</section>\n");
}
