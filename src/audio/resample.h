/* src/audio/resample.h - another sample rate, by libsoxr (high quality).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_RESAMPLE_H
#define AUDIO_RESAMPLE_H

#include <stddef.h>

#include "base/err.h"

/* Interleaved frames at one rate to frames at another; caller frees *ret. The same input gives
 * the same output. */
int audio_resample(const float *samples, size_t frames, int channels, int from, int to,
		   float **ret, size_t *ret_frames, struct err *e);

#endif
