/* src/load/team.h - one load made by several ranks: the share of each, what they tell each other
 * while it runs, and what all of them measured put together exactly.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_TEAM_H
#define LOAD_TEAM_H

#include "load/lane.h"

/* Can this load be split? */
int team_check(const struct load_spec *whole, int ranks, struct err *e);

/* From the whole load to the share of a rank: slots of a closed loop, rate, cap, requests, warm-up;
 * remainders go to the lowest ranks, requests of a closed loop go with its slots. false: there is
 * nothing for this rank to do. */
bool team_share(struct load_spec *spec, int rank, int ranks);

/* How one rank stands, told about twice a second. */
struct team_state {
	int32_t rank;
	uint64_t ok, failed, in_flight;
	double p50_s, p99_s;		/* NaN: none */
	uint64_t lanes;
};

struct team {
	struct dist *dist;
	uint32_t phase;
	struct team_state *states;	/* rank 0: the last of each rank */
	uint64_t *heard_ns;		/* when; of this phase */
	struct buf *seen;		/* rank 0: what each has told by team_add_seen() */
	bool enough;			/* rank 0 has said so */
};

int team_init(struct team *t, struct dist *d, struct err *e);
void team_release(struct team *t);

/* A phase begins (0: warm-up, 1: the measured one): nobody has been heard in it. */
void team_phase(struct team *t, uint32_t which);

/* Tell mine, hear others'. At rank 0 mine becomes the sum of all; and a rank that has been silent
 * for too long ends the run. */
void team_pulse(struct team *t, struct team_state *mine);

/* The samples of a number that this rank has recorded so far: told to rank 0, where those of all
 * others are added to them. */
void team_add_seen(struct team *t, struct hist *mine);
void team_say_enough(struct team *t);

/* What a rank measured beside its meter, all of its load threads together. */
struct totals {
	int threads;
	double peak;			/* requests in flight */
	double cpu_s, busiest;
	double asked_rate, achieved_rate;	/* NaN: closed loop */
	uint64_t reads_stamped, reads_user;
	uint64_t window_ns;		/* its length; UINT64_MAX: by count */
	bool interrupted;
};

/* What it tells rank 0 at the end of a run. */
struct team_part {
	json_t *measured;		/* to write: meter_to_json(); NULL: it had nothing to do */
	struct meter *meter;		/* once read: the same, or NULL */
	struct totals totals;
	struct run_host host;
};

int team_part_write(const struct team_part *p, struct buf *out, struct err *e);
/* The meter, new and owned by the caller, gets this spec. */
int team_part_read(const char *text, size_t len, const struct meter_spec *spec, struct arena *a,
		   struct team_part *ret, struct err *e);

/* The row of this rank, from its own run. */
struct run_host team_own_row(const struct team *t, const struct run *own,
			     const struct dist_start *start);

/* All ranks' parts at rank 0 into the whole (others: NULL, they only send). spec: of a meter on
 * this host. A rank whose part does not come gets a row that says so. */
int team_gather(struct team *t, const struct team_part *own, const struct meter_spec *spec,
		struct result *r, struct run *whole, struct err *e);

/* Into a run that has its start already: totals, and what the meter holds. */
int team_put(struct result *r, struct run *run, const struct totals *t, struct meter *m,
	     uint64_t start, struct err *e);

/* b beside a: rates and counts add up, the busiest thread is the busier of both. */
void totals_add(struct totals *a, const struct totals *b);

#endif
