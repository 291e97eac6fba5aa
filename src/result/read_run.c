/* src/result/read_run.c - one run out of its JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "result/reader.h"

/* A year: longer offsets are no timeline but a damaged file. */
#define OFFSET_MAX_S 3.2e7

#define UNKNOWN "is not known to assay " ASSAY_VERSION "; did a newer one write it?"

static void read_service(struct reader *rd, struct run *run, const json_t *j)
{
	run->service.name = reader_text(rd, j, "name");
	run->service.kind = reader_text(rd, j, "kind");
	run->service.protocol = reader_text(rd, j, "protocol");
	run->service.url = reader_text(rd, j, "url");
}

/* More cannot have been asked; sums of less do not overflow. */
#define COUNT_MAX ((uint64_t)9000000000000000)

static void check_counts(struct reader *rd, const struct run *run)
{
	uint64_t all = 0;
	for (size_t i = 0; i < OUTCOME_COUNT; i++) {
		if (run->outcomes[i] > COUNT_MAX)
			reader_fail(rd, "counts", "has a count that is none");
		all += run->outcomes[i];
	}
	if (run->attempted > COUNT_MAX || run->unsent > COUNT_MAX)
		reader_fail(rd, "counts", "has a count that is none");
	else if (all > run->attempted)
		reader_fail(rd, "counts.attempted", "must be ok and failed together");
}

static void read_counts(struct reader *rd, struct run *run, const json_t *j)
{
	run->attempted = reader_count(rd, j, "attempted");
	run->unsent = reader_count(rd, j, "unsent");
	run->outcomes[OUTCOME_OK] = reader_count(rd, j, "ok");
	run->empty_transcripts = reader_count(rd, j, "empty_transcripts");
	json_t *failed = (json_t *)reader_object(rd, j, "failed");
	const char *name;
	json_t *v;
	json_object_foreach(failed, name, v) {
		enum outcome o = outcome_find(name);
		if (o == OUTCOME_COUNT || o == OUTCOME_OK)
			reader_fail(rd, arena_fmt(rd->a, "counts.failed.%s", name), UNKNOWN);
		else
			run->outcomes[o] = reader_count(rd, failed, name);
	}
	check_counts(rd, run);
}

static void read_metrics(struct reader *rd, struct result *r, struct run *run, const json_t *j)
{
	const char *name;
	json_t *v;
	json_object_foreach((json_t *)reader_object(rd, j, "metrics"), name, v) {
		const struct metric_def *def = metric_find(name);
		if (!def || def->scope != METRIC_REQUEST) {
			reader_fail(rd, arena_fmt(rd->a, "metrics.%s", name), UNKNOWN);
			return;
		}
		struct metric *m = run_metric(r, run, name, false);
		(void)hist_free(m->hist);
		m->hist = reader_hist(rd, v);
		m->value = reader_real(rd, v, "value");
		m->note = reader_text(rd, v, "note");
	}
	const json_t *rates = reader_object(rd, j, "rates");
	const json_t *notes = reader_object(rd, j, "rate_notes");
	json_object_foreach((json_t *)rates, name, v) {
		const struct metric_def *def = metric_find(name);
		if (!def || def->scope != METRIC_RUN) {
			reader_fail(rd, arena_fmt(rd->a, "rates.%s", name), UNKNOWN);
			return;
		}
		/* Reckoned from the counts whenever it is asked for. */
		if (strcmp(name, "error_rate") == 0)
			continue;
		struct metric *m = run_metric(r, run, name, false);
		m->value = reader_real(rd, rates, name);
		m->note = reader_text(rd, notes, name);
		if (strcmp(name, "goodput_share") == 0 && !(m->value <= 1 && m->value >= 0) &&
		    !isnan(m->value))
			reader_fail(rd, "rates.goodput_share", "must be between 0 and 1");
	}
}

