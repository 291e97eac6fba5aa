/* src/suite/soak_window.c - windows of a soak: counted, closed, added up, written and read back.
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "suite/soak_in.h"

static const char *const metric_names[SOAK_METRICS] = {
	[SOAK_LATENCY] = "latency", [SOAK_SERVICE_TIME] = "service_time", [SOAK_TTFT] = "ttft",
	[SOAK_TTFA] = "ttfa", [SOAK_RTF] = "rtf",
};

const char *soak_metric_name(int metric)
{
	assert(metric >= 0 && metric < SOAK_METRICS);
	return metric_names[metric];
}

int soak_count_new(struct soak_count **ret, struct err *e)
{
	struct soak_count *c = *ret = calloc(1, sizeof(*c));
	if (!c)
		return err_set(e, ERR_SYSTEM, "no memory for the windows of a soak");
	for (int m = 0; m < SOAK_METRICS; m++)
		if (hist_new(&c->hists[m], e) < 0)
			return -1;
	return 0;
}

struct soak_count *soak_count_free(struct soak_count *c)
{
	for (int m = 0; c && m < SOAK_METRICS; m++)
		(void)hist_free(c->hists[m]);
	free(c);
	return NULL;
}

static void clear(struct soak_count *c)
{
	struct soak_count keep = *c;
	*c = (struct soak_count){0};
	for (int m = 0; m < SOAK_METRICS; m++) {
		c->hists[m] = keep.hists[m];
		hist_clear(c->hists[m]);
	}
}

/* Kinds beyond those that can be told apart are counted with the last one. */
void soak_count_failure(struct soak_count *c, const struct soak_failure *f)
{
	for (size_t i = 0; i < c->n_failures; i++)
		if ((c->failures[i].outcome == f->outcome && c->failures[i].status == f->status) ||
		    i + 1 == SOAK_FAILURES_MAX) {
			c->failures[i].count += f->count;
			return;
		}
	c->failures[c->n_failures++] = *f;
}

static uint64_t failed_of(const struct soak_count *c)
{
	uint64_t n = 0;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		n += i == OUTCOME_OK ? 0 : c->outcomes[i];
	return n;
}

static double quantile_s(const struct hist *h, double q)
{
	return hist_count(h) ? (double)hist_quantile(h, q) / 1e9 : (double)NAN;
}

static struct run_window row_of(const struct soak_count *c, uint64_t from, uint64_t to)
{
	return (struct run_window){
		.from_ns = from,
		.to_ns = to,
		.started = c->started,
		.ok = c->outcomes[OUTCOME_OK],
		.failed = failed_of(c),
		.in_flight = (double)c->busy_ns / (double)MAX(to - from, (uint64_t)1),
		.latency_p50 = quantile_s(c->hists[SOAK_LATENCY], 0.5),
		.latency_p99 = quantile_s(c->hists[SOAK_LATENCY], 0.99),
		.ttft_p50 = quantile_s(c->hists[SOAK_TTFT], 0.5),
	};
}

static void add_failures(struct soak *s, struct run *run, const struct soak_count *c)
{
	for (size_t i = 0; i < c->n_failures; i++) {
		const struct soak_failure *f = &c->failures[i];
		size_t k = 0;
		while (k < run->n_failures && (run->failures[k].outcome != f->outcome ||
					       run->failures[k].status != f->status))
			k++;
		if (k == run->n_failures && k >= SOAK_FAILURES_MAX)
			k = SOAK_FAILURES_MAX - 1;
		if (k == run->n_failures)
			*ARENA_ADD(s->result->arena, run->failures, run->n_failures) =
				(struct failure_example){
					.outcome = f->outcome,
					.status = f->status,
					.sample_id = arena_str(s->result->arena, f->sample_id),
					.detail = arena_str(s->result->arena, f->detail),
				};
		run->failures[k].count += f->count;
	}
}

/* The second sixth is the soak's first steady time, the last sixth its end: what is between them
 * is drift. Sixths of what was planned. */
static void add_latency(struct soak *s, struct soak_service *v, const struct hist *window,
			double from_s)
{
	double planned = ns_to_s(s->settings->duration_ns);
	if (from_s >= planned / 6 * 0.999 && from_s < planned / 3)
		hist_merge(v->first, window);
	if (isnan(v->recent_from_s) || from_s - v->recent_from_s >= planned / 12) {
		struct hist *older = v->recent[0];
		v->recent[0] = v->recent[1];
		v->recent[1] = older;
		hist_clear(v->recent[1]);
		v->recent_from_s = from_s;
	}
	hist_merge(v->recent[1], window);
}

