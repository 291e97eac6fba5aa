/* src/serve/sim.c - options and laws of the sim, see sim.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/sim.h"

#include <math.h>

#include "base/util.h"

static const char *const laws[] = {"constant", "uniform", "lognormal", NULL};

#define S struct sim

const struct opt sim_options[] = {
	{"sim_ttft", 0, OPT_AT_DURATION(S, ttft_ns), .def = "50ms", .max = 3600, .min = 0,
	 .help = "sim: time to the first token (lognormal: its median)"},
	{"sim_ttft_law", 0, OPT_AT_CHOICE(S, ttft_law), .def = "constant", .choices = laws,
	 .help = "sim: how it is distributed"},
	{"sim_ttft_spread", 0, OPT_AT_REAL(S, ttft_spread), .def = "0.2", .min = 0, .max = 5,
	 .help = "sim: uniform: half the width as a share of it; lognormal: sigma"},
	{"sim_token_time", 0, OPT_AT_DURATION(S, token_ns), .def = "20ms", .min = 0, .max = 3600,
	 .help = "sim: time per token; for speech per piece of 100 ms"},
	{"sim_jitter", 0, OPT_AT_DURATION(S, jitter_ns), .def = "0", .min = 0, .max = 3600,
	 .help = "sim: each event comes up to this much earlier or later"},
	{"sim_tokens", 0, OPT_AT_INT(S, tokens), .def = "64", .min = 0, .max = 100000,
	 .help = "sim: tokens of an answer"},
	{"sim_tokens_per_event", 0, OPT_AT_INT(S, tokens_per_event), .def = "1", .min = 1,
	 .max = 1000, .help = "sim: tokens that come together"},
	{"sim_error_rate", 0, OPT_AT_REAL(S, error_rate), .def = "0", .min = 0, .max = 1,
	 .help = "sim: share of requests that fail with 500"},
	{"sim_event_error_rate", 0, OPT_AT_REAL(S, event_error_rate), .def = "0", .min = 0,
	 .max = 1, .help = "sim: share that fail in the middle of the answer"},
	{"sim_stall_rate", 0, OPT_AT_REAL(S, stall_rate), .def = "0", .min = 0, .max = 1,
	 .help = "sim: share that go silent in the middle"},
	{"sim_drop_rate", 0, OPT_AT_REAL(S, drop_rate), .def = "0", .min = 0, .max = 1,
	 .help = "sim: share whose connection breaks in the middle"},
	{"sim_echo", 0, OPT_AT_BOOL(S, echo),
	 .help = "sim: answer in chat with the words of the question"},
	{"sim_seed", 0, OPT_AT_INT(S, seed), .def = "1", .min = 0, .max = 9e15,
	 .help = "sim: what is drawn follows from it"},
	{"sim_parallel", 0, OPT_AT_INT(S, parallel), .def = "64", .min = 1, .max = 4096,
	 .help = "sim: requests that one worker takes at a time"},
	{"sim_defect", 0, OPT_AT_STRINGS(S, defects), .arg = "NAME,…",
	 .help = "sim: what it does wrong, such as drops-last-segment or ignores-stop"},
	{"sim_answers", 0, OPT_AT_STRING(S, answers), .arg = "MANIFEST",
	 .help = "sim: what the right answers are (assay make-data writes such a manifest)"},
	{0},
};

static uint64_t draw_ttft(const struct sim *s, struct rng *r)
{
	double t = (double)s->ttft_ns;
	if (s->ttft_law == SIM_UNIFORM)
		t *= 1 + s->ttft_spread * (2 * rng_unit(r) - 1);
	else if (s->ttft_law == SIM_LOGNORMAL)
		t *= exp(rng_normal(r, 0, s->ttft_spread));
	return t > 0 ? (uint64_t)llround(MIN(t, 3.6e15)) : 0;
}

void sim_draw(const struct sim *s, uint64_t number, struct sim_fate *ret)
{
	char name[40];
	struct rng r;
	(void)snprintf(name, sizeof(name), "request %llu", (unsigned long long)number);
	rng_init_named(&r, (uint64_t)s->seed, name);
	ret->ttft_ns = draw_ttft(s, &r);
	const double rates[] = {s->error_rate, s->event_error_rate, s->stall_rate, s->drop_rate};
	double u = rng_unit(&r);
	ret->fault = SIM_FINE;
	for (size_t i = 0; i < ARRAY_LEN(rates) && ret->fault == SIM_FINE; i++) {
		if (u < rates[i])
			ret->fault = SIM_ERROR + (enum sim_fault)i;
		u -= rates[i];
	}
	ret->jitter = r;
}

uint64_t sim_due(const struct sim *s, struct sim_fate *fate, uint64_t i, uint64_t *last)
{
	uint64_t due = fate->ttft_ns + i * s->token_ns * (uint64_t)s->tokens_per_event;
	if (s->jitter_ns > 0) {
		double off = (2 * rng_unit(&fate->jitter) - 1) * (double)s->jitter_ns;
		due = (double)due + off > 0 ? (uint64_t)((double)due + off) : 0;
	}
	*last = MAX(due, *last);
	return *last;
}
