/* src/store/store_load.c - a result back out of its database, whole or as far as it came.
 *
 * Every part is kept as its JSON beside the columns for queries; reading puts the document
 * together again and goes through result_from_json() as any other.
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/util.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/store.h"

struct loading {
	json_t *document;
	const char *list;	/* key of the list that is read */
};

static json_t *row_json(sqlite3_stmt *row, struct err *e)
{
	const char *text = (const char *)sqlite3_column_text(row, 0);
	return json_read(text ? text : "", text ? strlen(text) : 0, JSON_DEPTH_MAX, e);
}

static int read_head(void *ctx, sqlite3_stmt *row, struct err *e)
{
	struct loading *l = ctx;
	json_t *j = row_json(row, e);
	if (!j)
		return -1;
	json_decref(l->document);
	l->document = j;
	return 0;
}

static int read_part(void *ctx, sqlite3_stmt *row, struct err *e)
{
	struct loading *l = ctx;
	json_t *j = row_json(row, e);
	if (!j)
		return -1;
	json_t *list = json_object_get(l->document, l->list);
	if (!list) {
		json_put(l->document, l->list, json_array());
		list = json_object_get(l->document, l->list);
	}
	if (!list) {
		json_decref(j);
		return err_set(e, ERR_SYSTEM, "no memory to read results");
	}
	if (json_array_append_new(list, j) < 0)
		return err_set(e, ERR_SYSTEM, "no memory to read results");
	return 0;
}

static int read_soak(void *ctx, sqlite3_stmt *row, struct err *e)
{
	struct loading *l = ctx;
	json_t *j = row_json(row, e);
	if (!j)
		return -1;
	if (json_object_set_new(l->document, "soak", j) < 0)
		return err_set(e, ERR_SYSTEM, "no memory to read results");
	return 0;
}

static int read_version(void *ctx, sqlite3_stmt *row, struct err *e)
{
	(void)e;
	*(int *)ctx = sqlite3_column_int(row, 0);
	return 0;
}

/* No head: the writer was killed before the end. What it had saved is still a result. */
static json_t *cut_short(void)
{
	return json_pack("{s:i,s:s,s:b}", "assay", 1, "verdict", "untrustworthy", "interrupted", 1);
}

static int read_series(const struct sql *q, struct result *r, struct err *e);

static struct result *load(const struct sql *q, struct loading *l, struct err *e)
{
	int version = 0;
	if (sql_each(q, "PRAGMA user_version", read_version, &version, e) < 0)
		return NULL;
	if (version != SCHEMA_VERSION) {
		(void)err_set(e, ERR_DATA, "'%s' has schema %d; this assay reads %d", q->path,
			      version, SCHEMA_VERSION);
		return NULL;
	}
	l->document = cut_short();
	if (sql_each(q, "SELECT json FROM result", read_head, l, e) < 0)
		return NULL;
	static const char *const lists[][2] = {
		{"runs", "SELECT json FROM run ORDER BY id"},
		{"cases", "SELECT json FROM case_result ORDER BY rowid"},
		{"accuracy", "SELECT json FROM accuracy ORDER BY rowid"},
	};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		l->list = lists[i][0];
		if (sql_each(q, lists[i][1], read_part, l, e) < 0)
			return NULL;
	}
	if (sql_each(q, "SELECT json FROM soak", read_soak, l, e) < 0)
		return NULL;
	bool whole = json_object_get(l->document, "sentence");
	struct result *r = result_from_json(l->document, e);
	if (!r || read_series(q, r, e) < 0)
		return result_free(r);
	if (!whole)
		result_judge(r);
	return r;
}

static const char *column(sqlite3_stmt *row, int at)
{
	const char *text = (const char *)sqlite3_column_text(row, at);
	return text ? text : "";
}

struct reading {
	struct result *r;
	int64_t id;
};

static int read_reading(void *ctx, sqlite3_stmt *row, struct err *e)
{
	struct reading *x = ctx;
	int64_t id = sqlite3_column_int64(row, 0);
	struct result *r = x->r;
	if (r->n_series == 0 || id != x->id) {
		struct series *s = series_new(column(row, 1), column(row, 2), column(row, 3),
					      column(row, 4));
		if (!s)
			return err_sys(e, "cannot hold readings");
		*ARENA_ADD(r->arena, r->series, r->n_series) = s;
		x->id = id;
	}
	if (sqlite3_column_type(row, 5) == SQLITE_NULL)
		return 0;
	if (series_add(r->series[r->n_series - 1], (uint64_t)sqlite3_column_int64(row, 5),
		       sqlite3_column_double(row, 6)) < 0)
		return err_sys(e, "cannot hold readings");
	return 0;
}

static int read_series(const struct sql *q, struct result *r, struct err *e)
{
	struct reading x = {.r = r};
	return sql_each(q, "SELECT s.id, source, device, name, unit, at_ns, value FROM series s "
			"LEFT JOIN reading d ON d.series_id = s.id ORDER BY s.id, d.rowid",
			read_reading, &x, e);
}

int store_load(const char *path, struct result **ret_result, struct err *e)
{
	struct sql q = {.path = path};
	struct loading l = {0};
	if (access(path, R_OK) < 0)
		return err_sys(e, "cannot read '%s'", path);
	int rc = sqlite3_open_v2(path, &q.db, SQLITE_OPEN_READWRITE, NULL);
	if (rc != SQLITE_OK) {
		(void)sqlite3_close(q.db);	/* there is one even then */
		rc = sqlite3_open_v2(path, &q.db, SQLITE_OPEN_READONLY, NULL);
	}
	if (rc != SQLITE_OK) {
		(void)sqlite3_close(q.db);
		return err_set(e, ERR_SYSTEM, "cannot open '%s'", path);
	}
	sqlite3_busy_timeout(q.db, 5000);
	struct result *r = load(&q, &l, e);
	json_decref(l.document);
	(void)sqlite3_close(q.db);
	if (!r)
		return e && strstr(e->text, path) ? -1 : err_prefix(e, "'%s': ", path);
	*ret_result = r;
	return 0;
}
