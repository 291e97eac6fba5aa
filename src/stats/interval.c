/* src/stats/interval.c - see interval.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "stats/interval.h"

#include <assert.h>
#include <math.h>

#include "base/util.h"

#define Z95 1.959963984540054
#define TAIL 0.025

static struct interval wilson(double p, double n)
{
	double z2 = Z95 * Z95;
	double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
	double half = Z95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
	/* At p = 0 and 1 the formula gives the end itself but for rounding. */
	return (struct interval){
		.lo = p > 0 ? fmax(0, middle - half) : 0,
		.hi = p < 1 ? fmin(1, middle + half) : 1,
	};
}

struct interval interval_wilson(uint64_t k, uint64_t n)
{
	assert(k <= n);
	if (n == 0)
		return (struct interval){NAN, NAN};
	return wilson((double)k / (double)n, (double)n);
}

struct interval interval_difference(uint64_t k1, uint64_t n1, uint64_t k2, uint64_t n2)
{
	if (n1 == 0 || n2 == 0)
		return (struct interval){NAN, NAN};
	struct interval a = interval_wilson(k1, n1);
	struct interval b = interval_wilson(k2, n2);
	double p1 = (double)k1 / (double)n1;
	double p2 = (double)k2 / (double)n2;
	return (struct interval){
		.lo = p2 - p1 - hypot(p2 - b.lo, a.hi - p1),
		.hi = p2 - p1 + hypot(b.hi - p2, p1 - a.lo),
	};
}

static double log_binomial(double n, double k, double q)
{
	int sign;
	return lgamma_r(n + 1, &sign) - lgamma_r(k + 1, &sign) - lgamma_r(n - k + 1, &sign) +
	       k * log(q) + (n - k) * log1p(-q);
}

/* The largest rank with P(B < lo) <= 2.5 % (0: none) and the smallest with P(B >= hi) <= 2.5 %
 * (n + 1: none), B being the number of samples at or below the quantile.
 * Walks the binomial distribution over 12 standard deviations to each side (what lies beyond is
 * below 1e-30); weights are divided by their sum, so the error of lgamma at a large n cancels. */
static void binomial_ranks(uint64_t n, double q, uint64_t *ret_lo, uint64_t *ret_hi)
{
	double mean = (double)n * q;
	double reach = 12 * sqrt(mean * (1 - q)) + 30;
	uint64_t from = mean > reach ? (uint64_t)(mean - reach) : 0;
	uint64_t to = mean + reach < (double)n ? (uint64_t)(mean + reach) : n;
	/* Lifted by e^600: the outermost weights would vanish, the sum is far from overflow. */
	double first = exp(log_binomial((double)n, (double)from, q) + 600);
	double odds = q / (1 - q);
	double total = 0;
	double w = first;
	for (uint64_t k = from; k <= to; k++) {
		total += w;
		w *= odds * (double)(n - k) / (double)(k + 1);
	}
	uint64_t lo = 0, hi = n + 1;
	double below = 0;	/* P(B < k) */
	w = first;
	for (uint64_t k = from; k <= to && hi > n; k++) {
		if (below <= TAIL * total)
			lo = k;
		if (total - below <= TAIL * total)
			hi = k;
		below += w;
		w *= odds * (double)(n - k) / (double)(k + 1);
	}
	*ret_lo = lo;
	*ret_hi = hi;
}

bool interval_ranks(uint64_t n, double q, uint64_t *ret_lo, uint64_t *ret_hi)
{
	assert(n > 0 && q > 0 && q <= 1);
	uint64_t lo = 0, hi = n + 1;
	if (q < 1)	/* nothing bounds a maximum from above */
		binomial_ranks(n, q, &lo, &hi);
	*ret_lo = MAX(lo, 1u);
	*ret_hi = MIN(hi, n);
	return lo >= 1 && hi <= n;
}

/* The smallest n for which decided(n, a, b) holds, which must stay true once it is. */
static uint64_t smallest(bool (*decided)(uint64_t n, double a, double b), double a, double b)
{
	const uint64_t most = (uint64_t)1 << 32;	/* beyond it nobody would wait */
	uint64_t hi = 1;
	while (hi < most && !decided(hi, a, b))
		hi *= 2;
	if (hi >= most)
		return UINT64_MAX;
	uint64_t lo = hi / 2;	/* not decided, or 0 */
	while (hi - lo > 1) {
		uint64_t middle = lo + (hi - lo) / 2;
		if (decided(middle, a, b))
			hi = middle;
		else
			lo = middle;
	}
	return hi;
}

static bool share_decided(uint64_t n, double share, double limit)
{
	struct interval i = wilson(share, (double)n);
	return limit < i.lo || limit > i.hi;
}

uint64_t interval_n_share(double share, double limit)
{
	assert(share >= 0 && share <= 1);
	return smallest(share_decided, share, limit);
}

static bool quantile_decided(uint64_t n, double share, double q)
{
	uint64_t lo, hi;
	binomial_ranks(n, q, &lo, &hi);
	double within = share * (double)n;
	return (double)hi <= floor(within + 1e-9) || (double)lo > ceil(within - 1e-9);
}

uint64_t interval_n_quantile(double share_within, double q)
{
	assert(share_within >= 0 && share_within <= 1 && q > 0 && q <= 1);
	if (q == 1)
		return share_within < 1 ? 1 : UINT64_MAX;
	return smallest(quantile_decided, share_within, q);
}

uint64_t interval_n_gate(uint64_t n, double estimate, double half_width, double gate)
{
	double room = fabs(gate - fabs(estimate));
	if (!(half_width > 0))
		return n;
	if (room == 0)
		return UINT64_MAX;
	double ratio = half_width / room;
	double need = ceil((double)n * ratio * ratio * (1 - 1e-12));
	return need < 1e18 ? (uint64_t)need : UINT64_MAX;
}
