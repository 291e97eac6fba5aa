/* src/text/unicode.h - what the rest needs to know about characters (ICU).
 *
 * All text is UTF-8 with a length; it must be valid (unicode_check first) unless said otherwise.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_UNICODE_H
#define TEXT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* -1 when it is no valid UTF-8; e names the byte, counted from 1. */
int unicode_check(const char *text, size_t len, struct err *e);

/* NFKC and full case folding in one (Unicode's NFKC_Casefold: it also drops characters that show
 * nothing, like a byte order mark or a soft hyphen). Appended to out. */
int unicode_fold(const char *text, size_t len, struct buf *out, struct err *e);

/* NFKC alone. */
int unicode_nfkc(const char *text, size_t len, struct buf *out, struct err *e);

/* The character at *pos, which moves behind it. -1 for an invalid byte (one is skipped). */
int32_t unicode_next(const char *text, size_t len, size_t *pos);
void unicode_put(struct buf *out, int32_t c);

bool unicode_is_space(int32_t c);	/* white space and control characters */
bool unicode_is_mark(int32_t c);	/* punctuation and symbols */
bool unicode_is_word(int32_t c);	/* letters, digits and the marks that combine with them */
bool unicode_is_han(int32_t c);
/* Scripts that are written without spaces between words: Han, kana, Bopomofo. */
bool unicode_is_cjk(int32_t c);

/* Grapheme clusters ("characters" as a reader counts them): ends (one per byte of text at most)
 * is filled with the offset behind each; returns how many, or -1. */
long unicode_graphemes(const char *text, size_t len, uint32_t *ends, struct err *e);

/* What most letters of a text are. */
enum unicode_script {
	SCRIPT_NONE,	/* no letters */
	SCRIPT_LATIN,
	SCRIPT_CHINESE,	/* Han without kana */
	SCRIPT_OTHER,
};
enum unicode_script unicode_script(const char *text, size_t len);

/* Version of the Unicode library, "72.1". */
const char *unicode_version(void);

#endif
