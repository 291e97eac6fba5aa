/* src/protocols/stream_event.h - what one JSON event of an OpenAI stream says.
 *
 * One reader for chat, transcription and speech: the keys do not collide.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_STREAM_EVENT_H
#define PROTOCOLS_STREAM_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/outcome.h"
#include "base/str.h"
#include "protocols/answer.h"

/* Texts have data == NULL when absent or null. */
struct stream_event {
	bool choices;			/* a list of choices that is not empty */
	bool tool_calls;
	struct span content, reasoning;	/* choices[0].delta */
	struct span finish_reason;	/* choices[0] */
	struct span logprobs;		/* choices[0], JSON text */
	struct span type, delta, text, audio;	/* transcript.text.*, speech.audio.* */
	struct span error;		/* JSON text of it */
	int64_t output_tokens, prompt_tokens, cached_tokens, reasoning_tokens;	/* -1: not told */

	bool plain;	/* texts have no escapes to be undone: they come from tree */
	json_t *tree;	/* of an unusual event; stream_event_release() */
};

/* Read it: in place, or by the JSON library when the event is not of the usual form. False: it
 * is no JSON object, or known keys hold what they must not. */
bool stream_event_read(const char *data, size_t len, struct stream_event *ret);
void stream_event_release(struct stream_event *ev);

/* An event of a stream as it came: "[DONE]", JSON, or neither. One that is named "error" is an
 * error whatever it holds. */
enum stream_kind { STREAM_DONE, STREAM_EVENT, STREAM_BAD };
enum stream_kind stream_event_from_sse(const struct sse_event *sse, struct stream_event *ret);

/* The same from a tree, for whole replies; parts of it are looked for under "delta" ("message" in
 * replies that are not streamed). The tree must outlive the event and is not owned. */
bool stream_event_from_tree(const json_t *root, const char *delta, struct stream_event *ret);

/* Append a text of the event: 0 and how many characters, or -1 when out is full. */
int stream_event_text(const struct stream_event *ev, struct span text, struct buf *out,
		      uint32_t *ret_chars);

/* Is a text this word? */
bool stream_event_is(struct span text, const char *word);

/* Token counts of an event that had some go into the answer. */
void stream_event_usage(const struct stream_event *ev, struct answer *a);

/* Note what the error says: its message, or all of it. */
void stream_event_note_error(const struct stream_event *ev, struct answer *a);

/* One of the known reasons as static text; "other" for a word that is not known. */
const char *finish_reason_static(struct span word);

#endif
