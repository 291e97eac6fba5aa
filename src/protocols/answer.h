/* src/protocols/answer.h - one reply as understood: facts, moments of its events, its content.
 *
 * Reused from request to request: answer_clear() keeps the memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_ANSWER_H
#define PROTOCOLS_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/pcm.h"
#include "base/buf.h"
#include "base/err.h"
#include "http/arrival.h"
#include "http/sse.h"

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
	/* Touched by every event of a stream: kept together, so that they are few lines of cache
	 * (ANSWER_WARM). Moments; 0: did not happen (METRICS.md) */
	uint64_t first_event, first_token, last_token;
	uint64_t last_event;		/* of any kind: behind last_token where it has no text */
	uint64_t first_token_bound;
	struct event *events;	/* all but the first SSE role event have text or sound */
	size_t n_events, events_room;
	uint64_t text_events, sound_events;
	uint64_t reasoning_events;

	/* facts; -1: not told by the server */
	int64_t output_tokens, prompt_tokens, cached_tokens, reasoning_tokens;
	const char *finish_reason;	/* static text: stop, length, …; NULL: none came */
	struct buf text;		/* always kept, limited */
	struct sse sse;			/* work space of the protocols */

	/* speech that was synthesised */
	int sample_rate, channels, bytes_per_sample;
	enum pcm_format pcm;
	uint64_t sound_bytes;
	double audio_seconds;	/* NaN: none */

	/* live speech; moments 0 and counts -1: it was none */
	uint64_t speech_start, speech_end;	/* first sample begins, last one was sent */
	uint64_t pace_delay;		/* ns: the latest chunk against its moment */
	int64_t shown_tokens, revised_tokens;	/* shown in all; shown and changed later */
	uint64_t *partial_delays;	/* ns: each partial behind the audio that it covers */
	size_t n_partial_delays, partial_delays_room;
	bool complete;			/* the last message came */

	/* content; sound and segments only when ask->keep */
	struct buf reasoning;
	struct buf sound;	/* as PCM of the format above, header taken off */
	char language[16];	/* as the service named it; "" */
	struct answer_segment *segments;
	size_t n_segments, segments_room;
	struct buf segment_text;
	struct buf error;	/* first bytes of an error reply (at most 2 KiB) */
	json_t *logprobs;	/* list of tokens as the service sent them; when asked; owned */

	/* Work space of the protocols, kept from request to request. */
	struct buf body;	/* a document that is read as a whole; sound to be decoded */
	struct buf scratch;
	struct buf stamps;	/* doubles: where tokens end in the audio, s */
};

/* So many bytes from the beginning are touched by every event. */
#define ANSWER_WARM offsetof(struct answer, sample_rate)

/* What a peer may make us hold. */
#define ANSWER_TEXT_MAX ((size_t)8 << 20)
#define ANSWER_BODY_MAX ((size_t)64 << 20)
#define ANSWER_SOUND_MAX ((size_t)512 << 20)
#define ANSWER_ERROR_MAX ((size_t)2048)
#define ANSWER_EVENTS_MAX ((size_t)1 << 22)
#define ANSWER_SEGMENTS_MAX ((size_t)1 << 17)

void answer_init(struct answer *a);
void answer_release(struct answer *a);
void answer_clear(struct answer *a);

/* An event came, which ended at the last byte of this read or before (last_of_read). Sets
 * first_event, first_token, last_token and their bounds as METRICS.md defines, and appends to
 * events (EVENT_OTHER only if it is the first of all). The moment is exact when the event ended
 * with the read (at->last and last_of_read), else shared. -1 when memory or the limit of events
 * is exhausted. */
int answer_event(struct answer *a, enum event_kind kind, uint32_t amount,
		 const struct arrival *at, bool last_of_read);

/* -1 when memory or the limit of events is exhausted. */
int answer_add_partial_delay(struct answer *a, uint64_t ns);

/* -1 when memory or the limit is exhausted. */
int answer_add_segment(struct answer *a, double start, double end, const char *text, size_t len);

/* Note the first bytes of what the service said was wrong (cut at a character's border). */
void answer_note_error(struct answer *a, const char *text, size_t len);

/* The sound as mono samples in [-1, 1] (channels averaged), for measurements. Caller frees.
 * -1 when the answer holds none (ask->keep was off) or memory is exhausted. */
int answer_samples(const struct answer *a, float **ret_samples, size_t *ret_n, struct err *e);

#endif
