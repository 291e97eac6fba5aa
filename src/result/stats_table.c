/* src/result/stats_table.c - see stats_table.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/stats_table.h"

#include <math.h>

#include "base/util.h"

const struct stats_row stats_table[] = {
	{"mean", 0}, {"min", 0}, {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99},
	{"p999", 0.999}, {"max", 0}, {0},
};

double stats_value(const struct stats_row *row, const struct hist *h)
{
	if (!h || hist_count(h) == 0)
		return NAN;
	if (row->quantile > 0)
		return (double)hist_quantile(h, row->quantile) / 1e9;
	if (strcmp(row->name, "mean") == 0)
		return hist_mean(h) / 1e9;
	return (double)(strcmp(row->name, "min") == 0 ? hist_min(h) : hist_max(h)) / 1e9;
}

bool stats_few(const struct stats_row *row, const struct hist *h)
{
	if (row->quantile == 0 || !h)
		return false;
	uint64_t n = hist_count(h);
	uint64_t rank = (uint64_t)ceil(row->quantile * (double)n - 1e-9);
	return n - MIN(rank, n) < 10;
}
