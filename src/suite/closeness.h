/* src/suite/closeness.h - how near two services' answers are to each other, beside their rates.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_CLOSENESS_H
#define SUITE_CLOSENESS_H

#include "result/result.h"
#include "suite/answers.h"

/* Adds to out->figures. Over samples that both answered; a figure that none has is left out.
 * Text: exact_share (after NFKC, case and punctuation folded), chrf, rouge_l (means), and of
 * those that differ diverge_tokens and diverge_characters (medians of what agrees from the
 * start). Scored by edits: cross_rate, the error rate of the candidate's texts against the
 * reference's. With logprobs of both: logprob_top1 (share of positions with the same token, up to
 * the first that differs), logprob_top5 (share of first differences where each side's token is
 * among the other's best). Speech: duration_ratio, loudness_difference_lu,
 * f0_difference_semitones (medians, candidate against reference). */
int closeness_add(const struct answers *reference, const struct answers *candidate,
		  struct arena *a, struct accuracy_result *out, struct err *e);

/* What the reference differs from itself when it is asked twice: floor_exact_share,
 * floor_cross_rate, and for speech floor_duration_ratio. */
int closeness_add_floor(const struct answers *first, const struct answers *second,
			struct arena *a, struct accuracy_result *out, struct err *e);

/* Where the samples are by two speakers or more (suite/speaker_rank.h; reference may be NULL):
 * speakers, speaker_first_share, speaker_mean_rank, speaker_f0_first_share,
 * speaker_f0_semitones. */
void closeness_add_speakers(const struct sample *samples, const struct answers *reference,
			    const struct answers *candidate, struct arena *a,
			    struct accuracy_result *out);

#endif
