/* src/result/stats_table.h - the numbers that every writer shows of a distribution.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_STATS_TABLE_H
#define RESULT_STATS_TABLE_H

#include <stdbool.h>

#include "stats/hist.h"

struct stats_row {
	const char *name;	/* mean, min, p50 … p999, max; NULL ends the table */
	double quantile;	/* 0: not a percentile */
};

extern const struct stats_row stats_table[];

double stats_value(const struct stats_row *row, const struct hist *h);	/* NaN: no samples */
/* A percentile with fewer than 10 samples beyond it. */
bool stats_few(const struct stats_row *row, const struct hist *h);

#endif
