/* src/text/normalize.h - bring two spellings of the same speech to one form.
 *
 * Every rule maps many spellings to one and is used on both sides, so that it can only take
 * away differences that are no error. Numbers come out as single digits in English ("1 2 3" for
 * 123, "one two three" and "one hundred twenty three"), as Arabic digits in Chinese, so that how
 * a recogniser groups them does not matter. What a rule set does is fixed by its version.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_NORMALIZE_H
#define TEXT_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum normalize_kind {
	NORMALIZE_NONE,
	NORMALIZE_BASIC,	/* NFKC, case fold, punctuation and symbols to space */
	NORMALIZE_ENGLISH,	/* and contractions, spelling, numbers, titles, fillers, money */
	NORMALIZE_CHINESE,	/* and Traditional to Simplified, numbers, dates, units */
	NORMALIZE_AUTO,		/* by the script of the reference: Chinese, Latin, else basic */
};
extern const char *const normalize_names[];	/* NULL ends */

struct normalize_options {
	bool drop_erhua;	/* Chinese: 花儿 and 花 are the same */
	bool drop_fillers;	/* Chinese: 呃 嗯 啊 are left out (English always does) */
};

/* Working memory and tables: one per thread. */
struct normalizer;
int normalizer_new(struct normalizer **ret, enum normalize_kind kind,
		   const struct normalize_options *options, struct err *e);
struct normalizer *normalizer_free(struct normalizer *n);	/* NULL is fine */

/* "english 2 (ICU 72.1)": kind, version of its rules, libraries that it leans on. */
const char *normalizer_name(const struct normalizer *n);

/* Append the normal form of a text (valid UTF-8) to out. reference: the text that decides what
 * `auto` does (the text itself: NULL). */
int normalizer_apply(struct normalizer *n, const char *text, size_t len, const char *reference,
		     size_t reference_len, struct buf *out, struct err *e);

#endif
