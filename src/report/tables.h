/* src/report/tables.h - the tables that the terminal and Markdown show of a result.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_TABLES_H
#define REPORT_TABLES_H

#include "report/grid.h"
#include "report/table.h"
#include "result/result.h"

/* Each makes a table with its heading in t; false: there is nothing to show. */
bool tables_grid(const struct result *r, struct arena *a, bool zh, struct table *t);
bool tables_targets(const struct target *items, size_t n, struct arena *a, bool zh,
		    struct table *t);
/* all: every statistic; else the few that fit a terminal. */
bool tables_distributions(const struct run *run, struct arena *a, bool zh, bool all,
			  struct table *t);
/* One row for each rank, when several made the run. */
bool tables_hosts(const struct run *run, struct arena *a, bool zh, struct table *t);
bool tables_failures(const struct run *run, struct arena *a, bool zh, struct table *t);
/* all: passed cases too. */
bool tables_cases(const struct result *r, struct arena *a, bool zh, bool all, struct table *t);
bool tables_accuracy(const struct result *r, struct arena *a, bool zh, struct table *t);
bool tables_leaks(const struct result *r, struct arena *a, bool zh, struct table *t);

/* "200 ok, 7 failed, 3 unsent · 4.96 /s · 7.03 × audio · 40 s". */
const char *tables_run_line(const struct run *run, struct arena *a, bool zh);
/* "12 h · 43000 requests · errors 0.02 % (0.011 … 0.04 %) · outages 1, longest 4.5 s". */
const char *tables_soak_line(const struct soak_result *s, struct arena *a, bool zh);

/* Escape sequence of a verdict's colour. */
const char *tables_color(enum verdict v);

#endif
