/* src/worker/host.c - see host.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "worker/host.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/process.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"

#define PAYLOAD_MAX_DEFAULT ((size_t)64 << 20)
#define READY_TIMEOUT_DEFAULT (60 * NS_PER_S)
#define END_GRACE (2 * NS_PER_S)
#define LOG_KEPT ((off_t)1 << 20)
#define MAX_ARGS 64

struct worker {
	char *name;		/* the program's, without its folder */
	pid_t pid;		/* 0 when reaped */
	int fd;
	int log_fd;		/* ours when own_log, else the caller's */
	bool own_log;
	off_t log_from;		/* where its output begins in the log */
	uint64_t ready_until;
	struct frame_reader *reader;
	json_t *ready;
	int64_t last_id;
	bool broken;		/* half a frame was sent to it */
	char ended[64];		/* how it ended, once it was reaped */
};

int worker_fd(const struct worker *w)
{
	return w->fd;
}

pid_t worker_pid(const struct worker *w)
{
	return w->pid;
}

const json_t *worker_ready(const struct worker *w)
{
	return w->ready;
}

struct frame_reader *worker_reader(struct worker *w)
{
	return w->reader;
}

int64_t worker_next_id(struct worker *w)
{
	return ++w->last_id;
}

void worker_take_ready(struct worker *w, const json_t *header)
{
	json_decref(w->ready);
	w->ready = json_deep_copy(header);
}

/* Without a log of the caller's the output goes to memory, for the last words. */
static int open_log(struct worker *w, int log_fd, struct err *e)
{
	w->own_log = log_fd == 0;
	w->log_fd = log_fd;
	if (!w->own_log) {
		off_t end = lseek(log_fd, 0, SEEK_END);
		w->log_from = end < 0 ? 0 : end;
		return 0;
	}
	w->log_fd = memfd_create("assay-worker-log", MFD_CLOEXEC);
	/* Appending: the file can be emptied under the worker's hands. */
	if (w->log_fd < 0 || fcntl(w->log_fd, F_SETFL, O_APPEND | O_RDWR) < 0)
		return err_sys(e, "cannot start '%s'", w->name);
	return 0;
}

static int launch(struct worker *w, const struct worker_spec *spec, struct err *e)
{
	const char *argv[MAX_ARGS + 2] = {spec->program};
	for (size_t i = 0; spec->args && spec->args[i]; i++) {
		if (i == MAX_ARGS)
			return err_set(e, ERR_USAGE, "worker '%s' with more than %d arguments",
				       w->name, MAX_ARGS);
		argv[i + 1] = spec->args[i];
	}
	if (open_log(w, spec->log_fd, e) < 0)
		return -1;
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, "cannot start '%s'", w->name);
	w->fd = ends[0];
	CLEANUP(close_fd) int theirs = ends[1];
	(void)fcntl(w->fd, F_SETFL, O_NONBLOCK);
	struct process_spec p = {
		.argv = argv, .env = spec->env, .out = w->log_fd, .err = w->log_fd, .fd3 = theirs,
	};
	return process_start(&p, &w->pid, e);
}

int worker_start(const struct worker_spec *spec, struct worker **ret_worker, struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(e, ERR_SYSTEM, "out of memory for a worker");
	w->fd = -1;
	w->log_fd = -1;
	const char *slash = strrchr(spec->program, '/');
	w->name = strdup(slash ? slash + 1 : spec->program);
	w->reader = frame_reader_new(spec->payload_max ? spec->payload_max : PAYLOAD_MAX_DEFAULT);
	w->ready_until = clock_now() +
			 (spec->ready_timeout_ns ? spec->ready_timeout_ns : READY_TIMEOUT_DEFAULT);
	int rc = -1;
	if (!w->name || !w->reader)
		(void)err_set(e, ERR_SYSTEM, "out of memory for a worker");
	else
		rc = launch(w, spec, e);
	if (rc < 0) {
		(void)worker_free(w);
		return -1;
	}
	*ret_worker = w;
	return 0;
}

struct worker *worker_free(struct worker *w)
{
	if (!w)
		return NULL;
	if (w->fd >= 0)
		(void)close(w->fd);
	if (w->pid > 0)
		(void)process_end(w->pid, END_GRACE);
	if (w->own_log && w->log_fd >= 0)
		(void)close(w->log_fd);
	frame_reader_free(w->reader);
	json_decref(w->ready);
	free(w->name);
	free(w);
	return NULL;
}

