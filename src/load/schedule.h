/* src/load/schedule.h - the moments at which an open loop wants its requests to start.
 *
 * Absolute from the beginning: what is late does not move what comes after. Every thread makes
 * the same whole sequence from the seed and takes its share, so the moments do not depend on the
 * number of threads.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_SCHEDULE_H
#define LOAD_SCHEDULE_H

#include <stdint.h>

#include "base/rng.h"
#include "load/load.h"

struct trace;

struct schedule {
	int law;
	const struct load_spec *spec;	/* borrowed */
	const struct trace *trace;
	double duration;	/* of a ramp or of all steps, s */
	long double area;	/* requests that a changing rate has brought so far */
	double rate, shape;
	struct rng rng;
	uint64_t index;		/* of the next arrival */
	uint64_t all;		/* the same, counting other ranks' */
	uint64_t others;	/* ranks that take one each between two of this one's */
	long double at_ns;	/* of the last one */
};

/* The share of a rank (spec->rank of spec->ranks): Poisson processes of a part of the rate are each
 * Poisson, and so is their sum, so every rank draws its own from its own stream of random numbers.
 * Of any other sequence, which all ranks make alike, it takes every so many-th arrival. Indices
 * count the arrivals of this rank.
 *
 * trace: of ARRIVAL_TRACE; else NULL. Both are borrowed. */
void schedule_init(struct schedule *s, const struct load_spec *spec, const struct trace *trace,
		   const char *stream);

/* The next arrival: ns from the beginning; UINT64_MAX: there is none any more. constant: i / rate,
 * the first at 0; poisson and gamma: gaps with mean 1 / rate, also before the first. Ramps and
 * steps: a Poisson process whose rate changes (unit gaps in ∫ rate dt, mapped back to time); what
 * comes after the duration goes on at the last rate. */
uint64_t schedule_next(struct schedule *s, uint64_t *ret_index);

/* Requests per second over the whole duration (a trace: over its length). */
double schedule_mean_rate(const struct load_spec *spec, const struct trace *trace);

#endif
