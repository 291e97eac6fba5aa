/* src/protocols/ask.h - what is asked of a service with a sample, beside the sample itself.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_ASK_H
#define PROTOCOLS_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/opt.h"

struct ask {
	bool stream;
	int64_t max_tokens;	/* 0: not sent */
	double temperature;	/* negative: not sent */
	int64_t seed;		/* negative: not sent */
	struct strings stop;
	bool ignore_eos;
	int64_t logprobs;	/* 0: not sent */
	const char *language;	/* overrides the sample's */
	const char *speaker;
	double speed;		/* 0: not sent */
	const char *response_format;
	const char *nonce;	/* put in front of a chat prompt, so that no prefix cache hits */
	bool keep;		/* keep the whole answer: text, audio, segments (not in a bench) */
};

/* The seed's row is called sampling_seed: the load has a seed of its own. */
extern const struct opt ask_options[];
void ask_defaults(struct ask *ask);

#endif
