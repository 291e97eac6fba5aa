/* src/deploy/up.h - bring a deployment up and take it down.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_UP_H
#define DEPLOY_UP_H

#include <jansson.h>
#include <sys/types.h>

#include "deploy/launch.h"

struct up_plan {
	const struct manifest *manifest;
	const char *dir;		/* of the state; NULL: for rendered files */
	struct accels accels;
	struct launch *launches;
	size_t n;
};

/* Choose devices and ports, fill in all words. dir NULL: portable, for rendering; then every
 * service must name its port, and devices need not be here. */
int up_make(const struct manifest *m, const char *dir, struct arena *a, struct up_plan *ret,
	    struct err *e);

/* Take the lock and start the supervisor (a child of ours, in a session of its own). */
int up_start(const struct up_plan *p, pid_t *ret_supervisor, struct err *e);

struct down_report {
	size_t found, left;	/* processes that ran, and that would not end */
	double seconds;
	struct strings notes;	/* what was not as it should be: memory that stays taken … */
};

/* End all of a deployment, whatever has crashed of it before. Logs stay. 0 even when something is
 * left: see the report. */
int down_all(const char *dir, struct arena *a, struct down_report *ret, struct err *e);

/* state.json with "alive" for each process and the supervisor, as of now. Caller: decref. */
json_t *up_state(const char *dir, struct err *e);

/* "ready", "failed", "starting": all of it. "unsupervised" when nobody watches what runs, "dead"
 * when nothing runs. */
const char *up_summary(const json_t *state);

#endif
