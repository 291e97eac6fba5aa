/* src/report/wording.h - accuracy and leaks as every writer words them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_WORDING_H
#define REPORT_WORDING_H

#include "result/result.h"

/* Texts in the arena; NULL: not known. */
struct accuracy_words {
	const char *what, *what_zh;	/* "cer", "wrong (keyword)" */
	const char *candidate, *reference, *floor;	/* "5.21 %" */
	const char *difference;		/* "+0.13 pp" */
	const char *interval;		/* of the difference, or of the rate where there is none */
	const char *gate;		/* "±1 pp" */
	const char *verdict, *verdict_zh;	/* "aligned", "undecided, 1350 would decide" */
};

void accuracy_words(const struct accuracy_result *x, struct arena *a, struct accuracy_words *ret);

/* "130 ms … 150 ms", or "≥ 130 ms" where there is no bound above; NULL: no bound at all. */
const char *interval_text(struct arena *a, const char *metric, double lo, double hi);

/* "clean", "too short"; growth: "+1.20 MiB/h", "–" when it is not known. */
const char *leak_word(const struct leak_result *l, bool zh);
const char *leak_growth(const struct leak_result *l, struct arena *a);

#endif
