/* src/base/clock.h - time: nanoseconds of CLOCK_MONOTONIC, and how people write durations.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

uint64_t clock_now(void);		/* CLOCK_MONOTONIC, ns */
uint64_t clock_wall(void);		/* CLOCK_REALTIME, ns since 1970 */
uint64_t clock_thread_cpu(void);	/* CPU time of this thread, ns */
uint64_t clock_process_cpu(void);	/* CPU time of this process, ns */

/* Sleep until this moment (absolute, so nothing adds up). -1 when a signal came first. */
int clock_sleep_until(uint64_t moment_ns);

/* A moment or a span as the kernel takes it. */
static inline struct timespec clock_timespec(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S),
				 .tv_nsec = (long)(ns % NS_PER_S)};
}

static inline double ns_to_s(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* "250us" "500ms" "3s" "1.5m" "12h" "2d"; a bare number is seconds. */
int clock_parse_duration(const char *text, uint64_t *ret_ns, struct err *e);

/* The shortest way a person would write it: "1.50 s", "12 h", "250 µs". size >= 32. */
void clock_format_duration(char *out, size_t size, uint64_t ns);

/* ISO 8601 in UTC with seconds: "2026-01-31T23:59:59Z". size >= 24. */
void clock_format_wall(char *out, size_t size, uint64_t wall_ns);

#endif
