/* src/load/timeline_in.h - inside of timeline.c and timeline_text.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_TIMELINE_IN_H
#define LOAD_TIMELINE_IN_H

#include <stdbool.h>

#include "load/timeline.h"

enum { LATENCY, TTFT, KINDS };

struct window {
	uint64_t started, ok, failed;
	double area;		/* ns × requests */
};

/* `count` requests of one window whose value lay in the same bucket of a histogram. */
struct entry {
	uint64_t value;
	uint32_t window, count;
	uint32_t kind;
};

struct timeline {
	uint64_t start, width, last_end;
	struct window *windows;
	size_t n, room;
	struct hist *now[KINDS];	/* of the window `current` */
	uint32_t current;
	struct entry *entries;
	size_t n_entries, entries_room;
};

/* All return false (NULL) when memory is exhausted. */
bool timeline_entry(struct timeline *t, uint32_t window, uint32_t kind, uint64_t value,
		    uint32_t count);
bool timeline_close(struct timeline *t);	/* the window that lasts: into entries */
struct window *timeline_window(struct timeline *t, uint64_t index);	/* made when missing */

#endif
