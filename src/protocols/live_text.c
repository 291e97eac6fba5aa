/* src/protocols/live_text.c - see live_text.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/live_text.h"

#include <strings.h>

#include "base/util.h"

#define FIRST_OF_HAN 0x2E80u

/* The character at the beginning and its length; what is no UTF-8 is one byte of its own. */
static unsigned character(struct span s, size_t *ret_len)
{
	unsigned char c = (unsigned char)s.data[0];
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	unsigned code = len == 1 ? c : c & (0xffu >> (len + 1));
	if (len > s.len || (c >= 0x80 && c < 0xc2)) {
		*ret_len = 1;
		return ' ';
	}
	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)s.data[i] & 0x3f);
	*ret_len = len;
	return code;
}

static bool is_separator(unsigned c)
{
	if (c < 0x80)
		return !((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
			 c == '\'');
	return c == 0xa0 || (c >= 0x2000 && c <= 0x206f) || (c >= 0x3000 && c <= 0x303f) ||
	       (c >= 0xff00 && c <= 0xff0f) || (c >= 0xff1a && c <= 0xff20) || c == 0xff5e;
}

bool live_token(struct span *rest, struct span *ret)
{
	size_t len = 0;
	*ret = (struct span){rest->data, 0};
	while (rest->len > 0) {
		unsigned c = character(*rest, &len);
		bool separator = is_separator(c);
		if (ret->len > 0 && (separator || c >= FIRST_OF_HAN))
			return true;
		if (ret->len == 0 && !separator)
			ret->data = rest->data;
		rest->data += len;
		rest->len -= len;
		if (separator)
			continue;
		ret->len += len;
		if (c >= FIRST_OF_HAN)
			return true;
	}
	return ret->len > 0;
}

size_t live_tokens(struct span text)
{
	struct span token;
	size_t n = 0;
	while (live_token(&text, &token))
		n++;
	return n;
}

size_t live_common(struct span a, struct span b)
{
	struct span x, y;
	size_t n = 0;
	while (live_token(&a, &x) && live_token(&b, &y) && x.len == y.len &&
	       strncasecmp(x.data, y.data, x.len) == 0)
		n++;
	return n;
}
