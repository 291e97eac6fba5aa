/* src/store/store.c - see store.h: writing.
 *
 * The journal is a rollback journal (journal_mode DELETE): one file, no shared memory, and
 * synchronous FULL, so that what was saved is there after a power cut.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "result/parts.h"
#include "result/stats_table.h"
#include "store/lock.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/store_in.h"

static int read_version(void *ctx, sqlite3_stmt *row, struct err *e)
{
	(void)e;
	*(int *)ctx = sqlite3_column_int(row, 0);
	return 0;
}

static int prepare(const struct sql *q, struct err *e)
{
	int version = 0;
	sqlite3_busy_timeout(q->db, 5000);
	if (sql_exec(q, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
		     "PRAGMA foreign_keys = ON;", e) < 0 ||
	    sql_each(q, "PRAGMA user_version", read_version, &version, e) < 0)
		return -1;
	if (version == SCHEMA_VERSION)
		return 0;
	if (version != 0)
		return err_set(e, ERR_DATA,
			       "'%s' has schema %d, this assay writes %d: give another "
			       "folder",
			       q->path, version, SCHEMA_VERSION);
	char set[64];
	(void)snprintf(set, sizeof(set), "PRAGMA user_version = %d; COMMIT;", SCHEMA_VERSION);
	if (sql_exec(q, "BEGIN IMMEDIATE", e) < 0 || sql_exec(q, schema_sql, e) < 0)
		return -1;
	return sql_exec(q, set, e);
}

int store_open(const char *path, struct store **ret_store, struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));
	if (!s)
		return err_sys(e, "cannot hold a store");
	s->lock = -1;
	s->path = strdup(path);
	s->q.path = s->path;
	if (!s->path || lock_take(path, &s->lock, e) < 0) {
		if (!s->path)
			(void)err_sys(e, "cannot hold a path");
		(void)store_close(s);
		return -1;
	}
	if (sqlite3_open_v2(path, &s->q.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
	    SQLITE_OK) {
		(void)err_set(e, ERR_SYSTEM, "cannot open '%s': %s", path,
			      s->q.db ? sqlite3_errmsg(s->q.db) : "no memory");
		(void)store_close(s);
		return -1;
	}
	if (prepare(&s->q, e) < 0) {
		(void)store_close(s);
		return -1;
	}
	*ret_store = s;
	return 0;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	(void)sqlite3_close(s->q.db);
	if (s->lock >= 0)
		lock_release(s->path, s->lock);
	free(s->path);
	free(s);
	return NULL;
}

static int save_metric(const struct sql *q, int64_t run_id, const struct metric *m, struct err *e)
{
	double v[8];
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i] = stats_value(&stats_table[i], m->hist);
	return sql_insert(q, e, "metric", "issirrrrrrrrrs", run_id, m->def->name, m->def->unit,
			  m->hist ? (int64_t)hist_count(m->hist) : (int64_t)0, v[0], v[1], v[2],
			  v[3], v[4], v[5], v[6], v[7], m->value, m->note);
}

/* run_id 0: of the soak, which is no run. */
static int save_targets(const struct sql *q, int64_t run_id, const struct target *items, size_t n,
			struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct target *t = &items[i];
		const char *types = run_id ? "issrrrisis" : "sssrrrisis";
		const char *verdict = verdict_name((enum verdict)t->verdict);
		int ret = run_id ? sql_insert(q, e, "target", types, run_id, t->metric, t->text,
					      t->value, t->lo, t->hi, (int64_t)t->n, verdict,
					      (int64_t)t->needed, t->why)
				 : sql_insert(q, e, "target", types, NULL, t->metric, t->text,
					      t->value, t->lo, t->hi, (int64_t)t->n, verdict,
					      (int64_t)t->needed, t->why);
		if (ret < 0)
			return -1;
	}
	return 0;
}

