/* src/load/limits.c - see limits.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/limits.h"

#include <math.h>

#include "base/util.h"

static bool needs_stream(int what)
{
	return what == OBSERVED_TTFT || what == OBSERVED_TTFE || what == OBSERVED_TPOT ||
	       what == OBSERVED_ITL || what == OBSERVED_UNDERRUN;
}

struct limits limits_of(struct result *r, const struct run *run, bool streamed)
{
	struct limits l = {0};
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct target *t = &run->targets[i];
		const struct metric_def *def;
		double q;
		const char *stat;
		if (!metric_parse(t->metric, &def, &q, &stat) || def->scope != METRIC_REQUEST)
			continue;
		int what = observed_find(def->name);
		if (what < 0 || (needs_stream(what) && !streamed))
			continue;
		*ARENA_ADD(r->arena, l.items, l.n) = (struct limit){
			.what = (enum observed)what,
			.op = t->op,
			.limit = t->limit * 1e9,
		};
	}
	return l;
}

static bool meets(double value, const struct limit *l)
{
	switch (l->op) {
	case TARGET_LT:
		return value < l->limit;
	case TARGET_LE:
		return value <= l->limit;
	case TARGET_GT:
		return value > l->limit;
	case TARGET_GE:
		return value >= l->limit;
	}
	return false;
}

bool limits_met(const struct limits *l, const struct observation *o)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct limit *x = &l->items[i];
		double value = x->what == OBSERVED_ITL ? o->itl_max : o->values[x->what];
		bool of_gaps = x->what == OBSERVED_ITL || x->what == OBSERVED_TPOT;
		if (isnan(value) && of_gaps && o->single_token)
			continue;
		if (isnan(value) || !meets(value, x))
			return false;
	}
	return true;
}
