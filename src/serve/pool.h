/* src/serve/pool.h - worker processes, the queue in front of them, and one request to a worker.
 *
 * One thread of the pool reads what all its workers send and starts, watches and ends them; the
 * threads of the HTTP server ask. A worker that dies is started again (after 0.2 s, doubling to
 * 10 s while it keeps dying); its requests end with CALL_DIED, the others go on. A worker that
 * does not stop when a request is cancelled is killed and started again.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_POOL_H
#define SERVE_POOL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "serve/limits.h"

struct pool_spec {
	const char *program;		/* path */
	const char *const *args;	/* after the program's name; ends with NULL; or NULL */
	const char *const *env;		/* "NAME=value"; ends with NULL; or NULL */
	const char *task;		/* what its ready frame must say */
	size_t workers;
	int log_fd;			/* stdout and stderr of the workers; 0: kept in memory */
	size_t payload_max;		/* of one frame from a worker */
	uint64_t ready_timeout_ns;
	const struct limits *limits;	/* queue, output_bytes, cancel_ns; must outlive the pool */
	/* A line for the log; wrong: a worker failed. May be NULL. */
	void (*on_event)(const char *text, bool wrong, void *ctx);
	void *ctx;
};

struct pool;

/* Start the thread, which starts the workers. What spec points to must outlive the pool. */
int pool_new(const struct pool_spec *spec, struct pool **ret_pool, struct err *e);

/* End all workers and the thread. Every call must have been closed. NULL is fine. */
struct pool *pool_free(struct pool *p);

/* From now on nothing new is accepted; calls still open end with CALL_STOPPED when `now`. */
void pool_stop(struct pool *p, bool now);

/* Wait until a worker is ready. -1: none became ready; the error says why. */
int pool_wait_ready(struct pool *p, uint64_t until_ns, struct err *e);

struct pool_state {
	size_t workers;
	size_t ready;
	size_t busy;		/* requests that workers have */
	size_t queued;
	uint64_t restarts;	/* workers started again */
	uint64_t kills;		/* workers ended because they did not obey */
	uint64_t refused;	/* requests that found the queue full */
	bool failing;		/* no worker is ready and the last tries all failed */
};
void pool_state(struct pool *p, struct pool_state *ret);

/* A ready frame of one of its workers (the last known). Caller: json_decref(). NULL: none yet. */
json_t *pool_ready(struct pool *p);

/* Process ids of the workers that run now: at most max; returns how many. */
size_t pool_pids(struct pool *p, int *ret_pids, size_t max);

/* ---- one request ---- */

enum call_result {
	CALL_FRAME,	/* a frame came (call_next); or: go on (call_open, call_send) */
	CALL_DONE,	/* the worker's "done" */
	CALL_ERROR,	/* the worker's "error" */
	CALL_FULL,	/* the queue is full */
	CALL_NONE,	/* there is no worker and none is to be expected soon */
	CALL_LATE,	/* the deadline has passed */
	CALL_GONE,	/* the client has left */
	CALL_DIED,	/* the worker died, or broke the protocol */
	CALL_SLOW,	/* the client takes its results too slowly */
	CALL_STOPPED,	/* the server is being ended */
};

struct call;

/* Wait for a free worker, until the deadline or until client_fd says that its peer has left (-1:
 * not watched). CALL_FRAME: *ret_call is the caller's. Anything else: there is no call. */
enum call_result call_open(struct pool *p, uint64_t until_ns, int client_fd,
			   struct call **ret_call);

/* The ready frame of the worker that has it; valid until call_close(). */
const json_t *call_ready(const struct call *c);

/* Send a frame with this call's id (set here). Steals header; payload is read before it returns. */
enum call_result call_send(struct call *c, json_t *header, const void *payload, size_t len);

/* The next frame of the worker for this call: *ret_header and the payload are valid until the next
 * call_next() or call_close(), and are NULL unless the result is FRAME, DONE or ERROR. */
enum call_result call_next(struct call *c, const json_t **ret_header, const char **ret_payload,
			   size_t *ret_len);

/* The same without waiting: false when nothing has come. call_fd() is readable when there is
 * news. */
bool call_try_next(struct call *c, enum call_result *ret, const json_t **ret_header,
		   const char **ret_payload, size_t *ret_len);
int call_fd(const struct call *c);
void call_extend(struct call *c, uint64_t until_ns);	/* another deadline */

/* Give it back. If the worker has not ended it, it is cancelled. NULL is fine. */
void call_close(struct call *c);

#endif
