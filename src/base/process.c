/* src/base/process.c - see process.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"

/* Everything below runs between fork and exec: only async-signal-safe calls. */
static void place(int fd, int target)
{
	int from = fd > 0 ? fd : open("/dev/null", O_RDWR);
	if (from < 0 || dup2(from, target) < 0)
		_exit(126);
}

static void report_and_exit(int pipe_fd)
{
	int why = errno;
	ssize_t n = write(pipe_fd, &why, sizeof(why));
	(void)n;
	_exit(127);
}

static void become(const struct process_spec *spec, char **env, pid_t parent, int report)
{
	/* Keep what will be placed clear of the targets 0 … 3. */
	int in = spec->in > 0 ? fcntl(spec->in, F_DUPFD_CLOEXEC, 10) : 0;
	int out = spec->out > 0 ? fcntl(spec->out, F_DUPFD_CLOEXEC, 10) : 0;
	int err = spec->err > 0 ? fcntl(spec->err, F_DUPFD_CLOEXEC, 10) : 0;
	int fd3 = spec->fd3 > 0 ? fcntl(spec->fd3, F_DUPFD_CLOEXEC, 10) : 0;
	report = fcntl(report, F_DUPFD_CLOEXEC, 10);
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	if (spec->detached)
		(void)setsid();
	else
		(void)setpgid(0, 0);
	if (spec->yields)
		(void)sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
	if (!spec->detached && (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent))
		_exit(126);
	place(in, 0);
	place(out, 1);
	place(err, 2);
	if (fd3 > 0)
		place(fd3, 3);
	if (spec->dir && chdir(spec->dir) < 0)
		report_and_exit(report);
	(void)execvpe(spec->argv[0], (char *const *)spec->argv, env);
	report_and_exit(report);
}

static char **join_env(const char *const *added)
{
	size_t n = 0;
	size_t m = 0;
	while (environ[n])
		n++;
	while (added && added[m])
		m++;
	char **env = calloc(n + m + 1, sizeof(*env));
	if (!env)
		return NULL;
	size_t k = 0;
	for (size_t i = 0; i < m; i++)	/* ours first: getenv() takes the first match */
		env[k++] = (char *)added[i];
	for (size_t i = 0; i < n; i++) {
		bool replaced = false;
		size_t len = strcspn(environ[i], "=") + 1;
		for (size_t j = 0; j < m; j++)
			replaced |= strncmp(environ[i], added[j], len) == 0;
		if (!replaced)
			env[k++] = environ[i];
	}
	return env;
}

int process_start(const struct process_spec *spec, pid_t *ret_pid, struct err *e)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC) < 0)
		return err_sys(e, "cannot start '%s'", spec->argv[0]);
	CLEANUP(free_ptr) char **env = join_env(spec->env);
	pid_t parent = getpid();
	pid_t pid = env ? fork() : -1;
	if (pid == 0)
		become(spec, env, parent, report[1]);
	int saved = errno;
	(void)close(report[1]);
	CLEANUP(close_fd) int from = report[0];
	if (pid < 0) {
		errno = saved;
		return err_sys(e, "cannot start '%s'", spec->argv[0]);
	}
	if (!spec->detached)
		(void)setpgid(pid, pid);	/* in the child as well: whoever comes first */
	int why = 0;
	ssize_t n;
	do {
		n = read(from, &why, sizeof(why));
	} while (n < 0 && errno == EINTR);
	if (n != 0) {	/* told why it could not; or not even that could be read */
		saved = n == (ssize_t)sizeof(why) ? why : errno;
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		errno = saved;
		return err_sys(e, "cannot run '%s'", spec->argv[0]);
	}
	*ret_pid = pid;
	return 0;
}

int process_wait(pid_t pid, uint64_t until_ns, int *ret_status)
{
	CLEANUP(close_fd) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	for (;;) {
		pid_t got = waitpid(pid, ret_status, WNOHANG);
		if (got == pid)
			return 1;
		if (got < 0 && errno != EINTR)
			return -1;
		uint64_t now = clock_now();
		if (now >= until_ns)
			return 0;
		/* Without pidfd (an old kernel) look again every 20 ms. */
		uint64_t left_ms = (until_ns - now) / NS_PER_MS + 1;
		int wait_ms = (int)MIN(left_ms, fd >= 0 ? (uint64_t)1000 : (uint64_t)20);
		struct pollfd p = {.fd = fd, .events = POLLIN};
		(void)poll(&p, fd >= 0 ? 1 : 0, wait_ms);
	}
}

int process_end(pid_t pid, uint64_t grace_ns)
{
	int status = -1;
	(void)kill(-pid, SIGTERM);
	(void)kill(pid, SIGTERM);
	int rc = process_wait(pid, clock_now() + grace_ns, &status);
	/* The rest of the group, and the child itself when it did not listen. */
	(void)kill(-pid, SIGKILL);
	if (rc == 0) {
		(void)kill(pid, SIGKILL);
		rc = process_wait(pid, UINT64_MAX, &status);
	}
	return rc == 1 ? status : -1;
}

void process_status_text(int status, char *out, size_t size)
{
	if (WIFEXITED(status))
		(void)snprintf(out, size, "exit status %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		(void)snprintf(out, size, "signal %d (%s)", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	else
		(void)snprintf(out, size, "wait status %d", status);
}

/* Read until the end or the moment; what does not fit is read and forgotten. 0 at the end,
 * 1: the moment was reached. */
static int drain(int fd, uint64_t until_ns, struct buf *out, struct err *e)
{
	char piece[8192];
	for (;;) {
		uint64_t now = clock_now();
		if (now >= until_ns)
			return 1;
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, (int)MIN((until_ns - now) / NS_PER_MS + 1, (uint64_t)60000)) <= 0)
			continue;
		ssize_t n = read(fd, piece, sizeof(piece));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return err_sys(e, "cannot read what a program printed");
		if (n > 0 && buf_add(out, piece, MIN((size_t)n, out->max - out->len)) < 0)
			return err_set(e, ERR_SYSTEM, "no memory for what a program printed");
	}
}

int process_run(const char *const *argv, const char *const *env, uint64_t timeout_ns, bool join_err,
		struct buf *out, int *ret_status, struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot run '%s'", argv[0]);
	CLEANUP(close_fd) int from = ends[0];
	struct process_spec spec = {
		.argv = argv, .env = env, .out = ends[1], .err = join_err ? ends[1] : 0,
	};
	pid_t pid;
	int rc = process_start(&spec, &pid, e);
	(void)close(ends[1]);
	if (rc < 0)
		return -1;
	uint64_t until = clock_now() + timeout_ns;
	rc = drain(from, until, out, e);
	if (rc == 0 && process_wait(pid, until, ret_status) == 1)
		return 0;
	(void)process_end(pid, NS_PER_S / 5);
	if (rc < 0)
		return err_prefix(e, "'%s': ", argv[0]);
	return err_set(e, ERR_SYSTEM, "'%s' did not end within %.3g s and was ended", argv[0],
		       ns_to_s(timeout_ns));
}
