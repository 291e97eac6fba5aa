/* src/result/result_read.c - the tree out of the JSON document of result.json.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "result/reader.h"

static void read_case(struct reader *rd, struct result *r, const json_t *j)
{
	struct case_result *c = result_add_case(r);
	c->id = reader_text(rd, j, "id");
	c->suite = reader_text(rd, j, "suite");
	c->service = reader_text(rd, j, "service");
	c->name = reader_text(rd, j, "name");
	c->verdict = reader_verdict(rd, j, "verdict");
	c->finding = reader_text(rd, j, "finding");
	c->detail = reader_text(rd, j, "detail");
	c->source = reader_text(rd, j, "source");
	c->again = reader_text(rd, j, "again");
	c->seconds = reader_real(rd, j, "seconds");
}

static void read_pairs(struct reader *rd, struct accuracy_result *x, const json_t *j)
{
	size_t i;
	json_t *v;
	json_array_foreach(reader_list(rd, j, "pairs"), i, v)
		*ARENA_ADD(rd->a, x->pairs, x->n_pairs) = (struct accuracy_pair){
			.id = reader_text(rd, v, "id"),
			.reference = reader_text(rd, v, "reference"),
			.candidate_text = reader_text(rd, v, "candidate_text"),
			.reference_text = reader_text(rd, v, "reference_text"),
			.candidate_rate = reader_real(rd, v, "candidate_rate"),
			.reference_rate = reader_real(rd, v, "reference_rate"),
		};
}

static void read_figures(struct reader *rd, struct accuracy_result *x, const json_t *j)
{
	const char *key;
	json_t *v;
	json_t *all = (json_t *)reader_object(rd, j, "figures");
	json_object_foreach(all, key, v)
		*ARENA_ADD(rd->a, x->figures, x->n_figures) = (struct accuracy_figure){
			arena_str(rd->a, key), reader_real(rd, all, key)};
}

static void read_accuracy(struct reader *rd, struct result *r, const json_t *j)
{
	struct accuracy_result *x = result_add_accuracy(r);
	x->service = reader_text(rd, j, "service");
	x->metric = reader_text(rd, j, "metric");
	x->normalizer = reader_text(rd, j, "normalizer");
	x->utterances = reader_count(rd, j, "utterances");
	x->units = reader_count(rd, j, "reference_units");
	x->hits = reader_count(rd, j, "hits");
	x->substitutions = reader_count(rd, j, "substitutions");
	x->deletions = reader_count(rd, j, "deletions");
	x->insertions = reader_count(rd, j, "insertions");
	reader_texts(rd, j, "missing", &x->missing);
	reader_texts(rd, j, "mismatches", &x->mismatches);
	x->reference_rate = reader_real(rd, j, "reference_rate");
	x->candidate_rate = reader_real(rd, j, "candidate_rate");
	x->difference = reader_real(rd, j, "difference");
	reader_interval(rd, j, "interval95", &x->interval_lo, &x->interval_hi);
	x->floor = reader_real(rd, j, "floor");
	x->gate = reader_real(rd, j, "gate");
	x->needed = reader_count(rd, j, "needed");
	x->verdict = reader_text(rd, j, "verdict");
	x->note = reader_text(rd, j, "note");
	read_figures(rd, x, j);
	read_pairs(rd, x, j);
}

static void read_soak(struct reader *rd, struct soak_result *s, const json_t *j)
{
	size_t i;
	json_t *v;
	s->present = true;
	s->hours = reader_real(rd, j, "hours");
	s->windows = reader_count(rd, j, "windows");
	s->gaps = reader_count(rd, j, "gaps");
	s->requests = reader_count(rd, j, "requests");
	s->failed = reader_count(rd, j, "failed");
	s->error_rate = reader_real(rd, j, "error_rate");
	reader_interval(rd, j, "interval95", &s->error_lo, &s->error_hi);
	json_array_foreach(reader_list(rd, j, "outages"), i, v)
		*ARENA_ADD(rd->a, s->outages, s->n_outages) = (struct outage){
			.from_wall_ns = reader_count(rd, v, "from_wall_ns"),
			.seconds = reader_real(rd, v, "seconds"),
		};
	json_array_foreach(reader_list(rd, j, "leaks"), i, v)
		*ARENA_ADD(rd->a, s->leaks, s->n_leaks) = (struct leak_result){
			.what = reader_text(rd, v, "what"),
			.slope_per_hour = reader_real(rd, v, "slope_per_hour"),
			.unit = reader_text(rd, v, "unit"),
			.verdict = reader_text(rd, v, "verdict"),
		};
	const json_t *drift = reader_object(rd, j, "drift");
	s->drift_p50 = reader_real(rd, drift, "p50");
	s->drift_p99 = reader_real(rd, drift, "p99");
	reader_interval(rd, drift, "p99_interval95", &s->drift_p99_lo, &s->drift_p99_hi);
	reader_targets(rd, j, &s->targets, &s->n_targets);
}

static const char *text_or_empty(struct reader *rd, const json_t *j, const char *key)
{
	const char *text = reader_text(rd, j, key);
	return text ? text : "";
}

static void read_series(struct reader *rd, struct result *r, const json_t *j)
{
	const json_t *at = reader_list(rd, j, "at_s");
	const json_t *values = reader_list(rd, j, "values");
	struct series *s = series_new(text_or_empty(rd, j, "source"),
				      text_or_empty(rd, j, "device"),
				      text_or_empty(rd, j, "name"), text_or_empty(rd, j, "unit"));
	if (!s) {
		reader_fail(rd, "", "does not fit in memory");
		return;
	}
	*ARENA_ADD(rd->a, r->series, r->n_series) = s;
	if (json_array_size(at) != json_array_size(values)) {
		reader_fail(rd, "values", "must be as many as at_s");
		return;
	}
	for (size_t i = 0; i < json_array_size(at); i++) {
		const json_t *moment = json_array_get(at, i), *value = json_array_get(values, i);
		double offset = json_number_value(moment);
		if (!json_is_number(moment) || !json_is_number(value) || fabs(offset) > 1e9) {
			reader_fail(rd, "values", "must be numbers at moments of the run");
			return;
		}
		uint64_t ns = r->start_ns + (uint64_t)llround(offset * 1e9);
		if (series_add(s, ns, json_number_value(value)) < 0)
			reader_fail(rd, "values", "do not fit in memory");
	}
}

static void read_each(struct reader *rd, struct result *r, const json_t *j, const char *key,
		      void (*read)(struct reader *rd, struct result *r, const json_t *j))
{
	size_t i;
	json_t *v;
	rd->where = "";
	json_array_foreach(reader_list(rd, j, key), i, v) {
		rd->where = arena_fmt(rd->a, "%s[%zu]", key, i);
		if (!json_is_object(v))
			reader_fail(rd, "", "must be an object");
		if (rd->failed)
			return;
		read(rd, r, v);
	}
	rd->where = "";
}

static void read_head(struct reader *rd, struct result *r, const json_t *j)
{
	if (reader_whole(rd, j, "assay") != 1)
		reader_fail(rd, "assay", "must be 1 (the version of the format)");
	const char *version = reader_text(rd, reader_object(rd, j, "tool"), "version");
	r->tool_version = version ? version : "";
	r->verdict = reader_verdict(rd, j, "verdict");
	r->sentence = reader_text(rd, j, "sentence");
	r->title = reader_text(rd, j, "title");
	r->command = reader_text(rd, j, "command");
	r->start_wall_ns = reader_count(rd, j, "start_wall_ns");
	r->start_ns = reader_count(rd, j, "start_ns");
	r->duration_s = reader_real(rd, j, "duration_s");
	const json_t *environment = reader_object(rd, j, "environment");
	if (environment && json_object_size(environment) > 0)
		r->environment = json_deep_copy(environment);
	r->interrupted = reader_bool(rd, j, "interrupted");
	reader_texts(rd, j, "skipped", &r->skipped);
	reader_texts(rd, j, "errors", &r->errors);
}

struct result *result_from_json(const json_t *j, struct err *e)
{
	struct result *r = result_new();
	if (!r) {
		(void)err_set(e, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	struct err own;
	struct reader rd = {.a = r->arena, .e = e ? e : &own, .where = ""};
	if (!json_is_object(j))
		reader_fail(&rd, "the document", "must be an object");
	else
		read_head(&rd, r, j);
	read_each(&rd, r, j, "runs", reader_run);
	read_each(&rd, r, j, "cases", read_case);
	read_each(&rd, r, j, "accuracy", read_accuracy);
	const json_t *soak = rd.failed ? NULL : reader_object(&rd, j, "soak");
	rd.where = "soak";
	if (soak)
		read_soak(&rd, &r->soak, soak);
	read_each(&rd, r, j, "series", read_series);
	return rd.failed ? result_free(r) : r;
}
