/* src/monitor/log.h - readings as lines of a file, JSONL or CSV, which is rotated by size.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_LOG_H
#define MONITOR_LOG_H

#include "monitor/monitor.h"

struct monitor_log;

/* Append to the file; ".csv" at its end means CSV, all else JSONL. When a line would make it
 * larger than `size` (0: never), it becomes path.1, that path.2 …; `keep` old files stay. */
int monitor_log_open(const char *path, uint64_t size, int keep, struct monitor_log **ret_log,
		     struct err *e);

/* 0, or -1 once writing failed; from then on nothing is written. */
int monitor_log_add(struct monitor_log *l, const struct reading *r);

/* Hand what was added to the system. */
int monitor_log_flush(struct monitor_log *l);

/* -1 with an error when anything could not be written. */
int monitor_log_close(struct monitor_log *l, struct err *e);

/* One reading as a line of JSON with its end. */
void monitor_log_line(const struct reading *r, uint64_t wall_minus_mono_ns, struct buf *out);

#endif
