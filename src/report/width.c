/* src/report/width.c - see width.h; East Asian width of UAX #11 by ICU.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/width.h"

#include <stdbool.h>
#include <stdint.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/util.h"

static size_t columns(UChar32 c)
{
	if (c < 0)
		return 1;
	int type = u_charType(c);
	if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR)
		return 0;
	int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
	return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

size_t width_of(const char *text)
{
	size_t n = 0;
	int32_t len = (int32_t)strlen(text);
	for (int32_t i = 0; i < len;) {
		UChar32 c;
		U8_NEXT(text, i, len, c);
		n += columns(c);
	}
	return n;
}

static void add_char(struct buf *out, const char *text, int32_t from, int32_t to, UChar32 c)
{
	if (c < 0 || u_iscntrl(c))
		(void)buf_char(out, '?');
	else
		(void)buf_add(out, text + from, (size_t)(to - from));
}

size_t width_add(struct buf *out, const char *text, size_t max)
{
	size_t all = width_of(text);
	size_t room = all <= max ? max : max > 0 ? max - 1 : 0;
	size_t n = 0;
	int32_t len = (int32_t)strlen(text);
	for (int32_t i = 0; i < len;) {
		int32_t from = i;
		UChar32 c;
		U8_NEXT(text, i, len, c);
		if (n + columns(c) > room)
			break;
		n += columns(c);
		add_char(out, text, from, i, c);
	}
	if (all > max && max > 0) {
		(void)buf_str(out, "…");
		n++;
	}
	return n;
}

/* Bytes of the longest beginning that fits, up to a blank if there is one; never 0. */
static size_t fitting(const char *text, size_t max)
{
	int32_t len = (int32_t)strlen(text);
	int32_t at = 0, blank = 0;
	size_t n = 0;
	while (at < len) {
		int32_t from = at;
		UChar32 c;
		U8_NEXT(text, at, len, c);
		n += columns(c);
		if (n > max) {
			/* Wide characters may be parted anywhere. */
			if (blank > 0 && columns(c) < 2)
				return (size_t)blank;
			return (size_t)(from > 0 ? from : at);
		}
		if (c == ' ')
			blank = from;
	}
	return (size_t)len;
}

void width_wrap(struct buf *out, const char *text, size_t max, size_t indent)
{
	size_t room = MAX(max, (size_t)10);
	for (bool first = true; *text; first = false) {
		size_t left = first ? 0 : indent;
		size_t n = fitting(text, room - MIN(left, room - 5));
		for (size_t i = 0; i < left; i++)
			(void)buf_char(out, ' ');
		char *line = strndup(text, n);
		if (line)
			(void)width_add(out, line, SIZE_MAX - 1);
		free(line);
		(void)buf_char(out, '\n');
		text += n + strspn(text + n, " ");
	}
}
