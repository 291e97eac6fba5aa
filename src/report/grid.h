/* src/report/grid.h - the first screen: services × {performance, reliability, functionality,
 * accuracy}, each with its verdict and its worst number against its target.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_GRID_H
#define REPORT_GRID_H

#include "result/result.h"

enum grid_column { GRID_PERFORMANCE, GRID_RELIABILITY, GRID_FUNCTIONALITY, GRID_ACCURACY,
		   GRID_COLUMNS };

struct grid_cell {
	bool present;
	enum verdict verdict;
	const char *words, *words_zh;	/* in place of the verdict's own; NULL: those */
	const char *text, *text_zh;	/* "rtf 0.142 (< 0.3)"; "41 of 42 passed" */
	const char *more, *more_zh;	/* "95 %: 0.13 … 0.15, n = 200"; NULL: none */
};

struct grid_row {
	const char *service;	/* NULL: all services together (the soak) */
	struct grid_cell cells[GRID_COLUMNS];
};

struct grid {
	struct grid_row *rows;
	size_t n;
};

/* The grid, in the arena. */
void grid_make(const struct result *r, struct arena *a, struct grid *ret);

/* Of a case's or run's suite. */
enum grid_column grid_column_of(const char *suite);

/* "performance", "性能" … */
const char *grid_title(enum grid_column c, bool zh);

/* "pass" → "通过" …; English gives verdict_name(). */
const char *verdict_text(enum verdict v, bool zh);

/* One sign for a verdict: ✓ ✗ ? ! –. */
const char *verdict_sign(enum verdict v);

/* A number with its unit, by the name of its metric; "": not known. */
const char *metric_text(struct arena *a, const char *metric, double value);

/* What stands for a verdict of a run that is skipped: the soak judges its services together. */
const char *together_text(bool zh);

/* The soak's target of this metric; NULL: none. */
const struct target *soak_target(const struct soak_result *s, const char *metric);

/* One number of a target: "142 ms (< 2s)", with "not measured" where there is none. */
const char *target_text(struct arena *a, const struct target *t, bool zh);

#endif
