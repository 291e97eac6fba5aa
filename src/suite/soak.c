/* src/suite/soak.c - the soak suite: hours of mixed requests, and what only time shows.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/stop.h"
#include "stats/interval.h"
#include "stats/trend.h"
#include "suite/soak_mix.h"
#include "suite/suites.h"

#define DRIFT_DRAWS 2000

static int parse_mix(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	struct soak_settings *s = (void *)((char *)field - offsetof(struct soak_settings, mix));
	(void)a;
	if (node->kind != YAML_MAP || node->n == 0 || node->n > SOAK_SERVICES_MAX)
		return yaml_err(e, node, "%s is a map of services and weights: {asr: 4, tts: 1}",
				o->name);
	s->n_mix = 0;
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *v = node->pairs[i].value;
		double weight = 0;
		if (v->kind != YAML_SCALAR || str_to_real(v->text, &weight, NULL) < 0 ||
		    weight <= 0)
			return yaml_err(e, v, "the weight of a service must be above 0");
		s->mix[s->n_mix++] = (struct soak_share){node->pairs[i].key, weight};
	}
	return 0;
}

static json_t *echo_mix(const void *field)
{
	const struct soak_settings *s =
		(const void *)((const char *)field - offsetof(struct soak_settings, mix));
	json_t *mix = s->n_mix ? json_object() : NULL;
	for (size_t i = 0; i < s->n_mix; i++)
		json_put_real(mix, s->mix[i].service, s->mix[i].weight);
	return mix;
}

const struct opt soak_options[] = {
	{.name = "duration",
	 OPT_AT_DURATION(struct soak_settings, duration_ns),
	 .def = "10m",
	 .min = 0.1,
	 .max = 86400 * 365.0,
	 .help = "how long"},
	{.name = "mix",
	 OPT_AT_NODE(struct soak_settings, mix),
	 .parse = parse_mix,
	 .echo = echo_mix,
	 .arg = "{SERVICE: WEIGHT}",
	 .help = "which services, and how often each; by default all "
		 "evenly"},
	{.name = "pause",
	 OPT_AT_DURATION(struct soak_settings, pause_ns),
	 .def = "0s",
	 .help = "of each slot between an answer and its next request"},
	{.name = "concurrency",
	 OPT_AT_INT(struct soak_settings, concurrency),
	 .def = "1",
	 .min = 1,
	 .max = 256,
	 .help = "slots that send at the same time"},
	{.name = "rate",
	 OPT_AT_REAL(struct soak_settings, rate),
	 .def = "0",
	 .arg = "PER_S",
	 .help = "requests per second over all services on a schedule, instead of pauses"},
	{.name = "window",
	 OPT_AT_DURATION(struct soak_settings, window_ns),
	 .def = "0s",
	 .help = "counts are kept per window: 60 s by default, shorter in short soaks"},
	{.name = "max_tokens",
	 OPT_AT_INT(struct soak_settings, max_tokens),
	 .def = "64",
	 .help = "chat: length of an answer at most"},
	{.name = "soak_seed",
	 OPT_AT_INT(struct soak_settings, seed),
	 .def = "1",
	 .arg = "N",
	 .help = "order of the requests"},
	{.name = "targets",
	 OPT_AT_NODE(struct soak_settings, targets),
	 .parse = targets_from_yaml,
	 .echo = targets_echo,
	 .arg = "{METRIC: LIMIT}",
	 .help = "what must be reached: error_rate over all requests, other metrics by each "
		 "service; by default error_rate < 0.1 %"},
	{0},
};

static size_t bind(void *settings, struct optset sets[SUITE_SETS_MAX])
{
	sets[0] = (struct optset){.rows = soak_options, .to = settings};
	return 1;
}

static int check(void *settings, const struct suite_env *env, struct err *e)
{
	struct soak_settings *s = settings;
	for (size_t i = 0; i < s->n_mix; i++)
		if (!suite_service(env, s->mix[i].service, e))
			return -1;
	if (s->window_ns == 0)
		s->window_ns = MIN(60 * NS_PER_S, MAX(s->duration_ns / 10, NS_PER_S));
	if (env->plan->n_services > SOAK_SERVICES_MAX)
		return err_set(e, ERR_USAGE, "a soak takes at most %d services", SOAK_SERVICES_MAX);
	return 0;
}

static int add_service(struct soak *s, const char *name, double weight, struct err *e)
{
	struct soak_service *v = &s->services[s->n_services++];
	struct result *r = s->result;
	v->service = suite_service(s->env, name, e);
	v->share = weight;
	if (!v->service ||
	    suite_samples(s->env, v->service, NULL, &v->samples, &v->n_samples, e) < 0)
		return -1;
	v->run = result_add_run(r, arena_fmt(r->arena, "soak %s", name), "soak");
	v->run->service = suite_service_ref(v->service);
	v->run->settings = opt_echo(soak_options, s->settings);
	v->run->first_request_s = NAN;
	if (hist_new(&v->window_latency, e) < 0 || hist_new(&v->first, e) < 0 ||
	    hist_new(&v->last, e) < 0)
		return -1;
	v->latency = run_metric(r, v->run, "latency", true)->hist;
	return 0;
}

static int prepare(struct soak *s, struct err *e)
{
	const struct soak_settings *o = s->settings;
	double sum = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < o->n_mix; i++)
		rc = add_service(s, o->mix[i].service, o->mix[i].weight, e);
	for (size_t i = 0; rc == 0 && o->n_mix == 0 && i < s->env->plan->n_services; i++)
		rc = add_service(s, s->env->plan->services[i].name, 1, e);
	for (size_t i = 0; i < s->n_services; i++)
		sum += s->services[i].share;
	for (size_t i = 0; i < s->n_services; i++)
		s->services[i].share /= sum;
	s->start_ns = clock_now();
	s->end_ns = s->start_ns + o->duration_ns;
	for (size_t i = 0; rc == 0 && i < s->n_services; i++) {
		s->services[i].run->start_ns = s->start_ns;
		s->services[i].run->start_wall_ns = clock_wall();
	}
	return rc;
}

static void finish_service(struct soak *s, struct soak_service *v, uint64_t end)
{
	struct run *run = v->run;
	struct soak_result *out = &s->result->soak;
	uint64_t failed = run->attempted - run->outcomes[OUTCOME_OK];
	run->duration_s = ns_to_s(end - s->start_ns);
	run->interrupted = stop_requested();
	run_metric(s->result, run, "request_rate", false)->value =
		(double)run->outcomes[OUTCOME_OK] / run->duration_s;
	run_metric(s->result, run, "error_rate", false)->value =
		run->attempted ? (double)failed / (double)run->attempted : NAN;
	out->requests += run->attempted;
	out->failed += failed;
	if (v->failing_count >= 2) /* it never came back */
		*ARENA_ADD(s->result->arena, out->outages, out->n_outages) = (struct outage){
			.from_wall_ns =
				s->result->start_wall_ns + (v->failing_since - s->result->start_ns),
			.seconds = ns_to_s(end - v->failing_since),
		};
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

