/* src/store/sql.c - see sql.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/util.h"

int sql_error(const struct sql *q, struct err *e)
{
	int code = sqlite3_errcode(q->db);
	bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	char limit[64] = "";
	struct rlimit size;
	/* SQLite does not tell why a write failed, and of this nobody thinks. */
	if (code == SQLITE_IOERR && getrlimit(RLIMIT_FSIZE, &size) == 0 &&
	    size.rlim_cur != RLIM_INFINITY)
		(void)snprintf(limit, sizeof(limit), " (no file may exceed %llu KiB: ulimit -f)",
			       (unsigned long long)size.rlim_cur / 1024);
	return err_set(e, damaged ? ERR_DATA : ERR_SYSTEM, "'%s': %s%s", q->path,
		       damaged ? "this is no result database, or a damaged one"
			       : sqlite3_errmsg(q->db), limit);
}

int sql_exec(const struct sql *q, const char *text, struct err *e)
{
	if (sqlite3_exec(q->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sql_error(q, e);
	return 0;
}

static int bind_json(sqlite3_stmt *s, int at, const json_t *j)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (!j)
		return SQLITE_OK;
	if (json_write(j, false, &text) < 0)
		return SQLITE_NOMEM;
	return sqlite3_bind_text64(s, at, text.data, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* SQLITE_OK, or the first that went wrong: a value that is missing must not look unknown. */
static int bind_all(sqlite3_stmt *s, const char *types, va_list values)
{
	int rc = SQLITE_OK;
	for (int at = 1; *types && rc == SQLITE_OK; types++, at++) {
		double real;
		switch (*types) {
		case 's':
			rc = sqlite3_bind_text(s, at, va_arg(values, const char *), -1,
					       SQLITE_TRANSIENT);
			break;
		case 'i':
			rc = sqlite3_bind_int64(s, at, va_arg(values, int64_t));
			break;
		case 'j':
			rc = bind_json(s, at, va_arg(values, const json_t *));
			break;
		default:
			real = va_arg(values, double);
			if (!isnan(real))
				rc = sqlite3_bind_double(s, at, real);
		}
	}
	return rc;
}

int sql_insert(const struct sql *q, struct err *e, const char *table, const char *types, ...)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "INSERT INTO %s VALUES (", table);
	for (size_t i = 0; types[i]; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, i ? ",?" : "?");
	(void)snprintf(text + len, sizeof(text) - (size_t)len, ")");

	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(q->db, text, -1, &s, NULL) != SQLITE_OK)
		return sql_error(q, e);
	va_list values;
	va_start(values, types);
	int rc = bind_all(s, types, values);
	va_end(values);
	int ret = 0;
	if (rc != SQLITE_OK)
		ret = err_set(e, ERR_SYSTEM, "'%s': %s", q->path, sqlite3_errstr(rc));
	else if (sqlite3_step(s) != SQLITE_DONE)
		ret = sql_error(q, e);
	(void)sqlite3_finalize(s);
	return ret;
}

int sql_each(const struct sql *q, const char *query,
	     int (*each)(void *ctx, sqlite3_stmt *row, struct err *e), void *ctx, struct err *e)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(q->db, query, -1, &s, NULL) != SQLITE_OK)
		return sql_error(q, e);
	int ret = 0;
	int step = SQLITE_DONE;
	while (ret == 0 && (step = sqlite3_step(s)) == SQLITE_ROW)
		ret = each(ctx, s, e);
	if (ret == 0 && step != SQLITE_DONE)
		ret = sql_error(q, e);
	(void)sqlite3_finalize(s);
	return ret;
}
