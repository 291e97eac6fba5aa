/* src/stats/hist.h - histogram of durations with a relative error of at most 0.1 %.
 *
 * Values are uint64_t; for metrics that are no time the unit is 1e-9 of the metric's unit (an
 * rtf of 0.25 is 250000000). Nothing is clamped or dropped. Fixed memory; recording allocates
 * nothing. One writer, on whom another thread may look with hist_peek(); merged after the run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STATS_HIST_H
#define STATS_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct hist;

int hist_new(struct hist **ret_hist, struct err *e);
struct hist *hist_free(struct hist *h);	/* NULL is fine; returns NULL */
void hist_clear(struct hist *h);

void hist_record(struct hist *h, uint64_t value);
void hist_merge(struct hist *into, const struct hist *from);	/* exact: counts add up */

/* Add what another thread has recorded in `from` so far, while it goes on. Min, max and sum are
 * only as exact as the buckets. */
void hist_peek(struct hist *into, const struct hist *from);

uint64_t hist_count(const struct hist *h);
uint64_t hist_min(const struct hist *h);	/* exact; 0 when empty */
uint64_t hist_max(const struct hist *h);	/* exact */
double hist_mean(const struct hist *h);		/* exact sum / count; NaN when empty */
double hist_sum(const struct hist *h);

/* Nearest rank: the value at rank ceil(q × n), 0 < q ≤ 1. 0 when empty: look at the count. */
uint64_t hist_quantile(const struct hist *h, double q);

/* Samples with value ≤ limit, as exact as the buckets. */
uint64_t hist_count_to(const struct hist *h, uint64_t limit);

/* 95 % confidence interval of the quantile by order statistics (binomial ranks); false when n
 * is too small for one (then lo/hi are the extremes). */
bool hist_quantile_interval(const struct hist *h, double q, uint64_t *ret_lo, uint64_t *ret_hi);

/* Half of that interval as a share of the quantile; NaN: too few samples to say, or it is 0. */
double hist_quantile_width(const struct hist *h, double q);

/* The filled buckets in ascending order, for plots and merging across hosts: call with *pos = 0
 * until it returns false. */
bool hist_next(const struct hist *h, size_t *pos, uint64_t *ret_low, uint64_t *ret_high,
	       uint64_t *ret_count);

/* Portable, compact text form (versioned) that hist_read() takes back to the same counts, min,
 * max and sum; -1 on garbage, and the histogram is unchanged. */
int hist_write(const struct hist *h, struct buf *out);
int hist_read(struct hist *into, const char *text, size_t len, struct err *e);

#endif
