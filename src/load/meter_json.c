/* src/load/meter_json.c - a meter as JSON, exact, for the host that puts several together.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/util.h"
#include "load/meter_in.h"

/* What is only added up. */
static const struct {
	const char *name;
	size_t at;
} counts[] = {
#define COUNT_AT(field) {#field, FIELD_OFFSET(struct meter, field, uint64_t)}
	COUNT_AT(attempted), COUNT_AT(unsent), COUNT_AT(empty_transcripts), COUNT_AT(good),
	COUNT_AT(ends), COUNT_AT(ends_good), COUNT_AT(moments[STAMP_KERNEL]),
	COUNT_AT(moments[STAMP_SHARED]), COUNT_AT(moments[STAMP_USER]),
#undef COUNT_AT
}, sums[] = {
#define SUM_AT(field) {#field, FIELD_OFFSET(struct meter, field, double)}
	SUM_AT(tokens), SUM_AT(audio_s), SUM_AT(service_ns), SUM_AT(all_audio_s), SUM_AT(area),
#undef SUM_AT
};

static bool put_hist(json_t *j, const char *name, const struct hist *h)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (hist_count(h) == 0)
		return true;
	if (hist_write(h, &text) != 0)
		return false;
	json_put_text(j, name, text.data);
	return true;
}

static json_t *failure_to_json(const struct meter *m, const struct failure *f)
{
	json_t *j = json_object();
	json_put_int(j, "count", (int64_t)f->count);
	json_put_int(j, "at", (int64_t)(f->at - m->spec.start));
	json_put_int(j, "status", f->status);
	json_put_text(j, "sample", f->sample_id);
	json_put_text(j, "detail", f->detail);
	return j;
}

static json_t *failures_to_json(const struct meter *m)
{
	json_t *j = json_object();
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (m->failures[i].count > 0)
			json_put(j, outcome_name((enum outcome)i),
				 failure_to_json(m, &m->failures[i]));
	if (m->stale.count > 0)
		json_put(j, "stale", failure_to_json(m, &m->stale));
	return j;
}

static void put_numbers(json_t *j, const struct meter *m)
{
	json_t *outcomes = json_object();
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		json_put_int(j, counts[i].name,
			     (int64_t) * (const uint64_t *)((const char *)m + counts[i].at));
	for (size_t i = 0; i < ARRAY_LEN(sums); i++)
		json_put_real(j, sums[i].name, *(const double *)((const char *)m + sums[i].at));
	json_put_bool(j, "any_tokens", m->any_tokens);
	json_put_bool(j, "tokens_counted", m->tokens_counted);
	if (m->first_intended != 0)
		json_put_int(j, "first_intended", (int64_t)(m->first_intended - m->spec.start));
	if (m->last_end != 0)
		json_put_int(j, "last_end", (int64_t)(m->last_end - m->spec.start));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (m->outcomes[i] > 0)
			json_put_int(outcomes, outcome_name((enum outcome)i),
				     (int64_t)m->outcomes[i]);
	json_put(j, "outcomes", outcomes);
}

json_t *meter_to_json(struct meter *m, struct err *e)
{
	CLEANUP(buf_release) struct buf timeline = BUF_INIT(BUF_UNLIMITED);
	if (timeline_write(m->timeline, &timeline, e) != 0)
		return NULL;
	json_building(true);
	json_t *j = json_object(), *hists = json_object();
	put_numbers(j, m);
	json_put(j, "failures", failures_to_json(m));
	bool ok = put_hist(j, "bound", m->bound);
	for (int i = 0; i < OBSERVED_COUNT; i++)
		ok = ok && put_hist(hists, observed_name((enum observed)i), m->observed[i]);
	json_put(j, "observed", hists);
	json_put_text(j, "timeline", timeline.data);
	json_building(false);
	if (ok)
		return j;
	json_decref(j);
	(void)err_set(e, ERR_SYSTEM, "no memory to tell what was measured");
	return NULL;
}

/* --- back --- */

/* A count that is there is whole and not negative; one that is not is 0. */
static bool get_count(const json_t *j, const char *name, uint64_t *ret)
{
	const json_t *v = json_object_get(j, name);
	if (!v)
		return true;
	*ret = (uint64_t)json_integer_value(v);
	return json_is_integer(v) && json_integer_value(v) >= 0;
}

static bool get_hist(const json_t *j, const char *name, struct hist *h, struct err *e)
{
	const json_t *v = json_object_get(j, name);
	return !v || (json_is_string(v) &&
		      hist_read(h, json_string_value(v), json_string_length(v), e) == 0);
}

static bool get_failure(const json_t *j, const char *name, uint64_t start, struct arena *a,
			struct failure *f)
{
	const json_t *v = json_object_get(j, name);
	int64_t status = 0;
	if (!v)
		return true;
	if (!get_count(v, "count", &f->count) || !get_count(v, "at", &f->at) || f->count == 0)
		return false;
	(void)json_whole(v, "status", &status);
	f->at += start;
	f->status = (int)status;
	f->sample_id = arena_str(a, json_text(v, "sample", NULL));
	str_cut_copy(f->detail, sizeof(f->detail), json_text(v, "detail", ""));
	return true;
}

static bool get_moment(const json_t *j, const char *name, uint64_t start, uint64_t *ret)
{
	if (json_object_get(j, name) && !get_count(j, name, ret))
		return false;
	if (json_object_get(j, name))
		*ret += start;
	return true;
}

static bool get_numbers(struct meter *m, const json_t *j, struct arena *a)
{
	const json_t *outcomes = json_object_get(j, "outcomes");
	const json_t *failures = json_object_get(j, "failures");
	bool ok = true;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		ok = ok && get_count(j, counts[i].name,
				     (uint64_t *)((char *)m + counts[i].at));
	for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
		const json_t *v = json_object_get(j, sums[i].name);
		ok = ok && json_is_number(v);
		*(double *)((char *)m + sums[i].at) = json_number_value(v);
	}
	m->any_tokens = json_is_true(json_object_get(j, "any_tokens"));
	m->tokens_counted = json_is_true(json_object_get(j, "tokens_counted"));
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		const char *name = outcome_name((enum outcome)i);
		ok = ok && get_count(outcomes, name, &m->outcomes[i]) &&
		     get_failure(failures, name, m->spec.start, a, &m->failures[i]);
	}
	return ok && get_failure(failures, "stale", m->spec.start, a, &m->stale) &&
	       get_moment(j, "first_intended", m->spec.start, &m->first_intended) &&
	       get_moment(j, "last_end", m->spec.start, &m->last_end);
}

int meter_from_json(struct meter *into, const json_t *j, struct arena *a, struct err *e)
{
	const json_t *t = json_object_get(j, "timeline");
	const json_t *hists = json_object_get(j, "observed");
	if (!json_is_string(t) || !get_numbers(into, j, a))
		return err_set(e, ERR_DATA, "what a rank tells of its requests is damaged");
	bool ok = get_hist(j, "bound", into->bound, e);
	for (int i = 0; i < OBSERVED_COUNT && ok; i++)
		ok = get_hist(hists, observed_name((enum observed)i), into->observed[i], e);
	return ok && timeline_read(into->timeline, json_string_value(t), json_string_length(t),
				   e) == 0 ? 0 : -1;
}
