/* src/load/lane.h - one load thread: its loop, its connections, its share of the requests.
 *
 * Lanes share nothing that is written while they run, but for one counter of requests in flight
 * (the peak of a sum cannot be found from the lanes' own peaks).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_LANE_H
#define LOAD_LANE_H

#include <stdatomic.h>

#include "client/site.h"
#include "load/deal.h"
#include "load/load.h"
#include "load/meter.h"
#include "load/pictures.h"

/* What all lanes of a run have in common; only read, but for in_flight. */
struct common {
	const struct load_spec *spec;
	const struct load_work *work;
	const struct site *site;
	const uint32_t *order;		/* n_samples indices: the order in which they are asked */
	uint64_t nonce;			/* of this run: no other run's prompts are the same */
	struct limits limits;
	const struct trace *trace;	/* NULL: none */
	const struct pictures *pictures;	/* NULL: they go as they are */
	uint32_t first_version;		/* of pictures: no other run's are the same */
	atomic_bool enough;		/* it is known well enough */
	enum per_10s per_10s;
	uint64_t drain_ns;		/* for requests under way when the user ends the run */
	size_t n_lanes;
	int done_fd;			/* eventfd: a lane has ended */
	_Alignas(64) atomic_uint in_flight;
};

/* A stretch of requests: the warm-up, then the measured ones. */
struct phase {
	uint64_t start;			/* ns */
	uint64_t end;			/* of the window; UINT64_MAX: by count */
	uint64_t send_end;		/* of sending: behind the end where there is a cool-down */
	uint64_t requests;		/* 0: by time */
	uint64_t first_index;		/* of the requests: the warm-up's come before */
	const char *stream;		/* of random numbers */
	const struct deal *deal;	/* which of all ranks' requests they are */
	bool measured;			/* no warm-up */
};

struct lane;

int lane_new(struct common *c, size_t index, struct lane **ret, struct err *e);
struct lane *lane_free(struct lane *l);

/* Before each phase: what takes memory, and the kernel's time to give it, comes before the moment
 * at which requests are to start is chosen. measured: a keeper, if any, gets its requests. */
int lane_prepare(struct lane *l, bool measured, struct err *e);

/* Run its share of a phase in a thread of its own; lane_join() waits for the end. A lane runs one
 * phase at a time and keeps its connections. */
int lane_start(struct lane *l, const struct phase *p, struct err *e);
int lane_join(struct lane *l, struct err *e);	/* -1: it could not go on */

/* What its meter counts in a phase. */
struct meter_spec lane_meter_spec(const struct common *c, const struct phase *p);

/* After lane_join(): */
struct meter *lane_meter(struct lane *l);
struct lane_report {
	uint64_t cpu_ns, wall_ns;
	uint64_t reads_stamped, reads_user;	/* of this phase */
	unsigned peak;				/* of all lanes together, as seen by this one */
	uint64_t stopped_at;			/* ns: the user ended the run; 0: no */
	uint64_t first_end, first_intended;	/* of the request that was asked first; 0: none */
	uint64_t last_intended, last_lag;	/* open loop: how late the last arrival was met */
};
struct lane_report lane_report(const struct lane *l);

/* While it runs, from another thread. */
struct lane_now {
	uint64_t ok, failed;
	double p50_s, p99_s;
	bool done;
};
struct lane_now lane_now(const struct lane *l);

#endif
