/* src/report/history.h - every number through all results: rows that writers share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_HISTORY_H
#define REPORT_HISTORY_H

#include "report/compare.h"

struct history_row {
	struct compared what;		/* group, metric, unit, share; the rest is unused */
	struct compare_value *values;	/* one per result; value NaN: it has none */
};

struct history_row *history_rows(const struct history *h, struct arena *a, size_t *ret_n);
/* "2026-11-02 10:15", or the path of a result that does not say when. */
const char *history_label(const struct history *h, struct arena *a, size_t i);

#endif
