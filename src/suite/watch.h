/* src/suite/watch.h - what a service holds: memory, open files, threads, connections, requests,
 * log.
 *
 * Read from /proc when the service runs on this host as a process that we may look into (its pid
 * is known, or found by the port that it listens on), and from its /metrics. What cannot be seen
 * is NaN.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_WATCH_H
#define SUITE_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "protocols/service.h"

struct usage {
	double rss;		/* B, of the process tree */
	double peak;		/* B, since watch_reset_peak() */
	double fds, threads, close_wait;
	double running;		/* requests that it works on or that wait, as its /metrics says */
	double log_bytes;	/* of the files that its output goes to */
	double temp_files;	/* in its TMPDIR, when that is one of its own */
};

struct watch;

/* pid 0: find it. Never fails: a service of which nothing can be seen gives NaN. NULL: no
 * memory. */
struct watch *watch_new(const struct service *s, pid_t pid);
struct watch *watch_free(struct watch *w);

pid_t watch_pid(const struct watch *w);		/* 0: not known */

/* Is the process gone? false when it is not known. */
bool watch_gone(struct watch *w);

/* It was started again. pid 0: find it. */
void watch_again(struct watch *w, pid_t pid);

void watch_read(struct watch *w, struct usage *ret);

/* The kernel's high-water mark of memory begins anew (proc(5), clear_refs 5). */
void watch_reset_peak(struct watch *w);

/* The last bytes of the log that came after the first `from`; "" when there are none. */
void watch_log_tail(const struct watch *w, double from, char *out, size_t size);

#endif
