/* src/suite/speaker_rank.h - does synthesised speech sound like the speaker that was asked for?
 *
 * A rank test on two figures of a voice (audio/measure.h), no neural embedding: for each sample,
 * is its own speaker the nearest of all speakers? A speaker's voice is the mean of its reference
 * samples: the prompts of the data (prompt_wav), else what the reference service said for it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_SPEAKER_RANK_H
#define SUITE_SPEAKER_RANK_H

#include "base/arena.h"
#include "suite/answers.h"

struct speaker_rank {
	size_t speakers, samples;	/* compared; none: the rest is NaN */
	double first_share;	/* samples whose own speaker is the nearest by mean MFCC */
	double mean_rank;	/* 1: always the nearest; (speakers + 1) / 2: by chance */
	double f0_first_share;	/* the same by F0 */
	double f0_semitones;	/* median distance of F0 to the own speaker */
};

/* reference: NULL where only prompts are known. Fewer than two speakers: nothing to compare. */
struct speaker_rank speaker_rank(const struct sample *samples, const struct answers *reference,
				 const struct answers *candidate);

#endif
