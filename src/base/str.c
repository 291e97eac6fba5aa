/* src/base/str.c - see str.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <strings.h>

#include "base/util.h"

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
	size_t n = strlen(text);
	size_t m = strlen(suffix);
	return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

bool str_equal_nocase(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

void strings_add(struct strings *list, struct arena *a, const char *text)
{
	*ARENA_ADD(a, list->items, list->n) = arena_str(a, text);
}

bool strings_has(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span s)
{
	while (s.len > 0 && blank(s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

int str_to_int(const char *text, int64_t *ret, struct err *e)
{
	char *end;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (end == text || *end || blank(*text) || errno)
		return err_set(e, ERR_USAGE, "'%s' is not a whole number", text);
	*ret = v;
	return 0;
}

int str_to_real(const char *text, double *ret, struct err *e)
{
	char *end;
	errno = 0;
	double v = strtod(text, &end);
	if (end == text || *end || blank(*text) || errno == ERANGE || !isfinite(v))
		return err_set(e, ERR_USAGE, "'%s' is not a number", text);
	*ret = v;
	return 0;
}

int str_to_size(const char *text, uint64_t *ret, struct err *e)
{
	static const struct {
		const char *name;
		double bytes;
	} units[] = {
		{"", 1}, {"B", 1}, {"K", 1e3}, {"KB", 1e3}, {"M", 1e6}, {"MB", 1e6},
		{"G", 1e9}, {"GB", 1e9}, {"T", 1e12}, {"TB", 1e12}, {"Ki", 1024}, {"KiB", 1024},
		{"Mi", 1048576}, {"MiB", 1048576}, {"Gi", 1073741824}, {"GiB", 1073741824},
		{"Ti", 1099511627776.0}, {"TiB", 1099511627776.0},
	};
	char *end;
	errno = 0;
	double v = strtod(text, &end);
	while (*end == ' ')
		end++;
	if (end != text && errno == 0 && isfinite(v) && v >= 0)
		for (size_t i = 0; i < ARRAY_LEN(units); i++)
			if (strcasecmp(end, units[i].name) == 0 && v * units[i].bytes < 9e18) {
				*ret = (uint64_t)llround(v * units[i].bytes);
				return 0;
			}
	return err_set(e, ERR_USAGE, "'%s' is not a size; write 4096, 25MB or 128MiB", text);
}

#define NEAR_MAX 48

/* Optimal string alignment: one insertion, deletion, change or swap costs 1. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(a);
	size_t m = strlen(b);
	if (n > NEAR_MAX || m > NEAR_MAX)
		return NEAR_MAX;
	size_t rows[3][NEAR_MAX + 1];
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3];
		const size_t *up = rows[(i - 1) % 3];
		const size_t *up2 = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t cost = tolower((unsigned char)a[i - 1]) !=
				      tolower((unsigned char)b[j - 1]);
			size_t best = MIN(up[j] + 1, row[j - 1] + 1);
			best = MIN(best, up[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, up2[j - 2] + 1);
			row[j] = best;
		}
	}
	return rows[n % 3][m];
}

const char *str_nearest(const char *typed, const char *(*next)(size_t i, const void *ctx),
			const void *ctx)
{
	size_t best = 0;
	size_t best_distance = 1 + MAX(strlen(typed) / 3, (size_t)1);
	bool found = false;
	const char *name;
	for (size_t i = 0; (name = next(i, ctx)); i++) {
		size_t d = distance(typed, name);
		if (d < best_distance) {
			best_distance = d;
			best = i;
			found = true;
		}
	}
	return found ? next(best, ctx) : NULL;	/* asked again: next() may reuse its memory */
}

/* Length of the valid character at p (n bytes left), or 0. */
static size_t utf8_char(const unsigned char *p, size_t n)
{
	unsigned char c = p[0];
	if (c < 0x80)
		return 1;
	size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ||
	    (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

const char *str_shell(const char *word, struct arena *a)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:=,@%+-";
	if (*word && strspn(word, plain) == strlen(word))
		return word;
	const char *quoted = "'";
	for (const char *end; (end = strchr(word, '\'')); word = end + 1)
		quoted = arena_fmt(a, "%s%.*s'\\''", quoted, (int)(end - word), word);
	return arena_fmt(a, "%s%s'", quoted, word);
}

size_t str_utf8_valid(const char *text, size_t len)
{
	size_t i = 0;
	while (i < len) {
		size_t n = utf8_char((const unsigned char *)text + i, len - i);
		if (n == 0)
			return i;
		i += n;
	}
	return len;
}

size_t str_utf8_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	size_t cut = max;
	while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

void str_cut_copy(char *out, size_t size, const char *text)
{
	size_t len = str_utf8_cut(text, strlen(text), size - 1);
	memcpy(out, text, len);
	out[len] = '\0';
}
