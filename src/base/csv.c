/* src/base/csv.c - see csv.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/csv.h"

#include <string.h>

void csv_field(struct buf *out, const char *text)
{
	const char *t = text ? text : "";
	bool formula = *t && strchr("=+-@\t\r", *t);
	if (!formula && !strpbrk(t, ",\"\n\r")) {
		(void)buf_str(out, t);
		return;
	}
	(void)buf_str(out, formula ? "\"'" : "\"");
	for (; *t; t++) {
		if (*t == '"')
			(void)buf_char(out, '"');
		(void)buf_char(out, *t);
	}
	(void)buf_char(out, '"');
}
