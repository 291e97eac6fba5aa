/* src/suite/sweep.h - the loads that a sweep puts on a service, one run each.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_SWEEP_H
#define SUITE_SWEEP_H

#include "base/opt.h"

#define SWEEP_STEPS_MAX 64

struct sweep {
	bool by_rate;	/* else by concurrency */
	double steps[SWEEP_STEPS_MAX];
	size_t n;	/* 0: no sweep */
};

/* For a row of OPT_NODE: {concurrency: [1, 2, 4]}, {rate: 1..64} (each the double of the one
 * before, the end of the range last) or {rate: 10..50 by 10}. */
int sweep_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a,
		    void *field, struct err *e);
json_t *sweep_echo(const void *field);

#endif
