/* src/suite/soak_judge.c - what only time shows: leaks, drift, outages; the soak's result.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/str.h"
#include "stats/interval.h"
#include "suite/soak_in.h"

#define DRIFT_DRAWS 2000
#define WAYS	    3	/* per hour, per 1000 requests, per GB of media */

/* The points of one phase as columns. */
struct columns {
	double *time_s, *value, *x[WAYS];	/* x[0]: hours, which leak_test() makes itself */
	size_t n;
};

static struct columns columns_of(const struct soak_series *series, uint64_t origin_ns, bool idle)
{
	size_t n = series->n;
	double *all = calloc(4 * (n + 1), sizeof(*all));
	struct columns c = {.time_s = all};
	if (!all)
		return c;
	c.value = all + (n + 1);
	c.x[1] = all + 2 * (n + 1);
	c.x[2] = all + 3 * (n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct soak_point *p = &series->points[i];
		if (p->idle != idle || p->at_ns < origin_ns)
			continue;
		c.time_s[c.n] = ns_to_s(p->at_ns - origin_ns);
		c.value[c.n] = p->low;
		c.x[1][c.n] = p->requests / 1000;
		c.x[2][c.n] = p->bytes / 1e9;
		c.n++;
	}
	return c;
}

/* METRICS.md, "Leaks and drift". The budget is per hour; over requests and bytes it is what that
 * comes to at the mean rate of this soak. */
static bool judge_leak(const struct soak_series *series, uint64_t origin_ns,
		       struct leak_result *ret)
{
	struct columns load = columns_of(series, origin_ns, false);
	struct columns idle = columns_of(series, origin_ns, true);
	struct leak leaks[WAYS];
	size_t n = 0;
	for (int way = 0; way < WAYS && load.n > 0; way++) {
		double budget = series->row->budget;
		const double *x = load.x[way];
		if (x && !(x[load.n - 1] > x[0]))
			continue;
		if (x)
			budget *= (load.time_s[load.n - 1] - load.time_s[0]) / 3600 /
				  (x[load.n - 1] - x[0]);
		leak_test(load.time_s, load.value, x, load.n, budget, &leaks[n]);
		(void)leak_after_idle(&leaks[n], idle.value, idle.n);
		n++;
	}
	free(load.time_s);
	free(idle.time_s);
	if (n == 0)
		return false;
	enum leak_verdict v = leak_combine(leaks, n);
	ret->slope_per_hour = leaks[0].slope;
	ret->unit = series->row->unit;
	ret->verdict = v == LEAK_TOO_SHORT ? "too-short" : leak_verdict_name(v);
	return true;
}

/* Errors that a device counts: any more of them than at the start is suspect. A counter that fell
 * was reset, and has begun again. */
static bool judge_count(const struct soak_series *series, struct leak_result *ret)
{
	double grown = 0;
	for (size_t i = 1; i < series->n; i++)
		grown += fmax(series->points[i].high - series->points[i - 1].high, 0);
	if (series->n < 2)
		return false;
	double hours =
		ns_to_s(series->points[series->n - 1].at_ns - series->points[0].at_ns) / 3600;
	ret->slope_per_hour = hours > 0 ? grown / hours : (double)NAN;
	ret->unit = "1/h";
	ret->verdict = grown > 0 ? "suspect" : "clean";
	return true;
}

bool soak_judge_series(const struct soak_series *series, uint64_t origin_ns, struct arena *a,
		       struct leak_result *ret)
{
	bool count = series->row->kind == WATCHED_COUNT;
	*ret = (struct leak_result){0};
	if (series->row->kind == WATCHED_SHOWN ||
	    !(count ? judge_count(series, ret) : judge_leak(series, origin_ns, ret)))
		return false;
	ret->what = arena_fmt(a, "%s of %s", count ? series->name : series->row->what,
			      series->device);
	return true;
}

static void put_value(struct soak *s, struct run *run, const char *name, double value)
{
	run_metric(s->result, run, name, false)->value = value;
}

