/* src/audio/decode.h - sound files (WAV, FLAC, OGG, MP3, …) in memory to samples, by libsndfile.
 *
 * For corpora and for what services under test send back. assay serve decodes uploads in a
 * process of their own instead (workers/decode).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_DECODE_H
#define AUDIO_DECODE_H

#include <stddef.h>

#include "base/err.h"

/* Samples in [-1, 1], interleaved. */
struct audio {
	float *samples;		/* audio_release() */
	size_t frames;		/* per channel */
	int channels, rate;
	char format[16];	/* "wav", "flac", "ogg", "opus", "mp3", else libsndfile's word */
};

#define AUDIO_FRAMES_MAX ((size_t)1 << 31)

/* The whole file; its header's length is not trusted: frames are those that could be decoded.
 * A file with none, or that fails in the middle, is ERR_DATA. */
int audio_decode(const void *data, size_t len, struct audio *ret, struct err *e);
void audio_release(struct audio *a);

/* Only how long it is, in seconds, and its format, without keeping the samples: by decoding all of
 * it. */
int audio_length(const void *data, size_t len, double *ret_seconds, char ret_format[16],
		 struct err *e);

/* Channels averaged, in place; a->channels becomes 1. */
void audio_to_mono(struct audio *a);

/* As a file: "wav" and "flac" (16 bit), "ogg" (Vorbis), "opus", "mp3". Frames are interleaved;
 * values beyond [-1, 1] are an error, not clipped. Appended to out. */
struct buf;
int audio_encode(const float *samples, size_t frames, int channels, int rate, const char *format,
		 struct buf *out, struct err *e);

#endif
