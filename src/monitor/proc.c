/* src/monitor/proc.c - see proc.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/util.h"

#define ALL_MAX ((size_t)8 << 20)

static int open_path(const char *root, const char *fmt, va_list args)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s", root ? root : "");
	int m = vsnprintf(path + n, sizeof(path) - (size_t)n, fmt, args);
	if (m < 0 || (size_t)(n + m) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

static ssize_t read_some(int fd, char *out, size_t size)
{
	size_t len = 0;
	while (len + 1 < size) {
		ssize_t n = read(fd, out + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	out[len] = '\0';
	return (ssize_t)len;
}

ssize_t proc_read(const char *root, char *out, size_t size, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	CLEANUP(close_fd) int fd = open_path(root, fmt, args);
	va_end(args);
	return fd < 0 ? -1 : read_some(fd, out, size);
}

ssize_t proc_read_all(const char *root, char **text, size_t *room, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	CLEANUP(close_fd) int fd = open_path(root, fmt, args);
	va_end(args);
	if (fd < 0)
		return -1;
	for (;;) {
		if (!*text || *room == 0) {
			free(*text);
			*text = malloc(16384);
			*room = *text ? 16384 : 0;
		}
		ssize_t n = *text ? read_some(fd, *text, *room) : -1;
		if (n < 0 || (size_t)n + 1 < *room || *room >= ALL_MAX)
			return n;
		char *more = realloc(*text, *room * 2);
		if (!more)
			return -1;
		*text = more;
		*room *= 2;
		if (lseek(fd, 0, SEEK_SET) < 0)
			return -1;
	}
}

double proc_value(const char *text, const char *key)
{
	size_t len = strlen(key);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) != 0)
			continue;
		char *end;
		double v = strtod(line + len, &end);
		return end == line + len ? NAN : v;
	}
	return NAN;
}

bool proc_parse_stat(const char *text, struct proc_stat *ret)
{
	/* The name stands in brackets and may hold anything, brackets and blanks too. */
	const char *at = strrchr(text, ')');
	if (!at || at[1] != ' ')
		return false;
	struct proc_stat s = {0};
	unsigned long long utime, stime, start;
	long threads, rss;
	int n = sscanf(at + 2,
		       "%c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d"
		       " %ld %*d %llu %*u %ld",
		       &s.state, &utime, &stime, &threads, &start, &rss);
	if (n != 6 || rss < 0)
		return false;
	s.ticks = utime + stime;
	s.threads = threads;
	s.start_ticks = start;
	s.rss_pages = (uint64_t)rss;
	*ret = s;
	return true;
}
