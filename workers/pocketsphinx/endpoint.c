/* workers/pocketsphinx/endpoint.c - see endpoint.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "endpoint.h"

#include <math.h>

#include "base/util.h"

#define QUIET (-60.0)		/* dBFS: below this nobody is taken to speak */
#define ABOVE_FLOOR 9.0		/* dB */
#define FLOOR_RISE (3.0 / FRAMES_PER_S)
#define LAG_MIN 20		/* samples at 8 kHz: 400 Hz */
#define LAG_MAX 133		/* 60 Hz */
#define VOICED 0.6

void endpoint_init(struct endpoint *p)
{
	*p = (struct endpoint){0};
}

static double level_of(const int16_t *s)
{
	double sum = 0;
	double mean = 0;
	for (size_t i = 0; i < FRAME; i++)
		mean += s[i];
	mean /= FRAME;
	for (size_t i = 0; i < FRAME; i++)
		sum += (s[i] - mean) * (s[i] - mean);
	return 10 * log10(sum / FRAME / (32768.0 * 32768.0) + 1e-10);
}

/* Half the rate, and the slope of the spectrum taken off, so that noise with much bass does not
 * look like a voice. */
static void remember(struct endpoint *p, const int16_t *s)
{
	size_t n = FRAME / 2;
	size_t keep = ARRAY_LEN(p->history) - n;
	memmove(p->history, p->history + n, keep * sizeof(p->history[0]));
	for (size_t i = 0; i < n; i++) {
		float x = 0.5f * ((float)s[2 * i] + (float)s[2 * i + 1]);
		p->history[keep + i] = x - 0.95f * p->last;
		p->last = x;
	}
}

static bool is_voiced(const float *x)
{
	size_t n = ARRAY_LEN(((struct endpoint *)0)->history) - LAG_MAX;
	float here = 0;
	for (size_t i = 0; i < n; i++)
		here += x[i] * x[i];
	for (size_t lag = LAG_MIN; lag <= LAG_MAX; lag++) {
		float there = 0;
		float both = 0;
		for (size_t i = 0; i < n; i++) {
			there += x[i + lag] * x[i + lag];
			both += x[i] * x[i + lag];
		}
		if (both > 0 && (double)both > VOICED * sqrt((double)here * (double)there))
			return true;
	}
	return false;
}

struct activity endpoint_frame(struct endpoint *p, const int16_t *samples)
{
	struct activity a = {.level = (float)level_of(samples)};
	remember(p, samples);
	if (!p->begun || a.level < p->floor)
		p->floor = a.level;
	else
		p->floor += FLOOR_RISE;
	p->begun = true;
	/* Digital silence is no floor to measure a room's noise against. */
	p->floor = MAX(p->floor, QUIET - ABOVE_FLOOR);
	a.active = a.level > p->floor + ABOVE_FLOOR && a.level > QUIET;
	a.voiced = a.active && is_voiced(p->history);
	return a;
}
