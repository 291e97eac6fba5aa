/* src/worker/host.h - a worker process seen from the program that uses it.
 *
 * Starts the program, waits for "ready", talks frames with it. Used by serve's pool (through
 * the fd in its event loop) and by media (blocking, one request at a time).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKER_HOST_H
#define WORKER_HOST_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "worker/frame.h"

struct worker_spec {
	const char *program;		/* path; see file_find_worker("assay-worker-flite") */
	const char *const *args;	/* after the program's name; ends with NULL; or NULL */
	const char *const *env;		/* "NAME=value"; ends with NULL; or NULL */
	int log_fd;			/* its stdout and stderr; 0: kept for last words only */
	size_t payload_max;		/* of one frame from it; 0: 64 MiB */
	uint64_t ready_timeout_ns;	/* 0: 60 s */
};

struct worker;

/* Start it; returns at once. -1 when it cannot be run. It ends with the *thread* that called
 * this (PR_SET_PDEATHSIG): that thread must live as long as the worker. */
int worker_start(const struct worker_spec *spec, struct worker **ret_worker, struct err *e);

/* Wait (blocking) for its ready frame. Names the worker and its last words when it died. */
int worker_wait_ready(struct worker *w, struct err *e);

/* Close the socket, end its process group, reap. NULL is fine; returns NULL. */
struct worker *worker_free(struct worker *w);

int worker_fd(const struct worker *w);		/* non-blocking */
pid_t worker_pid(const struct worker *w);	/* 0 once it was seen to have ended */
const json_t *worker_ready(const struct worker *w);	/* its ready frame; NULL before */
void worker_take_ready(struct worker *w, const json_t *header);	/* for event loops */
struct frame_reader *worker_reader(struct worker *w);

/* One blocking request: send the header (stolen; "id" is set here) with its payload; hand every
 * reply frame with this id, "done" included, to each() (may be NULL) until "done" (returns 0),
 * "error" (-1, ERR_DATA with its message; *ret_client_fault, which may be NULL, tells whose
 * fault) or the deadline. A worker that died is -1 with ERR_SYSTEM. When each() returns not 0
 * (-1, ERR_INTERRUPTED), the deadline is reached or the user stops assay, "cancel" is sent, and
 * replies that still come are passed over by the next call; the worker may be busy until then. */
int worker_call(struct worker *w, json_t *header, const void *payload, size_t len,
		uint64_t until_ns, int (*each)(const struct frame *f, void *ctx), void *ctx,
		bool *ret_client_fault, struct err *e);

/* For requests of several frames (audio to ASR): an id, then frames with it, then collect. */
int64_t worker_next_id(struct worker *w);
int worker_send(struct worker *w, json_t *header, const void *payload, size_t len,
		uint64_t until_ns, struct err *e);	/* steals header */
int worker_collect(struct worker *w, int64_t id, uint64_t until_ns,
		   int (*each)(const struct frame *f, void *ctx), void *ctx,
		   bool *ret_client_fault, struct err *e);

#endif
