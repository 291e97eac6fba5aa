/* src/deploy/deploy.h - start services, wait until they really answer, end them cleanly.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_DEPLOY_H
#define DEPLOY_DEPLOY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "protocols/service.h"

/* A service process that this program started. */
struct deployed;

struct deploy_spec {
	const char *name;
	const char *const *argv;	/* "{port}" is replaced by the port; ends with NULL */
	const char *const *env;
	int port;			/* 0: a free one on 127.0.0.1 */
	const char *log_path;		/* its output */
	const char *ready_path;		/* "/health" */
	uint64_t ready_timeout_ns;
	bool yields;			/* see struct process_spec */
};

/* Start it and return at once. */
int deploy_start(const struct deploy_spec *spec, struct deployed **ret, struct err *e);

/* Wait until it answers 200 at ready_path. Names the last log lines when it died. */
int deploy_wait(struct deployed *d, struct err *e);

int deploy_port(const struct deployed *d);
pid_t deploy_pid(const struct deployed *d);
const char *deploy_name(const struct deployed *d);

/* Still running? When not, *ret_status is its wait status. */
bool deploy_alive(struct deployed *d, int *ret_status);

/* Start it again on the same port (for faults that kill). */
int deploy_restart(struct deployed *d, struct err *e);

/* End its process group (grace 5 s). NULL is fine; returns NULL. */
struct deployed *deploy_stop(struct deployed *d);

/* A port of 127.0.0.1 that was free a moment ago. */
int deploy_free_port(struct err *e);

#endif
