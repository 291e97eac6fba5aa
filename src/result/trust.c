/* src/result/trust.c - may the numbers of a run be believed? The rules of docs/metrics.md.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/trust.h"

#include <math.h>

#include "base/util.h"
#include "result/format.h"

/* 1 ms, or 1 % of the median of this metric where that is more. */
static double allowed(const struct run *run, const char *median_name)
{
	struct metric_value median;
	if (run_value(run, median_name, &median))
		return fmax(0.001, median.value * 0.01);
	return 0.001;
}

static bool p99(const struct hist *h, double *ret_s)
{
	if (!h || hist_count(h) == 0)
		return false;
	*ret_s = (double)hist_quantile(h, 0.99) / 1e9;
	return true;
}

static void check_generator_delay(struct arena *a, struct run *run)
{
	double delay;
	double limit = allowed(run, "latency.p50");
	if (!p99(run->generator.generator_delay, &delay) || delay <= limit)
		return;
	char is[FORMAT_MAX], may[FORMAT_MAX];
	format_unit(is, sizeof(is), "s", delay);
	format_unit(may, sizeof(may), "s", limit);
	strings_add(&run->trust.reasons, a,
		    arena_fmt(a,
			      "The tester itself delayed requests: p99 of "
			      "generator_delay is %s, at most %s may be (1 ms or 1 %% of the "
			      "median latency).",
			      is, may));
}

static void check_rate(struct arena *a, struct run *run)
{
	const struct generator *g = &run->generator;
	/* achieved_rate leaves out what the service held back: see load. */
	if (run->interrupted || isnan(g->asked_rate) || isnan(g->achieved_rate) ||
	    g->achieved_rate >= 0.99 * g->asked_rate)
		return;
	strings_add(&run->trust.reasons, a,
		    arena_fmt(a,
			      "The tester sent %.4g requests/s of the %.4g "
			      "asked for, and the service did not hold it back.",
			      g->achieved_rate, g->asked_rate));
}

static void check_cpu(struct arena *a, struct run *run)
{
	double share = run->generator.busiest_core_share;
	if (isnan(share) || share <= 0.9)
		return;
	strings_add(&run->trust.reasons, a, arena_fmt(a, "A load thread used %.0f %% of its core "
		    "(limit 90 %%): use more threads or another machine.", share * 100));
}

static void check_stamps(struct arena *a, struct run *run)
{
	const struct generator *g = &run->generator;
	uint64_t reads = g->reads_stamped + g->reads_user;
	if (reads == 0 || (double)g->reads_user <= 0.01 * (double)reads)
		return;
	strings_add(&run->trust.reasons, a, arena_fmt(a, "The kernel gave no receive timestamp for "
		    "%.2g %% of the data reads (limit 1 %%).",
		    100.0 * (double)g->reads_user / (double)reads));
}

static void check_bound(struct arena *a, struct run *run)
{
	double bound;
	double limit = allowed(run, "ttft.p50");
	if (!p99(run->generator.bound, &bound) || bound <= limit)
		return;
	char is[FORMAT_MAX], may[FORMAT_MAX];
	format_unit(is, sizeof(is), "s", bound);
	format_unit(may, sizeof(may), "s", limit);
	strings_add(&run->trust.reasons, a,
		    arena_fmt(a,
			      "The moment of the first token is known to "
			      "%s only (p99), at most %s may be (1 ms or 1 %% of the median ttft).",
			      is, may));
}

void trust_judge(struct arena *a, struct run *run)
{
	run->trust.reasons = (struct strings){0};
	check_generator_delay(a, run);
	check_rate(a, run);
	check_cpu(a, run);
	check_stamps(a, run);
	check_bound(a, run);
	run->trust.trustworthy = run->trust.reasons.n == 0;
}
