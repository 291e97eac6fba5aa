/* src/result/interval.c - see interval.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/interval.h"

#include <assert.h>
#include <math.h>

#include "base/util.h"

#define Z95 1.959963984540054
#define TAIL 0.025
#define NEEDED_MAX 1000000000ull

void interval_wilson(uint64_t hits, uint64_t n, double *ret_lo, double *ret_hi)
{
	assert(n > 0 && hits <= n);
	double m = (double)n;
	double p = (double)hits / m;
	double z2 = Z95 * Z95;
	double middle = (p + z2 / (2 * m)) / (1 + z2 / m);
	double half = Z95 / (1 + z2 / m) * sqrt(p * (1 - p) / m + z2 / (4 * m * m));
	*ret_lo = hits == 0 ? 0 : middle - half;
	*ret_hi = hits == n ? 1 : middle + half;
}

/* Continued fraction of the incomplete beta function by Lentz's method (DLMF 8.17.22). */
static double beta_fraction(double x, double a, double b)
{
	const double tiny = 1e-300;
	double c = 1;
	double d = 1 - (a + b) * x / (a + 1);
	d = 1 / (fabs(d) < tiny ? tiny : d);
	double f = d;
	for (int m = 1; m <= 100000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step = 1;
		const double terms[2] = {even, odd};
		for (size_t i = 0; i < 2; i++) {
			d = 1 + terms[i] * d;
			d = 1 / (fabs(d) < tiny ? tiny : d);
			c = 1 + terms[i] / c;
			c = fabs(c) < tiny ? tiny : c;
			step = c * d;
			f *= step;
		}
		if (fabs(step - 1) < 1e-14)
			break;
	}
	return f;
}

/* lgamma() writes a global sign; this one does not. */
static double log_gamma(double x)
{
	int sign;
	return lgamma_r(x, &sign);
}

static double beta_share(double x, double a, double b)
{
	if (x <= 0)
		return 0;
	if (x >= 1)
		return 1;
	double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) +
			   b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(x, a, b) / a;
	return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double interval_binomial_cdf(uint64_t k, uint64_t n, double p)
{
	if (k >= n)
		return 1;
	return beta_share(1 - p, (double)(n - k), (double)k + 1);
}

int interval_share_decides(uint64_t within, uint64_t n, double q)
{
	if (n == 0)
		return 0;
	/* More within than q alone would give: P(X ≥ within) is small. */
	double above = within == 0 ? 1 : 1 - interval_binomial_cdf(within - 1, n, q);
	if (above <= TAIL)
		return 1;
	return interval_binomial_cdf(within, n, q) <= TAIL ? -1 : 0;
}

/* The smallest n for which decides(n) holds, by doubling and halving; 0: none. */
static uint64_t smallest(uint64_t from, double share, double limit,
			 bool (*decides)(uint64_t n, double share, double limit))
{
	uint64_t high = from + 1;
	while (!decides(high, share, limit)) {
		if (high > NEEDED_MAX)
			return 0;
		high *= 2;
	}
	uint64_t low = from;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;
		if (decides(middle, share, limit))
			high = middle;
		else
			low = middle;
	}
	return high;
}

static bool quantile_decides(uint64_t n, double share, double q)
{
	return interval_share_decides((uint64_t)llround(share * (double)n), n, q) != 0;
}

static bool wilson_decides(uint64_t n, double share, double limit)
{
	double lo, hi;
	interval_wilson((uint64_t)llround(share * (double)n), n, &lo, &hi);
	return lo > limit || hi < limit;
}

uint64_t interval_needed_quantile(uint64_t within, uint64_t n, double q)
{
	if (n == 0)
		return 0;
	return smallest(n, (double)within / (double)n, q, quantile_decides);
}

uint64_t interval_needed_share(uint64_t hits, uint64_t n, double limit)
{
	if (n == 0)
		return 0;
	return smallest(n, (double)hits / (double)n, limit, wilson_decides);
}
