/* src/deploy/state.h - what is known of a deployment outside of the process that watches it.
 *
 * A folder below $XDG_STATE_HOME/assay (or --state DIR) per deployment: state.json, lock (held by
 * the supervisor as long as it lives), one log per replica. Every process that a deployment starts
 * carries ASSAY_DEPLOYED=FOLDER#SERVICE.REPLICA in its environment, so that all of them can be
 * found however they were started and whatever has crashed since.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_STATE_H
#define DEPLOY_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define DEPLOY_MARK "ASSAY_DEPLOYED"

/* The folder of all deployments. given: --state, or NULL. */
const char *state_root(const char *given, struct arena *a);

/* "ROOT/NAME" */
const char *state_dir(const char *root, const char *name, struct arena *a);

/* Folders with a state.json below the root. */
void state_list(const char *root, struct strings *ret, struct arena *a);

/* state.json of a folder. Caller: decref. NULL: there is none, or it is broken. */
json_t *state_read(const char *dir, struct err *e);
int state_write(const char *dir, const json_t *state, struct err *e);

/* Take the lock; the fd keeps it. -1 with an error when another supervisor has it. */
int state_lock(const char *dir, struct err *e);

/* Does a supervisor hold it now? */
bool state_locked(const char *dir);

/* A process as more than a number: pids are used again. */
struct process_id {
	pid_t pid;
	uint64_t start_ticks;
};
json_t *state_process(pid_t pid);			/* {pid, start_ticks, boot_id} */
bool state_process_alive(const json_t *process, pid_t *ret_pid);	/* the very same one */

/* Living processes marked FOLDER#… (service NULL: all of the deployment), without this one.
 * Returns how many; at most max are stored. */
size_t state_find_marked(const char *dir, const char *replica, pid_t *pids, size_t max);

/* End all of them: SIGTERM to each and its group, SIGKILL after the grace. Returns how many still
 * live then. */
size_t state_end_marked(const char *dir, const char *replica, uint64_t grace_ns);

#endif
