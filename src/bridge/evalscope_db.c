/* src/bridge/evalscope_db.c - see evalscope_db.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "bridge/evalscope_db.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/util.h"
#include "bridge/foreign.h"

#define REQUESTS_MAX ((size_t)1 << 24)

static void close_db(sqlite3 **db)
{
	(void)sqlite3_close(*db);
}

static void end_statement(sqlite3_stmt **s)
{
	(void)sqlite3_finalize(*s);
}

/* Read-only, and immutable: nothing of ours is left beside somebody else's file. */
static int open_db(const char *path, sqlite3 **ret)
{
	char *uri = sqlite3_mprintf("file:%s?mode=ro&immutable=1", path);
	int rc = uri && !strpbrk(path, "?#%")
		? sqlite3_open_v2(uri, ret, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL)
		: sqlite3_open_v2(path, ret, SQLITE_OPEN_READONLY, NULL);
	sqlite3_free(uri);
	return rc;
}

static bool has_column(sqlite3 *db, const char *name)
{
	return sqlite3_table_column_metadata(db, NULL, "result", name, NULL, NULL, NULL, NULL,
					     NULL) == SQLITE_OK;
}

bool evalscope_db_is_one(const char *path)
{
	CLEANUP(close_db) sqlite3 *db = NULL;
	return open_db(path, &db) == SQLITE_OK && has_column(db, "first_chunk_latency");
}

struct reading {
	struct result *r;
	struct run *run;
	double *ends;
	size_t n, room;
	uint64_t ok, failed;
	double first, last;	/* start_time, completed_time */
};

static double column(sqlite3_stmt *s, int i)
{
	int type = sqlite3_column_type(s, i);
	return type == SQLITE_INTEGER || type == SQLITE_FLOAT ? sqlite3_column_double(s, i) : NAN;
}

static int read_gaps(struct reading *x, const char *text, struct err *e)
{
	CLEANUP(json_unref) json_t *j = json_read(text, strlen(text), 2, e);
	if (!j || !json_is_array(j))
		return j ? foreign_bad(e, "inter_token_latencies", "must be a list") : -1;
	for (size_t k = 0; k < json_array_size(j); k++) {
		const json_t *v = json_array_get(j, k);
		foreign_sample(x->r, x->run, "itl", json_is_number(v) ? json_number_value(v) : NAN);
	}
	return 0;
}

/* Columns of the statement below, in its order. */
enum { SUCCESS, START, END, LATENCY, TTFT, TPOT, INPUT, OUTPUT, GAPS, STREAM };

static int read_row(struct reading *x, sqlite3_stmt *s, struct err *e)
{
	double tpot = column(s, TPOT), start = column(s, START), end = column(s, END);
	double latency = column(s, LATENCY), ttft = column(s, TTFT);
	const char *gaps = (const char *)sqlite3_column_text(s, GAPS);
	bool some_gaps = gaps && *gaps && strcmp(gaps, "[]") != 0;
	/* Files of before is_stream: what was not streamed has its first chunk at its end. */
	bool streamed = isnan(column(s, STREAM)) ? some_gaps || ttft < latency
						 : column(s, STREAM) != 0;
	bool timed = start > 0 && end >= start;
	if (timed) {
		x->first = fmin(x->first, start);
		x->last = fmax(x->last, end);
	}
	if (sqlite3_column_int(s, SUCCESS) != 1) {
		x->failed++;
		return 0;
	}
	if (x->n == x->room) {
		size_t room = MAX(x->room * 2, (size_t)1024);
		double *more = room > REQUESTS_MAX ? NULL : realloc(x->ends, room * sizeof(*more));
		if (!more)
			return err_set(e, ERR_SYSTEM, "no room for so many requests");
		x->ends = more;
		x->room = room;
	}
	x->ends[x->n++] = timed ? end : NAN;
	x->ok++;
	foreign_sample(x->r, x->run, "latency", latency);
	foreign_sample(x->r, x->run, "prompt_tokens", column(s, INPUT));
	foreign_sample(x->r, x->run, "output_tokens", column(s, OUTPUT));
	if (!streamed)
		return 0;
	foreign_sample(x->r, x->run, "ttfe", ttft);
	foreign_sample(x->r, x->run, "tpot", tpot);
	return some_gaps ? read_gaps(x, gaps, e) : 0;
}

static int read_rows(struct reading *x, sqlite3 *db, const char *path, struct err *e)
{
	CLEANUP(end_statement) sqlite3_stmt *s = NULL;
	bool told = has_column(db, "is_stream");
	bool gaps = has_column(db, "inter_token_latencies");
	char *sql = sqlite3_mprintf("SELECT success, start_time, completed_time, latency, "
				    "first_chunk_latency, time_per_output_token, prompt_tokens, "
				    "completion_tokens, %s, %s FROM result",
				    gaps ? "inter_token_latencies" : "NULL",
				    told ? "is_stream" : "NULL");
	int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &s, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		if (rc == SQLITE_ROW && read_row(x, s, e) < 0)
			return -1;
	}
	if (rc != SQLITE_DONE)
		return err_set(e, ERR_DATA, "%s: %s", path, sqlite3_errmsg(db));
	return 0;
}

int evalscope_db_read(const char *path, struct result *r, struct run *run, struct err *e)
{
	CLEANUP(close_db) sqlite3 *db = NULL;
	struct reading x = {.r = r, .run = run, .first = INFINITY, .last = -INFINITY};
	if (open_db(path, &db) != SQLITE_OK)
		return err_set(e, ERR_DATA, "%s: %s", path, sqlite3_errmsg(db));
	/* Not of a view either, which may have rows without end. */
	if (!has_column(db, "first_chunk_latency"))
		return err_set(e, ERR_DATA, "%s: there is no table of EvalScope's requests", path);
	int rc = read_rows(&x, db, path, e);
	if (rc == 0) {
		foreign_counts(run, x.ok, x.failed);
		if (x.last > x.first)
			run->duration_s = x.last - x.first;
		for (size_t i = 0; i < x.n; i++)
			x.ends[i] -= x.first;
		foreign_windows(r, run, x.ends, x.n, run->duration_s);
		if (run->duration_s > 0)
			foreign_value(r, run, "request_rate", (double)x.ok / run->duration_s);
	}
	free(x.ends);
	return rc;
}
