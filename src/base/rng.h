/* src/base/rng.h - seeded random numbers: the same seed gives the same run on every machine.
 * Not for secrets.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

/* xoshiro256** (Blackman & Vigna 2018), seeded by splitmix64. */
struct rng {
	uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed);

/* An independent stream for a named part of the work ("arrivals", "images"). */
void rng_init_named(struct rng *r, uint64_t seed, const char *name);

uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n);		/* 0 … n-1 without bias; n > 0 */
double rng_unit(struct rng *r);				/* [0, 1) */
double rng_exponential(struct rng *r, double mean);
double rng_normal(struct rng *r, double mean, double sd);
/* Marsaglia & Tsang 2000; shape and scale > 0; mean = shape × scale. */
double rng_gamma(struct rng *r, double shape, double scale);

#endif
