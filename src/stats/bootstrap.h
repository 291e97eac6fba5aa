/* src/stats/bootstrap.h - is the difference between two systems real?
 *
 * All resample whole utterances (or questions) with replacement: percentile bootstrap, seeded,
 * so that the same data and seed give the same interval again. A rate is Σ numerators /
 * Σ denominators (errors over reference units, summed: never a mean of rates); denominators
 * NULL: all 1, so the rate is a mean. Whole numbers are exact up to 2^53.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STATS_BOOTSTRAP_H
#define STATS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stats/interval.h"

#define BOOTSTRAP_DRAWS 10000

/* Fewer utterances than this make no verdict, whatever the interval says. */
#define BOOTSTRAP_MIN_UTTERANCES 30

struct bootstrap {
	double estimate;		/* of the sample itself; NaN without units */
	struct interval interval95;	/* percentiles of the draws; NaN without units */
	double sd;			/* of the draws */
	double below;			/* share of draws below 0: B has the lower rate than A
					 * (Bisani & Ney 2004, probability of improvement) */
};

/* Interval of one rate. */
int bootstrap_rate(const double *numerators, const double *denominators, size_t n, size_t draws,
		   uint64_t seed, struct bootstrap *ret, struct err *e);

/* Rate of B minus rate of A over the same utterances (paired). */
int bootstrap_difference(const double *numerators_a, const double *numerators_b,
			 const double *denominators, size_t n, size_t draws, uint64_t seed,
			 struct bootstrap *ret, struct err *e);

/* How far two rates may lie apart. */
struct gate {
	double value;	/* a difference of rates; relative: a share of the reference's rate */
	bool relative;
};
/* "1pp" and "0.01": one percentage point; "3%": three hundredths of the reference's rate. */
int gate_parse(const char *text, struct gate *ret, struct err *e);
/* As a difference of rates. */
double gate_absolute(const struct gate *g, double reference_rate);

enum alignment_verdict {
	ALIGNMENT_ALIGNED,	/* the interval lies inside of ±gate */
	ALIGNMENT_NOT_ALIGNED,	/* it lies outside */
	ALIGNMENT_UNDECIDED,
};
const char *alignment_verdict_name(enum alignment_verdict v);	/* "aligned", "not-aligned", … */

/* The verdict on a difference over n utterances. *ret_needed: how many would decide (n itself
 * when decided, UINT64_MAX when no number would). Without units: UNDECIDED. */
enum alignment_verdict alignment_judge(const struct bootstrap *difference, size_t n, double gate,
				       uint64_t *ret_needed);

/* Matched pairs sentence segment word error test (Gillick & Cox 1989): errors of A and B in
 * each segment (text/segments.h cuts them). */
struct mapsswe {
	size_t segments;
	double mean;	/* errors of A minus errors of B per segment */
	double sd;
	double z;	/* NaN below 2 segments; 0 when they never differ */
	double p;	/* two-tailed; NaN below 2 segments */
};
struct mapsswe mapsswe_test(const uint32_t *errors_a, const uint32_t *errors_b, size_t n);

#endif