void reader_targets(struct reader *rd, const json_t *j, struct target **ret, size_t *ret_n)
{
	size_t i;
	json_t *v;
	json_array_foreach(reader_list(rd, j, "targets"), i, v) {
		const char *metric = reader_text(rd, v, "metric");
		const char *limit = reader_text(rd, v, "limit");
		struct target t;
		struct err why;
		if (!metric || !limit) {
			reader_fail(rd, "targets", "must have metric and limit");
			return;
		}
		if (target_parse(metric, limit, rd->a, &t, &why) < 0) {
			reader_fail(rd, "targets", why.text);
			return;
		}
		t.value = reader_real(rd, v, "value");
		t.verdict = (int)reader_verdict(rd, v, "verdict");
		reader_interval(rd, v, "interval95", &t.lo, &t.hi);
		t.n = reader_count(rd, v, "n");
		t.needed = reader_count(rd, v, "needed");
		t.why = reader_text(rd, v, "why");
		t.standard = reader_bool(rd, v, "standard");
		*ARENA_ADD(rd->a, *ret, *ret_n) = t;
	}
}

static struct hist *read_hist(struct reader *rd, const json_t *j, const char *key)
{
	const json_t *h = reader_object(rd, j, key);
	return h ? reader_hist(rd, h) : NULL;
}

static void read_generator(struct reader *rd, struct generator *g, const json_t *j)
{
	g->threads = (int)reader_count(rd, j, "threads");
	g->cpu_s = reader_real(rd, j, "cpu_s");
	g->busiest_core_share = reader_real(rd, j, "busiest_core_share");
	g->queue_delay = read_hist(rd, j, "queue_delay");
	g->generator_delay = read_hist(rd, j, "generator_delay");
	g->asked_rate = reader_real(rd, j, "asked_rate");
	g->achieved_rate = reader_real(rd, j, "achieved_rate");
	const json_t *reads = reader_object(rd, j, "reads");
	g->reads_stamped = reader_count(rd, reads, "stamped");
	g->reads_user = reader_count(rd, reads, "user");
	const json_t *moments = reader_object(rd, j, "moments");
	const json_t *counts = reader_list(rd, moments, "counts");
	uint64_t *to[] = {&g->moments_stamped, &g->moments_shared, &g->moments_user};
	for (size_t i = 0; counts && i < ARRAY_LEN(to); i++) {
		const json_t *v = json_array_get(counts, i);
		if (json_is_integer(v) && json_integer_value(v) >= 0)
			*to[i] = (uint64_t)json_integer_value(v);
		else
			reader_fail(rd, "generator.moments.counts", "must be three counts");
	}
	g->bound = read_hist(rd, moments, "bound");
}

static void read_trust(struct reader *rd, struct trust *t, const json_t *j)
{
	const char *verdict = reader_text(rd, j, "verdict");
	t->trustworthy = !verdict || strcmp(verdict, "trustworthy") == 0;
	reader_texts(rd, j, "reasons", &t->reasons);
}

static void read_failures(struct reader *rd, struct run *run, const json_t *j)
{
	size_t i;
	json_t *v;
	json_array_foreach(reader_list(rd, j, "failures"), i, v) {
		const char *reason = reader_text(rd, v, "reason");
		enum outcome o = reason ? outcome_find(reason) : OUTCOME_COUNT;
		if (o == OUTCOME_COUNT) {
			reader_fail(rd, "failures", "has an unknown reason");
			return;
		}
		*ARENA_ADD(rd->a, run->failures, run->n_failures) = (struct failure_example){
			.outcome = o,
			.status = (int)reader_whole(rd, v, "status"),
			.count = reader_count(rd, v, "count"),
			.sample_id = reader_text(rd, v, "sample"),
			.detail = reader_text(rd, v, "detail"),
		};
	}
}

static void read_hosts(struct reader *rd, struct run *run, const json_t *j)
{
	size_t i;
	json_t *v;
	json_array_foreach(reader_list(rd, j, "hosts"), i, v)
		reader_run_host(rd, v, ARENA_ADD(rd->a, run->hosts, run->n_hosts));
}

static void read_until(struct reader *rd, struct run_until *u, const json_t *j)
{
	if (!j)
		return;
	u->metric = reader_text(rd, j, "metric");
	u->within = reader_real(rd, j, "within");
	u->width = reader_real(rd, j, "known_to");
	u->ended = reader_bool(rd, j, "ended_the_run");
}

