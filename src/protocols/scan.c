/* src/protocols/scan.c - see scan.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/scan.h"

#include "base/util.h"

static void skip_blank(struct scan *s)
{
	while (s->at < s->end &&
	       (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

char scan_peek(struct scan *s)
{
	skip_blank(s);
	return s->at < s->end ? *s->at : '\0';
}

bool scan_at_end(struct scan *s)
{
	skip_blank(s);
	return s->at == s->end;
}

bool scan_enter(struct scan *s, char bracket)
{
	if (scan_peek(s) != bracket || s->at == s->end)
		return false;
	s->at++;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four digits at p, or -1. */
static int32_t four_digits(const char *p, const char *end)
{
	int32_t v = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = hex_digit(p[i]);
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* The code point of \uXXXX, or of a pair of them; p stands behind "\u". How many bytes it took
 * goes to *len. -1: bad digits, or half of a pair. */
static int32_t code_point(const char *p, const char *end, size_t *len)
{
	int32_t high = four_digits(p, end);
	*len = 4;
	if (high < 0xD800 || high > 0xDFFF)
		return high;
	if (high > 0xDBFF || end - p < 10 || p[4] != '\\' || p[5] != 'u')
		return -1;
	int32_t low = four_digits(p + 6, end);
	*len = 10;
	if (low < 0xDC00 || low > 0xDFFF)
		return -1;
	return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

bool scan_string(struct scan *s, struct span *raw)
{
	if (!scan_enter(s, '"'))
		return false;
	const char *from = s->at;
	bool ascii = true;
	const char *p = from;
	for (; p < s->end && *p != '"'; p++) {
		unsigned char c = (unsigned char)*p;
		if (c >= 0x20 && c < 0x80 && c != '\\')
			continue;
		if (c < 0x20)
			return false;
		ascii = ascii && c < 0x80;
		if (c != '\\')
			continue;
		if (++p == s->end || !strchr("\"\\/bfnrtu", *p) || *p == '\0')
			return false;
		size_t len;
		if (*p != 'u')
			continue;
		if (code_point(p + 1, s->end, &len) < 0)
			return false;
		p += len;
	}
	if (p >= s->end)
		return false;
	*raw = (struct span){from, (size_t)(p - from)};
	s->at = p + 1;
	return ascii || str_utf8_valid(from, raw->len) == raw->len;
}

static bool literal(struct scan *s, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
		return false;
	s->at += n;
	return true;
}

bool scan_string_or_null(struct scan *s, struct span *raw)
{
	if (scan_peek(s) == 'n')
		return literal(s, "null");
	return scan_string(s, raw);
}

static size_t digits(struct scan *s)
{
	const char *from = s->at;
	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - from);
}

/* Any number; more than 18 digits or an exponent are rare: refused. */
static bool number(struct scan *s, bool *whole)
{
	*whole = true;
	if (s->at < s->end && *s->at == '-')
		s->at++;
	bool zero = s->at < s->end && *s->at == '0';
	size_t n = digits(s);
	if (n == 0 || n > 18 || (zero && n > 1))
		return false;
	if (s->at < s->end && *s->at == '.') {
		*whole = false;
		s->at++;
		if (digits(s) == 0)
			return false;
	}
	if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
		*whole = false;
		s->at++;
		if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
			s->at++;
		n = digits(s);
		return n > 0 && n <= 2;		/* e99 is well inside a double's range */
	}
	return true;
}

bool scan_int(struct scan *s, int64_t *ret)
{
	if (scan_peek(s) == 'n')
		return literal(s, "null");
	const char *p = s->at;
	bool whole;
	if (!number(s, &whole) || !whole)
		return false;
	bool negative = *p == '-';
	int64_t v = 0;
	for (p += negative; p < s->at; p++)
		v = v * 10 + (*p - '0');
	*ret = negative ? -v : v;
	return true;
}

static bool scalar(struct scan *s)
{
	struct span raw;
	bool whole;
	switch (scan_peek(s)) {
	case '"':
		return scan_string(s, &raw);
	case 't':
		return literal(s, "true");
	case 'f':
		return literal(s, "false");
	case 'n':
		return literal(s, "null");
	default:
		return number(s, &whole);
	}
}

int scan_member(struct scan *s, bool *first, struct span *key)
{
	char c = scan_peek(s);
	if (c == '}') {
		s->at++;
		return 0;
	}
	if (!*first && c != ',')
		return -1;
	if (!*first)
		s->at++;
	*first = false;
	if (!scan_string(s, key) || memchr(key->data, '\\', key->len))
		return -1;
	return scan_enter(s, ':') ? 1 : -1;
}

int scan_item(struct scan *s, bool *first)
{
	char c = scan_peek(s);
	if (c == ']') {
		s->at++;
		return 0;
	}
	if (!*first && c != ',')
		return -1;
	if (!*first) {
		s->at++;
		c = scan_peek(s);
	}
	*first = false;
	return c == ']' || c == '\0' ? -1 : 1;
}

/* Kinds of the open brackets as bits of one word: a walk without recursion. */
bool scan_value(struct scan *s, struct span *raw)
{
	uint64_t objects = 0;
	int depth = 0;
	bool first = false;
	struct span key;
	(void)scan_peek(s);
	const char *from = s->at;
	for (;;) {
		char c = scan_peek(s);
		if (c == '{' || c == '[') {
			if (depth == SCAN_DEPTH_MAX - 1)
				return false;
			objects = objects << 1 | (c == '{');
			depth++;
			s->at++;
			first = true;
		} else if (!scalar(s)) {
			return false;
		}
		while (depth > 0) {	/* on to the next value, out of what ends here */
			bool object = objects & 1;
			int more = object ? scan_member(s, &first, &key) : scan_item(s, &first);
			if (more < 0)
				return false;
			if (more > 0)
				break;
			objects >>= 1;
			depth--;
			first = false;
		}
		if (depth == 0)
			break;
	}
	if (raw)
		*raw = (struct span){from, (size_t)(s->at - from)};
	return true;
}

static size_t put_utf8(int32_t c, char out[4])
{
	uint32_t u = (uint32_t)c;
	if (u < 0x80) {
		out[0] = (char)u;
		return 1;
	}
	size_t n = u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
	static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
	for (size_t i = n - 1; i > 0; i--, u >>= 6)
		out[i] = (char)(0x80 | (u & 0x3F));
	out[0] = (char)(marks[n] | u);
	return n;
}

static char plain_escape(char c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

/* The text is never longer than its raw form. */
int scan_unescape(struct span raw, struct buf *out, uint32_t *ret_chars)
{
	char *to = buf_reserve(out, raw.len);
	if (!to)
		return -1;
	char *const start = to;
	const char *end = raw.data + raw.len;
	uint32_t chars = 0;
	for (const char *p = raw.data; p < end;) {
		if (*p != '\\') {
			chars += ((unsigned char)*p & 0xC0) != 0x80;
			*to++ = *p++;
			continue;
		}
		chars++;
		if (p[1] != 'u') {
			*to++ = plain_escape(p[1]);
			p += 2;
			continue;
		}
		size_t len;
		int32_t c = code_point(p + 2, end, &len);
		to += put_utf8(c, to);
		p += 2 + len;
	}
	buf_grew(out, (size_t)(to - start));
	*ret_chars = chars;
	return 0;
}
