/* src/text/align.h - minimum-edit alignment of two token sequences (unit costs).
 *
 * Tokens are numbers: equal numbers, equal tokens (text/tokens.h makes them). Time is that of a
 * bit-parallel distance (Myers 1999, Hyyrö 2003) inside Ukkonen's band, memory is linear in the
 * lengths (Hirschberg 1975). The number of errors is the least possible; how it splits into
 * substitutions, deletions and insertions is not unique and must not be compared across tools.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_ALIGN_H
#define TEXT_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum align_op {
	ALIGN_HIT = '=',
	ALIGN_SUBSTITUTION = 'S',
	ALIGN_DELETION = 'D',	/* only the reference has it */
	ALIGN_INSERTION = 'I',	/* only the hypothesis has it */
};

struct align_counts {
	uint64_t hits, substitutions, deletions, insertions;
};

/* S + D + I, H + S + D, H + S + I. */
uint64_t align_errors(const struct align_counts *c);
uint64_t align_reference(const struct align_counts *c);
uint64_t align_hypothesis(const struct align_counts *c);
void align_add(struct align_counts *to, const struct align_counts *from);

/* Morris, Maier, Green 2004. NaN where the denominator is 0.
 * rate: errors / reference units; match_error_rate: errors / (errors + hits);
 * wip: hits² / (reference × hypothesis); wil: 1 - wip. */
double align_rate(const struct align_counts *c);
double align_match_error_rate(const struct align_counts *c);
double align_wip(const struct align_counts *c);
double align_wil(const struct align_counts *c);

/* Reusable working memory: without it every call allocates. */
struct aligner;
int aligner_new(struct aligner **ret, struct err *e);
struct aligner *aligner_free(struct aligner *a);	/* NULL is fine */

/* Align. symbols: all tokens are below it. At most 2^31 tokens together, and at most 2^42 as a
 * product without what agrees at both ends. *ret_ops (owned by the
 * aligner, until its next use) has *ret_n letters of enum align_op in order. */
int align_tokens(struct aligner *a, const uint32_t *reference, size_t n_reference,
		 const uint32_t *hypothesis, size_t n_hypothesis, uint32_t symbols,
		 const char **ret_ops, size_t *ret_n, struct err *e);
struct align_counts align_count(const char *ops, size_t n);

#endif
