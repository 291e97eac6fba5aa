/* src/stats/trend.c - see trend.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "stats/trend.h"

#include <assert.h>
#include <math.h>

#include "base/rng.h"
#include "base/str.h"
#include "base/util.h"

#define BLOCKS 72		/* that a run is cut into */
#define BLOCKS_MIN 12		/* that must be left to judge */
#define BLOCK_MIN_S 30.0
/* Growth that falls below this share of its earlier speed may be a warm-up that ends. */
#define LATE_SHARE 0.4
/* Sen's bounds suppose independent blocks, and memory wanders: growth within the reach of that
 * wandering proves nothing. */
#define CLEAR_OF_NOISE 3.5
#define Z99 2.3263478740408408	/* one-sided 99 % */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* slopes: room for n × (n - 1) / 2. Pairs at the same x say nothing. False when no pair does. */
static bool slope_of(const double *x, const double *y, size_t n, double z, double *slopes,
		     double *ret_slope, double *ret_low, double *ret_high)
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (x[j] != x[i])
				slopes[m++] = (y[j] - y[i]) / (x[j] - x[i]);
	if (m == 0)
		return false;
	qsort(slopes, m, sizeof(slopes[0]), by_value);
	double k = (double)n;
	double spread = z * sqrt(k * (k - 1) * (2 * k + 5) / 18);
	/* Positions from 1 as Sen has them; outside of the list there is no bound. */
	double low = floor(((double)m - spread) / 2);
	double high = ceil(((double)m + spread) / 2) + 1;
	*ret_slope = m % 2 ? slopes[m / 2] : (slopes[m / 2 - 1] + slopes[m / 2]) / 2;
	*ret_low = low < 1 ? -INFINITY : slopes[(size_t)low - 1];
	*ret_high = high > (double)m ? INFINITY : slopes[(size_t)high - 1];
	return true;
}

int theil_sen(const double *x, const double *y, size_t n, double z, double *ret_slope,
	      double *ret_low, double *ret_high, struct err *e)
{
	if (n < 2 || n > UINT32_MAX)
		return err_set(e, ERR_DATA, "no slope through %zu point%s", n, str_plural(n));
	CLEANUP(free_ptr) double *slopes = calloc(n * (n - 1) / 2, sizeof(slopes[0]));
	if (!slopes)
		return err_sys(e, "no memory for the slopes of %zu points", n);
	if (!slope_of(x, y, n, z, slopes, ret_slope, ret_low, ret_high))
		return err_set(e, ERR_DATA, "all points are at the same place: no slope");
	return 0;
}

/* Standard deviation around the line. */
static double noise_of(const double *x, const double *y, size_t n, double slope)
{
	double mean = 0, squares = 0;
	for (size_t i = 0; i < n; i++)
		mean += (y[i] - slope * x[i]) / (double)n;
	for (size_t i = 0; i < n; i++) {
		double r = y[i] - slope * x[i] - mean;
		squares += r * r;
	}
	return sqrt(squares / (double)(n - 1));
}

/* The lowest known value of each block and where it was; blocks without any are left out. */
static size_t block_minima(const double *time_s, const double *value, const double *x, size_t n,
			   double *at, double *low)
{
	double duration = time_s[n - 1] - time_s[0];
	double block = fmax(BLOCK_MIN_S, duration / BLOCKS);
	double start = time_s[0] + duration / 6;
	size_t blocks = 0;
	double current = -1;
	for (size_t i = 0; i < n; i++) {
		if (time_s[i] < start || isnan(value[i]))
			continue;
		/* The last sample sits on the end of the last block. */
		double number = fmin(floor((time_s[i] - start) / block), BLOCKS - 1);
		double place = x ? x[i] : time_s[i] / 3600;
		if (number > current) {
			current = number;
			low[blocks] = value[i];
			at[blocks++] = place;
		} else if (value[i] < low[blocks - 1]) {
			low[blocks - 1] = value[i];
			at[blocks - 1] = place;
		}
	}
	return blocks;
}

