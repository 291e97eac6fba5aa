/* src/monitor/child.h - a vendor's tool, run so that its hanging cannot hang us.
 *
 * A tool that waits inside its driver cannot be killed; then it is left behind (stuck) and no
 * second one is started until it is gone.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_CHILD_H
#define MONITOR_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define CHILD_OUT_MAX ((size_t)4 << 20)

struct child {
	pid_t pid;		/* 0: none runs */
	int fd;			/* its output, not blocking; -1 */
	struct buf out;
	uint64_t started_ns;
	int status;		/* as waitpid() gives it, after it ended; -1: not known */
	bool stuck;		/* was killed and did not go */
};

void child_init(struct child *c);
void child_release(struct child *c);	/* ends it */

/* argv[0] is looked up in PATH; standard error joins the output. */
int child_start(struct child *c, const char *const *argv, const char *const *env, struct err *e);

/* Read what is there. 1: it ended (reaped). 0: it goes on. -1: more output than 4 MiB. */
int child_feed(struct child *c);

/* Kill it, and wait for at most 100 ms. */
void child_end(struct child *c);

/* Is a killed one still there? */
bool child_is_stuck(struct child *c);

/* Run to the end. -1: cannot start, or takes longer than that. */
int child_run(struct child *c, const char *const *argv, const char *const *env,
	      uint64_t timeout_ns, struct err *e);

#endif
