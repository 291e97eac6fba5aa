/* src/base/str.h - small things to do with text.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

/* A piece of text that somebody else owns; not terminated. */
struct span {
	const char *data;
	size_t len;
};

/* A list of strings. */
struct strings {
	const char **items;
	size_t n;
};

bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
bool str_equal_nocase(const char *a, const char *b);	/* ASCII letters only */
void strings_add(struct strings *list, struct arena *a, const char *text);
bool strings_has(const struct strings *list, const char *text);

struct span span_of(const char *text);
/* Inline: of a literal the compiler knows the length. */
static inline bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && (s.len == 0 || memcmp(s.data, text, s.len) == 0);
}

struct span span_trim(struct span s);	/* white space at both ends */

/* Whole texts to numbers: no leading blanks, nothing behind. */
int str_to_int(const char *text, int64_t *ret, struct err *e);
int str_to_real(const char *text, double *ret, struct err *e);	/* finite */
/* "128MiB" "25 MB" "4096": K, M, G are powers of ten, Ki, Mi, Gi powers of two; B optional. */
int str_to_size(const char *text, uint64_t *ret, struct err *e);

/* The name nearest to what was typed, or NULL when none is near: for "did you mean".
 * next(i, ctx) gives the i-th name, NULL ends. */
const char *str_nearest(const char *typed, const char *(*next)(size_t i, const void *ctx),
			const void *ctx);

/* The end of a counted noun: "%zu device%s" of n and str_plural(n). */
static inline const char *str_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* The word as a shell takes it: as it is, or in single quotes. */
const char *str_shell(const char *word, struct arena *a);

/* First invalid byte of UTF-8 (RFC 3629), or len when all is valid. */
size_t str_utf8_valid(const char *text, size_t len);

/* Copy into a fixed buffer; what does not fit is cut at a character's border. */
void str_cut_copy(char *out, size_t size, const char *text);

/* Bytes at most max, cut at a character's border. */
size_t str_utf8_cut(const char *text, size_t len, size_t max);

#endif