void leak_test(const double *time_s, const double *value, const double *x, size_t n,
	       double budget, struct leak *ret)
{
	double at[BLOCKS], low[BLOCKS], slopes[BLOCKS * (BLOCKS - 1) / 2];
	*ret = (struct leak){.verdict = LEAK_TOO_SHORT, .slope = NAN, .slope_low = NAN,
			     .slope_high = NAN, .late_slope = NAN, .late_low = NAN, .grown = NAN,
			     .noise = NAN,
			     .first = NAN, .last = NAN};
	if (n == 0)
		return;
	size_t blocks = block_minima(time_s, value, x, n, at, low);
	ret->blocks = blocks;
	if (blocks < BLOCKS_MIN)
		return;
	size_t half = blocks / 2;
	double slope, low_bound, high_bound, early, late, late_low, unused;
	if (!slope_of(at, low, blocks, Z99, slopes, &slope, &low_bound, &high_bound) ||
	    !slope_of(at, low, half, Z99, slopes, &early, &unused, &unused) ||
	    !slope_of(at + half, low + half, blocks - half, Z99, slopes, &late, &late_low,
		      &unused))
		return;
	ret->slope = slope;
	ret->slope_low = low_bound;
	ret->slope_high = high_bound;
	ret->late_slope = late;
	ret->late_low = late_low;
	ret->grown = slope * (at[blocks - 1] - at[0]);
	ret->noise = noise_of(at, low, blocks, slope);
	ret->first = low[0];
	ret->last = low[blocks - 1];
	bool above = low_bound > budget;
	bool lasting = late > budget && late > LATE_SHARE * early;
	bool clear = ret->grown > CLEAR_OF_NOISE * ret->noise;
	if (above && lasting && clear)
		ret->verdict = LEAK_LEAK;
	else
		ret->verdict = slope > budget ? LEAK_SUSPECT : LEAK_CLEAN;
}

const char *leak_verdict_name(enum leak_verdict v)
{
	static const char *const names[] = {"too short", "clean", "suspect", "leak"};
	assert((size_t)v < ARRAY_LEN(names));
	return names[v];
}

enum leak_verdict leak_combine(const struct leak *leaks, size_t n)
{
	assert(n > 0);
	size_t count[LEAK_LEAK + 1] = {0};
	for (size_t i = 0; i < n; i++)
		count[leaks[i].verdict]++;
	if (count[LEAK_LEAK] >= MIN(n, (size_t)2))
		return LEAK_LEAK;
	if (count[LEAK_LEAK] + count[LEAK_SUSPECT] > 0)
		return LEAK_SUSPECT;
	return count[LEAK_CLEAN] > 0 ? LEAK_CLEAN : LEAK_TOO_SHORT;
}

double leak_after_idle(struct leak *l, const double *idle_values, size_t n)
{
	double low = NAN;
	for (size_t i = 0; i < n; i++)
		low = fmin(low, idle_values[i]);
	double grown = l->last - l->first;
	if (isnan(low) || !(grown > 0))
		return NAN;
	double drained = (l->last - low) / grown;
	if (drained > 0.5 && l->verdict == LEAK_LEAK)
		l->verdict = LEAK_SUSPECT;
	return drained;
}

/* The quantile of a resample: rank r of n draws lies at U_(r) ~ Beta(r, n + 1 - r). */
static double resampled(const struct hist *h, double q, struct rng *r)
{
	double n = (double)hist_count(h);
	double rank = fmax(1, ceil(q * n * (1 - 1e-15)));
	double a = rng_gamma(r, rank, 1);
	double b = rng_gamma(r, n + 1 - rank, 1);
	double u = a / (a + b);
	return (double)hist_quantile(h, u > 0 ? u : 1 / n);
}

int drift_ratio(const struct hist *first, const struct hist *last, double q, size_t draws,
		uint64_t seed, struct drift *ret, struct err *e)
{
	assert(draws > 0);
	*ret = (struct drift){NAN, {NAN, NAN}};
	if (hist_count(first) == 0 || hist_count(last) == 0 || hist_quantile(first, q) == 0)
		return 0;
	CLEANUP(free_ptr) double *ratios = calloc(draws, sizeof(ratios[0]));
	if (!ratios)
		return err_sys(e, "no memory for %zu draws", draws);
	struct rng r;
	rng_init_named(&r, seed, "drift");
	for (size_t i = 0; i < draws; i++) {
		double before = resampled(first, q, &r);
		double after = resampled(last, q, &r);
		ratios[i] = before > 0 ? after / before : INFINITY;
	}
	qsort(ratios, draws, sizeof(ratios[0]), by_value);
	size_t tail = draws / 40;
	ret->ratio = (double)hist_quantile(last, q) / (double)hist_quantile(first, q);
	ret->interval95 = (struct interval){ratios[tail], ratios[draws - 1 - tail]};
	return 0;
}
