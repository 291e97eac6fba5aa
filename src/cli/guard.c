/* src/cli/guard.c - see keeper.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/guard.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "base/util.h"

#define KILLED_STATUS 4	/* what it measured is incomplete */

static const int handed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGCONT};

static void keep(pid_t child, const sigset_t *watched) __attribute__((noreturn));

static void keep(pid_t child, const sigset_t *watched)
{
	char text[64];
	int status = 0;
	for (;;) {
		pid_t got = waitpid(child, &status, WNOHANG);
		if (got == child)
			break;
		if (got < 0 && errno != EINTR)
			_exit(KILLED_STATUS);
		int signal_number = sigwaitinfo(watched, NULL);
		if (signal_number > 0 && signal_number != SIGCHLD)
			(void)kill(child, SIGTERM);
	}
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	process_status_text(status, text, sizeof(text));
	(void)fprintf(stderr, "assay: the process of this rank ended by %s\n", text);
	_exit(KILLED_STATUS);
}

int guard_start(bool on_cont, struct err *e)
{
	sigset_t watched, before;
	(void)sigemptyset(&watched);
	(void)sigaddset(&watched, SIGCHLD);
	for (size_t i = 0; i < ARRAY_LEN(handed_on); i++)
		if (handed_on[i] != SIGCONT || on_cont)
			(void)sigaddset(&watched, handed_on[i]);
	(void)sigprocmask(SIG_BLOCK, &watched, &before);
	pid_t guard = getpid();
	(void)fflush(NULL);
	pid_t child = fork();
	if (child > 0)
		keep(child, &watched);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0)
		return err_sys(e, "cannot start the process that measures");
	(void)setsid();
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != guard)
		_exit(KILLED_STATUS);
	return 0;
}
