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

struct schedule {
	int law;
	double rate, shape;
	struct rng rng;
	uint64_t index;		/* of the next arrival */
	long double at_ns;	/* of the last one */
};

void schedule_init(struct schedule *s, const struct load_spec *spec, const char *stream);

/* The next arrival: ns from the beginning. constant: i / rate, the first at 0; poisson and gamma:
 * gaps with mean 1 / rate, also before the first. */
uint64_t schedule_next(struct schedule *s, uint64_t *ret_index);

#endif
