/* src/base/clock.c - see clock.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <math.h>

#include "base/util.h"

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;
	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t clock_thread_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_process_cpu(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

int clock_sleep_until(uint64_t moment_ns)
{
	const struct timespec ts = clock_timespec(moment_ns);
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == 0 ? 0 : -1;
}

static const struct {
	const char *name;
	double ns;
} units[] = {
	{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"", 1e9},
	{"m", 60e9}, {"min", 60e9}, {"h", 3600e9}, {"d", 86400e9},
};

int clock_parse_duration(const char *text, uint64_t *ret_ns, struct err *e)
{
	char *end;
	errno = 0;
	double value = strtod(text, &end);
	while (*end == ' ')
		end++;
	if (end != text && errno == 0 && isfinite(value) && value >= 0)
		for (size_t i = 0; i < ARRAY_LEN(units); i++)
			if (strcmp(end, units[i].name) == 0 && value * units[i].ns < 9e18) {
				*ret_ns = (uint64_t)llround(value * units[i].ns);
				return 0;
			}
	return err_set(e, ERR_USAGE, "'%s' is not a duration; write 500ms, 3s, 15m or 12h", text);
}

void clock_format_duration(char *out, size_t size, uint64_t ns)
{
	double v = (double)ns;
	if (ns < 1000)
		(void)snprintf(out, size, "%.0f ns", v);
	else if (ns < NS_PER_MS)
		(void)snprintf(out, size, "%.3g µs", v / 1e3);
	else if (ns < NS_PER_S)
		(void)snprintf(out, size, "%.3g ms", v / 1e6);
	else if (ns < 60 * NS_PER_S)
		(void)snprintf(out, size, "%.3g s", v / 1e9);
	else if (ns < 3600 * NS_PER_S)
		(void)snprintf(out, size, "%.0f min %02.0f s", floor(v / 60e9),
			       floor(fmod(v / 1e9, 60)));
	else
		(void)snprintf(out, size, "%.0f h %02.0f min", floor(v / 3600e9),
			       floor(fmod(v / 60e9, 60)));
}

void clock_format_wall(char *out, size_t size, uint64_t wall_ns)
{
	time_t t = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;
	(void)gmtime_r(&t, &tm);
	(void)strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
