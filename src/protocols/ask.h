/* src/protocols/ask.h - what is asked of a service with a sample, beside the sample itself.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_ASK_H
#define PROTOCOLS_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/opt.h"

struct image_mint;
struct sample;

/* How a chat's user message is made of a sample. */
struct prompt {
	const struct sample *sample;
	const char *nonce;	/* in front of everything, so that no prefix cache hits; or NULL */
	int64_t filler;		/* so many words in front of the question (filler.h) */
	uint64_t filler_seed;
	/* Of each of the sample's pictures, NULL: it goes as it is; else a version of it, the first
	 * with this number, the next with the one behind it. NULL: all as they are. */
	const struct image_mint *const *mints;
	uint32_t version;
};

/* What was said before in a session: a user message and its answer. */
struct turn {
	struct prompt prompt;
	size_t answer_at, answer_len;	/* into ask->said */
};

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
	struct prompt prompt;	/* chat; its sample is the one that is asked, set or not */
	const struct turn *turns;	/* chat: what was said before */
	size_t n_turns;
	const char *said;
	bool keep;		/* keep the whole answer: text, audio, segments (not in a bench) */
};

/* The seed's row is called sampling_seed: the load has a seed of its own. */
extern const struct opt ask_options[];
void ask_defaults(struct ask *ask);

#endif
