/* src/load/timeline.h - a run in steps of time: what started, ended and was in flight in each.
 *
 * One per load thread, merged after the run. Holds what a window needs, not every request: memory
 * grows with time, not with the rate. While a window lasts, recording allocates nothing.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_TIMELINE_H
#define LOAD_TIMELINE_H

#include <stdint.h>

#include "base/err.h"
#include "result/result.h"
#include "stats/hist.h"

struct timeline;

/* Windows of this width from start_ns on. */
int timeline_new(uint64_t start_ns, uint64_t width_ns, struct timeline **ret, struct err *e);
void timeline_begin(struct timeline *t, uint64_t start_ns);	/* another start; it is empty */
struct timeline *timeline_free(struct timeline *t);

/* A request that was in flight from begin to end (ns). latency and ttft in ns of a request that
 * was ok; 0: none. false: no memory. */
bool timeline_add(struct timeline *t, uint64_t begin, uint64_t end, bool ok, uint64_t latency,
		  uint64_t ttft);

/* What `from` holds of the same time goes into `into`, which has the same width; `from` counts no
 * more. false: no memory. */
bool timeline_join(struct timeline *into, struct timeline *from);

/* As text, and back into a new timeline of the same width: exact. */
int timeline_write(struct timeline *t, struct buf *out, struct err *e);
int timeline_read(struct timeline *into, const char *text, size_t len, struct err *e);

/* Put all together into run->windows, at most WINDOWS_MAX of them (neighbours are joined). */
#define TIMELINE_WINDOWS_MAX 1000
int timeline_finish(struct timeline *const *lanes, size_t n, struct result *r, struct run *run,
		    struct err *e);

#endif
