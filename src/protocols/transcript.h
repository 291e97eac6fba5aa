/* src/protocols/transcript.h - what the protocols for speech recognition share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_TRANSCRIPT_H
#define PROTOCOLS_TRANSCRIPT_H

#include "base/outcome.h"
#include "protocols/protocol.h"

/* State of a reply that is one JSON document. */
struct transcript_state {
	const struct ask *ask;
};

/* -1 with words unless the sample has audio. */
int transcript_need_audio(const struct sample *sample, const char *protocol, struct err *e);
const char *transcript_language(const struct sample *sample, const struct ask *ask);

/* Rows of struct protocol for JSON transcripts. */
enum outcome transcript_head(void *state, const struct service *s, const struct ask *ask,
			     const struct http_head *head, struct answer *answer);
enum outcome transcript_receive(void *state, const char *data, size_t len,
				const struct arrival *at, struct answer *answer);
enum outcome transcript_finish(void *state, const struct sample *sample, struct answer *answer);

/* {"text", "language"?, "segments"?: [{"start","end","text"}]} (seconds) out of the collected
 * body into the answer; the segments are kept only if keep. */
enum outcome transcript_read(struct answer *a, bool keep);

#endif
