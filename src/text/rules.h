/* src/text/rules.h - the rule sets of normalize.h; for that folder's files only.
 *
 * All append to out, take folded text (unicode_fold) and return -1 when memory is exhausted.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_RULES_H
#define TEXT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "text/normalize.h"

/* Punctuation, symbols and controls to spaces, spaces collapsed, none at the ends. */
int rules_basic(const char *text, size_t len, struct buf *out);

/* English in three passes. Characters: numbers and words apart, money and percent named. */
int english_characters(const char *text, size_t len, struct buf *out);
/* Words: contractions, titles, fillers, acronyms, American spelling. */
int english_words(const char *text, size_t len, struct buf *out);
/* Numbers: spelled and written ones to digits. */
int english_numbers(const char *text, size_t len, struct buf *out);
/* A word in American spelling; adds it to out. */
void english_spelling(struct span word, struct buf *out);
/* Is it a spelled number below a trillion's scale ("seven", "forty", "hundred")? */
bool english_is_number(struct span word);

/* Chinese, after Traditional to Simplified: numbers, dates, percent and units. */
int chinese_numbers(const char *text, size_t len, struct buf *out);
/* Punctuation, spaces, fillers, 儿. */
int chinese_characters(const char *text, size_t len, const struct normalize_options *options,
		       struct buf *out);

/* The words of a text one by one: false at its end. */
bool rules_next_word(const char *text, size_t len, size_t *pos, struct span *ret);
/* Add a word, with a space before it unless it is the first. */
void rules_add_word(struct buf *out, size_t start, const char *word, size_t len);

#endif
