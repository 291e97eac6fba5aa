/* src/result/result.c - see result.h: making and freeing the tree.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/result.h"

#include <assert.h>
#include <math.h>

#include "base/util.h"

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		[VERDICT_PASS] = "pass",
		[VERDICT_FAIL] = "fail",
		[VERDICT_UNDECIDED] = "undecided",
		[VERDICT_UNTRUSTWORTHY] = "untrustworthy",
		[VERDICT_ERROR] = "error",
		[VERDICT_SKIPPED] = "skipped",
	};
	return names[v];
}

struct result *result_new(void)
{
	struct arena *a = arena_new();
	if (!a)
		return NULL;
	struct result *r = ARENA_NEW(a, struct result);
	r->arena = a;
	r->tool_version = ASSAY_VERSION;
	r->duration_s = NAN;
	struct soak_result *s = &r->soak;
	s->hours = s->error_rate = s->error_lo = s->error_hi = NAN;
	s->drift_p50 = s->drift_p99 = s->drift_p99_lo = s->drift_p99_hi = NAN;
	return r;
}

static void release_run(struct run *run)
{
	for (size_t i = 0; i < run->n_metrics; i++)
		(void)hist_free(run->metrics[i].hist);
	(void)hist_free(run->generator.queue_delay);
	(void)hist_free(run->generator.generator_delay);
	(void)hist_free(run->generator.bound);
	json_decref(run->settings);
}

struct result *result_free(struct result *r)
{
	if (!r)
		return NULL;
	for (size_t i = 0; i < r->n_runs; i++)
		release_run(r->runs[i]);
	for (size_t i = 0; i < r->n_series; i++)
		(void)series_free(r->series[i]);
	json_decref(r->environment);
	(void)arena_free(r->arena);
	return NULL;
}

void result_freep(struct result **r)
{
	*r = result_free(*r);
}

static size_t count_metrics(void)
{
	size_t n = 0;
	while (metric_at(n))
		n++;
	return n;
}

static bool taken(const struct result *r, const char *name)
{
	for (size_t i = 0; i < r->n_runs; i++)
		if (strcmp(r->runs[i]->name, name) == 0)
			return true;
	return false;
}

/* "rate 4", then "rate 4 (2)" …; where many are called the same, not each number is tried. */
const char *result_unique_name(const struct result *r, const char *name)
{
	const char *own = arena_str(r->arena, name);
	size_t len = strlen(name), like = 0;
	for (size_t i = 0; i < r->n_runs; i++) {
		const char *other = r->runs[i]->name;
		if (strncmp(other, name, len) == 0)
			like += !other[len] || str_starts(other + len, " (");
	}
	for (size_t i = taken(r, own) ? like + 1 : 0; taken(r, own); i++)
		own = arena_fmt(r->arena, "%s (%zu)", name, i);
	return own;
}

struct run *result_add_run(struct result *r, const char *name, const char *suite)
{
	struct run *run = ARENA_NEW(r->arena, struct run);
	run->name = arena_str(r->arena, name);
	run->suite = arena_str(r->arena, suite);
	run->duration_s = run->concurrency_mean = run->concurrency_peak = NAN;
	run->first_request_s = NAN;
	run->generator.cpu_s = run->generator.busiest_core_share = NAN;
	run->generator.asked_rate = run->generator.achieved_rate = NAN;
	run->trust.trustworthy = true;
	/* Room for every metric, so that pointers to them stay good. */
	run->metrics = arena_array(r->arena, count_metrics(), sizeof(*run->metrics));
	*ARENA_ADD(r->arena, r->runs, r->n_runs) = run;
	return run;
}

struct case_result *result_add_case(struct result *r)
{
	struct case_result *c = ARENA_ADD(r->arena, r->cases, r->n_cases);
	c->seconds = NAN;
	return c;
}

struct accuracy_result *result_add_accuracy(struct result *r)
{
	struct accuracy_result *x = ARENA_ADD(r->arena, r->accuracy, r->n_accuracy);
	x->reference_rate = x->candidate_rate = x->difference = NAN;
	x->interval_lo = x->interval_hi = x->floor = x->gate = NAN;
	return x;
}

const struct metric *run_find_metric(const struct run *run, const char *name)
{
	for (size_t i = 0; i < run->n_metrics; i++)
		if (strcmp(run->metrics[i].def->name, name) == 0)
			return &run->metrics[i];
	return NULL;
}

struct metric *run_metric(struct result *r, struct run *run, const char *name, bool with_hist)
{
	(void)r;
	struct metric *m = (struct metric *)run_find_metric(run, name);
	if (!m) {
		const struct metric_def *def = metric_find(name);
		assert(def);
		m = &run->metrics[run->n_metrics++];
		*m = (struct metric){.def = def, .value = NAN};
	}
	if (with_hist && !m->hist) {
		struct err e;
		if (hist_new(&m->hist, &e) < 0) {
			/* As an arena does: a result without its numbers is no result. */
			(void)fprintf(stderr, "assay: %s\n", e.text);
			abort();
		}
	}
	return m;
}

void run_add_targets(struct result *r, struct run *run, const struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++)
		*ARENA_ADD(r->arena, run->targets, run->n_targets) = targets->items[i];
}

uint64_t run_failed(const struct run *run)
{
	uint64_t failed = 0;
	for (size_t i = 0; i < OUTCOME_COUNT; i++)
		if (i != OUTCOME_OK)
			failed += run->outcomes[i];
	return failed;
}

double run_error_rate(const struct run *run)
{
	if (run->attempted == 0)
		return NAN;
	return (double)run_failed(run) / (double)run->attempted;
}