static void finish_service(struct soak *s, struct soak_service *v)
{
	struct run *run = v->run;
	struct soak_result *out = &s->result->soak;
	uint64_t failed = run->attempted - run->outcomes[OUTCOME_OK];
	run->duration_s = s->measured_s;
	run->interrupted = stop_requested();
	put_value(s, run, "request_rate", (double)run->outcomes[OUTCOME_OK] / s->measured_s);
	put_value(s, run, "error_rate",
		  run->attempted ? (double)failed / (double)run->attempted : (double)NAN);
	if (v->audio_s > 0)
		put_value(s, run, "audio_rate", v->audio_s / s->measured_s);
	out->requests += run->attempted;
	out->failed += failed;
	if (v->open.seconds >= 1)	/* it never came back */
		*ARENA_ADD(s->result->arena, out->outages, out->n_outages) = v->open;
	run_judge(s->result, run);
}

/* The rate of errors is judged over the whole mix, everything else per service. */
static void set_targets(struct soak *s)
{
	const struct targets *own = &s->settings->targets;
	const struct targets *standard = targets_default("soak");
	struct soak_result *out = &s->result->soak;
	struct arena *a = s->result->arena;
	for (size_t i = 0; i < own->n; i++) {
		struct targets one = {.items = &own->items[i], .n = 1};
		if (strcmp(own->items[i].metric, "error_rate") == 0)
			*ARENA_ADD(a, out->targets, out->n_targets) = own->items[i];
		else
			for (size_t k = 0; k < s->n_services; k++)
				run_add_targets(s->result, s->services[k].run, &one);
	}
	for (size_t i = 0; out->n_targets == 0 && i < standard->n; i++)
		*ARENA_ADD(a, out->targets, out->n_targets) = standard->items[i];
}

/* The service whose latency drifted most speaks for all. A soak that was ended in its first half
 * has no last sixth that lies clear of the second one. */
static void note_drift(struct soak *s)
{
	struct soak_result *out = &s->result->soak;
	out->drift_p50 = out->drift_p99 = (double)NAN;
	out->drift_p99_lo = out->drift_p99_hi = (double)NAN;
	if (s->measured_s < ns_to_s(s->settings->duration_ns) / 2)
		return;
	for (size_t i = 0; i < s->n_services; i++) {
		struct soak_service *v = &s->services[i];
		struct drift p50, p99;
		struct err e;
		hist_merge(v->recent[1], v->recent[0]);
		if (drift_ratio(v->first, v->recent[1], 0.5, DRIFT_DRAWS, 1, &p50, &e) < 0 ||
		    drift_ratio(v->first, v->recent[1], 0.99, DRIFT_DRAWS, 1, &p99, &e) < 0)
			continue;
		if (isnan(p99.ratio) ||
		    p99.ratio <= (isnan(out->drift_p99) ? 0 : out->drift_p99))
			continue;
		out->drift_p50 = p50.ratio;
		out->drift_p99 = p99.ratio;
		out->drift_p99_lo = p99.interval95.lo;
		out->drift_p99_hi = p99.interval95.hi;
	}
}

void soak_judge(struct soak *s)
{
	struct soak_result *out = &s->result->soak;
	const struct soak_series *series;
	struct leak_result leak;
	out->present = true;
	out->hours = s->measured_s / 3600;
	out->windows = s->windows;
	set_targets(s);
	for (size_t i = 0; i < s->n_services; i++)
		finish_service(s, &s->services[i]);
	struct interval w = interval_wilson(out->failed, out->requests);
	out->error_rate = out->requests ? (double)out->failed / (double)out->requests : (double)NAN;
	out->error_lo = w.lo;
	out->error_hi = w.hi;
	note_drift(s);
	for (size_t i = 0; (series = soak_watch_at(s, i)); i++)
		if (soak_judge_series(series, s->first_start_ns, s->result->arena, &leak)) {
			*ARENA_ADD(s->result->arena, out->leaks, out->n_leaks) = leak;
			soak_log(s, "%s: %s, %.6g %s", leak.what, leak.verdict,
				 leak.slope_per_hour, leak.unit);
		}
	soak_log(s, "ended after %.0f s of load: %llu request%s, %llu failed, %zu outage%s",
		 s->measured_s, (unsigned long long)out->requests, str_plural(out->requests),
		 (unsigned long long)out->failed, out->n_outages, str_plural(out->n_outages));
}
