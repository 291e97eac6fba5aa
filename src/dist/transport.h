/* src/dist/transport.h - the table of transports: what carries messages from rank to rank.
 *
 * To add one: write its row in a file of its own and put it into the array of transport.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DIST_TRANSPORT_H
#define DIST_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* What open() fills. */
struct peers {
	int rank, size;
	char via[120];
};

struct transport {
	const char *name;
	/* Did this one's launcher start the process? */
	bool (*launched)(void);
	int (*open)(void **ret_state, struct peers *ret, struct err *e);
	/* Messages to one rank come whole and in their order. -1: the ranks are out of reach. */
	int (*send)(void *state, int to, const void *data, size_t len, struct err *e);
	/* 1: the next message is in data. 0: none came until then. -1: out of reach. */
	int (*receive)(void *state, uint64_t until_ns, int *ret_from, struct buf *data,
		       struct err *e);
	/* orderly: all ranks leave; what was sent still arrives. */
	void (*close)(void *state, bool orderly);
};

/* In the order of asking launched(); NULL at the end. The last one is local: always. */
const struct transport *transport_at(size_t i);

extern const struct transport transport_mpi, transport_local;

#endif
