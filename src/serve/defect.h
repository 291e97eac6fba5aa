/* src/serve/defect.h - the sim's defects: what testers of services must find.
 *
 * Each is one that real inference servers had. `assay serve --worker sim --sim-defect NAME` has it,
 * and nothing else has.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_DEFECT_H
#define SERVE_DEFECT_H

#include <stdatomic.h>
#include <stdint.h>

#include "serve/request.h"

/* What a defect remembers from request to request. */
struct defect_state {
	atomic_uint_fast64_t bad_until;	/* health-lies */
	atomic_uint_fast64_t cry_until;	/* health-cries */
	atomic_uint_fast64_t blocked_until;	/* blocks */
	atomic_bool poisoned;
	atomic_bool hung;
	atomic_int working;		/* requests in work, for health-waits and deadlocks */
};

/* A request begins: 0, or -1 with a refusal. */
int defect_gate(struct request *r);

/* A refusal is about to be sent. */
void defect_refused(struct request *r);

/* Bytes of a body came. */
void defect_body(struct request *r, const char *data, size_t len);

/* The whole request is there and is worked on now; it was worked on. */
void defect_work(struct request *r);
void defect_worked(struct request *r);

/* An image_url that is no data: URL. */
void defect_url(const struct request *r, const char *url);

/* The event that was written to r->out from this byte on. */
void defect_event(struct request *r, size_t from);

/* The client left before its answer was complete; its call is still open. */
void defect_left(struct request *r);

/* The socket to watch for a client that leaves; -1: none is watched. */
int defect_client_fd(const struct request *r);

#endif
