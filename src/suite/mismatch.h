/* src/suite/mismatch.h - samples whose sound does not seem to fit their transcript.
 *
 * They are told, not left out: what a wrong transcript costs stands in the error rate, so that no
 * rate becomes better by it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_MISMATCH_H
#define SUITE_MISMATCH_H

#include "result/result.h"
#include "suite/answers.h"

/* Adds to out->mismatches: "id: why". A sample is told when its transcript would have to be said
 * faster than anybody speaks (over 8 words or 15 Han characters per second of sound), when at
 * least 5 s of sound have less than a word in 10 s, or when nearly nothing agrees (over 90 %
 * errors, at least 5 units) with what the candidate answered, nor the reference if there is one,
 * while the corpus as a whole is read with less than 50 % errors. reference: or NULL. */
void mismatch_find(const struct sample *samples, const struct answers *reference,
		   const struct answers *candidate, struct arena *a, struct accuracy_result *out);

#endif