static int save_lists(const struct sql *q, int64_t id, const struct run *run, struct err *e)
{
	for (size_t i = 0; i < run->n_metrics; i++)
		if (save_metric(q, id, &run->metrics[i], e) < 0)
			return -1;
	for (size_t i = 0; i < run->n_windows; i++) {
		const struct run_window *w = &run->windows[i];
		if (sql_insert(q, e, "window", "irriiirrrr", id, ns_to_s(w->from_ns),
			       ns_to_s(w->to_ns), (int64_t)w->started, (int64_t)w->ok,
			       (int64_t)w->failed, w->in_flight, w->latency_p50, w->latency_p99,
			       w->ttft_p50) < 0)
			return -1;
	}
	for (size_t i = 0; i < run->n_failures; i++) {
		const struct failure_example *f = &run->failures[i];
		if (sql_insert(q, e, "failure", "isiiss", id, outcome_name(f->outcome),
			       (int64_t)f->status, (int64_t)f->count, f->sample_id, f->detail) < 0)
			return -1;
	}
	return save_targets(q, id, run->targets, run->n_targets, e);
}

static int save_run(const struct sql *q, const struct run *run, uint64_t zero_ns, struct err *e)
{
	const struct service_ref *v = &run->service;
	json_building(true);
	json_t *j = run_to_json(run, zero_ns);
	json_building(false);
	int ret = sql_insert(q, e, "run (name, suite, service, kind, protocol, url, start_wall_ns, "
		"duration_s, attempted, ok, failed, unsent, verdict, trustworthy, error, settings, "
		"json)", "ssssssiriiiisisjj", run->name, run->suite, v->name, v->kind, v->protocol,
		v->url, (int64_t)run->start_wall_ns, run->duration_s, (int64_t)run->attempted,
		(int64_t)run->outcomes[OUTCOME_OK], (int64_t)run_failed(run), (int64_t)run->unsent,
		verdict_name(run_verdict(run)), (int64_t)run->trust.trustworthy, run->error,
		run->settings, j);
	json_decref(j);
	return ret < 0 ? -1 : save_lists(q, sqlite3_last_insert_rowid(q->db), run, e);
}

static int save_case(const struct sql *q, const struct case_result *c, struct err *e)
{
	json_building(true);
	json_t *j = case_to_json(c);
	json_building(false);
	int ret = sql_insert(q, e, "case_result", "sssssssssrj", c->id, c->suite, c->service,
			     c->name, verdict_name(c->verdict), c->finding, c->detail, c->source,
			     c->again, c->seconds, j);
	json_decref(j);
	return ret;
}

static int save_accuracy(const struct sql *q, const struct accuracy_result *x, struct err *e)
{
	json_building(true);
	json_t *j = accuracy_to_json(x);
	json_building(false);
	int ret = sql_insert(q, e, "accuracy", "sssirrrrrrsj", x->service, x->metric,
			     x->normalizer, (int64_t)x->utterances, x->reference_rate,
			     x->candidate_rate, x->difference, x->interval_lo, x->interval_hi,
			     x->gate, x->verdict, j);
	json_decref(j);
	return ret;
}

static int save_soak(const struct sql *q, const struct soak_result *s, struct err *e)
{
	json_building(true);
	json_t *j = soak_to_json(s);
	json_building(false);
	int ret = sql_insert(q, e, "soak", "riiiirsj", s->hours, (int64_t)s->windows,
			     (int64_t)s->gaps, (int64_t)s->requests, (int64_t)s->failed,
			     s->error_rate, verdict_name(soak_verdict(s)), j);
	json_decref(j);
	return ret < 0 ? -1 : save_targets(q, 0, s->targets, s->n_targets, e);
}

