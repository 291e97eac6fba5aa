/* src/report/html_first.c - the first screen: the verdict and the grid.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/util.h"
#include "report/grid.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "result/chinese.h"
#include "result/format.h"

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
		html_both(out, arena_fmt(h->a, "%s · ", r->title),
			  arena_fmt(h->a, "%s · ", in_chinese(r->title, h->a)));
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
	html_verdict_words(out, c->verdict, c->words, c->words_zh);
	if (c->text) {
		(void)buf_str(out, "<small>");
		html_both(out, c->text, c->text_zh);
		(void)buf_str(out, "</small>");
	}
	if (c->more) {
		(void)buf_str(out, "<small>");
		html_both(out, c->more, c->more_zh);
		(void)buf_str(out, "</small>");
	}
	(void)buf_str(out, "</td>");
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
