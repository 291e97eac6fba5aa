/* src/dist/dist_start.c - one moment for all ranks, each on its own clock.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "dist/dist_in.h"

#define ROUNDS 8	/* to a clock and back; the quickest one counts */

struct reading {
	uint64_t now_ns, wall_ns;
};

static struct reading read_clocks(void)
{
	return (struct reading){clock_now(), clock_wall()};
}

/* How far are rank i's clocks ahead of this one's (ret->at_ns: its CLOCK_MONOTONIC, modulo 2^64)?
 * From the quickest of some questions. */
static int ask_clock(struct dist *d, int i, struct dist_start *ret, struct err *e)
{
	ret->bound_ns = UINT64_MAX;
	for (int round = 0; round < ROUNDS; round++) {
		struct reading here = read_clocks(), there;
		if (dist_put(d, i, KIND_CLOCK, "", 0, e) < 0)
			return -1;
		struct message *m = dist_wait(d, i, KIND_CLOCK, KIND_CLOCK);
		uint64_t half = (clock_now() - here.now_ns) / 2;
		if (!m || dist_content(m).len != sizeof(there)) {
			dist_message_free(m);
			return dist_not_heard(e);
		}
		memcpy(&there, dist_content(m).data, sizeof(there));
		dist_message_free(m);
		if (half >= ret->bound_ns)
			continue;
		ret->bound_ns = half;
		ret->at_ns = there.now_ns - here.now_ns - half;
		ret->wall_ns = (int64_t)(there.wall_ns - here.wall_ns) - (int64_t)half;
	}
	return 0;
}

static int announce(struct dist *d, uint64_t lead_ns, struct dist_start *ret, struct err *e)
{
	for (int i = 1; i < d->self.size; i++)
		if (ask_clock(d, i, &d->starts[i], e) < 0)
			return -1;
	*ret = (struct dist_start){.at_ns = clock_now() + lead_ns};
	for (int i = 1; i < d->self.size; i++) {
		struct dist_start *s = &d->starts[i];
		s->at_ns += ret->at_ns;
		if (dist_put(d, i, KIND_MOMENT, s, sizeof(*s), e) < 0)
			return -1;
	}
	return 0;
}

int dist_start(struct dist *d, uint64_t lead_ns, struct dist_start *ret, struct err *e)
{
	*ret = (struct dist_start){.at_ns = clock_now() + lead_ns};
	if (dist_size(d) == 1)
		return 0;
	d->round++;
	if (dist_arrive(d, e) < 0)
		return -1;
	if (d->self.rank == 0)
		return announce(d, lead_ns, ret, e);
	for (;;) {
		struct message *m = dist_wait(d, 0, KIND_CLOCK, KIND_MOMENT);
		if (!m)
			return dist_not_heard(e);
		bool moment = m->data.data[0] == KIND_MOMENT && dist_content(m).len == sizeof(*ret);
		if (moment)
			memcpy(ret, dist_content(m).data, sizeof(*ret));
		dist_message_free(m);
		if (moment)
			return 0;
		struct reading now = read_clocks();
		if (dist_put(d, 0, KIND_CLOCK, &now, sizeof(now), e) < 0)
			return -1;
	}
}

unsigned dist_round(const struct dist *d)
{
	return d ? d->round : 0;
}
