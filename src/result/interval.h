/* src/result/interval.h - what a count of successes says about their true share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_INTERVAL_H
#define RESULT_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/* Wilson score interval, 95 % (Wilson 1927). n > 0. */
void interval_wilson(uint64_t hits, uint64_t n, double *ret_lo, double *ret_hi);

/* P(X ≤ k) for X binomial with n draws of probability p, by the incomplete beta function. */
double interval_binomial_cdf(uint64_t k, uint64_t n, double p);

/* Do `within` of n samples prove, at 95 % two-sided, that more (1) or fewer (-1) than the share
 * q lie within? 0: undecided. The same test as an order-statistic interval of the quantile. */
int interval_share_decides(uint64_t within, uint64_t n, double q);

/* Samples with which the share seen now (within / n) would decide; 0: none up to 10^9. */
uint64_t interval_needed_quantile(uint64_t within, uint64_t n, double q);

/* Draws with which hits / n would have a Wilson interval on one side of the limit; 0 as above. */
uint64_t interval_needed_share(uint64_t hits, uint64_t n, double limit);

#endif
