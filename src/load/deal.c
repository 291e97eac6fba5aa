/* src/load/deal.c - see deal.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/deal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/util.h"
#include "load/team.h"

int deal_init(struct deal *d, const struct load_spec *whole, bool warmup, uint64_t base,
	      int rank, int ranks, struct err *e)
{
	bool closed = load_law(whole) == ARRIVAL_CLOSED;
	*d = (struct deal){.base = base, .rank = rank, .ranks = ranks};
	if (ranks <= 1)
		return 0;
	d->slots = calloc((size_t)ranks, sizeof(*d->slots));
	d->shares = calloc((size_t)ranks, sizeof(*d->shares));
	if (!d->slots || !d->shares)
		return err_sys(e, "cannot split a load over %d ranks", ranks);
	for (int i = 0; i < ranks; i++) {
		struct load_spec s = *whole;
		(void)team_share(&s, i, ranks);
		int64_t n = warmup ? s.warmup : s.requests;
		bool by_time = !warmup && whole->requests == 0;
		d->slots[i] = closed ? (uint64_t)s.concurrency : 1;
		d->shares[i] = !by_time ? (uint64_t)n : d->slots[i] > 0 ? UINT64_MAX : 0;
	}
	return 0;
}

void deal_release(struct deal *d)
{
	free(d->slots);
	free(d->shares);
}

uint64_t deal_index(const struct deal *d, uint64_t k)
{
	if (d->ranks <= 1)
		return d->base + k;
	assert(d->slots[d->rank] > 0);
	uint64_t turn = k / d->slots[d->rank];
	uint64_t n = d->base + k % d->slots[d->rank];
	for (int i = 0; i < d->ranks; i++) {
		uint64_t turns = turn + (i < d->rank);
		n += MIN(d->shares[i], turns * d->slots[i]);
	}
	return n;
}
