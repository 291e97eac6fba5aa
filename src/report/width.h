/* src/report/width.h - columns of a terminal that a text takes: wide characters take two.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_WIDTH_H
#define REPORT_WIDTH_H

#include "base/buf.h"

/* Bytes that are no UTF-8 count one column each. */
size_t width_of(const char *text);

/* Append text cut to at most max columns, with an ellipsis when something is missing; control
 * characters become '?' (a service's reply must not steer the terminal). Returns its columns. */
size_t width_add(struct buf *out, const char *text, size_t max);

/* Append text as lines of at most max columns, broken at blanks where there are any; lines after
 * the first are indented. Ends with a line feed. */
void width_wrap(struct buf *out, const char *text, size_t max, size_t indent);

#endif
