/* src/stats/binomial.c - see binomial.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "stats/binomial.h"

#include <math.h>

#include "base/util.h"

#define INVERSION_MEAN 10

/* Walk up the probabilities until they pass a uniform number. */
static uint32_t invert(uint32_t n, double p, double log_others, struct rng *r)
{
	double odds = p / (1 - p);
	double u = rng_unit(r);
	double weight = exp((double)n * log_others);
	uint32_t k = 0;
	while (u > weight && k < n) {
		u -= weight;
		weight *= odds * (double)(n - k) / (double)(k + 1);
		k++;
	}
	return k;
}

/* What Stirling's formula leaves of ln k!. */
static double rest(double k)
{
	static const double small[] = {
		0.08106146679532726, 0.04134069595540929, 0.02767792568499834,
		0.02079067210376509, 0.01664469118982119, 0.01387612882307075,
		0.01189670994589177, 0.01041126526197209, 0.009255462182712733,
		0.008330563433362871,
	};
	if (k < ARRAY_LEN(small))
		return small[(size_t)k];
	double x = 1 / (k + 1);
	return (1.0 / 12 - (1.0 / 360 - x * x / 1260) * x * x) * x;
}

/* p <= 0.5 and n p >= 10. */
static uint32_t reject(uint32_t trials, double p, struct rng *r)
{
	double n = (double)trials, q = 1 - p;
	double sd = sqrt(n * p * q);
	double b = 1.15 + 2.53 * sd;
	double a = -0.0873 + 0.0248 * b + 0.01 * p;
	double c = n * p + 0.5;
	double vr = 0.92 - 4.2 / b;
	for (;;) {
		double u = rng_unit(r) - 0.5;
		double v = 1 - rng_unit(r);
		double us = 0.5 - fabs(u);
		double k = floor((2 * a / us + b) * u + c);
		if (us >= 0.07 && v <= vr)
			return (uint32_t)k;
		if (!(k >= 0 && k <= n))
			continue;
		double m = floor((n + 1) * p);
		double alpha = (2.83 + 5.1 / b) * sd;
		double odds = p / q;
		double bound = (m + 0.5) * log((m + 1) / (odds * (n - m + 1))) +
			       (n + 1) * log((n - m + 1) / (n - k + 1)) +
			       (k + 0.5) * log(odds * (n - k + 1) / (k + 1)) + rest(m) +
			       rest(n - m) - rest(k) - rest(n - k);
		if (log(v * alpha / (a / (us * us) + b)) <= bound)
			return (uint32_t)k;
	}
}

uint32_t binomial_draw(uint32_t n, double p, double log_others, struct rng *r)
{
	if (n == 0 || p <= 0)
		return 0;
	if (p >= 1)
		return n;
	if (p > 0.5)
		return n - binomial_draw(n, 1 - p, log(p), r);
	if ((double)n * p < INVERSION_MEAN)
		return invert(n, p, log_others, r);
	return reject(n, p, r);
}