/* The service whose latency drifted most speaks for all. */
static void note_drift(struct soak *s)
{
	struct soak_result *out = &s->result->soak;
	out->drift_p50 = out->drift_p99 = NAN;
	out->drift_p99_lo = out->drift_p99_hi = NAN;
	for (size_t i = 0; i < s->n_services; i++) {
		struct soak_service *v = &s->services[i];
		struct drift p50;
		struct drift p99;
		struct err e;
		if (s->windows < 3 ||
		    drift_ratio(v->first, v->last, 0.5, DRIFT_DRAWS, 1, &p50, &e) < 0 ||
		    drift_ratio(v->first, v->last, 0.99, DRIFT_DRAWS, 1, &p99, &e) < 0)
			continue;
		if (isnan(p99.ratio) || p99.ratio <= (isnan(out->drift_p99) ? 0 : out->drift_p99))
			continue;
		out->drift_p50 = p50.ratio;
		out->drift_p99 = p99.ratio;
		out->drift_p99_lo = p99.interval95.lo;
		out->drift_p99_hi = p99.interval95.hi;
	}
}

static void finish(struct soak *s)
{
	uint64_t end = clock_now();
	struct soak_result *out = &s->result->soak;
	out->present = true;
	out->hours += ns_to_s(end - s->start_ns) / 3600;
	out->windows += s->windows;
	set_targets(s);
	for (size_t i = 0; i < s->n_services; i++)
		finish_service(s, &s->services[i], end);
	struct interval w = interval_wilson(out->failed, out->requests);
	out->error_rate = out->requests ? (double)out->failed / (double)out->requests : NAN;
	out->error_lo = w.lo;
	out->error_hi = w.hi;
	note_drift(s);
}

