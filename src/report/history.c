/* src/report/history.c - see history.h; and the history as a table and as JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/history.h"

#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "report/compare_text.h"
#include "report/table.h"

struct rows {
	struct history_row *items;
	size_t n;
};

/* The row of what a comparison of result i with the one before it told; made when missing. */
static struct history_row *row_of(struct rows *rows, const struct history *h,
				  const struct compared *x, struct arena *a)
{
	for (size_t i = 0; i < rows->n; i++)
		if (strcmp(rows->items[i].what.group, x->group) == 0 &&
		    strcmp(rows->items[i].what.metric, x->metric) == 0)
			return &rows->items[i];
	struct history_row *row = ARENA_ADD(a, rows->items, rows->n);
	row->what = *x;
	row->values = arena_array(a, h->n, sizeof(*row->values));
	for (size_t i = 0; i < h->n; i++)
		row->values[i] = (struct compare_value){NAN, NAN, NAN, 0};
	return row;
}

struct history_row *history_rows(const struct history *h, struct arena *a, size_t *ret_n)
{
	struct rows rows = {0};
	struct compare_options o = {.same = 0.05, .same_share = 0.005};
	/* A result compared with itself names all its numbers. */
	for (size_t i = 0; i < h->n; i++) {
		struct comparison c;
		if (compare_results(h->results[i], h->results[i], &o, a, &c, NULL) < 0)
			continue;
		for (size_t k = 0; k < c.n; k++)
			row_of(&rows, h, &c.items[k], a)->values[i] = c.items[k].now;
	}
	*ret_n = rows.n;
	return rows.items;
}

const char *history_label(const struct history *h, struct arena *a, size_t i)
{
	char when[32];
	if (!h->results[i]->start_wall_ns)
		return h->paths[i];
	clock_format_wall(when, sizeof(when), h->results[i]->start_wall_ns);
	return arena_fmt(a, "%.16s", when);
}

void history_terminal(const struct history *h, struct arena *a, bool zh, size_t width,
		      struct buf *out)
{
	char align[TABLE_COLUMNS_MAX + 1] = "ll";
	struct table t;
	size_t n, shown = MIN(h->n, (size_t)TABLE_COLUMNS_MAX - 2), first = h->n - shown;
	struct history_row *rows = history_rows(h, a, &n);
	for (size_t i = 0; i < shown; i++)
		align[2 + i] = 'r';
	table_init(&t, a, align);
	table_row(&t);
	table_cell(&t, "", NULL);
	table_cell(&t, "", NULL);
	for (size_t i = 0; i < shown; i++)
		table_cell(&t, history_label(h, a, first + i), NULL);
	for (size_t k = 0; k < n; k++) {
		table_row(&t);
		table_cell(&t, compare_group(a, rows[k].what.group, zh), NULL);
		table_cell(&t, compare_metric(a, &rows[k].what, zh), NULL);
		for (size_t i = 0; i < shown; i++)
			table_cell(&t, compare_number(a, &rows[k].what,
						      rows[k].values[first + i].value), NULL);
	}
	(void)buf_str(out, "\n");
	if (first > 0)
		(void)buf_fmt(out, zh ? "%2$zu 次结果中的最近 %1$zu 次(--format json 与 --html "
				      "有全部结果):\n" : "The last %1$zu of %2$zu results "
				      "(--format json and --html have all):\n", shown, h->n);
	table_print(&t, 0, width, false, out);
}

json_t *history_json(const struct history *h, struct arena *a)
{
	size_t n;
	struct history_row *rows = history_rows(h, a, &n);
	json_t *list = json_array();
	for (size_t k = 0; k < n; k++) {
		json_t *j = json_object(), *values = json_array();
		json_put_text(j, "run", rows[k].what.group);
		json_put_text(j, "metric", rows[k].what.metric);
		json_put_text(j, "unit", rows[k].what.unit);
		for (size_t i = 0; i < h->n; i++) {
			json_t *one = json_object();
			json_put_text(one, "path", h->paths[i]);
			json_put_text(one, "start", history_label(h, a, i));
			json_put_real(one, "value", rows[k].values[i].value);
			json_put_real(one, "lo", rows[k].values[i].lo);
			json_put_real(one, "hi", rows[k].values[i].hi);
			(void)json_array_append_new(values, one);
		}
		json_put(j, "values", values);
		(void)json_array_append_new(list, j);
	}
	return list;
}
