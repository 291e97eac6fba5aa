/* src/load/enough.c - see enough.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/enough.h"

#include <math.h>

#include "base/clock.h"

int enough_init(struct enough *x, const struct until *asked, struct err *e)
{
	const struct metric_def *def;
	const char *stat;
	*x = (struct enough){.quantile = (double)NAN, .within = asked->within};
	if (!asked->metric || !metric_parse(asked->metric, &def, &x->quantile, &stat))
		return 0;
	x->what = (enum observed)observed_find(def->name);
	return hist_new(&x->seen, e);
}

void enough_release(struct enough *x)
{
	x->seen = hist_free(x->seen);
}

struct hist *enough_look(struct enough *x, struct lane *const *lanes, size_t n_lanes,
			 uint64_t every_ns, bool always)
{
	uint64_t now = clock_now();
	if (!x->seen || (now < x->next_ns && !always))
		return NULL;
	x->next_ns = now + every_ns;
	hist_clear(x->seen);
	for (size_t i = 0; i < n_lanes; i++)
		meter_peek(lane_meter(lanes[i]), x->what, x->seen);
	return x->seen;
}

bool enough_is_known(const struct enough *x, const struct hist *all)
{
	return hist_quantile_width(all, x->quantile) <= x->within;
}

void enough_note(const struct enough *x, const struct until *asked, struct result *r,
		 struct run *run)
{
	struct metric_value v;
	if (!x->seen)
		return;
	run->until = (struct run_until){
		.metric = arena_str(r->arena, asked->metric),
		.within = x->within,
		.width = (double)NAN,
		.ended = x->ended,
	};
	/* a bound that is missing (NaN) makes it NaN */
	if (run_value(run, asked->metric, &v) && v.value > 0)
		run->until.width = (v.hi - v.lo) / 2 / v.value;
}
