/* src/load/load.h - put a load on a service and measure: fills one struct run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "base/err.h"
#include "base/opt.h"
#include "dist/dist.h"
#include "load/amount.h"
#include "media/sample.h"
#include "protocols/ask.h"
#include "protocols/service.h"
#include "result/progress.h"
#include "result/result.h"

/* constant | poisson: {rate} | {gamma: shape} …; see load_options. */
enum arrival_law {
	ARRIVAL_CLOSED,
	ARRIVAL_CONSTANT,
	ARRIVAL_POISSON,
	ARRIVAL_GAMMA,
	ARRIVAL_RAMP,		/* Poisson, the rate goes evenly from one to another */
	ARRIVAL_RAMP_EXP,	/* the same by equal factors in equal times */
	ARRIVAL_STEPS,		/* Poisson, so many rates one after the other, equally long */
	ARRIVAL_TRACE,		/* moments (and sizes) of a file */
};

#define LOAD_STEPS_MAX 64

/* End when the number is known well enough: {latency.p99: 5%}. */
struct until {
	const char *metric;	/* NULL: not asked for */
	double within;		/* half of its 95 % interval, as a share of the number */
};

struct load_spec {
	int arrival;		/* enum arrival_law */
	double rate;		/* requests/s, open loop */
	double gamma_shape;
	double steps[LOAD_STEPS_MAX];	/* requests/s; a ramp: the first and the last */
	int64_t n_steps;
	const char *trace;	/* JSONL file */
	struct until until;
	uint64_t cooldown_ns;	/* goes on sending for so long behind the window */
	int64_t concurrency;	/* closed loop: slots (0: 1); open loop: in-flight cap (0: none) */
	int64_t requests;	/* measured ones; 0: by duration */
	uint64_t duration_ns;	/* 0: by requests */
	int64_t warmup;		/* requests before the window */
	uint64_t pause_ns;	/* closed loop: between end and next intended */
	int64_t threads;	/* 0: one */
	int64_t seed;
	uint64_t window_ns;	/* of the timeline; default 1 s */
	bool pin;		/* bind load threads to CPUs */
	struct amount prompt_tokens, output_tokens;	/* chat; none: as the sample and ask are */
	int64_t turns;		/* chat, closed loop: requests of a session */
	uint64_t gather_ns;	/* look at the sockets at most so often, where nobody waits */

	/* Set by team_share(): this is the share of one of so many ranks (0: it is all). */
	int64_t rank, ranks;
};

extern const struct opt load_options[];
void load_defaults(struct load_spec *spec);
int load_check(const struct load_spec *spec, struct err *e);

/* The law that holds: a rate without an arrival means poisson. */
int load_law(const struct load_spec *spec);

struct keeper;

/* What each request sends: sample i, round and round, in an order given by the seed. */
struct load_work {
	const struct service *service;
	const struct sample *samples;
	size_t n_samples;
	struct ask ask;
	bool unique_prompts;	/* chat: a nonce in each request (of a session: in the first) */
	bool unique_images;	/* chat: other pixels in each request */
	struct keeper *keeper;	/* of every measured request; NULL: none are kept */

	/* Many ranks make it together: each its share. NULL: this process alone. */
	struct dist *dist;
	struct result *own;	/* rank 0: where the run of its own share goes */
};

/* With several ranks all of them call it, with the same spec and work, and get the same status; at
 * rank 0 the run is that of all together, at the others that of their own share.
 * Measure into run (made by result_add_run). Ends early when stop_requested(): the run is then
 * marked interrupted and holds what was measured. -1 only when nothing could be measured. */
int load_run(const struct load_spec *spec, const struct load_work *work, struct result *r,
	     struct run *run, const struct progress *progress, struct err *e);

#endif
