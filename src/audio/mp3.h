/* src/audio/mp3.h - MP3 by libmpg123 itself: through libsndfile it prints what it thinks of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_MP3_H
#define AUDIO_MP3_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Do these bytes begin like an MP3 (an ID3 tag, or a frame of an MPEG audio layer)? */
bool mp3_begins(const void *data, size_t len);

/* Decode all of it; interleaved pieces of n samples are handed to keep() unless that is NULL. */
int mp3_decode(const void *data, size_t len, int *ret_channels, int *ret_rate, size_t *ret_frames,
	       int (*keep)(void *ctx, const float *samples, size_t n), void *ctx, struct err *e);

#endif
