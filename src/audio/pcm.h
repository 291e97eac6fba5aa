/* src/audio/pcm.h - uncompressed samples as bytes, all little-endian.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_PCM_H
#define AUDIO_PCM_H

#include <stddef.h>

enum pcm_format {
	PCM_NONE,
	PCM_U8,
	PCM_S16,
	PCM_S24,
	PCM_S32,
	PCM_F32,
	PCM_F64,
};

size_t pcm_bytes(enum pcm_format f);	/* of one sample; 0 for PCM_NONE */

/* Frames of interleaved samples to mono in [-1, 1]: channels are averaged. Values of the float
 * formats come through as they are, NaN and what is beyond 1 included. */
void pcm_to_mono(const void *data, enum pcm_format f, int channels, size_t frames, float *out);

#endif