/* Element i of a column; NaN for null. */
static double cell(struct reader *rd, const json_t *windows, const char *column, size_t i)
{
	const json_t *v = json_array_get(json_object_get(windows, column), i);
	if (json_is_number(v))
		return json_number_value(v);
	if (!v || !json_is_null(v))
		reader_fail(rd, "windows", "must have columns of numbers, all of one length");
	return NAN;
}

static uint64_t cell_ns(struct reader *rd, const json_t *windows, const char *column, size_t i)
{
	double s = cell(rd, windows, column, i);
	if (s >= 0 && s <= OFFSET_MAX_S)
		return (uint64_t)llround(s * 1e9);
	reader_fail(rd, "windows", "has a moment outside of any run");
	return 0;
}

static uint64_t cell_count(struct reader *rd, const json_t *windows, const char *column, size_t i)
{
	double n = cell(rd, windows, column, i);
	if (n >= 0 && n <= (double)COUNT_MAX)
		return (uint64_t)n;
	reader_fail(rd, "windows", "has a count that is none");
	return 0;
}

static void read_windows(struct reader *rd, struct run *run, const json_t *j)
{
	const json_t *w = reader_object(rd, j, "windows");
	size_t n = json_array_size(json_object_get(w, "from_s"));
	if (n == 0)
		return;
	run->windows = arena_array(rd->a, n, sizeof(*run->windows));
	run->n_windows = n;
	for (size_t i = 0; i < n && !rd->failed; i++) {
		run->windows[i] = (struct run_window){
			.from_ns = cell_ns(rd, w, "from_s", i),
			.to_ns = cell_ns(rd, w, "to_s", i),
			.started = cell_count(rd, w, "started", i),
			.ok = cell_count(rd, w, "ok", i),
			.failed = cell_count(rd, w, "failed", i),
			.in_flight = cell(rd, w, "in_flight", i),
			.latency_p50 = cell(rd, w, "latency_p50", i),
			.latency_p99 = cell(rd, w, "latency_p99", i),
			.ttft_p50 = cell(rd, w, "ttft_p50", i),
		};
		if (run->windows[i].to_ns < run->windows[i].from_ns)
			reader_fail(rd, "windows", "has one that ends before it begins");
	}
}

void reader_run(struct reader *rd, struct result *r, const json_t *j)
{
	const char *name = reader_text(rd, j, "name");
	const char *suite = reader_text(rd, j, "suite");
	struct run *run = result_add_run(r, name ? name : "", suite ? suite : "");
	if (!json_is_object(j))
		reader_fail(rd, "", "must be an object");
	if (!name)
		reader_fail(rd, "name", "is missing");
	if (rd->failed)
		return;
	read_service(rd, run, reader_object(rd, j, "service"));
	run->settings = json_deep_copy(reader_object(rd, j, "settings"));
	run->start_wall_ns = reader_count(rd, j, "start_wall_ns");
	run->start_ns = r->start_ns + (uint64_t)reader_whole(rd, j, "start_offset_ns");
	read_counts(rd, run, reader_object(rd, j, "counts"));
	run->duration_s = reader_real(rd, j, "duration_s");
	run->concurrency_mean = reader_real(rd, j, "concurrency_mean");
	run->concurrency_peak = reader_real(rd, j, "concurrency_peak");
	run->first_request_s = reader_real(rd, j, "first_request_s");
	run->warmup_requests = reader_count(rd, j, "warmup_requests");
	read_metrics(rd, r, run, j);
	reader_targets(rd, j, &run->targets, &run->n_targets);
	read_generator(rd, &run->generator, reader_object(rd, j, "generator"));
	read_trust(rd, &run->trust, reader_object(rd, j, "trust"));
	read_failures(rd, run, j);
	read_hosts(rd, run, j);
	read_windows(rd, run, j);
	read_until(rd, &run->until, reader_object(rd, j, "until"));
	run->interrupted = reader_bool(rd, j, "interrupted");
	run->error = reader_text(rd, j, "error");
}
