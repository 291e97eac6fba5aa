/* src/result/metric.h - the table of metrics: name, unit, meaning, which way is better.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_METRIC_H
#define RESULT_METRIC_H

#include <stdbool.h>
#include <stddef.h>

enum metric_scope {
	METRIC_REQUEST,		/* one number per request: a distribution */
	METRIC_RUN,		/* one number per run: a rate, a share, a count */
};

struct metric_def {
	const char *name;	/* as METRICS.md names it */
	const char *unit;	/* "s", "ratio", "1/s", "tokens/s", "count" … */
	enum metric_scope scope;
	bool higher_is_better;
	const char *rule;	/* the definition in one line, printed beside it */
	const char *rule_zh;	/* the same in Chinese */
	const char *title_zh;	/* how a Chinese report calls it */
};

const struct metric_def *metric_find(const char *name);	/* NULL: no such metric */
const struct metric_def *metric_at(size_t i);		/* in manual order; NULL at the end */

#endif
