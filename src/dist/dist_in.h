/* src/dist/dist_in.h - inside of dist.c and dist_start.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DIST_DIST_IN_H
#define DIST_DIST_IN_H

#include "base/str.h"
#include "dist/dist.h"
#include "dist/transport.h"

#define HOST_MAX 256

enum kind {
	KIND_GATHER = 'g',
	KIND_BROADCAST = 'b',
	KIND_BARRIER = 'r',
	KIND_AGREE = 'a',
	KIND_CLOCK = 'c',	/* what time is it there? */
	KIND_MOMENT = 'm',	/* the start of a run, on the receiver's clock */
	KIND_WORD = 'w',
	KIND_STOP = 's',
};

struct message {
	struct message *next;
	struct buf data;	/* with its kind in front */
};

struct queue {
	struct message *first, **last;
};

struct dist {
	const struct transport *transport;
	void *state;
	struct peers self;
	char (*hosts)[HOST_MAX];
	bool *lost;
	struct dist_start *starts;
	struct queue *inbox;	/* by rank: operations */
	struct queue words;
	bool cut;		/* the ranks are out of reach */
	bool told_stop;
	unsigned round;
};

int dist_put(struct dist *d, int to, enum kind kind, const void *data, size_t len, struct err *e);
/* From rank 0 to all others, from another rank to rank 0. */
int dist_put_all(struct dist *d, enum kind kind, const void *data, size_t len, struct err *e);

/* The next message of one of two kinds from this rank (free it); NULL: it is lost, or the run
 * ends. Other kinds before it are passed over. */
struct message *dist_wait(struct dist *d, int from, enum kind a, enum kind b);
void dist_message_free(struct message *m);
struct span dist_content(const struct message *m);	/* without the kind */

/* -1, with why dist_wait() gave nothing. */
int dist_not_heard(struct err *e);

/* All have come: rank 0 knows it, the others have only told it. */
int dist_arrive(struct dist *d, struct err *e);

#endif
