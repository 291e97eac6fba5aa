/* src/report/compare_text.h - the words of a comparison, shared by its writers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_COMPARE_TEXT_H
#define REPORT_COMPARE_TEXT_H

#include "report/compare.h"

/* "142 ms", "0.31 %"; "–" for NaN. */
const char *compare_number(struct arena *a, const struct compared *x, double value);
/* "+4.2 %", "-0.50 pp"; in the metric's unit when the base is 0. */
const char *compare_change(struct arena *a, const struct compared *x, double difference);
const char *compare_interval(struct arena *a, const struct compared *x);	/* "−1 % … +3 %" */
/* "" when all is said; the rule of the interval: "" when there is none. */
const char *compare_why(struct arena *a, const struct compared *x, bool zh);
const char *compare_rule(struct arena *a, const struct compared *x, bool zh);
const char *compare_metric(struct arena *a, const struct compared *x, bool zh);
const char *compare_sentence(const struct comparison *c, bool zh);

/* A group of numbers ("accuracy asr", "soak", else a run's own name), and what the new result lacks
 * ("run asr-one", "case A17 asr"), as people read it. */
const char *compare_group(struct arena *a, const char *group, bool zh);
const char *compare_missing(struct arena *a, const char *what, bool zh);

#endif
