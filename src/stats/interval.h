/* src/stats/interval.h - 95 % confidence intervals of shares, and how many samples decide.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STATS_INTERVAL_H
#define STATS_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/* Both NaN when there is nothing to tell. */
struct interval {
	double lo, hi;
};

/* Wilson 1927: the share behind k hits out of n. NaN when n is 0. */
struct interval interval_wilson(uint64_t k, uint64_t n);

/* Newcombe 1998, method 10: the share of group 2 minus that of group 1. NaN when one is empty. */
struct interval interval_difference(uint64_t k1, uint64_t n1, uint64_t k2, uint64_t n2);

/* Order statistics: the q-quantile lies between the samples at these ranks (1 … n) with at
 * least 95 % probability, at most 2.5 % beyond each end (exact binomial). False when n is too
 * small for a rank on one side; that side is then 1 or n. n > 0, 0 < q <= 1. */
bool interval_ranks(uint64_t n, double q, uint64_t *ret_lo, uint64_t *ret_hi);

/* How many samples would decide, if what was seen so far went on; UINT64_MAX: none would
 * (the value sits on the limit). */

/* … whether a share is above or below the limit: Wilson's interval excludes the limit. */
uint64_t interval_n_share(double share, double limit);

/* … whether the q-quantile is above or below a limit that this share of the samples is within:
 * the order-statistic interval lies on one side of the limit. */
uint64_t interval_n_quantile(double share_within, double q);

/* … whether an estimate (interval half_width wide on each side, from n samples) is inside or
 * outside of ±gate; widths shrink with the square root of n. */
uint64_t interval_n_gate(uint64_t n, double estimate, double half_width, double gate);

#endif
