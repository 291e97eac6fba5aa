/* src/cli/progress.h - where long work stands, on standard error: what runs, time left, requests,
 * rate, in flight, percentiles so far, failures, devices.
 *
 * On a terminal: one line that is written over, some times a second. Elsewhere, and where TERM is
 * dumb: one line when a phase begins and one per second. Nothing with --quiet.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/command.h"
#include "monitor/monitor.h"
#include "result/progress.h"

struct progress_view;

struct progress_view *progress_view_new(const struct common_options *common);
struct progress_view *progress_view_free(struct progress_view *v);	/* ends the line */

/* What is handed to suites. */
const struct progress *progress_view_hooks(struct progress_view *v);

/* A reading of a device or the host, for the line's end; from any thread. v may be NULL. */
void progress_view_reading(struct progress_view *v, const struct reading *r);

/* A message of its own, above the running line: "starting asr on 127.0.0.1:8001". */
void progress_say(struct progress_view *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
