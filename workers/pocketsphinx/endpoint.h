/* workers/pocketsphinx/endpoint.h - where in a stream of sound somebody speaks.
 *
 * Two questions about every hundredth of a second, both answered from the sound alone:
 * - active: is it 9 dB louder than the quietest of late (and above -60 dBFS)? The floor falls at
 *   once and rises by 3 dB a second, so that steady noise becomes the floor.
 * - voiced: does it repeat with the period of a voice (60 to 400 Hz)? The normalised
 *   autocorrelation of 40 ms (8 kHz, pre-emphasised) has a peak of at least 0.6; white noise
 *   stays under 0.35. Whispering is not voiced.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKERS_POCKETSPHINX_ENDPOINT_H
#define WORKERS_POCKETSPHINX_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE 16000
#define FRAME 160		/* samples in 10 ms */
#define FRAMES_PER_S 100

struct endpoint {
	bool begun;
	double floor;		/* dBFS */
	float last;		/* for the pre-emphasis */
	float history[320];	/* the last 40 ms at 8 kHz */
};

struct activity {
	float level;		/* dBFS */
	bool active, voiced;
};

void endpoint_init(struct endpoint *p);

/* What happens in these FRAME samples. */
struct activity endpoint_frame(struct endpoint *p, const int16_t *samples);

#endif
