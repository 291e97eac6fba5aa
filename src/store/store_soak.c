/* src/store/store_soak.c - see store.h: the windows of soaks.
 *
 * Nothing of a soak is changed once it is written, so a kill leaves a prefix of its windows.
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/store_in.h"

static int read_number(void *ctx, sqlite3_stmt *row, struct err *e)
{
	(void)e;
	*(int64_t *)ctx = sqlite3_column_int64(row, 0);
	return 0;
}

static int begin(const struct sql *q, struct soak_part *part, bool resume, struct err *e)
{
	int64_t newest = 0;
	if (sql_each(q, "SELECT max(soak) FROM soak_part", read_number, &newest, e) < 0)
		return -1;
	if (resume && newest == 0)
		return err_set(e, ERR_DATA, "'%s' holds no soak that could go on", q->path);
	part->soak = resume ? newest : newest + 1;
	if (sql_insert(q, e, "soak_part (soak, start_wall_ns, start_ns, boot, ended, about)",
		       "iiisij", part->soak, (int64_t)part->start_wall_ns,
		       (int64_t)part->start_ns, part->boot, (int64_t)0, part->about) < 0)
		return -1;
	part->id = sqlite3_last_insert_rowid(q->db);
	return 0;
}

int store_soak_begin(struct store *s, struct soak_part *part, bool resume, struct err *e)
{
	if (sql_exec(&s->q, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	return store_finish(&s->q, begin(&s->q, part, resume, e), e);
}

static int save(const struct sql *q, const struct soak_part *part, uint64_t number,
		const struct soak_row *rows, size_t n, const json_t *json, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct run_window *w = &rows[i].window;
		if (sql_insert(q, e, "soak_window", "iisirriiirrrr", part->soak, (int64_t)number,
			       rows[i].service, (int64_t)part->start_wall_ns, ns_to_s(w->from_ns),
			       ns_to_s(w->to_ns), (int64_t)w->started, (int64_t)w->ok,
			       (int64_t)w->failed, w->in_flight, w->latency_p50, w->latency_p99,
			       w->ttft_p50) < 0)
			return -1;
	}
	return sql_insert(q, e, "soak_step", "iiij", part->soak, (int64_t)number, part->id, json);
}

int store_soak_window(struct store *s, const struct soak_part *part, uint64_t number,
		      const struct soak_row *rows, size_t n_rows, const json_t *json,
		      struct err *e)
{
	if (sql_exec(&s->q, "BEGIN IMMEDIATE", e) < 0)
		return -1;
	return store_finish(&s->q, save(&s->q, part, number, rows, n_rows, json, e), e);
}

int store_soak_end(struct store *s, const struct soak_part *part, struct err *e)
{
	char text[96];
	(void)snprintf(text, sizeof(text), "UPDATE soak_part SET ended = 1 WHERE id = %lld",
		       (long long)part->id);
	return sql_exec(&s->q, text, e);
}

const char *store_path(const struct store *s)
{
	return s->path;
}

/* ---- reading ---- */

struct reading {
	const struct sql *q;
	const struct soak_reader *reader;
	int64_t parts;
};

static json_t *column_json(sqlite3_stmt *row, int at, struct err *e)
{
	const char *text = (const char *)sqlite3_column_text(row, at);
	return json_read(text ? text : "", text ? strlen(text) : 0, JSON_DEPTH_MAX, e);
}

static int read_window(void *ctx, sqlite3_stmt *row, struct err *e)
{
	const struct reading *r = ctx;
	CLEANUP(json_unref) json_t *json = column_json(row, 1, e);
	if (!json)
		return -1;
	return r->reader->window(r->reader->ctx, (uint64_t)sqlite3_column_int64(row, 0), json, e);
}

static int read_part(void *ctx, sqlite3_stmt *row, struct err *e)
{
	struct reading *r = ctx;
	CLEANUP(json_unref) json_t *about = column_json(row, 6, e);
	if (!about)
		return -1;
	struct soak_part part = {
		.id = sqlite3_column_int64(row, 0),
		.soak = sqlite3_column_int64(row, 1),
		.start_wall_ns = (uint64_t)sqlite3_column_int64(row, 2),
		.start_ns = (uint64_t)sqlite3_column_int64(row, 3),
		.about = about,
	};
	const char *boot = (const char *)sqlite3_column_text(row, 4);
	(void)snprintf(part.boot, sizeof(part.boot), "%s", boot ? boot : "");
	r->parts++;
	if (r->reader->part(r->reader->ctx, &part, sqlite3_column_int(row, 5) != 0, e) < 0)
		return -1;
	char query[128];
	(void)snprintf(query, sizeof(query),
		       "SELECT number, json FROM soak_step WHERE part = %lld ORDER BY number",
		       (long long)part.id);
	return r->reader->window ? sql_each(r->q, query, read_window, r, e) : 0;
}

static int read_all(const struct sql *q, const struct soak_reader *reader, struct err *e)
{
	struct reading r = {.q = q, .reader = reader};
	int64_t version = 0;
	if (sql_each(q, "PRAGMA user_version", read_number, &version, e) < 0)
		return -1;
	if (version != SCHEMA_VERSION)
		return err_set(e, ERR_DATA, "'%s' has schema %lld; this assay reads %d", q->path,
			       (long long)version, SCHEMA_VERSION);
	if (sql_each(q, "SELECT id, soak, start_wall_ns, start_ns, boot, ended, about FROM "
		     "soak_part WHERE soak = (SELECT max(soak) FROM soak_part) ORDER BY id",
		     read_part, &r, e) < 0)
		return -1;
	return r.parts ? 0 : err_set(e, ERR_DATA, "'%s' holds no soak", q->path);
}

int store_soak_read(const char *path, const struct soak_reader *reader, struct err *e)
{
	struct sql q = {.path = path};
	if (access(path, R_OK) < 0)
		return err_sys(e, "cannot read '%s'", path);
	/* Writable where it may be: only then is the journal of a killed writer rolled back. */
	if (sqlite3_open_v2(path, &q.db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK &&
	    (sqlite3_close(q.db) != SQLITE_OK ||
	     sqlite3_open_v2(path, &q.db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)) {
		(void)sqlite3_close(q.db);
		return err_set(e, ERR_SYSTEM, "cannot open '%s'", path);
	}
	sqlite3_busy_timeout(q.db, 5000);
	int ret = sqlite3_exec(q.db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK
			  ? read_all(&q, reader, e)
			  : sql_error(&q, e);
	(void)sqlite3_close(q.db);
	return ret;
}