/* A closed window of one service, into the totals. */
static void add_up(struct soak *s, struct soak_service *v, const struct soak_count *c,
		   const struct run_window *row)
{
	struct run *run = v->run;
	struct result *r = s->result;
	run->attempted += row->ok + row->failed;
	run->unsent += c->unsent;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		run->outcomes[i] += c->outcomes[i];
	for (int m = 0; m < SOAK_METRICS; m++)
		if (hist_count(c->hists[m]) > 0)
			hist_merge(run_metric(r, run, metric_names[m], true)->hist, c->hists[m]);
	*ARENA_ADD(r->arena, run->windows, run->n_windows) = *row;
	add_failures(s, run, c);
	for (size_t i = 0; i < c->n_outages; i++)
		*ARENA_ADD(r->arena, r->soak.outages, r->soak.n_outages) = c->outages[i];
	add_latency(s, v, c->hists[SOAK_LATENCY], s->measured_s);
	v->total_bytes += c->bytes;
	v->audio_s += c->audio_s;
	v->p50 = row->latency_p50;
	v->p99 = row->latency_p99;
}

/* ---- as JSON ---- */

static json_t *count_json(const struct soak_count *c, const struct outage *open)
{
	json_t *j = json_object(), *outcomes = json_object(), *hists = json_object();
	json_t *failures = json_array(), *outages = json_array();
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (c->outcomes[i])
			json_put_int(outcomes, outcome_name(i), (int64_t)c->outcomes[i]);
	for (int m = 0; m < SOAK_METRICS; m++) {
		CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
		if (hist_count(c->hists[m]) && hist_write(c->hists[m], &text) == 0)
			json_put(hists, metric_names[m], json_stringn(text.data, text.len));
	}
	for (size_t i = 0; i < c->n_failures; i++)
		(void)json_array_append_new(
			failures, json_pack("{s:s,s:i,s:I,s:s,s:s}", "outcome",
					    outcome_name(c->failures[i].outcome), "status",
					    c->failures[i].status, "count",
					    (json_int_t)c->failures[i].count, "sample",
					    c->failures[i].sample_id, "detail",
					    c->failures[i].detail));
	for (size_t i = 0; i < c->n_outages; i++)
		(void)json_array_append_new(
			outages, json_pack("{s:I,s:f}", "from_wall_ns",
					   (json_int_t)c->outages[i].from_wall_ns, "seconds",
					   c->outages[i].seconds));
	json_put_int(j, "started", (int64_t)c->started);
	json_put_int(j, "unsent", (int64_t)c->unsent);
	json_put_int(j, "busy_ns", (int64_t)c->busy_ns);
	json_put_int(j, "bytes", (int64_t)c->bytes);
	json_put_real(j, "audio_s", c->audio_s);
	json_put(j, "outcomes", outcomes);
	json_put(j, "hists", hists);
	json_put(j, "failures", failures);
	json_put(j, "outages", outages);
	if (open->seconds > 0)
		json_put(j, "failing", json_pack("{s:I,s:f}", "from_wall_ns",
						 (json_int_t)open->from_wall_ns, "seconds",
						 open->seconds));
	return j;
}

static uint64_t whole(const json_t *j, const char *key)
{
	int64_t n = 0;
	return json_whole(j, key, &n) && n > 0 ? (uint64_t)n : 0;
}

static double real(const json_t *j, const char *key)
{
	double x = 0;
	return json_number(j, key, &x) ? x : 0;
}

static int read_count(struct soak_count *c, const json_t *j, struct err *e)
{
	const char *key;
	json_t *v;
	size_t i;
	clear(c);
	c->started = whole(j, "started");
	c->unsent = whole(j, "unsent");
	c->busy_ns = whole(j, "busy_ns");
	c->bytes = whole(j, "bytes");
	c->audio_s = real(j, "audio_s");
	json_object_foreach(json_object_get(j, "outcomes"), key, v) {
		enum outcome o = outcome_find(key);
		if (o < OUTCOME_COUNT)
			c->outcomes[o] = (uint64_t)json_integer_value(v);
	}
	for (int m = 0; m < SOAK_METRICS; m++) {
		v = json_object_get(json_object_get(j, "hists"), metric_names[m]);
		if (v && hist_read(c->hists[m], json_string_value(v), json_string_length(v), e) < 0)
			return -1;
	}
	json_array_foreach(json_object_get(j, "failures"), i, v) {
		struct soak_failure f = {.outcome = outcome_find(json_text(v, "outcome", "")),
					 .status = (int)whole(v, "status"),
					 .count = whole(v, "count")};
		(void)snprintf(f.sample_id, sizeof(f.sample_id), "%s", json_text(v, "sample", ""));
		(void)snprintf(f.detail, sizeof(f.detail), "%s", json_text(v, "detail", ""));
		if (f.outcome < OUTCOME_COUNT)
			soak_count_failure(c, &f);
	}
	json_array_foreach(json_object_get(j, "outages"), i, v)
		if (c->n_outages < SOAK_OUTAGES_MAX)
			c->outages[c->n_outages++] = (struct outage){whole(v, "from_wall_ns"),
								     real(v, "seconds")};
	return 0;
}

