/* src/report/html_parts.h - the sections of the HTML report.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

#include "base/buf.h"
#include "result/result.h"

struct html {
	const struct result *r;
	struct arena *a;
	struct buf *out;
};

/* The first screen. */
void html_verdict_line(const struct html *h);
void html_grid(const struct html *h);
void html_keys(const struct html *h);	/* capacity, accuracy, soak, devices */
void html_facts(const struct html *h);	/* trust, not run, environment, command */

/* Below it. */
void html_run(const struct html *h, const struct run *run, size_t index);
/* How many runs from this one on are the steps of one sweep; 0: none. */
size_t html_sweep_steps(const struct result *r, size_t first);
void html_sweep(const struct html *h, size_t first, size_t n);
const char *html_sweep_name(const struct run *run, struct arena *a);	/* without its step */
void html_run_verdict(struct buf *out, const struct run *run);
void html_targets(const struct html *h, const struct target *items, size_t n);
void html_hosts(const struct html *h, const struct run *run);	/* a row for each rank */
void html_cases(const struct html *h);
void html_accuracy(const struct html *h);
void html_soak(const struct html *h);
void html_rules(const struct html *h);	/* the definitions of what is shown */

/* What the plots draw. Caller: decref. */
json_t *html_data(const struct result *r);

#endif
