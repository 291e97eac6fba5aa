/* src/suite/answer_judge.h - is an answer of a language model right?
 *
 * Judges: keyword (any of the answers stands in it), all (every one does), regex (one of them, an
 * expression of ICU, matches somewhere, case aside), exact (the same after NFKC, case and
 * punctuation were folded; two numbers must also be the same number), anls, relaxed (numbers
 * within 5 %, else the same text), chrf, rouge_l, characters. The best of the answers counts.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_ANSWER_JUDGE_H
#define SUITE_ANSWER_JUDGE_H

#include <stdbool.h>

#include "base/err.h"
#include "media/sample.h"

struct answer_judge;
int answer_judge_new(struct answer_judge **ret, struct err *e);
struct answer_judge *answer_judge_free(struct answer_judge *j);	/* NULL is fine */

/* Is there such a judge, and can it judge by the answers of this sample (or NULL)? */
int answer_judge_check(const char *judge, const struct sample *s, struct err *e);

/* 1 for right, 0 for wrong; between them for graded judges. The sample has answers. */
int answer_judge_apply(struct answer_judge *j, const char *judge, const char *text,
		       const struct sample *s, double *ret, struct err *e);

#endif
