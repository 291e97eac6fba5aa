/* src/result/result_json.c - the tree as the JSON document of result.json.
 *
 * What is not known is absent. Beside the keys that others rely on stand those that make the
 * tree whole again when it is read back: histograms as text, windows by column, series.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "result/parts.h"
#include "result/stats_table.h"

static json_t *interval(double lo, double hi)
{
	if (isnan(lo) && isnan(hi))
		return NULL;
	json_t *j = json_array();
	(void)json_array_append_new(j, isnan(lo) ? json_null() : json_real(lo));
	(void)json_array_append_new(j, isnan(hi) ? json_null() : json_real(hi));
	return j;
}

static json_t *strings_json(const struct strings *list)
{
	json_t *j = json_array();
	for (size_t i = 0; i < list->n; i++)
		(void)json_array_append_new(j, json_string(list->items[i]));
	return j;
}

static void put_texts(json_t *j, const char *key, const struct strings *list)
{
	if (list->n > 0)
		json_put(j, key, strings_json(list));
}

static void put_wall(json_t *j, const char *text_key, const char *ns_key, uint64_t wall_ns)
{
	char text[32];
	if (wall_ns == 0)
		return;
	clock_format_wall(text, sizeof(text), wall_ns);
	json_put_text(j, text_key, text);
	json_put_int(j, ns_key, (int64_t)wall_ns);
}

static void put_hist(json_t *j, const struct hist *h)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	json_put_int(j, "n", (int64_t)hist_count(h));
	if (hist_count(h) > 0) {
		json_t *few = json_array();
		for (size_t i = 0; stats_table[i].name; i++) {
			const struct stats_row *row = &stats_table[i];
			json_put_real(j, row->name, stats_value(row, h));
			if (stats_few(row, h))
				(void)json_array_append_new(few, json_string(row->name));
		}
		json_put(j, "few", few);
	}
	if (hist_write(h, &text) == 0)
		json_put_text(j, "hist", text.data);
	buf_release(&text);
}

static json_t *distribution(const struct hist *h, const char *unit, const char *note)
{
	json_t *j = json_object();
	json_put_text(j, "unit", unit);
	if (h)
		put_hist(j, h);
	json_put_text(j, "note", note);
	return j;
}

static json_t *service_json(const struct service_ref *s)
{
	json_t *j = json_object();
	json_put_text(j, "name", s->name);
	json_put_text(j, "kind", s->kind);
	json_put_text(j, "protocol", s->protocol);
	json_put_text(j, "url", s->url);
	return j;
}

static json_t *counts_json(const struct run *run)
{
	json_t *failed = json_object();
	for (size_t i = 0; i < OUTCOME_COUNT; i++)
		if (i != OUTCOME_OK && run->outcomes[i] > 0)
			json_put_int(failed, outcome_name((enum outcome)i),
				     (int64_t)run->outcomes[i]);
	json_t *j = json_object();
	json_put_int(j, "attempted", (int64_t)run->attempted);
	json_put_int(j, "ok", (int64_t)run->outcomes[OUTCOME_OK]);
	json_put_int(j, "unsent", (int64_t)run->unsent);
	json_put(j, "failed", failed);
	if (run->empty_transcripts > 0)
		json_put_int(j, "empty_transcripts", (int64_t)run->empty_transcripts);
	return j;
}

static void put_metrics(json_t *j, const struct run *run)
{
	json_t *metrics = json_object(), *rates = json_object(), *notes = json_object();
	for (size_t i = 0; i < run->n_metrics; i++) {
		const struct metric *m = &run->metrics[i];
		if (m->def->scope == METRIC_RUN) {
			json_put_real(rates, m->def->name, m->value);
			json_put_text(notes, m->def->name, m->note);
			continue;
		}
		json_t *d = distribution(m->hist, m->def->unit, m->note);
		json_put_real(d, "value", m->hist ? NAN : m->value);
		json_put(metrics, m->def->name, d);
	}
	json_put_real(rates, "error_rate", run_error_rate(run));
	json_put(j, "metrics", metrics);
	json_put(j, "rates", rates);
	if (json_object_size(notes) > 0)
		json_put(j, "rate_notes", notes);
	else
		json_decref(notes);
}

static json_t *number_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *windows_json(const struct run *run)
{
	static const char *const names[] = {"from_s", "to_s", "started", "ok", "failed",
					    "in_flight", "latency_p50", "latency_p99", "ttft_p50"};
	json_t *columns[ARRAY_LEN(names)];
	json_t *j = json_object();
	for (size_t c = 0; c < ARRAY_LEN(names); c++) {
		columns[c] = json_array();
		json_put(j, names[c], columns[c]);
	}
	for (size_t i = 0; i < run->n_windows; i++) {
		const struct run_window *w = &run->windows[i];
		json_t *row[ARRAY_LEN(names)] = {
			json_real(ns_to_s(w->from_ns)), json_real(ns_to_s(w->to_ns)),
			json_integer((json_int_t)w->started), json_integer((json_int_t)w->ok),
			json_integer((json_int_t)w->failed), number_or_null(w->in_flight),
			number_or_null(w->latency_p50), number_or_null(w->latency_p99),
			number_or_null(w->ttft_p50),
		};
		for (size_t c = 0; c < ARRAY_LEN(names); c++)
			(void)json_array_append_new(columns[c], row[c]);
	}
	return j;
}

static json_t *failures_json(const struct run *run)
{
	json_t *list = json_array();
	for (size_t i = 0; i < run->n_failures; i++) {
		const struct failure_example *f = &run->failures[i];
		json_t *j = json_object();
		json_put_text(j, "reason", outcome_name(f->outcome));
		if (f->status)
			json_put_int(j, "status", f->status);
		json_put_int(j, "count", (int64_t)f->count);
		json_put_text(j, "sample", f->sample_id);
		json_put_text(j, "detail", f->detail);
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *targets_json(const struct target *items, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		const struct target *t = &items[i];
		json_t *j = json_object();
		json_put_text(j, "metric", t->metric);
		json_put_text(j, "limit", t->text);
		json_put_real(j, "value", t->value);
		json_put_text(j, "verdict", verdict_name((enum verdict)t->verdict));
		json_put(j, "interval95", interval(t->lo, t->hi));
		json_put_int(j, "n", (int64_t)t->n);
		if (t->needed > 0)
			json_put_int(j, "needed", (int64_t)t->needed);
		json_put_text(j, "why", t->why);
		if (t->standard)
			json_put_bool(j, "standard", true);
		(void)json_array_append_new(list, j);
	}
	return list;
}

static void put_share(json_t *j, const char *key, uint64_t part, uint64_t whole)
{
	if (whole > 0)
		json_put_real(j, key, (double)part / (double)whole);
}

static json_t *moments_json(const struct generator *g)
{
	uint64_t all = g->moments_stamped + g->moments_shared + g->moments_user;
	json_t *j = json_object();
	put_share(j, "stamped", g->moments_stamped, all);
	put_share(j, "shared", g->moments_shared, all);
	put_share(j, "user", g->moments_user, all);
	if (all > 0)
		json_put(j, "counts", json_pack("[III]", (json_int_t)g->moments_stamped,
						(json_int_t)g->moments_shared,
						(json_int_t)g->moments_user));
	if (g->bound) {
		if (hist_count(g->bound) > 0)
			json_put_real(j, "bound_p99_s",
				      (double)hist_quantile(g->bound, 0.99) / 1e9);
		json_put(j, "bound", distribution(g->bound, "s", NULL));
	}
	return j;
}

static json_t *generator_json(const struct generator *g)
{
	json_t *j = json_object();
	if (g->threads)
		json_put_int(j, "threads", g->threads);
	json_put_real(j, "cpu_s", g->cpu_s);
	json_put_real(j, "busiest_core_share", g->busiest_core_share);
	if (g->queue_delay)
		json_put(j, "queue_delay", distribution(g->queue_delay, "s", NULL));
	if (g->generator_delay)
		json_put(j, "generator_delay", distribution(g->generator_delay, "s", NULL));
	json_put_real(j, "asked_rate", g->asked_rate);
	json_put_real(j, "achieved_rate", g->achieved_rate);
	if (g->reads_stamped + g->reads_user > 0)
		json_put(j, "reads", json_pack("{sIsI}", "stamped", (json_int_t)g->reads_stamped,
					       "user", (json_int_t)g->reads_user));
	json_put(j, "moments", moments_json(g));
	return j;
}

static json_t *trust_json(const struct trust *t)
{
	json_t *j = json_object();
	json_put_text(j, "verdict", t->trustworthy ? "trustworthy" : "untrustworthy");
	json_put(j, "reasons", strings_json(&t->reasons));
	return j;
}

static json_t *until_json(const struct run *run)
{
	const struct run_until *u = &run->until;
	json_t *j = json_object();
	json_put_text(j, "metric", u->metric);
	json_put_real(j, "within", u->within);
	json_put_real(j, "known_to", u->width);
	json_put_bool(j, "reached", run_until_reached(run));
	json_put_bool(j, "ended_the_run", u->ended);
	return j;
}

json_t *run_to_json(const struct run *run, uint64_t zero_ns)
{
	json_t *j = json_object();
	json_put_text(j, "name", run->name);
	json_put_text(j, "suite", run->suite);
	json_put_text(j, "verdict", verdict_name(run_verdict(run)));
	json_put(j, "service", service_json(&run->service));
	json_put(j, "settings", json_deep_copy(run->settings));
	put_wall(j, "started", "start_wall_ns", run->start_wall_ns);
	json_put_int(j, "start_offset_ns", (int64_t)(run->start_ns - zero_ns));
	json_put(j, "counts", counts_json(run));
	json_put_real(j, "duration_s", run->duration_s);
	json_put_real(j, "concurrency_mean", run->concurrency_mean);
	json_put_real(j, "concurrency_peak", run->concurrency_peak);
	json_put_real(j, "first_request_s", run->first_request_s);
	if (run->warmup_requests)
		json_put_int(j, "warmup_requests", (int64_t)run->warmup_requests);
	put_metrics(j, run);
	json_put(j, "targets", targets_json(run->targets, run->n_targets));
	json_put(j, "generator", generator_json(&run->generator));
	json_put(j, "trust", trust_json(&run->trust));
	if (run->n_hosts > 0) {
		json_t *hosts = json_array();
		for (size_t i = 0; i < run->n_hosts; i++)
			(void)json_array_append_new(hosts, run_host_to_json(&run->hosts[i]));
		json_put(j, "hosts", hosts);
	}
	if (run->n_failures > 0)
		json_put(j, "failures", failures_json(run));
	if (run->n_windows > 0)
		json_put(j, "windows", windows_json(run));
	if (run->until.metric)
		json_put(j, "until", until_json(run));
	if (run->interrupted)
		json_put_bool(j, "interrupted", true);
	json_put_text(j, "error", run->error);
	return j;
}

json_t *case_to_json(const struct case_result *c)
{
	json_t *j = json_object();
	json_put_text(j, "id", c->id);
	json_put_text(j, "suite", c->suite);
	json_put_text(j, "service", c->service);
	json_put_text(j, "name", c->name);
	json_put_text(j, "verdict", verdict_name(c->verdict));
	json_put_text(j, "finding", c->finding);
	json_put_text(j, "detail", c->detail);
	json_put_text(j, "source", c->source);
	json_put_text(j, "again", c->again);
	json_put_real(j, "seconds", c->seconds);
	return j;
}

static json_t *pairs_json(const struct accuracy_result *x)
{
	json_t *list = json_array();
	for (size_t i = 0; i < x->n_pairs; i++) {
		const struct accuracy_pair *p = &x->pairs[i];
		json_t *j = json_object();
		json_put_text(j, "id", p->id);
		json_put_text(j, "reference", p->reference);
		json_put_text(j, "candidate_text", p->candidate_text);
		json_put_text(j, "reference_text", p->reference_text);
		json_put_real(j, "candidate_rate", p->candidate_rate);
		json_put_real(j, "reference_rate", p->reference_rate);
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *figures_json(const struct accuracy_result *x)
{
	json_t *j = json_object();
	for (size_t i = 0; i < x->n_figures; i++)
		json_put_real(j, x->figures[i].name, x->figures[i].value);
	return j;
}

json_t *accuracy_to_json(const struct accuracy_result *x)
{
	json_t *j = json_object();
	json_put_text(j, "service", x->service);
	json_put_text(j, "metric", x->metric);
	json_put_text(j, "normalizer", x->normalizer);
	json_put_int(j, "utterances", (int64_t)x->utterances);
	if (x->units > 0) {
		json_put_int(j, "reference_units", (int64_t)x->units);
		json_put_int(j, "hits", (int64_t)x->hits);
		json_put_int(j, "substitutions", (int64_t)x->substitutions);
		json_put_int(j, "deletions", (int64_t)x->deletions);
		json_put_int(j, "insertions", (int64_t)x->insertions);
	}
	put_texts(j, "missing", &x->missing);
	put_texts(j, "mismatches", &x->mismatches);
	json_put_real(j, "reference_rate", x->reference_rate);
	json_put_real(j, "candidate_rate", x->candidate_rate);
	json_put_real(j, "difference", x->difference);
	json_put(j, "interval95", interval(x->interval_lo, x->interval_hi));
	json_put_real(j, "floor", x->floor);
	json_put_real(j, "gate", x->gate);
	if (x->needed > 0)
		json_put_int(j, "needed", (int64_t)x->needed);
	json_put_text(j, "verdict", x->verdict);
	json_put_text(j, "note", x->note);
	if (x->n_figures > 0)
		json_put(j, "figures", figures_json(x));
	if (x->n_pairs > 0)
		json_put(j, "pairs", pairs_json(x));
	return j;
}

static json_t *drift_json(const struct soak_result *s)
{
	json_t *j = json_object();
	json_put_real(j, "p50", s->drift_p50);
	json_put_real(j, "p99", s->drift_p99);
	json_put(j, "p99_interval95", interval(s->drift_p99_lo, s->drift_p99_hi));
	return j;
}

json_t *soak_to_json(const struct soak_result *s)
{
	json_t *j = json_object(), *outages = json_array(), *leaks = json_array();
	for (size_t i = 0; i < s->n_outages; i++) {
		json_t *o = json_object();
		put_wall(o, "from", "from_wall_ns", s->outages[i].from_wall_ns);
		json_put_real(o, "seconds", s->outages[i].seconds);
		(void)json_array_append_new(outages, o);
	}
	for (size_t i = 0; i < s->n_leaks; i++) {
		json_t *l = json_object();
		json_put_text(l, "what", s->leaks[i].what);
		json_put_real(l, "slope_per_hour", s->leaks[i].slope_per_hour);
		json_put_text(l, "unit", s->leaks[i].unit);
		json_put_text(l, "verdict", s->leaks[i].verdict);
		(void)json_array_append_new(leaks, l);
	}
	json_put_text(j, "verdict", verdict_name(soak_verdict(s)));
	json_put_real(j, "hours", s->hours);
	json_put_int(j, "windows", (int64_t)s->windows);
	json_put_int(j, "gaps", (int64_t)s->gaps);
	json_put_int(j, "requests", (int64_t)s->requests);
	json_put_int(j, "failed", (int64_t)s->failed);
	json_put(j, "outages", outages);
	json_put_real(j, "error_rate", s->error_rate);
	json_put(j, "interval95", interval(s->error_lo, s->error_hi));
	json_put(j, "leaks", leaks);
	json_put(j, "drift", drift_json(s));
	json_put(j, "targets", targets_json(s->targets, s->n_targets));
	return j;
}

json_t *series_to_json(const struct series *s, uint64_t zero_ns)
{
	json_t *at = json_array(), *values = json_array();
	for (size_t i = 0; i < s->n; i++) {
		double offset = (double)(int64_t)(s->at_ns[i] - zero_ns) / 1e9;
		(void)json_array_append_new(at, json_real(offset));
		(void)json_array_append_new(values, number_or_null(s->values[i]));
	}
	json_t *j = json_object();
	json_put_text(j, "source", s->source);
	json_put_text(j, "device", s->device);
	json_put_text(j, "name", s->name);
	json_put_text(j, "unit", s->unit);
	json_put(j, "at_s", at);
	json_put(j, "values", values);
	return j;
}

static json_t *parts(const struct result *r, const char *which)
{
	json_t *list = json_array();
	bool runs = strcmp(which, "runs") == 0, cases = strcmp(which, "cases") == 0;
	bool series = strcmp(which, "series") == 0;
	size_t n = runs ? r->n_runs : cases ? r->n_cases : series ? r->n_series : r->n_accuracy;
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list,
			runs ? run_to_json(r->runs[i], r->start_ns)
			: cases ? case_to_json(&r->cases[i])
			: series ? series_to_json(r->series[i], r->start_ns)
			: accuracy_to_json(&r->accuracy[i]));
	return list;
}

json_t *result_head_to_json(const struct result *r)
{
	json_t *j = json_object();
	json_put_int(j, "assay", 1);
	json_t *tool = json_object();
	json_put_text(tool, "version", r->tool_version);
	json_put(j, "tool", tool);
	json_put_text(j, "verdict", verdict_name(r->verdict));
	json_put_text(j, "sentence", r->sentence);
	json_put_text(j, "title", r->title);
	json_put_text(j, "command", r->command);
	put_wall(j, "started", "start_wall_ns", r->start_wall_ns);
	json_put_int(j, "start_ns", (int64_t)r->start_ns);
	json_put_real(j, "duration_s", r->duration_s);
	json_put(j, "environment", r->environment ? json_deep_copy(r->environment) : json_object());
	if (r->interrupted)
		json_put_bool(j, "interrupted", true);
	put_texts(j, "skipped", &r->skipped);
	put_texts(j, "errors", &r->errors);
	return j;
}

json_t *result_to_json(const struct result *r)
{
	json_building(true);
	json_t *j = result_head_to_json(r);
	json_put(j, "runs", parts(r, "runs"));
	json_put(j, "cases", parts(r, "cases"));
	json_put(j, "accuracy", parts(r, "accuracy"));
	if (r->soak.present)
		json_put(j, "soak", soak_to_json(&r->soak));
	if (r->n_series > 0)
		json_put(j, "series", parts(r, "series"));
	json_building(false);
	return j;
}
