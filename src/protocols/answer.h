/* src/protocols/answer.h - one reply as understood: facts, moments of its events, its content.
 *
 * Reused from request to request: answer_clear() keeps the memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_ANSWER_H
#define PROTOCOLS_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/arrival.h"

enum event_kind {
	EVENT_OTHER,	/* a complete event without text (role only) */
	EVENT_TEXT,	/* content or reasoning, not empty */
	EVENT_SOUND,	/* audio bytes after the header */
};

struct event {
	uint64_t ns;
	uint64_t bound_ns;
	uint32_t amount;	/* bytes of sound, or characters of text */
	uint8_t kind;		/* enum event_kind */
	uint8_t stamp;		/* enum stamp_kind */
};

struct answer_segment {
	double start, end;	/* s */
	size_t text_at, text_len;	/* into segment_text */
};

struct answer {
	/* moments; 0: did not happen (METRICS.md) */
	uint64_t first_event, first_token, last_token;
	uint64_t first_token_bound;
	struct event *events;	/* all but the first SSE role event have text or sound */
	size_t n_events, events_room;
	uint64_t text_events, sound_events;
	uint64_t reasoning_events;

	/* facts; -1: not told by the server */
	int64_t output_tokens, prompt_tokens, cached_tokens, reasoning_tokens;
	const char *finish_reason;	/* static text: stop, length, …; NULL: none came */

	/* speech that was synthesised */
	int sample_rate, channels, bytes_per_sample;
	uint64_t sound_bytes;
	double audio_seconds;	/* NaN: none */

	/* content: text always (limited); sound and segments only when ask->keep */
	struct buf text;
	struct buf reasoning;
	struct buf sound;	/* as PCM of the format above, header taken off */
	char language[16];	/* as the service named it; "" */
	struct answer_segment *segments;
	size_t n_segments, segments_room;
	struct buf segment_text;
	struct buf error;	/* first bytes of an error reply (at most 2 KiB) */
	json_t *logprobs;	/* as the service sent them, when asked; owned */
};

void answer_init(struct answer *a);
void answer_release(struct answer *a);
void answer_clear(struct answer *a);

/* An event came. Sets first_event, first_token, last_token and their bounds as METRICS.md
 * defines, and appends to events. -1 when memory is exhausted. */
int answer_event(struct answer *a, enum event_kind kind, uint32_t amount,
		 const struct arrival *at, bool last_of_read);

int answer_add_segment(struct answer *a, double start, double end, const char *text, size_t len);

#endif
