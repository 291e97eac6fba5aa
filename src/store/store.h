/* src/store/store.h - results in SQLite: what survives a kill, and what users may query.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>

#include "base/err.h"
#include "result/result.h"

struct store;

/* Open or make DIR/results.db; one writer at a time (a second is refused, named by pid). */
int store_open(const char *path, struct store **ret_store, struct err *e);
struct store *store_close(struct store *s);	/* NULL is fine; returns NULL */

/* A new result begins: whatever an earlier one left is forgotten (not the windows of soaks), so
 * that a kill never leaves the verdict of the one with the runs of the other. */
int store_begin(struct store *s, struct err *e);

/* Save the whole tree, in one transaction; replaces an earlier one of this file. */
int store_save(struct store *s, const struct result *r, struct err *e);

/* Save one part as soon as it is measured, so that a crash later loses nothing. */
int store_save_run(struct store *s, const struct run *run, struct err *e);
int store_save_case(struct store *s, const struct case_result *c, struct err *e);

/* ---- soaks: tables that store_save() leaves alone (docs/results-db.md) ---- */

/* A soak is one part, and one more for each time that it was resumed. Windows are numbered through
 * all its parts. */
struct soak_part {
	int64_t id, soak;	/* given by store_soak_begin() */
	uint64_t start_wall_ns, start_ns;	/* start_ns: CLOCK_MONOTONIC of this boot */
	char boot[40];		/* boot id of the host: moments of two boots cannot be compared */
	const json_t *about;	/* settings and what else must be the same to go on */
};

/* Begin a part: of the newest soak (resume), else of a new one. */
int store_soak_begin(struct store *s, struct soak_part *part, bool resume, struct err *e);

/* What one window was for one service, for queries. */
struct soak_row {
	const char *service;
	struct run_window window;	/* times count from the part's start_ns */
};

/* Save one window, a transaction of its own. json has all of it: histograms, readings, where the
 * schedule stands. A number that is there already is an error. */
int store_soak_window(struct store *s, const struct soak_part *part, uint64_t number,
		      const struct soak_row *rows, size_t n_rows, const json_t *json,
		      struct err *e);

/* The part has come to its end. */
int store_soak_end(struct store *s, const struct soak_part *part, struct err *e);

/* Hand the newest soak's parts and windows to the reader in the order of their writing: each part
 * before its windows. -1 when a hook gives -1, or the file holds no soak. */
struct soak_reader {
	int (*part)(void *ctx, const struct soak_part *part, bool ended, struct err *e);
	int (*window)(void *ctx, uint64_t number, const json_t *json, struct err *e);
	void *ctx;
};
int store_soak_read(const char *path, const struct soak_reader *reader, struct err *e);

/* The file that it writes. */
const char *store_path(const struct store *s);

/* Read back what store_save() wrote. A database whose writer was killed gives what it
 * had saved, marked interrupted and judged. Caller: result_free(). */
int store_load(const char *path, struct result **ret_result, struct err *e);

#endif