static int measure(void *settings, const struct suite_env *env, struct result *r, struct err *e)
{
	struct soak *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, ERR_SYSTEM, "no memory for the soak");
	s->settings = settings;
	s->env = env;
	s->result = r;
	int rc = prepare(s, e);
	if (rc == 0)
		rc = soak_send(s, e);
	if (rc == 0 || s->windows > 0)
		finish(s);
	for (size_t i = 0; i < s->n_services; i++) {
		(void)hist_free(s->services[i].window_latency);
		(void)hist_free(s->services[i].first);
		(void)hist_free(s->services[i].last);
	}
	free(s);
	return rc;
}

/* ---- leaks, once the readings are there ---- */

static const struct {
	const char *series, *what, *unit;
	double budget; /* per hour */
} watched[] = {
	{"rss", "rss", "B/h", LEAK_BUDGET_PER_HOUR},
	{"memory_used", "hbm", "B/h", LEAK_BUDGET_PER_HOUR},
	{"fds", "fds", "1/h", 4},
	{"threads", "threads", "1/h", 4},
};

static void judge_series(struct result *r, const struct series *s, size_t which,
			 const struct run *run)
{
	uint64_t from = run->start_ns;
	uint64_t to = from + (uint64_t)(run->duration_s * 1e9);
	CLEANUP(free_ptr) double *times = calloc(s->n + 1, sizeof(*times));
	size_t first = 0;
	size_t n = 0;
	struct leak leak;
	while (first < s->n && s->at_ns[first] < from)
		first++;
	for (size_t i = first; times && i < s->n && s->at_ns[i] <= to; i++)
		times[n++] = ns_to_s(s->at_ns[i] - from);
	if (n == 0)
		return;
	leak_test(times, s->values + first, NULL, n, watched[which].budget, &leak);
	*ARENA_ADD(r->arena, r->soak.leaks, r->soak.n_leaks) = (struct leak_result){
		.what = arena_fmt(r->arena, "%s of %s", watched[which].what, s->device),
		.slope_per_hour = leak.slope,
		.unit = watched[which].unit,
		.verdict = leak.verdict == LEAK_TOO_SHORT ? "too-short"
							  : leak_verdict_name(leak.verdict),
	};
}

static void after(void *settings, struct result *r)
{
	const struct run *run = NULL;
	(void)settings;
	for (size_t i = 0; i < r->n_runs && !run; i++)
		if (strcmp(r->runs[i]->suite, "soak") == 0)
			run = r->runs[i];
	if (!run || r->soak.n_leaks > 0)
		return;
	for (size_t i = 0; i < r->n_series; i++)
		for (size_t w = 0; w < ARRAY_LEN(watched); w++)
			if (strcmp(r->series[i]->name, watched[w].series) == 0 &&
			    strcmp(r->series[i]->source, "host") != 0)
				judge_series(r, r->series[i], w, run);
}

const struct suite suite_soak = {
	.name = "soak",
	.section = {"reliability.soak", false},
	.summary = "hours of mixed requests",
	.settings_size = sizeof(struct soak_settings),
	.bind = bind,
	.check = check,
	.run = measure,
	.after = after,
};