/* The last line that it wrote, without control characters; "" when nothing is known. */
static void last_words(const struct worker *w, char *out, size_t size)
{
	char tail[400];
	out[0] = '\0';
	struct stat st;
	if (fstat(w->log_fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= w->log_from)
		return;
	off_t from = MAX(w->log_from, st.st_size - (off_t)sizeof(tail));
	ssize_t n = pread(w->log_fd, tail, sizeof(tail), from);
	while (n > 0 && (tail[n - 1] == '\n' || tail[n - 1] == ' '))
		n--;
	ssize_t at = n;
	while (at > 0 && tail[at - 1] != '\n')
		at--;
	size_t len = 0;
	for (; at < n && len + 1 < size; at++)
		out[len++] = tail[at] >= ' ' && tail[at] < 127 ? tail[at] : '?';
	out[len] = '\0';
}

/* It closed its socket: say how it ended. It may still be about to end. */
static int died(struct worker *w, struct err *e)
{
	int status;
	if (w->pid > 0 && process_wait(w->pid, clock_now() + END_GRACE, &status) == 1) {
		process_status_text(status, w->ended, sizeof(w->ended));
		w->pid = 0;
	}
	char words[300];
	last_words(w, words, sizeof(words));
	return err_set(e, ERR_SYSTEM, "worker '%s' ended (%s)%s%s", w->name,
		       w->ended[0] ? w->ended : "it closed its socket", words[0] ? ": " : "",
		       words);
}

/* The next frame before the moment. */
static int next_frame(struct worker *w, uint64_t until_ns, struct frame *ret, struct err *e)
{
	for (;;) {
		int rc = frame_read(w->reader, w->fd, ret, e);
		if (rc > 0)
			return 0;
		if (rc < 0 && str_starts(e->text, "closed"))
			return died(w, e);
		if (rc < 0)
			return err_prefix(e, "worker '%s': ", w->name);
		if (stop_requested())
			return err_set(e, ERR_INTERRUPTED, "stopped while worker '%s' was working",
				       w->name);
		uint64_t now = clock_now();
		if (now >= until_ns)
			return err_set(e, ERR_SYSTEM, "worker '%s' did not answer in time",
				       w->name);
		struct pollfd p[2] = {{.fd = w->fd, .events = POLLIN},
				      {.fd = stop_fd(), .events = POLLIN}};
		(void)poll(p, 2, (int)MIN((until_ns - now) / NS_PER_MS + 1, (uint64_t)60000));
	}
}

int worker_wait_ready(struct worker *w, struct err *e)
{
	struct err local;
	e = e ? e : &local;
	struct frame f;
	if (next_frame(w, w->ready_until, &f, e) < 0)
		return -1;
	if (strcmp(f.type, "ready") != 0)
		return err_set(e, ERR_DATA, "worker '%s' did not begin with \"ready\"", w->name);
	int64_t protocol = 0;
	if (!json_whole(f.header, "protocol", &protocol) || protocol != 1)
		return err_set(e, ERR_UNSUPPORTED, "worker '%s' speaks version %lld of the worker "
			       "protocol, not 1", w->name, (long long)protocol);
	worker_take_ready(w, f.header);
	return w->ready ? 0 : err_set(e, ERR_SYSTEM, "out of memory for a worker");
}

int worker_send(struct worker *w, json_t *header, const void *payload, size_t len,
		uint64_t until_ns, struct err *e)
{
	struct err local;
	e = e ? e : &local;
	if (!header)
		return err_set(e, ERR_SYSTEM, "out of memory for a frame");
	if (w->broken) {
		json_decref(header);
		return err_set(e, ERR_SYSTEM, "worker '%s' cannot be used after a failure",
			       w->name);
	}
	struct stat st;
	if (w->own_log && fstat(w->log_fd, &st) == 0 && st.st_size > LOG_KEPT) {
		int rc = ftruncate(w->log_fd, 0);
		(void)rc;	/* then it grows: no reason not to ask the worker */
	}
	if (frame_exchange(w->fd, w->reader, header, payload, len, until_ns, e) == 0)
		return 0;
	w->broken = e->code == ERR_SYSTEM;
	if (e->sys_errno == EPIPE || e->sys_errno == ECONNRESET)
		return died(w, e);
	return err_prefix(e, "worker '%s': ", w->name);
}

/* Whoever asked has given up; what still comes for this id is passed over. */
static int give_up(struct worker *w, int64_t id)
{
	json_t *h = json_pack("{s:s, s:I}", "type", "cancel", "id", (json_int_t)id);
	struct err unused;
	(void)worker_send(w, h, NULL, 0, clock_now() + NS_PER_S, &unused);
	return -1;
}

int worker_collect(struct worker *w, int64_t id, uint64_t until_ns,
		   int (*each)(const struct frame *f, void *ctx), void *ctx,
		   bool *ret_client_fault, struct err *e)
{
	struct err local;
	e = e ? e : &local;
	for (;;) {
		struct frame f;
		if (next_frame(w, until_ns, &f, e) < 0)
			return w->pid > 0 ? give_up(w, id) : -1;
		if (f.id != id)
			continue;	/* left over from a request that was given up */
		if (strcmp(f.type, "error") == 0) {
			if (ret_client_fault)
				*ret_client_fault = json_is_true(json_at(f.header, "client"));
			return err_set(e, ERR_DATA, "%s",
				       json_text(f.header, "message", "error without a message"));
		}
		if (each && each(&f, ctx) != 0) {
			(void)err_set(e, ERR_INTERRUPTED, "given up");
			return strcmp(f.type, "done") == 0 ? -1 : give_up(w, id);
		}
		if (strcmp(f.type, "done") == 0)
			return 0;
	}
}

int worker_call(struct worker *w, json_t *header, const void *payload, size_t len,
		uint64_t until_ns, int (*each)(const struct frame *f, void *ctx), void *ctx,
		bool *ret_client_fault, struct err *e)
{
	if (!header)
		return err_set(e, ERR_SYSTEM, "out of memory for a frame");
	int64_t id = worker_next_id(w);
	json_put_int(header, "id", id);
	if (worker_send(w, header, payload, len, until_ns, e) < 0)
		return -1;
	return worker_collect(w, id, until_ns, each, ctx, ret_client_fault, e);
}
