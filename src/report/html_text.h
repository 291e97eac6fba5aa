/* src/report/html_text.h - writing HTML safely, in two languages.
 *
 * Everything that comes from a service, a plan or a file goes through html_text() or
 * html_json(). Both languages stand in the page; the attribute data-lang of <html> shows one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_HTML_TEXT_H
#define REPORT_HTML_TEXT_H

#include <jansson.h>

#include "base/buf.h"
#include "result/result.h"

/* Escaped for text and for attribute values in double quotes; NULL adds nothing. Bytes that are
 * no UTF-8 and control characters become U+FFFD. */
void html_text(struct buf *out, const char *text);

/* Both languages. The texts are escaped; equal ones stand once. */
void html_both(struct buf *out, const char *en, const char *zh);

/* <tag class="class">text</tag>; class may be NULL. */
void html_tag(struct buf *out, const char *tag, const char *class, const char *text);

/* The same in both languages. */
void html_tag_both(struct buf *out, const char *tag, const char *class, const char *en,
		   const char *zh);

/* One entry of a <dl>: what, and its value; nothing where the value is NULL or empty. */
void html_fact(struct buf *out, const char *en, const char *zh, const char *value);
void html_fact_both(struct buf *out, const char *en, const char *zh, const char *value,
		    const char *value_zh);

/* <th> in both languages; class may be NULL. */
void html_head(struct buf *out, const char *class, const char *en, const char *zh);

/* A table with its heading; heads end with {NULL}. It scrolls where the page is too narrow. */
struct html_column {
	const char *class, *en, *zh;
};
void html_table(struct buf *out, const char *class, const struct html_column *heads);
void html_table_end(struct buf *out);

/* "pass" as a coloured word with its sign. */
void html_verdict(struct buf *out, enum verdict v);
/* The same sign and colour with other words; NULL: the verdict's own. */
void html_verdict_words(struct buf *out, enum verdict v, const char *en, const char *zh);

/* JSON that is safe inside <script>: no '<', '>' or '&' in it. -1: no memory. */
int html_json(struct buf *out, const json_t *j);

/* The page's policy: these scripts (ends with NULL), by their hashes, and nothing else; more:
 * further directives ("; connect-src 'self'"), or NULL. */
void html_policy(struct buf *out, const char *const *scripts, const char *more);

/* <td class="class">text</td>; a dash where the text is NULL or empty. */
void html_cell(struct buf *out, const char *class, const char *text);

/* <td class="num">: a metric's number. */
void html_number(struct buf *out, const char *metric, double value);

#endif