/* One prepared statement for all readings: a long soak has millions. */
static int save_readings(const struct sql *q, int64_t id, const struct series *s, struct err *e)
{
	sqlite3_stmt *insert = NULL;
	if (sqlite3_prepare_v2(q->db, "INSERT INTO reading VALUES (?,?,?)", -1, &insert, NULL) !=
	    SQLITE_OK)
		return sql_error(q, e);
	int ret = 0;
	for (size_t i = 0; i < s->n && ret == 0; i++) {
		(void)sqlite3_bind_int64(insert, 1, id);
		(void)sqlite3_bind_int64(insert, 2, (int64_t)s->at_ns[i]);
		(void)sqlite3_bind_double(insert, 3, s->values[i]);
		if (sqlite3_step(insert) != SQLITE_DONE)
			ret = sql_error(q, e);
		(void)sqlite3_reset(insert);
	}
	(void)sqlite3_finalize(insert);
	return ret;
}

static int save_series(const struct sql *q, const struct series *s, struct err *e)
{
	if (sql_insert(q, e, "series (source, device, name, unit)", "ssss", s->source, s->device,
		       s->name, s->unit) < 0)
		return -1;
	return save_readings(q, sqlite3_last_insert_rowid(q->db), s, e);
}

static int save_head(const struct sql *q, const struct result *r, struct err *e)
{
	char started[32];
	clock_format_wall(started, sizeof(started), r->start_wall_ns);
	json_building(true);
	json_t *j = result_head_to_json(r);
	json_building(false);
	int ret = sql_insert(q, e, "result", "issssssirjj", (int64_t)1, r->tool_version, r->title,
			     r->command, verdict_name(r->verdict), r->sentence, started,
			     (int64_t)r->start_wall_ns, r->duration_s, r->environment, j);
	json_decref(j);
	return ret;
}

static int save_all(const struct sql *q, const struct result *r, struct err *e)
{
	if (sql_exec(q, schema_clear_sql, e) < 0 || save_head(q, r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->n_runs; i++)
		if (save_run(q, r->runs[i], r->start_ns, e) < 0)
			return -1;
	for (size_t i = 0; i < r->n_cases; i++)
		if (save_case(q, &r->cases[i], e) < 0)
			return -1;
	for (size_t i = 0; i < r->n_accuracy; i++)
		if (save_accuracy(q, &r->accuracy[i], e) < 0)
			return -1;
	for (size_t i = 0; i < r->n_series; i++)
		if (save_series(q, r->series[i], e) < 0)
			return -1;
	return r->soak.present ? save_soak(q, &r->soak, e) : 0;
}

int store_finish(const struct sql *q, int ret, struct err *e)
{
	if (ret == 0 && sql_exec(q, "COMMIT", e) == 0)
		return 0;
	(void)sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

static int see_row(void *ctx, sqlite3_stmt *row, struct err *e)
{
	(void)row;
	(void)e;
	*(bool *)ctx = true;
	return 0;
}

int store_begin(struct store *s, struct err *e)
{
	bool used = false;
	/* Emptying tables takes room for a journal, which a disk may not have: not for nothing. */
	if (sql_each(&s->q, schema_used_sql, see_row, &used, e) < 0)
		return -1;
	if (!used)
		return 0;
	if (sql_exec(&s->q, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	return store_finish(&s->q, sql_exec(&s->q, schema_clear_sql, e), e);
}

int store_save(struct store *s, const struct result *r, struct err *e)
{
	if (sql_exec(&s->q, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	return store_finish(&s->q, save_all(&s->q, r, e), e);
}

/* Forget an earlier state of the same run. */
static int forget_run(const struct sql *q, const struct run *run, struct err *e)
{
	char *text = sqlite3_mprintf("DELETE FROM run WHERE name = %Q AND suite = %Q", run->name,
				     run->suite);
	if (!text)
		return err_sys(e, "cannot hold a statement");
	int ret = sql_exec(q, text, e);
	sqlite3_free(text);
	return ret;
}

int store_save_run(struct store *s, const struct run *run, struct err *e)
{
	if (sql_exec(&s->q, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	int ret = forget_run(&s->q, run, e);
	return store_finish(&s->q, ret < 0 ? ret : save_run(&s->q, run, 0, e), e);
}

int store_save_case(struct store *s, const struct case_result *c, struct err *e)
{
	return save_case(&s->q, c, e);
}
