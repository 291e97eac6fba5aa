/* src/audio/measure_parts.h - between the files that measure.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_MEASURE_PARTS_H
#define AUDIO_MEASURE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define MEASURE_RATE 16000	/* of clips for pitch and spectrum */
#define MEASURE_HOP 160		/* 10 ms */

/* The clip at MEASURE_RATE, values that are no numbers as 0; caller frees. */
int measure_clip(const float *samples, size_t n, int rate, float **ret, size_t *ret_n,
		 struct err *e);

/* Which frames of `hop` samples have sound? Caller frees; *ret_n frames (the last may be short). */
bool *measure_sounding(const float *samples, size_t n, size_t hop, size_t *ret_n);

/* F0 of the frame that begins at samples (n are there), or 0 when it is not voiced. */
double yin_f0(const float *samples, size_t n, double *work);
#define YIN_WINDOW 400		/* samples that are compared: 25 ms */
#define YIN_LAG_MAX (MEASURE_RATE / 60)
#define YIN_WORK (YIN_LAG_MAX + 2)

/* F0 of all frames with sound: caller frees; *ret_n voiced ones, in ascending order. *ret_frames:
 * frames with sound that were looked at. */
int yin_track(const float *clip, size_t n, double **ret_f0, size_t *ret_n, size_t *ret_frames,
	      struct err *e);

/* Power spectrum of 512 real samples: 257 values. */
#define SPECTRUM_SIZE 512
void spectrum_power(const double in[SPECTRUM_SIZE], double out[SPECTRUM_SIZE / 2 + 1]);

#endif