/* ---- closing and reading back ---- */

static void take_from_slots(struct soak *s, uint64_t now)
{
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_services; i++) {
		struct soak_service *v = &s->services[i];
		struct soak_count *c = v->now;
		v->now = v->closing;
		v->closing = c;
		v->open = (struct outage){0};
		if (v->failing_count < 2)
			continue;
		v->open.from_wall_ns =
			s->part.start_wall_ns + (v->failing_since - s->part.start_ns);
		v->open.seconds = ns_to_s(now - v->failing_since);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

int soak_close(struct soak *s, bool idle, struct err *e)
{
	struct soak_row rows[SOAK_SERVICES_MAX];
	uint64_t now = clock_now();
	uint64_t from = s->window_from_ns;
	json_t *services = json_object();
	uint64_t next = s->next;
	(void)e;
	take_from_slots(s, now);
	for (size_t i = 0; i < s->n_services; i++) {
		struct soak_service *v = &s->services[i];
		uint64_t zero = s->first_start_ns;
		rows[i].service = v->service->name;
		rows[i].window = row_of(v->closing, from - zero, now - zero);
		if (!idle)
			add_up(s, v, v->closing, &rows[i].window);
		json_put(services, v->service->name, count_json(v->closing, &v->open));
		rows[i].window.from_ns = from - s->part.start_ns;
		rows[i].window.to_ns = now - s->part.start_ns;
		clear(v->closing);
	}
	if (!idle)
		s->measured_s += ns_to_s(now - from);
	json_t *j = json_pack("{s:I,s:I,s:I,s:b,s:o,s:o}", "from_ns",
			      (json_int_t)(from - s->part.start_ns), "to_ns",
			      (json_int_t)(now - s->part.start_ns), "next", (json_int_t)next,
			      "idle", (int)idle, "services", services, "readings",
			      soak_watch_take(s));
	json_put_int(j, "seed", s->settings->seed);
	soak_keep_window(s, rows, j);
	s->windows++;
	s->window_from_ns = now;
	return 0;
}

static void replay_service(struct soak *s, struct soak_service *v, const json_t *j,
			   uint64_t from, uint64_t to)
{
	const json_t *failing = json_object_get(j, "failing");
	uint64_t zero = s->part.start_ns - s->first_start_ns;
	struct run_window row = row_of(v->closing, zero + from, zero + to);
	add_up(s, v, v->closing, &row);
	v->ok += row.ok;
	v->failed += row.failed;
	v->bytes += v->closing->bytes;
	v->open = (struct outage){whole(failing, "from_wall_ns"), real(failing, "seconds")};
	clear(v->closing);
}

int soak_replay(struct soak *s, uint64_t number, const json_t *json, bool same_boot,
		struct err *e)
{
	uint64_t from = whole(json, "from_ns"), to = whole(json, "to_ns");
	bool idle = json_is_true(json_object_get(json, "idle"));
	if (to < from)
		return err_set(e, ERR_DATA, "window %llu ends before it begins",
			       (unsigned long long)number);
	s->windows = number + 1;
	s->next = whole(json, "next");
	if (!same_boot) {
		s->before_s += idle ? 0 : ns_to_s(to - from);
		return 0;
	}
	for (size_t i = 0; !idle && i < s->n_services; i++) {
		struct soak_service *v = &s->services[i];
		const json_t *one = json_object_get(json_object_get(json, "services"),
						    v->service->name);
		if (one && read_count(v->closing, one, e) < 0)
			return -1;
		if (one)
			replay_service(s, v, one, from, to);
	}
	if (!idle)
		s->measured_s += ns_to_s(to - from);
	return soak_watch_put(s, json_object_get(json, "readings"), e);
}
