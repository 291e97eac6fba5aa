/* src/monitor/log.c - see log.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/util.h"

#define BUFFER_MAX ((size_t)1 << 20)

struct monitor_log {
	char path[PATH_MAX - 16];
	uint64_t size, written;
	int keep;
	int fd;
	bool csv;
	uint64_t wall_minus_mono_ns;
	struct buf lines;
	struct err why;
	bool failed;
};

static const char csv_header[] = "time,source,device,name,unit,value\n";

static int fail(struct monitor_log *l)
{
	if (!l->failed)
		(void)err_sys(&l->why, "cannot write '%s'", l->path);
	l->failed = true;
	return -1;
}

static int open_file(struct monitor_log *l)
{
	struct stat st;
	l->fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		return fail(l);
	l->written = (uint64_t)st.st_size;
	if (l->csv && l->written == 0) {
		if (file_write_all(l->fd, csv_header, sizeof(csv_header) - 1) < 0)
			return fail(l);
		l->written = sizeof(csv_header) - 1;
	}
	return 0;
}

static int rotate(struct monitor_log *l)
{
	char from[PATH_MAX], to[PATH_MAX];
	(void)close(l->fd);
	l->fd = -1;
	for (int i = l->keep; i >= 1; i--) {
		(void)snprintf(to, sizeof(to), "%s.%d", l->path, i);
		if (i > 1)
			(void)snprintf(from, sizeof(from), "%s.%d", l->path, i - 1);
		else
			(void)snprintf(from, sizeof(from), "%s", l->path);
		if (rename(from, to) < 0 && errno != ENOENT)
			return fail(l);
	}
	if (l->keep <= 0 && unlink(l->path) < 0)
		return fail(l);
	return open_file(l);
}

int monitor_log_open(const char *path, uint64_t size, int keep, struct monitor_log **ret_log,
		     struct err *e)
{
	struct monitor_log *l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(e, ERR_SYSTEM, "no memory for the log");
	if (strlen(path) >= sizeof(l->path)) {
		free(l);
		return err_set(e, ERR_USAGE, "the path '%s' is too long", path);
	}
	(void)snprintf(l->path, sizeof(l->path), "%s", path);
	l->size = size;
	l->keep = keep;
	l->csv = str_ends(path, ".csv");
	l->wall_minus_mono_ns = clock_wall() - clock_now();
	buf_init(&l->lines, BUFFER_MAX);
	if (open_file(l) < 0) {
		*e = l->why;
		(void)monitor_log_close(l, NULL);
		return -1;
	}
	*ret_log = l;
	return 0;
}

/* ISO 8601 with milliseconds, UTC. */
static void put_time(uint64_t wall_ns, struct buf *out)
{
	char text[32];
	clock_format_wall(text, sizeof(text), wall_ns);
	size_t len = strlen(text);
	(void)buf_fmt(out, "%.*s.%03uZ", (int)(len ? len - 1 : 0), text,
		      (unsigned)(wall_ns / NS_PER_MS % 1000));
}

void monitor_log_line(const struct reading *r, uint64_t wall_minus_mono_ns, struct buf *out)
{
	CLEANUP(json_unref) json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "source", r->source,
						  "device", r->device, "name", r->name, "unit",
						  r->unit);
	CLEANUP(buf_release) struct buf time = BUF_INIT(64);
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	put_time(r->at_ns + wall_minus_mono_ns, &time);
	json_put_real(j, "value", r->value);
	if (json_write(j, false, &text) < 0 || text.len < 2)
		return;		/* a text that is no UTF-8 */
	(void)buf_fmt(out, "{\"time\":\"%s\",%s\n", time.data, text.data + 1);
}

/* Quoted when it must be (RFC 4180). */
static void put_csv(const char *text, struct buf *out)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		(void)buf_str(out, text);
		return;
	}
	(void)buf_char(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			(void)buf_char(out, '"');
		(void)buf_char(out, *text);
	}
	(void)buf_char(out, '"');
}

static void put_csv_line(const struct monitor_log *l, const struct reading *r, struct buf *out)
{
	put_time(r->at_ns + l->wall_minus_mono_ns, out);
	const char *const texts[] = {r->source, r->device, r->name, r->unit};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		(void)buf_char(out, ',');
		put_csv(texts[i], out);
	}
	(void)buf_fmt(out, ",%.15g\n", r->value);
}

int monitor_log_flush(struct monitor_log *l)
{
	if (l->failed)
		return -1;
	if (l->lines.len && file_write_all(l->fd, l->lines.data, l->lines.len) < 0)
		return fail(l);
	l->written += l->lines.len;
	buf_clear(&l->lines);
	return 0;
}

int monitor_log_add(struct monitor_log *l, const struct reading *r)
{
	if (l->failed)
		return -1;
	CLEANUP(buf_release) struct buf line = BUF_INIT(65536);
	if (l->csv)
		put_csv_line(l, r, &line);
	else
		monitor_log_line(r, l->wall_minus_mono_ns, &line);
	if (l->size && l->written + l->lines.len + line.len > l->size &&
	    l->written + l->lines.len > (l->csv ? sizeof(csv_header) - 1 : 0) &&
	    (monitor_log_flush(l) < 0 || rotate(l) < 0))
		return -1;
	if (l->lines.len + line.len > BUFFER_MAX && monitor_log_flush(l) < 0)
		return -1;
	return buf_add(&l->lines, line.data, line.len) < 0 ? fail(l) : 0;
}

int monitor_log_close(struct monitor_log *l, struct err *e)
{
	(void)monitor_log_flush(l);
	if (l->fd >= 0 && close(l->fd) < 0)
		(void)fail(l);
	int rc = l->failed ? -1 : 0;
	if (rc < 0 && e)
		*e = l->why;
	buf_release(&l->lines);
	free(l);
	return rc;
}
