/* src/load/deal.h - which of the requests of all ranks are those of this one: together they ask
 * exactly what one process asks, so samples and drawn lengths go by the number among all.
 *
 * As cards are dealt: each rank gets as many at a turn as it has slots (of an open loop: one), and
 * who has its share is passed over.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_DEAL_H
#define LOAD_DEAL_H

#include "load/load.h"

struct deal {
	uint64_t base;			/* requests of all ranks before these */
	int rank, ranks;
	uint64_t *slots, *shares;	/* of each rank; UINT64_MAX: by time; one rank: NULL */
};

/* Of the warm-up (base 0), or of what is measured behind `base` requests of warm-up. The spec is
 * that of the whole load. */
int deal_init(struct deal *d, const struct load_spec *whole, bool warmup, uint64_t base,
	      int rank, int ranks, struct err *e);
void deal_release(struct deal *d);

/* The number among all of the k-th request of this rank, which has a share. */
uint64_t deal_index(const struct deal *d, uint64_t k);

#endif
