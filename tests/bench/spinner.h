/* tests/bench/spinner.h - somebody else on the same core.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_SPINNER_H
#define BENCH_SPINNER_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"

/* A process that takes what it can get of a core. */
static inline pid_t spinner_start(int cpu)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)thread_pin(cpu, NULL);
	for (;;)
		(void)clock_now();
}

static inline void spinner_stop(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

#endif
