/* src/audio/measure.h - figures of one clip of speech (METRICS.md, "Speech that was synthesised").
 *
 * Decibels are relative to full scale (a sine of amplitude 1 has a peak of 0 and an RMS of -3.01).
 * What cannot be said of a clip is NaN, never 0.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_MEASURE_H
#define AUDIO_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct audio_figures {
	double seconds;
	int rate;

	double peak_db, rms_db;
	double loudness_lufs;	/* integrated, EBU R128 (ITU-R BS.1770-4); NaN under 0.4 s */
	double tail_db;		/* RMS of the last 40 ms */

	uint64_t nonfinite;	/* NaN and infinite samples; the figures take them as 0 */
	bool constant;		/* every sample has the same value */
	double clipped_share;	/* samples at full scale (|x| >= 32767/32768) / all */
	uint64_t sign_flips;	/* neighbours above 0.9 of full scale with opposite signs, in clips
				 * whose rate is 8 kHz or more: integers that wrapped around */

	/* A frame of 10 ms is silent when its RMS is more than 40 dB under the loudest frame's,
	 * or under -60 dB. */
	double leading_silence, trailing_silence;	/* s */
	double longest_silence;				/* s, between sounds */
	double silent_share;

	/* YIN (de Cheveigné and Kawahara 2002): 60 to 500 Hz, threshold 0.15, every 10 ms, on the
	 * clip at 16 kHz. The range is that from the 10th to the 90th percentile. */
	double voiced_share;	/* voiced frames / frames with sound */
	double f0_median, f0_low, f0_high;	/* Hz */
};

/* n > 0 mono samples. */
int audio_measure(const float *samples, size_t n, int rate, struct audio_figures *ret,
		  struct err *e);

/* Units (words or characters, by the language) per second of the part between the silences at
 * both ends; NaN when nothing is left of it. */
double audio_speaking_rate(const struct audio_figures *f, size_t units);

#define VOICE_COEFFICIENTS 12

/* A voice in two figures: where its spectrum lies and how high it speaks. No neural embedding: it
 * tells a man from a woman and one synthetic voice from another, not two alike speakers. */
struct voice {
	double mfcc[VOICE_COEFFICIENTS];	/* means of c1 to c12 over frames with sound */
	double f0_median;			/* Hz; NaN: nothing voiced */
};

int voice_measure(const float *samples, size_t n, int rate, struct voice *ret, struct err *e);
double voice_mfcc_distance(const struct voice *a, const struct voice *b);	/* Euclidean */
double voice_f0_distance(const struct voice *a, const struct voice *b);		/* semitones */

#endif
