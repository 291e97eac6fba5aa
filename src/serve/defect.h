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
	atomic_bool poisoned;
	atomic_bool hung;
};

/* A request begins: 0, or -1 with a refusal. */
int defect_gate(struct request *r);

/* A refusal is about to be sent. */
void defect_refused(struct request *r);

/* Bytes of a body came. */
void defect_body(struct request *r, const char *data, size_t len);

/* The client left before its answer was complete; its call is still open. */
void defect_left(struct request *r);

/* The socket to watch for a client that leaves; -1: none is watched. */
int defect_client_fd(const struct request *r);

#endif
