/* src/text/similarity.h - how near is an answer to what was expected?
 *
 * Texts are valid UTF-8 and compared as they are: normalise them first (text/normalize.h) where
 * case and punctuation do not matter. Scores run from 0 to 1. Two empty texts are the same: 1.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_SIMILARITY_H
#define TEXT_SIMILARITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* 1 - distance / longer length, in characters (grapheme clusters, spaces counted). */
int similarity_characters(struct span a, struct span b, double *ret, struct err *e);

/* Average normalised Levenshtein similarity of one question (Biten et al. 2019): the best of the
 * answers; below 0.5 it is 0. Lengths are those of the texts given: normalise them first. */
#define ANLS_THRESHOLD 0.5
int similarity_anls(struct span candidate, const struct span *answers, size_t n_answers,
		    double *ret, struct err *e);

/* ChartQA's relaxed accuracy: numbers within 5 % (0 only as 0; "1,234", "5%", "$3" are numbers),
 * other texts equal but for the case of letters. */
bool similarity_relaxed(struct span candidate, struct span answer);
/* The number that the whole text is ("-3.5", "1,234", "5%" for 0.05, "$3"), or NaN. */
double similarity_number(struct span text);

/* chrF (Popović 2015): character n-grams of 1 to 6 without spaces, recall counts beta = 2 times;
 * F of the averages of precision and recall. */
int similarity_chrf(struct span candidate, struct span reference, double *ret, struct err *e);

/* ROUGE-L (Lin 2004): F1 of the longest common subsequence; tokens are those of mer_mixed, so
 * that Chinese is compared character by character. */
int similarity_rouge_l(struct span candidate, struct span reference, double *ret,
		       struct err *e);

/* Does the text hold all (any) of the keywords? In whole words where a keyword begins or ends
 * with a letter or digit of a script with spaces: "1" is not in "10". */
bool similarity_keywords(struct span text, const struct span *keywords, size_t n, bool all);

/* Does the regular expression (ICU's, case-insensitive) match somewhere? -1: it is wrong, or it
 * took too long on this text. */
int similarity_matches(struct span text, struct span expression, bool *ret, struct err *e);

/* Where two texts part: tokens (mer_mixed) and characters that agree from the start; equal says
 * that they never do. */
struct divergence {
	bool equal;
	size_t tokens, characters;
};
int similarity_divergence(struct span a, struct span b, struct divergence *ret, struct err *e);

#endif
