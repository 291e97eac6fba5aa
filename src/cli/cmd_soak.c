/* src/cli/cmd_soak.c - assay soak: the soak suite alone, in front or in the background.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/stop.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/soak_status.h"
#include "cli/suite_command.h"
#include "suite/soak_in.h"
#include "suite/suites.h"

static int run(int argc, char **argv);

static const struct opt *const tables[] = {soak_options, suite_command_options, session_options,
					   url_options, NULL};

const struct command command_soak = {
	.name = "soak",
	.summary = "hours of mixed requests: outages, error rates, leaks, drift",
	.usage = "[PLAN] [--asr URL] [--tts URL] [--chat URL] [options]",
	.text = "Sends a mix of requests for hours and judges what only time shows: "
		"outages, error rates with their intervals, leaks of memory, files and "
		"threads, and drift of the latency.\n\n"
		"With --out each window is saved in DIR/results.db when it ends and told in one "
		"line of DIR/soak.log. A soak that was killed loses the running window at most: "
		"--resume DIR goes on with it. A full disk does not end it; what could not be "
		"written is counted and said. Ctrl-C ends it with a report. A closed terminal "
		"(SIGHUP) does not.",
	.examples = "assay soak my.plan.yaml --duration 12h --out soak\n"
		    "assay soak my.plan.yaml --duration 12h --out soak --detach\n"
		    "assay soak --status soak                   # where does it stand?\n"
		    "assay soak --resume soak                   # after a kill or a Ctrl-C\n"
		    "assay soak --asr http://127.0.0.1:8001/transcribe --duration 10m",
	.tables = tables,
	.run = run,
};

struct words {
	int argc;
	char **argv;
};

/* What of the command line concerns this file. Wrong words are left to suite_command(). */
struct wish {
	struct soak_settings soak;
	struct session_options session;
	struct common_options common;
};

static int look(const struct words *w, struct wish *wish, struct arena *a)
{
	struct url_options urls = {0};
	void *list = arena_alloc(a, 64);
	struct strings operands = {0};
	struct err e;
	struct optset sets[] = {{.rows = soak_options, .to = &wish->soak},
				{.rows = session_options, .to = &wish->session},
				{.rows = url_options, .to = &urls},
				{.rows = suite_command_options, .to = list},
				{.rows = common_options, .to = &wish->common}};
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		opt_defaults(sets[i].rows, sets[i].to);
	return opt_from_args(sets, ARRAY_LEN(sets), w->argc, w->argv, &operands, a, &e);
}

/* ---- --resume: the words that it was begun with, and where ---- */

static char *begun_path(const char *dir, struct arena *a)
{
	return arena_fmt(a, "%s/soak.json", dir);
}

static int note_begin(const struct words *w, const char *dir, struct arena *a, struct err *e)
{
	CLEANUP(free_ptr) char *here = getcwd(NULL, 0);
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(json_unref) json_t *j = json_object();
	json_t *words = json_array();
	for (int i = 0; i < w->argc; i++)
		if (strcmp(w->argv[i], "--detach") != 0)
			(void)json_array_append_new(words, json_string(w->argv[i]));
	json_put(j, "words", words);
	json_put_text(j, "folder", here);
	if (json_array_size(words) + 1 < (size_t)w->argc || json_write(j, true, &text) < 0)
		return err_set(e, ERR_USAGE, "the command line is not UTF-8");
	if (file_make_dirs(dir, e) < 0)
		return -1;
	return file_write(begun_path(dir, a), text.data, text.len, e);
}

/* The words of then and, after them, those of now. */
static int read_begin(struct words *w, const char *dir, struct arena *a, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 20);
	CLEANUP(free_ptr) char *whole = realpath(dir, NULL);
	if (!whole)
		return err_sys(e, "cannot find '%s'", dir);
	if (file_read(begun_path(whole, a), &text, e) < 0)
		return err_prefix(e, "no soak was begun there: ");
	CLEANUP(json_unref) json_t *j = json_read(text.data, text.len, 8, e);
	const json_t *then = json_object_get(j, "words");
	if (!j)
		return -1;
	if (chdir(json_text(j, "folder", ".")) < 0)
		return err_sys(e, "cannot go back to '%s'", json_text(j, "folder", "."));
	size_t n = json_array_size(then);
	char **words = arena_array(a, n + (size_t)w->argc + 5, sizeof(*words));
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		words[k++] = arena_str(a, json_string_value(json_array_get(then, i)));
	for (int i = 0; i < w->argc; i++)
		words[k++] = w->argv[i];
	words[k++] = arena_fmt(a, "--resume=%s", whole);
	words[k++] = arena_fmt(a, "--out=%s", whole);
	*w = (struct words){(int)k, words};
	return 0;
}

