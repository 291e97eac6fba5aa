/* src/stats/bootstrap.c - see bootstrap.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "stats/bootstrap.h"

#include <assert.h>
#include <math.h>

#include "base/rng.h"
#include "base/str.h"
#include "base/util.h"
#include "stats/binomial.h"

#define GROUP_COST 40

/* One utterance: numerator (or difference of numerators) and denominator, added at once. */
typedef double pair __attribute__((vector_size(16)));

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Two numbers below n from one of 64 bits. Without bias: products whose low half falls into
 * the uneven rest are drawn again (Lemire 2019). */
static inline void two_below(struct rng *r, uint32_t n, uint32_t rest, uint32_t *i, uint32_t *j)
{
	uint64_t a, b;
	do {
		uint64_t x = rng_next(r);
		a = (x & UINT32_MAX) * n;
		b = (x >> 32) * n;
	} while (__builtin_expect((uint32_t)a < rest || (uint32_t)b < rest, 0));
	*i = (uint32_t)(a >> 32);
	*j = (uint32_t)(b >> 32);
}

/* Sum of n records drawn with replacement. */
static pair draw_sum(const pair *records, uint32_t n, struct rng *shared)
{
	struct rng r = *shared;		/* a local copy stays in registers */
	uint32_t rest = -n % n;
	pair sum_a = {0, 0}, sum_b = {0, 0};
	uint32_t i, j;
	for (uint32_t k = 0; k + 1 < n; k += 2) {
		two_below(&r, n, rest, &i, &j);
		sum_a += records[i];
		sum_b += records[j];
	}
	if (n % 2) {
		two_below(&r, n, rest, &i, &j);
		sum_a += records[i];
	}
	*shared = r;
	return sum_a + sum_b;
}

/* Records that are equal, and how many they are of all. */
struct group {
	pair record;
	double share;		/* of the draws that are left when its turn comes */
	double log_others;	/* ln(1 - share) */
};

static int by_record(const void *a, const void *b)
{
	const pair *x = a, *y = b;
	if ((*x)[0] != (*y)[0])
		return (*x)[0] < (*y)[0] ? -1 : 1;
	return ((*x)[1] > (*y)[1]) - ((*x)[1] < (*y)[1]);
}

/* Sorts the records; groups has room for most. 0: there are more. */
static size_t group_records(pair *records, size_t n, struct group *groups, size_t most)
{
	size_t k = 0, left = n;
	qsort(records, n, sizeof(records[0]), by_record);
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;
		while (end < n && by_record(&records[i], &records[end]) == 0)
			end++;
		if (k == most)
			return 0;
		groups[k].record = records[i];
		groups[k].share = (double)(end - i) / (double)left;
		groups[k++].log_others = log1p(-(double)(end - i) / (double)left);
		left -= end - i;
		i = end;
	}
	return k;
}

/* Sum of n records drawn with replacement: how often each group comes up is multinomial, and
 * that is a chain of binomials. */
static pair draw_groups(const struct group *groups, size_t n_groups, uint32_t n, struct rng *r)
{
	pair sum = {0, 0};
	uint32_t left = n;
	for (size_t g = 0; g < n_groups && left > 0; g++) {
		uint32_t times = g + 1 == n_groups ? left
			       : binomial_draw(left, groups[g].share, groups[g].log_others, r);
		sum += groups[g].record * (pair){times, times};
		left -= times;
	}
	return sum;
}

static void describe(double *rates, size_t n, struct bootstrap *ret)
{
	double mean = 0, squares = 0;
	size_t below = 0;
	for (size_t i = 0; i < n; i++)
		mean += rates[i] / (double)n;
	for (size_t i = 0; i < n; i++) {
		squares += (rates[i] - mean) * (rates[i] - mean);
		below += rates[i] < 0;
	}
	qsort(rates, n, sizeof(rates[0]), by_value);
	size_t tail = n / 40;	/* 2.5 % */
	ret->interval95 = (struct interval){rates[tail], rates[n - 1 - tail]};
	ret->sd = n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
	ret->below = (double)below / (double)n;
}

static int resample(pair *records, size_t n, size_t draws, uint64_t seed,
		    struct bootstrap *ret, struct err *e)
{
	pair sum = {0, 0};
	for (size_t i = 0; i < n; i++)
		sum += records[i];
	*ret = (struct bootstrap){NAN, {NAN, NAN}, NAN, NAN};
	if (!(sum[1] > 0))
		return 0;
	CLEANUP(free_ptr) double *rates = calloc(draws, sizeof(rates[0]));
	if (!rates)
		return err_sys(e, "no memory for %zu draws", draws);
	/* A draw of a group takes as long as some 40 draws of records. */
	size_t most = n / GROUP_COST;
	CLEANUP(free_ptr) struct group *groups = aligned_alloc(16, (most + 1) * sizeof(groups[0]));
	if (!groups)
		return err_sys(e, "no memory for %zu utterances", n);
	size_t n_groups = group_records(records, n, groups, most);
	struct rng r;
	rng_init_named(&r, seed, "bootstrap");
	size_t kept = 0;
	for (size_t d = 0; d < draws; d++) {
		pair s = n_groups > 0 ? draw_groups(groups, n_groups, (uint32_t)n, &r)
				      : draw_sum(records, (uint32_t)n, &r);
		/* Only utterances without a reference were drawn: there is no rate to tell. */
		if (s[1] > 0)
			rates[kept++] = s[0] / s[1];
	}
	if (kept > 0)
		describe(rates, kept, ret);
	ret->estimate = sum[0] / sum[1];
	return 0;
}

