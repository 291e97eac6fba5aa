/* src/serve/sim.h - a worker that only pretends: speech, transcripts and answers on a schedule that
 * is known exactly, with faults at known rates. It tests load generators, not models.
 *
 * It is a worker program like others (`assay serve --sim-worker`, docs/worker-protocol.md). What it
 * does is drawn from the seed and the number of the request, so a run can be repeated.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_SIM_H
#define SERVE_SIM_H

#include "base/opt.h"
#include "base/rng.h"

enum sim_law { SIM_CONSTANT, SIM_UNIFORM, SIM_LOGNORMAL };

struct sim {
	int ttft_law;
	uint64_t ttft_ns;	/* constant: itself; uniform: the middle; lognormal: the median */
	double ttft_spread;	/* uniform: half the width as a share; lognormal: sigma */
	uint64_t token_ns;	/* between tokens; for speech: between pieces of 100 ms */
	uint64_t jitter_ns;	/* each event comes up to this much earlier or later */
	int64_t tokens;		/* of an answer */
	int64_t tokens_per_event;
	double error_rate;	/* fails before anything was sent */
	double event_error_rate;	/* fails in the middle */
	double stall_rate;	/* goes silent in the middle */
	double drop_rate;	/* the connection breaks in the middle */
	int64_t seed;
	int64_t parallel;
	struct strings defects;	/* of sim_defects (sim_defect.h) */
	bool echo;		/* chat: the answer is the words of the question */
	const char *answers;	/* manifest with the right answers; NULL: none */
};

extern const struct opt sim_options[];

enum sim_fault { SIM_FINE, SIM_ERROR, SIM_EVENT_ERROR, SIM_STALL, SIM_DROP };

/* What will happen to the number-th request (from 0). */
struct sim_fate {
	uint64_t ttft_ns;
	enum sim_fault fault;
	struct rng jitter;	/* for sim_due() */
};
void sim_draw(const struct sim *s, uint64_t number, struct sim_fate *ret);

/* When event i is due, from the arrival of the request. Must be called for i = 0, 1, 2 … in turn;
 * *last is the due time before (0 at first): events never overtake. */
uint64_t sim_due(const struct sim *s, struct sim_fate *fate, uint64_t i, uint64_t *last);

/* The worker's loop on fd 3, until it is closed. Settings come as JSON of the options' names
 * (opt_echo()). */
int sim_worker(const char *kind, const char *settings, struct err *e);

#endif
