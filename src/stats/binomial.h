/* src/stats/binomial.h - random numbers with a binomial distribution.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STATS_BINOMIAL_H
#define STATS_BINOMIAL_H

#include <stdint.h>

#include "base/rng.h"

/* Hits among n trials of probability p, 0 <= p <= 1; log_others: ln(1 - p), which the caller
 * knows. Exact: by inversion for few expected hits, else transformed rejection (BTRS, Hörmann
 * 1993). */
uint32_t binomial_draw(uint32_t n, double p, double log_others, struct rng *r);

#endif
