/* src/cli/compare_limits.h - how much worse a result may be: options of `assay compare`, and the
 * section `compare:` of a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMPARE_LIMITS_H
#define CLI_COMPARE_LIMITS_H

#include "base/opt.h"
#include "report/compare.h"

struct compare_limits {
	struct strings max;
	double same, same_share;
};
extern const struct opt compare_limits_options[];

/* Is the section right? Every limit must be one that compare_limit_parse() takes. */
int compare_limits_check(const struct yaml_node *section, struct arena *a, struct err *e);

/* What the command line did not give, from the section of this plan. set: rows as above. */
int compare_limits_from_plan(const char *path, const struct optset *set, struct arena *a,
			     struct err *e);

/* As compare_results() wants them. */
int compare_limits_read(const struct compare_limits *l, struct arena *a,
			struct compare_options *ret, struct err *e);

#endif
