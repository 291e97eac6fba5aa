/* src/stats/hist.c - see hist.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "stats/hist.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#include "base/util.h"
#include "stats/hist_layout.h"
#include "stats/interval.h"

int hist_new(struct hist **ret_hist, struct err *e)
{
	/* Fresh zero pages: only those that hold samples ever take memory. */
	struct hist *h = calloc(1, sizeof(*h));
	if (!h)
		return err_sys(e, "no memory for a histogram");
	h->min = UINT64_MAX;
	*ret_hist = h;
	return 0;
}

struct hist *hist_free(struct hist *h)
{
	free(h);
	return NULL;
}

void hist_clear(struct hist *h)
{
	if (h->count > 0) {
		size_t first = hist_index(h->min);
		size_t n = hist_index(h->max) - first + 1;
		memset(h->buckets + first, 0, n * sizeof(h->buckets[0]));
	}
	h->count = 0;
	h->min = UINT64_MAX;
	h->max = 0;
	h->sum = 0;
}

static void put(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELAXED);
}

static uint64_t get(const uint64_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

void hist_record(struct hist *h, uint64_t value)
{
	uint64_t *bucket = &h->buckets[hist_index(value)];
	put(bucket, *bucket + 1);
	h->count++;
	h->sum += value;
	if (value < h->min)
		put(&h->min, value);
	if (value > h->max)
		put(&h->max, value);
}

void hist_peek(struct hist *into, const struct hist *from)
{
	uint64_t min = get(&from->min), max = get(&from->max);
	if (min > max)
		return;
	for (size_t i = hist_index(min); i <= hist_index(max); i++) {
		uint64_t n = get(&from->buckets[i]);
		if (n == 0)
			continue;
		into->buckets[i] += n;
		into->count += n;
		into->sum += (unsigned __int128)n * hist_low(i);
		into->min = MIN(into->min, hist_low(i));
		into->max = MAX(into->max, hist_high(i));
	}
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (from->count == 0)
		return;
	size_t last = hist_index(from->max);
	for (size_t i = hist_index(from->min); i <= last; i++)
		into->buckets[i] += from->buckets[i];
	into->count += from->count;
	into->sum += from->sum;
	into->min = MIN(into->min, from->min);
	into->max = MAX(into->max, from->max);
}

uint64_t hist_count(const struct hist *h)
{
	return h->count;
}

uint64_t hist_min(const struct hist *h)
{
	return h->count > 0 ? h->min : 0;
}

uint64_t hist_max(const struct hist *h)
{
	return h->max;
}

double hist_sum(const struct hist *h)
{
	return (double)h->sum;
}

double hist_mean(const struct hist *h)
{
	return h->count > 0 ? (double)h->sum / (double)h->count : NAN;
}

/* The sample at this rank (1 … count): exact at both ends, else the middle of its bucket. */
static uint64_t at_rank(const struct hist *h, uint64_t rank)
{
	if (rank <= 1)
		return h->min;
	if (rank >= h->count)
		return h->max;
	uint64_t seen = 0;
	size_t i = hist_index(h->min);
	for (;; i++) {
		seen += h->buckets[i];
		if (seen >= rank)
			break;
	}
	uint64_t low = hist_low(i);
	uint64_t middle = low + (hist_high(i) - low) / 2;
	return MIN(MAX(middle, h->min), h->max);
}

/* ceil(q × n), where a product that is a whole number but for rounding counts as whole:
 * 0.07 × 100 is 7.000000000000001 in a double. */
static uint64_t rank_of(double q, uint64_t n)
{
	double r = q * (double)n;
	double whole = nearbyint(r);
	if (fabs(r - whole) > 4 * DBL_EPSILON * r)
		whole = ceil(r);
	if (whole < 1)
		return 1;
	return whole >= (double)n ? n : (uint64_t)whole;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
	assert(q > 0 && q <= 1);
	return h->count > 0 ? at_rank(h, rank_of(q, h->count)) : 0;
}

uint64_t hist_count_to(const struct hist *h, uint64_t limit)
{
	if (h->count == 0 || limit < h->min)
		return 0;
	if (limit >= h->max)
		return h->count;
	uint64_t n = 0;
	size_t last = hist_index(limit);
	for (size_t i = hist_index(h->min); i <= last; i++)
		n += h->buckets[i];
	return n;
}

bool hist_quantile_interval(const struct hist *h, double q, uint64_t *ret_lo, uint64_t *ret_hi)
{
	assert(q > 0 && q <= 1);
	if (h->count == 0) {
		*ret_lo = 0;
		*ret_hi = 0;
		return false;
	}
	uint64_t lo, hi;
	bool both = interval_ranks(h->count, q, &lo, &hi);
	*ret_lo = at_rank(h, lo);
	*ret_hi = at_rank(h, hi);
	return both;
}

double hist_quantile_width(const struct hist *h, double q)
{
	uint64_t lo, hi, value = hist_quantile(h, q);
	if (value == 0 || !hist_quantile_interval(h, q, &lo, &hi))
		return NAN;
	return (double)(hi - lo) / 2 / (double)value;
}

bool hist_next(const struct hist *h, size_t *pos, uint64_t *ret_low, uint64_t *ret_high,
	       uint64_t *ret_count)
{
	if (h->count == 0)
		return false;
	size_t last = hist_index(h->max);
	for (size_t i = MAX(*pos, hist_index(h->min)); i <= last; i++) {
		if (h->buckets[i] == 0)
			continue;
		*pos = i + 1;
		*ret_low = hist_low(i);
		*ret_high = hist_high(i);
		*ret_count = h->buckets[i];
		return true;
	}
	return false;
}
