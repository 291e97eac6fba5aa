/* src/serve/server_parts.h - the server's inside, for its own files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_SERVER_PARTS_H
#define SERVE_SERVER_PARTS_H

#include <stdatomic.h>

#include "base/hash.h"
#include "serve/conn.h"
#include "serve/defect.h"
#include "serve/metrics.h"
#include "serve/request.h"
#include "serve/server.h"

struct server {
	struct server_spec spec;
	struct MHD_Daemon *daemon;
	struct conns *conns;
	struct metrics *metrics;
	char url[128];
	char token_hash[HASH_HEX];	/* of spec.token */
	bool tls;
	atomic_bool stopping;
	struct defect_state defect;
	atomic_size_t running;		/* requests that were begun and not completed */
	atomic_size_t held;		/* bytes of bodies and media */
	atomic_uint_fast64_t last_id;
	uint64_t started_wall;
};

/* listen.c: a listening socket, by the rules for addresses. -1 with an error. */
int listen_open(const struct server_spec *spec, int *ret_fd, char *url, size_t url_size,
		struct err *e);

#endif