static int bootstrap(const double *a, const double *b, const double *units, size_t n,
		     size_t draws, uint64_t seed, struct bootstrap *ret, struct err *e)
{
	assert(draws > 0);
	if (n > UINT32_MAX)
		return err_set(e, ERR_UNSUPPORTED, "%zu utterances are too many to resample", n);
	CLEANUP(free_ptr) pair *records = aligned_alloc(16, MAX(n, (size_t)1) * sizeof(pair));
	if (!records)
		return err_sys(e, "no memory for %zu utterances", n);
	for (size_t i = 0; i < n; i++)
		records[i] = (pair){b[i] - (a ? a[i] : 0), units ? units[i] : 1};
	return resample(records, n, draws, seed, ret, e);
}

int bootstrap_rate(const double *numerators, const double *denominators, size_t n, size_t draws,
		   uint64_t seed, struct bootstrap *ret, struct err *e)
{
	return bootstrap(NULL, numerators, denominators, n, draws, seed, ret, e);
}

int bootstrap_difference(const double *numerators_a, const double *numerators_b,
			 const double *denominators, size_t n, size_t draws, uint64_t seed,
			 struct bootstrap *ret, struct err *e)
{
	return bootstrap(numerators_a, numerators_b, denominators, n, draws, seed, ret, e);
}

int gate_parse(const char *text, struct gate *ret, struct err *e)
{
	double value = 0;
	bool points = str_ends(text, "pp");
	bool percent = str_ends(text, "%");
	size_t unit = points ? 2 : percent ? 1 : 0;
	CLEANUP(free_ptr) char *number = strndup(text, strlen(text) - unit);
	if (!number || str_to_real(number, &value, NULL) < 0 || !(value > 0))
		return err_set(e, ERR_USAGE, "'%s' is no gate: write percentage points, such as "
			       "1pp, or a share of the reference's rate, such as 3%%", text);
	*ret = (struct gate){unit ? value / 100 : value, percent};
	return 0;
}

double gate_absolute(const struct gate *g, double reference_rate)
{
	return g->relative ? g->value * reference_rate : g->value;
}

const char *alignment_verdict_name(enum alignment_verdict v)
{
	static const char *const names[] = {"aligned", "not-aligned", "undecided"};
	assert((size_t)v < ARRAY_LEN(names));
	return names[v];
}

enum alignment_verdict alignment_judge(const struct bootstrap *difference, size_t n, double gate,
				       uint64_t *ret_needed)
{
	const struct interval *i = &difference->interval95;
	if (isnan(i->lo) || isnan(i->hi)) {
		*ret_needed = BOOTSTRAP_MIN_UTTERANCES;
		return ALIGNMENT_UNDECIDED;
	}
	bool inside = i->lo > -gate && i->hi < gate;
	bool outside = i->lo > gate || i->hi < -gate;
	*ret_needed = n;
	if (n >= BOOTSTRAP_MIN_UTTERANCES && inside)
		return ALIGNMENT_ALIGNED;
	if (n >= BOOTSTRAP_MIN_UTTERANCES && outside)
		return ALIGNMENT_NOT_ALIGNED;
	double half = fmax(difference->estimate - i->lo, i->hi - difference->estimate);
	*ret_needed = interval_n_gate(n, difference->estimate, half, gate);
	*ret_needed = MAX(*ret_needed, (uint64_t)n + 1);
	*ret_needed = MAX(*ret_needed, (uint64_t)BOOTSTRAP_MIN_UTTERANCES);
	return ALIGNMENT_UNDECIDED;
}

struct mapsswe mapsswe_test(const uint32_t *errors_a, const uint32_t *errors_b, size_t n)
{
	struct mapsswe m = {.segments = n, .mean = NAN, .sd = NAN, .z = NAN, .p = NAN};
	if (n == 0)
		return m;
	m.mean = 0;
	for (size_t i = 0; i < n; i++)
		m.mean += ((double)errors_a[i] - (double)errors_b[i]) / (double)n;
	if (n < 2)
		return m;
	double squares = 0;
	for (size_t i = 0; i < n; i++) {
		double d = (double)errors_a[i] - (double)errors_b[i] - m.mean;
		squares += d * d;
	}
	m.sd = sqrt(squares / (double)(n - 1));
	if (m.sd > 0)
		m.z = m.mean / (m.sd / sqrt((double)n));
	else	/* always the same difference */
		m.z = m.mean == 0 ? 0 : copysign(INFINITY, m.mean);
	m.p = erfc(fabs(m.z) / M_SQRT2);
	return m;
}
