/* workers/vision/voice.h - the answer, sent word by word as it is made.
 *
 * A token is a word with the blanks before it, or one character of Chinese or Japanese. Stop
 * texts, max_tokens, cancel and the styles asked for by the system prompt are kept here.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_VOICE_H
#define VISION_VOICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "worker/guest.h"

struct voice {
	struct guest_request *request;
	struct err *e;
	const json_t *stops;	/* array of texts, or NULL */
	size_t hold;		/* bytes kept back: a stop text may have begun in them */
	int64_t max;		/* tokens; 0: no limit */
	int64_t used;
	struct buf pending;	/* said, not yet sent */
	bool zh;		/* answer in Chinese */
	bool upper, lower;	/* all in capital or small letters */
	bool began;
	bool stopped;		/* a stop text was met */
	bool full;		/* max is reached and more was to come */
	bool failed;		/* e is set: cancelled, or the host is gone */
};

/* Reads max_tokens and stop of a chat request. -1: wrong ones. */
int voice_init(struct voice *v, struct guest_request *r, const json_t *header, struct err *e);
void voice_release(struct voice *v);	/* usable with CLEANUP() */

/* Is more text wanted? Ask before long work. */
bool voice_open(const struct voice *v);

/* Was the request cancelled (ctx is the voice)? For work that takes long. */
bool voice_cancelled(void *ctx);

/* Say the next words as they are; whole words only. */
void voice_say(struct voice *v, const char *text);

/* Say a sentence in the language of the answer; both formats take the same arguments. */
void voice_tell(struct voice *v, const char *en, const char *zh, ...)
	__attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* Send the rest and fill in finish_reason and completion_tokens. -1: v->e is set. */
int voice_end(struct voice *v, json_t *done);

/* Number of tokens of a text. */
int64_t voice_count(const char *text);

#endif
