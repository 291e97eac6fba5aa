/* src/report/xml.c - see xml.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/xml.h"

#include "base/str.h"
#include "base/util.h"

void xml_text(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	for (size_t i = 0; i < len;) {
		size_t good = str_utf8_valid(text + i, len - i);
		for (size_t k = i; k < i + good; k++) {
			unsigned char c = (unsigned char)text[k];
			bool none = (c < ' ' && c != '\t' && c != '\n' && c != '\r') ||
				    (c == 0xEF && (unsigned char)text[k + 1] == 0xBF &&
				     (unsigned char)text[k + 2] >= 0xBE);
			if (none) {
				(void)buf_str(out, "\xEF\xBF\xBD");
				k += c == 0xEF ? 2 : 0;
			} else if (c == '<') {
				(void)buf_str(out, "&lt;");
			} else if (c == '>') {
				(void)buf_str(out, "&gt;");
			} else if (c == '&') {
				(void)buf_str(out, "&amp;");
			} else if (c == '"') {
				(void)buf_str(out, "&quot;");
			} else if (c == '\n' || c == '\t' || c == '\r') {
				(void)buf_fmt(out, "&#%d;", c);
			} else {
				(void)buf_char(out, (char)c);
			}
		}
		i += good;
		if (i < len) {
			(void)buf_str(out, "\xEF\xBF\xBD");
			i++;
		}
	}
}

void xml_attribute(struct buf *out, const char *name, const char *value)
{
	(void)buf_fmt(out, " %s=\"", name);
	xml_text(out, value);
	(void)buf_char(out, '"');
}
