/* src/cli/compare_limits.c - see compare_limits.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/compare_limits.h"

#include "base/util.h"

enum { ROW_MAX, ROW_SAME, ROW_SAME_SHARE };

const struct opt compare_limits_options[] = {
	{.name = "max", OPT_AT_STRINGS(struct compare_limits, max), .arg = "'METRIC +10%'",
	 .help = "how much worse a number may be: 'latency.p99 +10%', 'cer +0.5pp', "
		 "'request_rate -5%'; may be repeated. Only these numbers are judged then"},
	{.name = "same", OPT_AT_REAL(struct compare_limits, same), .arg = "SHARE", .def = "0.05",
	 .min = 0, .max = 1,
	 .help = "without a limit, differences up to this share of the base are the same"},
	{.name = "same_share", OPT_AT_REAL(struct compare_limits, same_share), .arg = "SHARE",
	 .def = "0.005", .min = 0, .max = 1,
	 .help = "the same for error rates and other shares, absolute: 0.005 is half a "
		 "percentage point"},
	{0},
};

int compare_limits_read(const struct compare_limits *l, struct arena *a,
			struct compare_options *ret, struct err *e)
{
	*ret = (struct compare_options){.same = l->same, .same_share = l->same_share};
	for (size_t i = 0; i < l->max.n; i++) {
		struct compare_limit one;
		if (compare_limit_parse(l->max.items[i], a, &one, e) < 0)
			return -1;
		*ARENA_ADD(a, ret->limits, ret->n_limits) = one;
	}
	return 0;
}

static int read_section(const struct yaml_node *section, struct arena *a,
			struct compare_limits *ret, uint64_t *ret_given, struct err *e)
{
	struct optset set = {.rows = compare_limits_options, .to = ret};
	struct compare_options o;
	struct err why;
	*ret = (struct compare_limits){0};
	opt_defaults(set.rows, set.to);
	if (opt_from_yaml(&set, section, "compare", a, e) < 0)
		return -1;
	if (compare_limits_read(ret, a, &o, &why) < 0)
		return yaml_err(e, section, "compare: %s", why.text);
	*ret_given = set.given;
	return 0;
}

int compare_limits_check(const struct yaml_node *section, struct arena *a, struct err *e)
{
	struct compare_limits l;
	uint64_t given;
	return read_section(section, a, &l, &given, e);
}

int compare_limits_from_plan(const char *path, const struct optset *set, struct arena *a,
			     struct err *e)
{
	struct compare_limits *own = set->to, plan;
	uint64_t given;
	const struct yaml_node *root = yaml_read(path, a, e);
	if (!root)
		return -1;
	const struct yaml_node *section = yaml_find(root, "compare");
	if (!section)
		return yaml_err(e, root, "the plan has no section 'compare:' with limits, as in "
				"compare: {max: ['latency.p99 +10%%']}");
	if (read_section(section, a, &plan, &given, e) < 0)
		return -1;
	if (!(set->given & 1u << ROW_MAX))
		own->max = plan.max;
	if (!(set->given & 1u << ROW_SAME))
		own->same = plan.same;
	if (!(set->given & 1u << ROW_SAME_SHARE))
		own->same_share = plan.same_share;
	return 0;
}
