/* src/stats/trend.h - does memory leak, and did latency drift, over a long run?
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STATS_TREND_H
#define STATS_TREND_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stats/hist.h"
#include "stats/interval.h"

/* Growth that nobody needs to mind: 5 MiB per hour. */
#define LEAK_BUDGET_PER_HOUR (5.0 * 1024 * 1024)

enum leak_verdict {
	LEAK_TOO_SHORT,	/* fewer than 12 blocks: nothing can be said */
	LEAK_CLEAN,	/* the slope is within the budget */
	LEAK_SUSPECT,	/* above the budget, but not surely or not lastingly: extend the run */
	LEAK_LEAK,	/* surely above the budget, lastingly, and beyond the noise */
};
const char *leak_verdict_name(enum leak_verdict v);	/* "too short", "clean", … */

struct leak {
	enum leak_verdict verdict;
	size_t blocks;		/* that were judged */
	double slope;		/* Theil–Sen, value per unit of x; NaN when too short */
	double slope_low;	/* lower 99 % bound (Sen 1968) */
	double slope_high;	/* upper 99 % bound */
	double late_slope;	/* of the second half, and its lower 99 % bound */
	double late_low;
	double grown;		/* slope × judged span of x */
	double noise;		/* standard deviation of the blocks around the line */
	double first, last;	/* value of the first and the last judged block */
};

/* Block minima (block: max(30 s, duration / 72)), first sixth dropped, Theil–Sen slope with a
 * bound against the budget, persistence in the second half (its slope is above the budget and
 * not below 0.4 of the first half's, as a warm-up's would be), growth of 3.5 standard deviations of
 * the noise. tests/bench/bench-leak.c shows how often that errs: a run of 12 h and more hardly
 * ever; one as short as the service's warm-up takes that for a leak. time_s ascends; NaN values
 * (sensor unknown) are skipped. x is what the slope is over: NULL for hours, else for example
 * thousands of requests or GB of media done at that moment; budget is per unit of x. */
void leak_test(const double *time_s, const double *value, const double *x, size_t n,
	       double budget, struct leak *ret);

/* The same series over hours, requests, bytes: LEAK needs two of three (two of two; one of
 * one), SUSPECT when any is above CLEAN. n > 0. */
enum leak_verdict leak_combine(const struct leak *leaks, size_t n);

/* A leak stays, a cache drains: when more than half of what had grown is gone at the idle
 * phase's lowest value, LEAK becomes SUSPECT. Returns the share that drained (NaN when nothing
 * had grown). */
double leak_after_idle(struct leak *l, const double *idle_values, size_t n);

/* Median of the slopes between all pairs of points (Theil 1950) and the bounds at the standard
 * normal deviate z (Sen 1968; 2.326 for one-sided 99 %). -1 when n < 2 or the points are more
 * than the memory holds. */
int theil_sen(const double *x, const double *y, size_t n, double z, double *ret_slope,
	      double *ret_low, double *ret_high, struct err *e);

/* q-quantile of the last window over that of the first, with its 95 % bootstrap interval: the
 * rank of a resampled quantile follows a beta distribution, so no sample is drawn again. NaN when
 * either is empty or the first quantile is 0. */
struct drift {
	double ratio;
	struct interval interval95;
};
int drift_ratio(const struct hist *first, const struct hist *last, double q, size_t draws,
		uint64_t seed, struct drift *ret, struct err *e);

#endif
