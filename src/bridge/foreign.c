/* src/bridge/foreign.c - see foreign.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bridge/foreign.h"

#include <math.h>

#include "base/clock.h"
#include "base/util.h"

#define WINDOWS_MAX 1000000

static bool taken(const struct result *r, const char *name)
{
	for (size_t i = 0; i < r->n_runs; i++)
		if (strcmp(r->runs[i]->name, name) == 0)
			return true;
	return false;
}

struct run *foreign_run(struct result *r, const char *name, const char *kind,
			const char *protocol, const char *url)
{
	const char *own = arena_str(r->arena, name);
	for (unsigned i = 2; taken(r, own); i++)
		own = arena_fmt(r->arena, "%s (%u)", name, i);
	struct run *run = result_add_run(r, own, "performance");
	run->service = (struct service_ref){
		.name = arena_str(r->arena, kind),
		.kind = arena_str(r->arena, kind),
		.protocol = arena_str(r->arena, protocol),
		.url = arena_str(r->arena, url),
	};
	run->trust.trustworthy = true;
	return run;
}

void foreign_sample(struct result *r, struct run *run, const char *metric, double value)
{
	if (!isfinite(value) || value < 0 || value > 1e9)
		return;
	hist_record(run_metric(r, run, metric, true)->hist, (uint64_t)llround(value * 1e9));
}

void foreign_point(struct result *r, struct run *run, const char *metric, const char *stat,
		   double value)
{
	const struct metric_def *def;
	const char *parsed;
	double q;
	if (!isfinite(value) ||
	    !metric_parse(arena_fmt(r->arena, "%s.%s", metric, stat), &def, &q, &parsed))
		return;
	struct metric *m = run_metric(r, run, metric, false);
	if (!m->hist)
		*ARENA_ADD(r->arena, m->points, m->n_points) =
			(struct metric_point){.quantile = q, .stat = parsed, .value = value};
}

void foreign_value(struct result *r, struct run *run, const char *metric, double value)
{
	if (isfinite(value) && value >= 0)
		run_metric(r, run, metric, false)->value = value;
}

void foreign_counts(struct run *run, uint64_t ok, uint64_t failed)
{
	run->attempted = ok + failed;
	run->outcomes[OUTCOME_OK] = ok;
	/* Other tools do not say why. */
	run->outcomes[OUTCOME_ABORTED] = failed;
}

void foreign_windows(struct result *r, struct run *run, const double *ends, size_t n,
		     double duration_s)
{
	if (!(duration_s >= 1) || duration_s > WINDOWS_MAX)
		return;
	run->n_windows = (size_t)duration_s;
	run->windows = arena_array(r->arena, run->n_windows, sizeof(*run->windows));
	for (size_t i = 0; i < run->n_windows; i++)
		run->windows[i] = (struct run_window){
			.from_ns = i * NS_PER_S, .to_ns = (i + 1) * NS_PER_S, .in_flight = NAN,
			.latency_p50 = NAN, .latency_p99 = NAN, .ttft_p50 = NAN};
	for (size_t i = 0; i < n; i++)
		if (ends[i] >= 0 && ends[i] < (double)run->n_windows)
			run->windows[(size_t)ends[i]].ok++;
}

void foreign_environment(struct result *r, const char *tool, const char *service,
			 const char *url, const char *model, const char *protocol)
{
	json_t *one = json_object(), *services = json_object();
	json_put_text(one, "url", url);
	json_put_text(one, "model", model);
	json_put_text(one, "protocol", protocol);
	json_put(services, service, one);
	json_decref(r->environment);
	r->environment = json_object();
	json_put_text(r->environment, "measured_by", tool);
	json_put(r->environment, "services", services);
}

int foreign_bad(struct err *e, const char *key, const char *must)
{
	return err_set(e, ERR_DATA, "%s %s", key, must);
}
