/* src/store/sql.c - see sql.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <math.h>
#include <stdarg.h>

#include "base/util.h"

int sql_error(const struct sql *q, struct err *e)
{
	int code = sqlite3_errcode(q->db);
	bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	return err_set(e, damaged ? ERR_DATA : ERR_SYSTEM, "'%s': %s", q->path,
		       damaged ? "this is no result database, or a damaged one"
			       : sqlite3_errmsg(q->db));
}

int sql_exec(const struct sql *q, const char *text, struct err *e)
{
	if (sqlite3_exec(q->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sql_error(q, e);
	return 0;
}

static void bind_json(sqlite3_stmt *s, int at, const json_t *j)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (j && json_write(j, false, &text) == 0)
		(void)sqlite3_bind_text64(s, at, text.data, text.len, SQLITE_TRANSIENT,
					  SQLITE_UTF8);
	buf_release(&text);
}

static void bind_all(sqlite3_stmt *s, const char *types, va_list values)
{
	for (int at = 1; *types; types++, at++) {
		double real;
		switch (*types) {
		case 's':
			(void)sqlite3_bind_text(s, at, va_arg(values, const char *), -1,
						SQLITE_TRANSIENT);
			break;
		case 'i':
			(void)sqlite3_bind_int64(s, at, va_arg(values, int64_t));
			break;
		case 'j':
			bind_json(s, at, va_arg(values, const json_t *));
			break;
		default:
			real = va_arg(values, double);
			if (!isnan(real))
				(void)sqlite3_bind_double(s, at, real);
		}
	}
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
	bind_all(s, types, values);
	va_end(values);
	int ret = sqlite3_step(s) == SQLITE_DONE ? 0 : sql_error(q, e);
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
