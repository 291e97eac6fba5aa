/* src/monitor/proc.h - reading the small files of /proc and /sys.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_PROC_H
#define MONITOR_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Read at most size-1 bytes of root + the formatted path and end them with '\0'. Bytes read, or
 * -1 with errno. */
ssize_t proc_read(const char *root, char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The same into a buffer that grows up to 8 MiB and is kept: *room bytes at *text. Start with
 * NULL and 0; the caller frees. */
ssize_t proc_read_all(const char *root, char **text, size_t *room, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The number behind "key" at the start of a line ("MemTotal:  123 kB"); NaN: not there. */
double proc_value(const char *text, const char *key);

/* What /proc/PID/stat says. */
struct proc_stat {
	char state;
	uint64_t ticks;		/* user + system */
	int64_t threads;
	uint64_t start_ticks;	/* after boot */
	uint64_t rss_pages;
};
bool proc_parse_stat(const char *text, struct proc_stat *ret);

#endif
