/* src/report/table.c - see table.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/table.h"

#include <assert.h>
#include <stdint.h>

#include "base/util.h"
#include "report/width.h"

#define GAP 2		/* columns between cells */
#define SHRINK_MIN 8	/* a column is not cut below this */

void table_init(struct table *t, struct arena *a, const char *align)
{
	*t = (struct table){.a = a, .columns = strlen(align)};
	assert(t->columns > 0 && t->columns <= TABLE_COLUMNS_MAX);
	memcpy(t->align, align, t->columns + 1);
}

void table_row(struct table *t)
{
	struct table_cell *row = *ARENA_ADD(t->a, t->rows, t->n);
	for (size_t c = 0; c < TABLE_COLUMNS_MAX; c++)
		row[c].text = "";
	t->at = 0;
}

void table_cell(struct table *t, const char *text, const char *color)
{
	assert(t->n > 0 && t->at < t->columns);
	t->rows[t->n - 1][t->at++] = (struct table_cell){
		.text = text ? arena_str(t->a, text) : "", .color = color};
}

static void widths(const struct table *t, size_t *w)
{
	for (size_t c = 0; c < t->columns; c++) {
		w[c] = 0;
		for (size_t i = 0; i < t->n; i++)
			w[c] = MAX(w[c], width_of(t->rows[i][c].text));
	}
}

/* Take from the widest left-aligned column until the line fits; numbers are never cut. */
static void fit(const struct table *t, size_t *w, size_t room)
{
	for (;;) {
		size_t all = GAP * (t->columns - 1);
		size_t widest = SIZE_MAX;
		for (size_t c = 0; c < t->columns; c++) {
			all += w[c];
			if (t->align[c] == 'l' && w[c] > SHRINK_MIN &&
			    (widest == SIZE_MAX || w[c] > w[widest]))
				widest = c;
		}
		if (all <= room || widest == SIZE_MAX)
			return;
		size_t over = all - room;
		w[widest] -= MIN(over, MAX((size_t)1, (w[widest] - SHRINK_MIN + 3) / 4));
	}
}

static void blanks(struct buf *out, size_t n)
{
	for (; n > 0; n--)
		(void)buf_char(out, ' ');
}

static void print_cell(const struct table_cell *cell, char align, size_t w, bool last, bool color,
		       struct buf *out)
{
	size_t own = MIN(width_of(cell->text), w);
	if (align == 'r')
		blanks(out, w - own);
	if (color && cell->color)
		(void)buf_str(out, cell->color);
	size_t put = width_add(out, cell->text, w);
	if (color && cell->color)
		(void)buf_str(out, "\033[0m");
	if (align == 'l' && !last)
		blanks(out, w - put);
}

void table_print(const struct table *t, size_t indent, size_t width, bool color, struct buf *out)
{
	size_t w[TABLE_COLUMNS_MAX];
	widths(t, w);
	fit(t, w, width > indent ? width - indent : 1);
	for (size_t i = 0; i < t->n; i++) {
		size_t last = t->columns;
		while (last > 1 && !*t->rows[i][last - 1].text)
			last--;
		blanks(out, indent);
		for (size_t c = 0; c < last; c++) {
			if (c > 0)
				blanks(out, GAP);
			print_cell(&t->rows[i][c], t->align[c], w[c], c == last - 1, color, out);
		}
		(void)buf_char(out, '\n');
	}
}

void markdown_text(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (strchr("\\`*_[]|#~$", *text))
			(void)buf_char(out, '\\');
		if (*text == '<')
			(void)buf_str(out, "&lt;");
		else if (*text == '>')
			(void)buf_str(out, "&gt;");
		else if (*text == '&')
			(void)buf_str(out, "&amp;");
		else
			(void)buf_char(out, (unsigned char)*text < ' ' ? ' ' : *text);
	}
}

void table_markdown(const struct table *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		(void)buf_char(out, '|');
		for (size_t c = 0; c < t->columns; c++) {
			(void)buf_char(out, ' ');
			markdown_text(t->rows[i][c].text, out);
			(void)buf_str(out, " |");
		}
		(void)buf_char(out, '\n');
		if (i > 0)
			continue;
		(void)buf_char(out, '|');
		for (size_t c = 0; c < t->columns; c++)
			(void)buf_str(out, t->align[c] == 'r' ? " ---: |" : " --- |");
		(void)buf_char(out, '\n');
	}
	(void)buf_char(out, '\n');
}
