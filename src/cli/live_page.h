/* src/cli/live_page.h - the live page of a run: an HTTP server on the loopback, for reading only.
 *
 *	GET /		the page
 *	GET /state?since=SEQ	what is new since then, JSON
 *	GET /report	the report, once the run is over
 *
 * Requests that name another host (a page of the web that points its name here) are refused.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_PAGE_H
#define CLI_LIVE_PAGE_H

#include "base/err.h"
#include "monitor/monitor.h"
#include "result/progress.h"
#include "result/result.h"

struct live_page;

/* port 0: the kernel's choice. also: gets every progress that the live page gets; may be NULL. */
int live_page_start(const char *title, const char *command, const char *lang, int port,
	       const struct progress *also, struct live_page **ret_live, struct err *e);
const char *live_page_url(const struct live_page *l);	/* "http://127.0.0.1:8080/" */

/* For suites, and for the monitor. Good until live_page_end(). */
const struct progress *live_page_progress(struct live_page *l);
struct monitor_listener live_page_listener(struct live_page *l);

/* Show the verdict and give pages that are open the time to fetch the report (some seconds at
 * most), then end the server. r may be NULL; NULL is fine; returns NULL. */
struct live_page *live_page_end(struct live_page *l, const struct result *r);

#endif