/* ---- --detach ---- */

/* Until the soak has written the first line of its log (0), or has ended before that (1). */
static int await_begin(int watch, pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[] = {{.fd = watch, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	int ret = -1;
	while (fd >= 0 && ret < 0 && !stop_requested()) {
		_Alignas(struct inotify_event) char events[4096];
		if (poll(fds, ARRAY_LEN(fds), -1) < 0)
			continue;
		ssize_t n = fds[0].revents ? read(watch, events, sizeof(events)) : 0;
		for (ssize_t at = 0; at < n && ret < 0;) {
			const struct inotify_event *v = (const void *)(events + at);
			if (v->len && strcmp(v->name, "soak.log") == 0)
				ret = 0;
			at += (ssize_t)(sizeof(*v) + v->len);
		}
		if (ret < 0 && fds[1].revents)
			ret = 1;
	}
	if (fd >= 0)
		(void)close(fd);
	return MAX(ret, 0);
}

static int start_detached(const struct words *w, const char *dir, int watch, struct arena *a,
			  struct err *e)
{
	const char **argv = arena_array(a, (size_t)w->argc + 4, sizeof(*argv));
	const char *out = arena_fmt(a, "%s/soak.out", dir);
	size_t k = 0;
	pid_t pid;
	int status = 0;
	argv[k++] = "/proc/self/exe";
	argv[k++] = "soak";
	for (int i = 0; i < w->argc; i++)
		if (strcmp(w->argv[i], "--detach") != 0)
			argv[k++] = w->argv[i];
	CLEANUP(close_fd) int fd = open(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "cannot write '%s'", out);
	const struct process_spec spec = {.argv = argv, .out = fd, .err = fd, .detached = true};
	if (process_start(&spec, &pid, e) < 0)
		return -1;
	if (await_begin(watch, pid) != 0) {
		(void)process_wait(pid, UINT64_MAX, &status);
		return err_set(e, ERR_SYSTEM, "the soak did not begin; '%s' says why", out);
	}
	(void)printf("soak runs as process %d\n"
		     "  assay soak --status %s    where it stands\n"
		     "  kill -INT %d    end it with a report\n", (int)pid, dir, (int)pid);
	return 0;
}

static int detach(const struct words *w, const char *dir, struct arena *a)
{
	struct err e;
	if (!dir) {
		(void)err_set(&e, ERR_USAGE, "--detach needs --out DIR: where else would the "
			      "report be?");
		return command_fail(&e);
	}
	CLEANUP(close_fd) int watch = inotify_init1(IN_CLOEXEC);
	if (file_make_dirs(dir, &e) < 0)
		return command_fail(&e);
	if (watch < 0 || inotify_add_watch(watch, dir, IN_MODIFY) < 0)
		(void)err_sys(&e, "cannot watch '%s'", dir);
	else if (start_detached(w, dir, watch, a, &e) == 0)
		return 0;
	return command_fail(&e);
}

/* ---- signals ---- */

static void go_on(int sig)
{
	(void)sig;
}

/* A terminal that is closed does not end a soak. A handler, unlike SIG_IGN, is not inherited by
 * services. */
static void mind_signals(void)
{
	const struct sigaction act = {.sa_handler = go_on, .sa_flags = SA_RESTART};
	(void)sigaction(SIGHUP, &act, NULL);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct words w = {argc, argv};
	struct wish wish = {0};
	struct err e;
	if (look(&w, &wish, a) < 0 || wish.common.help)
		return suite_command(&command_soak, &suite_soak, argc, argv);
	if (wish.soak.status)
		return soak_status(wish.soak.status, wish.common.format == FORMAT_JSON);
	bool inner = wish.soak.resume && wish.session.out;	/* the words are complete */
	if (wish.soak.resume && !inner && read_begin(&w, wish.soak.resume, a, &e) < 0)
		return command_fail(&e);
	if (look(&w, &wish, a) < 0)
		return suite_command(&command_soak, &suite_soak, w.argc, w.argv);
	if (wish.session.out &&
	    soak_may_write(wish.session.out, wish.soak.resume != NULL, &e) < 0)
		return command_fail(&e);
	if (wish.soak.detach)
		return detach(&w, wish.session.out, a);
	if (wish.session.out && !wish.soak.resume &&
	    note_begin(&w, wish.session.out, a, &e) < 0)
		return command_fail(&e);
	mind_signals();
	return suite_command(&command_soak, &suite_soak, w.argc, w.argv);
}
