/* src/serve/transcript.h - what a recogniser understood, and the forms in which it is told.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_TRANSCRIPT_H
#define SERVE_TRANSCRIPT_H

#include <jansson.h>

#include "base/buf.h"

struct transcript {
	json_t *segments;	/* [{"start","end","text"}], seconds */
	char *text;
	char *language;		/* NULL: not told */
	double seconds;		/* of the audio */
};

/* Take a "segment" frame. */
void transcript_add(struct transcript *t, const json_t *segment);
/* Take the "done" frame. */
void transcript_end(struct transcript *t, const json_t *done);
void transcript_release(struct transcript *t);

/* The segments; one over all of the audio when there are none but there is text. New reference. */
json_t *transcript_segments(const struct transcript *t);

void transcript_srt(const struct transcript *t, struct buf *out);
void transcript_vtt(const struct transcript *t, struct buf *out);

#endif
