/* src/cli/live_state.h - what the live page shows, in memory that does not grow: lines of at most
 * LIVE_POINTS points, thinned by halves as a run goes on.
 *
 * One writer per line is enough; every function is safe for several threads and holds its lock
 * only to copy.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_STATE_H
#define CLI_LIVE_STATE_H

#include <jansson.h>

#include "monitor/monitor.h"
#include "result/progress.h"

#define LIVE_POINTS 600
#define LIVE_LINES 128		/* more readings than these are counted, not shown */
#define LIVE_PHASES 200		/* the latest; earlier ones are counted */

struct live_state;

struct live_state *live_state_new(const char *title, const char *command);
struct live_state *live_state_free(struct live_state *s);

void live_state_progress(struct live_state *s, const struct progress_state *p, uint64_t now_ns);
void live_state_reading(struct live_state *s, const struct reading *r);
/* The run is over: its verdict ("pass") and sentence in both languages. */
void live_state_finish(struct live_state *s, const char *verdict, const char *en, const char *zh);

/* All points that came after `since` (0: everything). Caller: decref; NULL: no memory. */
json_t *live_state_json(struct live_state *s, uint64_t since, uint64_t now_ns);

#endif
