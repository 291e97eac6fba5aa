/* src/report/tables_hosts.c - what each rank measured of a run that several made.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "report/html_parts.h"
#include "report/html_text.h"
#include "report/tables.h"
#include "result/format.h"

#define COLUMNS 11

static const char *const heads[COLUMNS][2] = {
	{"rank", "进程"}, {"host", "主机"}, {"ok", "成功"}, {"failed", "失败"},
	{"rate", "速率"}, {"p50", "p50"}, {"p99", "p99"}, {"delay p99", "延误 p99"},
	{"core", "核占用"}, {"start ±", "起点 ±"}, {"clock", "时钟差"},
};

static const char *with_unit(struct arena *a, const char *unit, double value)
{
	char text[FORMAT_MAX];
	format_unit(text, sizeof(text), unit, value);
	return arena_str(a, text);
}

static void cells_of(const struct run_host *h, struct arena *a, bool zh,
		     const char *cells[COLUMNS])
{
	const char *lost = zh ? "已失联" : "lost";
	cells[0] = arena_fmt(a, "%d", h->rank);
	cells[1] = h->host ? h->host : "?";
	cells[2] = arena_fmt(a, "%llu", (unsigned long long)h->ok);
	cells[3] = arena_fmt(a, "%llu", (unsigned long long)h->failed);
	cells[4] = h->lost ? lost : with_unit(a, "1/s", h->request_rate);
	cells[5] = with_unit(a, "s", h->latency_p50);
	cells[6] = with_unit(a, "s", h->latency_p99);
	cells[7] = with_unit(a, "s", h->generator_delay.p99);
	cells[8] = isnan(h->busiest_core_share) ? "" :
		   arena_fmt(a, "%.1f %%", 100 * h->busiest_core_share);
	cells[9] = h->rank == 0 ? "" : with_unit(a, "s", h->start_bound_s);
	cells[10] = h->rank == 0 || isnan(h->clock_ahead_s) ? "" :
		    arena_fmt(a, "%+.3g ms", 1e3 * h->clock_ahead_s);
}

bool tables_hosts(const struct run *run, struct arena *a, bool zh, struct table *t)
{
	const char *cells[COLUMNS];
	if (run->n_hosts == 0)
		return false;
	table_init(t, a, "rlrrrrrrrrr");
	table_row(t);
	for (size_t c = 0; c < COLUMNS; c++)
		table_cell(t, heads[c][zh], NULL);
	t->has_head = true;
	for (size_t i = 0; i < run->n_hosts; i++) {
		cells_of(&run->hosts[i], a, zh, cells);
		table_row(t);
		for (size_t c = 0; c < COLUMNS; c++)
			table_cell(t, cells[c], NULL);
	}
	return true;
}

void html_hosts(const struct html *h, const struct run *run)
{
	const char *cells[COLUMNS], *cells_zh[COLUMNS];
	struct buf *out = h->out;
	if (run->n_hosts == 0)
		return;
	(void)buf_str(out, "<h3>");
	html_both(out, "Hosts", "各主机");
	(void)buf_str(out, "</h3><div class=\"wide\"><table class=\"hosts\"><thead><tr>");
	for (size_t c = 0; c < COLUMNS; c++)
		html_head(out, c == 1 ? NULL : "num", heads[c][0], heads[c][1]);
	(void)buf_str(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < run->n_hosts; i++) {
		(void)buf_str(out, "<tr>");
		cells_of(&run->hosts[i], h->a, false, cells);
		cells_of(&run->hosts[i], h->a, true, cells_zh);
		for (size_t c = 0; c < COLUMNS; c++)
			html_tag_both(out, "td", c == 1 ? NULL : "num", cells[c], cells_zh[c]);
		(void)buf_str(out, "</tr>");
	}
	(void)buf_str(out, "</tbody></table></div>");
}
