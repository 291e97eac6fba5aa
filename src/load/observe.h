/* src/load/observe.h - the numbers of one request (METRICS.md, "Per request"), from its moments.
 *
 * A pure function: no state, no clock. Values are in 1e-9 of the metric's unit (times in ns); NaN
 * where the request has no such number.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_OBSERVE_H
#define LOAD_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/asking.h"

#define OBSERVED(X) \
	X(LATENCY, "latency") \
	X(SERVICE_TIME, "service_time") \
	X(QUEUE_DELAY, "queue_delay") \
	X(GENERATOR_DELAY, "generator_delay") \
	X(TTFT, "ttft") \
	X(TTFE, "ttfe") \
	X(TTFA, "ttfa") \
	X(TPOT, "tpot") \
	X(ITL, "itl") \
	X(TOKENS_PER_EVENT, "tokens_per_event") \
	X(OUTPUT_TOKENS, "output_tokens") \
	X(PROMPT_TOKENS, "prompt_tokens") \
	X(CACHED_TOKENS, "cached_tokens") \
	X(REASONING_TOKENS, "reasoning_tokens") \
	X(RTF, "rtf") \
	X(RTFX, "rtfx") \
	X(AUDIO_SECONDS, "audio_seconds") \
	X(UNDERRUN, "underrun") \
	X(CONNECT, "connect") \
	X(TLS_HANDSHAKE, "tls_handshake") \
	X(UPLOAD, "upload") \
	X(LATENCY_PER_10S, "latency_per_10s") \
	X(FIRST_PARTIAL, "first_partial") \
	X(PARTIAL_DELAY, "partial_delay") \
	X(FINAL_DELAY, "final_delay") \
	X(REVISED, "revised") \
	X(PACE_DELAY, "pace_delay")

enum observed {
#define OBSERVED_ENUM(id, name) OBSERVED_##id,
	OBSERVED(OBSERVED_ENUM)
#undef OBSERVED_ENUM
	OBSERVED_COUNT,
};

const char *observed_name(enum observed o);
int observed_find(const char *name);	/* -1: not a number of a single request here */

/* How latency_per_10s is reckoned for a corpus. */
enum per_10s {
	PER_10S_NONE,		/* no input of 3 s or more */
	PER_10S_DIRECT,		/* inputs of 8 to 12 s, unscaled */
	PER_10S_SCALED,		/* latency × 10 / seconds, inputs of 3 s and more */
};
enum per_10s per_10s_of(const struct sample *samples, size_t n);

struct question {
	const struct asking *asking;	/* ended */
	uint64_t intended, ready;
	enum per_10s per_10s;
};

struct observation {
	double values[OBSERVED_COUNT];	/* not ITL, PARTIAL_DELAY: these are pooled */
	double itl_max;			/* ns; NaN: there is no gap */
	bool single_token;		/* streamed, and it has one token or one event */
	bool tokens_counted;		/* output_tokens are events: the server told none */
	uint64_t begin;			/* when it went into flight, ns */
};

/* Delays of a request that failed are known, its other numbers are not. */
void observe(const struct question *q, struct observation *ret);

/* Gaps between successive text events of a streamed answer: call with *pos = 0 until false. */
bool observe_itl(const struct asking *a, size_t *pos, uint64_t *ret_gap);

#endif
