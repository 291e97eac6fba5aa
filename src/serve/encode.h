/* src/serve/encode.h - speech into the formats of answers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_ENCODE_H
#define SERVE_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum audio_format { AUDIO_MP3, AUDIO_OPUS, AUDIO_FLAC, AUDIO_WAV, AUDIO_PCM };

extern const char *const audio_formats[];	/* in the order of the enum; ends with NULL */
const char *audio_type(enum audio_format f);	/* its media type */

/* Can its bytes be sent while more are made (MP3 and FLAC are completed at their start)? */
bool audio_streams(enum audio_format f);

struct encoder;

/* Mono s16le at `rate` in. MP3 and Opus are resampled to 24 kHz where they cannot have the rate,
 * pcm always (the rate that clients of OpenAI's interface expect). A WAV that is streamed has
 * unknown sizes in its header (0xFFFFFFFF). */
int encoder_new(enum audio_format f, int rate, bool streamed, struct encoder **ret, struct err *e);
int encoder_add(struct encoder *x, const void *pcm, size_t bytes, struct err *e);
/* No more comes. */
int encoder_end(struct encoder *x, struct err *e);
/* What was made and not taken: take it with buf_clear(). */
struct buf *encoder_out(struct encoder *x);
struct encoder *encoder_free(struct encoder *x);

#endif
