/* src/text/score.h - error rates of a corpus.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXT_SCORE_H
#define TEXT_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "text/align.h"
#include "text/normalize.h"
#include "text/tokens.h"
#include "text/transcripts.h"

struct score_options {
	enum token_unit unit;
	enum normalize_kind normalizer;
	struct normalize_options normalize;
};

/* One pair at a time: for those who have the texts in hand. */
struct scorer;
int scorer_new(struct scorer **ret, const struct score_options *options, struct err *e);
struct scorer *scorer_free(struct scorer *s);	/* NULL is fine */
const char *scorer_normalizer(const struct scorer *s);	/* its name and version */

struct pair_score {
	struct align_counts counts;
	/* Owned by the scorer until its next use: normal forms, and the alignment. */
	struct span reference, hypothesis;
	const char *ops;	/* n_ops letters of enum align_op */
	size_t n_ops;
};
/* Both texts are valid UTF-8. */
int scorer_pair(struct scorer *s, struct span reference, struct span hypothesis,
		struct pair_score *ret, struct err *e);
/* The i-th token of a side of the pair scored last. */
struct span scorer_token(const struct scorer *s, bool hypothesis, size_t i);

/* A corpus. */
struct scored {
	const struct utterance *reference;
	const struct utterance *hypothesis;	/* NULL: missing, all of it deletions */
	struct align_counts counts;
	struct span reference_form, hypothesis_form;
	const char *ops;
	size_t n_ops;
};

enum { CONFUSION_SUBSTITUTION, CONFUSION_DELETION, CONFUSION_INSERTION, CONFUSION_KINDS };

struct confusion {
	struct span reference, hypothesis;	/* empty where there is none */
	uint64_t count;
};

struct score_group {
	const char *name;
	size_t utterances;
	struct align_counts counts;
};

struct score {
	enum normalize_kind normalize;
	const char *normalizer;	/* its name and version */
	enum token_unit unit;
	struct scored *items;	/* in the order of the reference */
	size_t n;
	struct align_counts total;
	size_t missing;
	size_t empty_references;	/* after normalising; what they got are insertions */
	/* Per utterance, for stats/bootstrap.h. */
	double *errors, *units;
	/* The most frequent first. */
	struct confusion *confusions[CONFUSION_KINDS];
	size_t n_confusions[CONFUSION_KINDS];
	/* By name; none when no speaker is known. */
	struct score_group *speakers;
	size_t n_speakers;
	/* By name; none when no utterance is a part of one (each is a file of its own). */
	struct score_group *files;
	size_t n_files;
};

/* The transcripts must fit (transcripts_match()) and outlive the score. */
int score_corpus(const struct transcripts *reference, const struct transcripts *hypothesis,
		 const struct score_options *options, struct score **ret, struct err *e);
struct score *score_free(struct score *s);	/* NULL is fine */

/* Has it five reference units or more, a hypothesis, and not one hit? Where others have many,
 * sound and transcript may not belong together. */
bool scored_agrees_nowhere(const struct scored *u);

/* Errors of two systems in the segments of an utterance (Gillick & Cox 1989): stretches between
 * runs of two or more reference tokens that both got right. Both alignments are of the same
 * reference of n tokens. Adds at most n + 1 pairs behind *ret_n. */
void score_segments(const char *ops_a, size_t n_ops_a, const char *ops_b, size_t n_ops_b,
		    uint32_t *errors_a, uint32_t *errors_b, size_t *ret_n);

#endif
