/* src/report/table.h - a table of texts with aligned columns, for the terminal and Markdown.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"

#define TABLE_COLUMNS_MAX 16

struct table_cell {
	const char *text;	/* never NULL */
	const char *color;	/* escape sequence before it, or NULL */
};

struct table {
	struct arena *a;
	size_t columns;
	char align[TABLE_COLUMNS_MAX + 1];	/* l or r, one letter per column */
	struct table_cell (*rows)[TABLE_COLUMNS_MAX];
	size_t n;
	size_t at;		/* next cell of the last row */
	bool has_head;		/* the first row is the heading */
};

/* align: one letter per column, l (left) or r (right). */
void table_init(struct table *t, struct arena *a, const char *align);
void table_row(struct table *t);	/* begin a row; cells that are not given are empty */
void table_cell(struct table *t, const char *text, const char *color);	/* NULL text: empty */

/* Aligned by blanks, indented, the last left-aligned column cut so that lines fit the width. */
void table_print(const struct table *t, size_t indent, size_t width, bool color,
		 struct buf *out);

/* A pipe table; the first row is the heading. */
void table_markdown(const struct table *t, struct buf *out);

/* Text that Markdown and HTML inside it take literally, in one line. */
void markdown_text(const char *text, struct buf *out);

#endif
