/* src/dist/dist.h - the processes (ranks) that make one load together, and what they tell each
 * other: nothing but byte buffers.
 *
 * Every rank calls the same operations in the same order; rank 0 is the one that all others talk
 * to. An operation never outlives the run: once a stop was requested (here or on any rank, which
 * then tells the others), it waits only DIST_GRACE_NS for what is still to come. A rank that was
 * not heard by then is lost. Started by no launcher, a process is rank 0 of 1 and every operation
 * returns at once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DIST_DIST_H
#define DIST_DIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

#define DIST_GRACE_NS (500 * NS_PER_MS)
#define DIST_MESSAGE_MAX ((size_t)1 << 30)

struct dist;

/* Does the environment say that a launcher (mpirun, srun) started this process as a rank? */
bool dist_launched(void);

/* Join the others. -1: this build has no MPI of the launcher's kind, or its ranks do not find each
 * other (each would take itself for the only one). Free with dist_close(). */
int dist_open(struct dist **ret, struct err *e);

/* Leave. In good order when all operations are done; NULL is fine; returns NULL. */
struct dist *dist_close(struct dist *d);

int dist_rank(const struct dist *d);	/* NULL: 0 */
int dist_size(const struct dist *d);	/* NULL: 1 */
const char *dist_via(const struct dist *d);	/* "local", "Open MPI v4.1.4" */
const char *dist_host(const struct dist *d, int rank);	/* rank 0 knows all, others their own */
int dist_before_on_host(const struct dist *d);	/* lower ranks on this host; 0: it is the lowest */
bool dist_is_lost(const struct dist *d, int rank);

/* At rank 0 every rank's buffer into parts[rank] (size of them, initialised; caller releases);
 * other ranks only send. 0: all are there. 1: some are lost, theirs stay empty. */
int dist_gather(struct dist *d, const void *data, size_t len, struct buf *parts, struct err *e);

/* Rank 0's buffer to all, which have it in data. -1 when rank 0 is lost. */
int dist_broadcast(struct dist *d, struct buf *data, struct err *e);

/* Nobody leaves before all have come. -1: some will not come. */
int dist_barrier(struct dist *d, struct err *e);

/* Could all do it? rc < 0 with *e: this one could not. The same for all: 0, or -1 with the words of
 * the lowest rank that could not. */
int dist_agree(struct dist *d, int rc, struct err *e);

/* A barrier at whose end all know one moment (lead_ns from now), each on its own clock. */
struct dist_start {
	uint64_t at_ns;		/* CLOCK_MONOTONIC of this host */
	uint64_t bound_ns;	/* it may differ so much from rank 0's */
	int64_t wall_ns;	/* this host's wall clock is ahead of rank 0's by */
};
int dist_start(struct dist *d, uint64_t lead_ns, struct dist_start *ret, struct err *e);

unsigned dist_round(const struct dist *d);	/* how many such starts there were; NULL: 0 */

/* A word that nobody waits for: to rank 0, or from rank 0 to all. */
void dist_tell(struct dist *d, const void *data, size_t len);
/* The next word that has come, into ret (cleared first); false: none. */
bool dist_hear(struct dist *d, struct buf *ret);

/* End the run of all ranks: as if the user had asked each. */
void dist_stop(struct dist *d);
void dist_give_up(struct dist *d, int rank);	/* not heard for too long: lost, and stop */

/* This rank cannot go on, and nothing can be said about it: end the others at once. */
void dist_abort(struct dist *d);

#endif
