/* src/store/store.h - results in SQLite: what survives a kill, and what users may query.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "result/result.h"

struct store;

/* Open or make DIR/results.db; one writer at a time (a second is refused, named by pid). */
int store_open(const char *path, struct store **ret_store, struct err *e);
struct store *store_close(struct store *s);	/* NULL is fine; returns NULL */

/* Save the whole tree, in one transaction; replaces an earlier one of this file. */
int store_save(struct store *s, const struct result *r, struct err *e);

/* Save one part as soon as it is measured, so that a crash later loses nothing. */
int store_save_run(struct store *s, const struct run *run, struct err *e);
int store_save_case(struct store *s, const struct case_result *c, struct err *e);

/* One window of a soak, a transaction of its own: kept in table soak_window whatever comes after
 * (store_save() leaves that table alone). The window's times count from start_wall_ns. */
int store_save_window(struct store *s, const char *service, uint64_t start_wall_ns,
		      const struct run_window *w, struct err *e);

/* Read back what store_save() wrote. A database whose writer was killed gives what it
 * had saved, marked interrupted and judged. Caller: result_free(). */
int store_load(const char *path, struct result **ret_result, struct err *e);

#endif
