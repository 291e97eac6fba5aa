/* src/load/limits.h - per-request limits: a run's targets with their percentiles taken off, for
 * goodput.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_LIMITS_H
#define LOAD_LIMITS_H

#include "load/observe.h"
#include "result/result.h"

struct limit {
	enum observed what;
	enum target_op op;
	double limit;		/* in 1e-9 of the metric's unit */
};

struct limits {
	struct limit *items;
	size_t n;
};

/* Those targets of the run that every single request can meet or miss; in the result's arena. Of
 * requests that are not streamed, those about a stream's moments are left out: the target itself
 * is reported as not measured then. */
struct limits limits_of(struct result *r, const struct run *run, bool streamed);

/* Did this request (which was ok) meet all of them? A number that it lacks is not met, but for
 * the gaps between tokens of a streamed answer that has only one token: it has none. */
bool limits_met(const struct limits *l, const struct observation *o);

#endif
