/* src/result/target.h - what a metric must reach: "rtf.p50: '< 0.3'".
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_TARGET_H
#define RESULT_TARGET_H

#include <stdbool.h>
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
	bool standard;		/* from targets_default(): not measured is skipped, not undecided */
	/* filled by run_judge() */
	double value;		/* NaN: not measured */
	double lo, hi;		/* its 95 % interval; NaN: no bound on that side */
	uint64_t n;		/* samples behind it */
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

const char *target_op_text(enum target_op op);	/* "<" … */
bool target_met(const struct target *t, double value);

/* Hooks of an OPT_NODE row whose field is a struct targets: a map of metric: limit. */
int targets_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e);
json_t *targets_echo(const void *field);

/* The targets of a service kind (asr, tts, chat) or of "soak" when the plan has none; an empty
 * list for others. Copy them before they are judged (run_add_targets()). */
const struct targets *targets_default(const char *kind);

#endif
