/* src/store/sql.h - the few words of SQLite that the store needs, with errors of ours.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

struct sql {
	sqlite3 *db;
	const char *path;	/* for messages */
};

int sql_error(const struct sql *q, struct err *e);
int sql_exec(const struct sql *q, const char *text, struct err *e);

/* Insert one row: types has one letter per value: s const char * (NULL gives NULL), r double
 * (NaN gives NULL), i int64_t, j const json_t * (as compact text). */
int sql_insert(const struct sql *q, struct err *e, const char *table, const char *types, ...);

/* Call each() for every row of the query until it fails. */
int sql_each(const struct sql *q, const char *query,
	     int (*each)(void *ctx, sqlite3_stmt *row, struct err *e), void *ctx, struct err *e);

#endif
