/* src/bridge/foreign.c - see foreign.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bridge/foreign.h"

#include <math.h>

#include "base/clock.h"
#include "base/util.h"

#define WINDOWS_MAX 1000000

/* Outside strings. Each is at least as long as what takes its place. */
static void blot(char *text, size_t len)
{
	static const struct {
		const char *word, *instead;
	} words[] = {{"NaN", "\"\""}, {"-Infinity", "null"}, {"Infinity", "null"}};
	bool quoted = false;
	for (size_t i = 0; i < len; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		for (size_t k = 0; !quoted && k < ARRAY_LEN(words); k++) {
			size_t n = strlen(words[k].word);
			if (len - i < n || memcmp(text + i, words[k].word, n) != 0)
				continue;
			memset(text + i, ' ', n);
			memcpy(text + i, words[k].instead, strlen(words[k].instead));
			i += n - 1;
		}
	}
}

json_t *foreign_json(char *text, size_t len, struct err *e)
{
	blot(text, len);
	return json_read(text, len, JSON_DEPTH_MAX, e);
}

struct run *foreign_run(struct result *r, const char *name, const char *kind,
			const char *protocol, const char *url, struct err *e)
{
	if (r->n_runs == FOREIGN_RUNS_MAX) {
		(void)err_set(e, ERR_DATA, "there are more than %d runs", FOREIGN_RUNS_MAX);
		return NULL;
	}
	struct run *run = result_add_run(r, result_unique_name(r, name), "performance");
	run->service = (struct service_ref){
		.name = arena_str(r->arena, kind),
		.kind = arena_str(r->arena, kind),
		.protocol = arena_str(r->arena, protocol),
		.url = arena_str(r->arena, url),
	};
	run->trust.trustworthy = true;
	return run;
}

const char *foreign_percentile(struct arena *a, double percent)
{
	if (percent == 0 || percent == 100)
		return percent == 0 ? "min" : "max";
	return percent > 0 && percent < 100 ? arena_fmt(a, "p%.8g", percent) : NULL;
}

/* stat: "" for a sample. */
static bool known(const char *metric, const char *stat, double value)
{
	const struct metric_def *def = metric_find(metric);
	bool may_be_0 = !def || strcmp(def->unit, "s") != 0 || strcmp(metric, "queue_delay") == 0 ||
			(strcmp(metric, "itl") == 0 && strcmp(stat, "mean") != 0);
	return isfinite(value) && (value > 0 || (value == 0 && may_be_0));
}

void foreign_sample(struct result *r, struct run *run, const char *metric, double value)
{
	if (!known(metric, "", value) || value > 1e9)
		return;
	hist_record(run_metric(r, run, metric, true)->hist, (uint64_t)llround(value * 1e9));
}

void foreign_point(struct result *r, struct run *run, const char *metric, const char *stat,
		   double value)
{
	const struct metric_def *def;
	const char *parsed;
	double q;
	if (!known(metric, stat, value) ||
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
	for (size_t i = 0; i < n; i++)
		if (!isfinite(ends[i]))
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
