/* src/load/meter_finish.c - from the meters of all threads to a struct run.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "load/meter_in.h"

static void merge_failure(struct failure *into, const struct failure *from)
{
	uint64_t count = into->count + from->count;
	if (from->count > 0 && (into->count == 0 || from->at < into->at))
		*into = *from;
	into->count = count;
}

int meter_merge(struct meter *into, struct meter *from, struct err *e)
{
	if (!timeline_join(into->timeline, from->timeline))
		return err_set(e, ERR_SYSTEM, "no memory for the timeline of a run");
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		into->outcomes[i] += from->outcomes[i];
		merge_failure(&into->failures[i], &from->failures[i]);
	}
	merge_failure(&into->stale, &from->stale);
	into->attempted += from->attempted;
	into->unsent += from->unsent;
	into->empty_transcripts += from->empty_transcripts;
	into->good += from->good;
	into->ends += from->ends;
	into->ends_good += from->ends_good;
	into->tokens += from->tokens;
	into->audio_s += from->audio_s;
	into->service_ns += from->service_ns;
	into->all_audio_s += from->all_audio_s;
	into->any_tokens = into->any_tokens || from->any_tokens;
	into->tokens_counted = into->tokens_counted || from->tokens_counted;
	if (from->first_intended != 0)
		into->first_intended = into->first_intended == 0 ? from->first_intended :
				       MIN(into->first_intended, from->first_intended);
	into->last_end = MAX(into->last_end, from->last_end);
	into->area += from->area;
	for (size_t i = 0; i < ARRAY_LEN(into->moments); i++)
		into->moments[i] += from->moments[i];
	for (int i = 0; i < OBSERVED_COUNT; i++)
		hist_merge(into->observed[i], from->observed[i]);
	hist_merge(into->bound, from->bound);
	return 0;
}

static void put_rate(struct result *r, struct run *run, const char *name, double value,
		     const char *note)
{
	struct metric *m = run_metric(r, run, name, false);
	m->value = value;
	m->note = note;
}

static void put_rates(const struct meter *m, struct result *r, struct run *run)
{
	double seconds = run->duration_s;
	uint64_t wanted = m->attempted + m->unsent;
	if (seconds > 0) {
		put_rate(r, run, "request_rate", (double)m->ends / seconds, NULL);
		if (m->any_tokens)
			put_rate(r, run, "token_rate", m->tokens / seconds, m->tokens_counted ?
				 "tokens are counted events: the server reported none" : NULL);
		if (m->all_audio_s > 0)
			put_rate(r, run, "audio_rate", m->audio_s / seconds, NULL);
	}
	if (m->spec.limits->n > 0 && wanted > 0) {
		put_rate(r, run, "goodput_share", (double)m->good / (double)wanted, NULL);
		if (seconds > 0)
			put_rate(r, run, "goodput_rate", (double)m->ends_good / seconds, NULL);
	}
	if (m->all_audio_s > 0 && run->concurrency_peak <= 1)
		put_rate(r, run, "rtf_run", m->service_ns / 1e9 / m->all_audio_s, NULL);
}

static const char *note_of(const struct meter *m, enum observed what)
{
	if (what == OBSERVED_LATENCY_PER_10S && m->spec.per_10s == PER_10S_SCALED)
		return "scaled";
	if (m->tokens_counted && (what == OBSERVED_OUTPUT_TOKENS || what == OBSERVED_TPOT))
		return "tokens are counted events: the server reported none";
	return NULL;
}

static void put_metrics(const struct meter *m, struct result *r, struct run *run)
{
	for (int i = 0; i < OBSERVED_COUNT; i++) {
		if (hist_count(m->observed[i]) == 0)
			continue;
		struct metric *x = run_metric(r, run, observed_name((enum observed)i), true);
		hist_merge(x->hist, m->observed[i]);
		x->note = note_of(m, (enum observed)i);
	}
}

static void put_failures(const struct meter *m, struct result *r, struct run *run)
{
	for (int i = 0; i <= OUTCOME_COUNT; i++) {
		const struct failure *f = i < OUTCOME_COUNT ? &m->failures[i] : &m->stale;
		if (f->count == 0)
			continue;
		*ARENA_ADD(r->arena, run->failures, run->n_failures) = (struct failure_example){
			.outcome = i < OUTCOME_COUNT ? (enum outcome)i : OUTCOME_STALE_CONNECTION,
			.status = f->status,
			.count = f->count,
			.sample_id = arena_str(r->arena, f->sample_id),
			.detail = arena_str(r->arena, f->detail),
		};
	}
}

/* Take the histogram over: the run's is the meter's. */
static struct hist *take(struct hist **from)
{
	struct hist *h = *from;
	*from = NULL;
	return h;
}

static int put_generator(struct meter *m, struct run *run, struct err *e)
{
	struct generator *g = &run->generator;
	if (hist_new(&g->queue_delay, e) != 0 || hist_new(&g->generator_delay, e) != 0)
		return -1;
	hist_merge(g->queue_delay, m->observed[OBSERVED_QUEUE_DELAY]);
	hist_merge(g->generator_delay, m->observed[OBSERVED_GENERATOR_DELAY]);
	g->bound = take(&m->bound);
	g->moments_stamped = m->moments[STAMP_KERNEL];
	g->moments_shared = m->moments[STAMP_SHARED];
	g->moments_user = m->moments[STAMP_USER];
	return 0;
}

int meter_finish(struct meter *m, uint64_t window_end, struct result *r, struct run *run,
		 struct err *e)
{
	if (timeline_finish(&m->timeline, 1, r, run, e) != 0)
		return -1;
	memcpy(run->outcomes, m->outcomes, sizeof(run->outcomes));
	run->attempted = m->attempted;
	run->unsent = m->unsent;
	run->empty_transcripts = m->empty_transcripts;
	if (window_end != UINT64_MAX)
		run->duration_s = ns_to_s(window_end - m->spec.start);
	else if (m->first_intended != 0 && m->last_end > m->first_intended)
		run->duration_s = ns_to_s(m->last_end - m->first_intended);
	if (run->duration_s > 0)
		run->concurrency_mean = m->area / 1e9 / run->duration_s;
	put_rates(m, r, run);
	put_metrics(m, r, run);
	put_failures(m, r, run);
	return put_generator(m, run, e);
}
