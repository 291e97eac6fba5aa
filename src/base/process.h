/* src/base/process.h - starting programs and ending them cleanly.
 *
 * Every child leads its own process group, so that ending it ends what it started. A child
 * whose parent dies is told so (PR_SET_PDEATHSIG) unless it is detached.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct process_spec {
	const char *const *argv;	/* ends with NULL; argv[0] is looked up in PATH */
	const char *const *env;		/* "NAME=value" added to ours; ends with NULL; or NULL */
	const char *dir;		/* working folder, or NULL */
	int in, out, err;		/* fds for 0, 1, 2; 0 means /dev/null, not ours */
	int fd3;			/* becomes fd 3 of the child; 0: none */
	bool detached;			/* outlives us, in a session of its own */
	bool yields;			/* it and its children run only where nobody else wants
					 * the core (SCHED_IDLE) */
};

/* Start it. The error names the program and why it could not run (exec failures included). */
int process_start(const struct process_spec *spec, pid_t *ret_pid, struct err *e);

/* Wait until it ends or the moment is reached (0: do not wait, UINT64_MAX: for ever).
 * 1: ended, *ret_status as waitpid() gives it. 0: still runs. -1: no such child. */
int process_wait(pid_t pid, uint64_t until_ns, int *ret_status);

/* SIGTERM to its group, after grace_ns SIGKILL; reaps it. Returns its wait status, or -1 when
 * it was no child of ours or had been reaped. */
int process_end(pid_t pid, uint64_t grace_ns);

/* "exit status 3", "signal 11 (Segmentation fault)". */
void process_status_text(int status, char *out, size_t size);

/* Run to the end, with its standard output in out (truncated at out->max) and standard error
 * joined to it when join_err. -1 with an error when it cannot be started or takes longer than
 * timeout_ns (then it is ended). *ret_status as waitpid() gives it. */
int process_run(const char *const *argv, const char *const *env, uint64_t timeout_ns, bool join_err,
		struct buf *out, int *ret_status, struct err *e);

#endif
