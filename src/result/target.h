/* src/result/target.h - what a metric must reach: "rtf.p50: '< 0.3'".
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_TARGET_H
#define RESULT_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"

enum target_op { TARGET_LT, TARGET_LE, TARGET_GT, TARGET_GE };

struct target {
	const char *metric;	/* "ttft.p99" */
	const char *text;	/* the limit as written: "< 2s" */
	enum target_op op;
	double limit;		/* in the metric's unit */
	/* filled by run_judge() */
	double value;		/* NaN: not measured */
	int verdict;		/* enum verdict */
	uint64_t needed;	/* samples that would decide it; 0 otherwise */
	const char *why;	/* when undecided or not measured */
};

struct targets {
	struct target *items;
	size_t n;
};

/* "< 0.3", ">= 3", "< 2s", "< 500ms", "< 0.1%". The metric (with .pNN or .mean …) must exist. */
int target_parse(const char *metric, const char *limit, struct arena *a, struct target *ret,
		 struct err *e);

/* Hooks of an OPT_NODE row whose field is a struct targets: a map of metric: limit. */
int targets_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e);
json_t *targets_echo(const void *field);

/* The seed's targets for a service kind (METRICS.md, last table). */
const struct targets *targets_default(const char *kind);

#endif
