/* src/audio/yin.c - fundamental frequency by YIN: A. de Cheveigné, H. Kawahara, "YIN, a fundamental
 * frequency estimator for speech and music", J. Acoust. Soc. Am. 111 (2002).
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "audio/measure_parts.h"
#include "base/util.h"

#define LAG_MIN (MEASURE_RATE / 500)
#define THRESHOLD 0.15

/* Equations 6 and 8: squared difference, normalised by its mean over shorter lags. */
static void normalised_difference(const float *x, double *d)
{
	double sum = 0;
	d[0] = 1;
	for (int lag = 1; lag <= YIN_LAG_MAX + 1; lag++) {
		double diff = 0;
		for (int i = 0; i < YIN_WINDOW; i++) {
			double v = (double)x[i] - (double)x[i + lag];
			diff += v * v;
		}
		sum += diff;
		d[lag] = sum > 0 ? diff * lag / sum : 1;
	}
}

double yin_f0(const float *samples, size_t n, double *work)
{
	if (n < YIN_WINDOW + YIN_LAG_MAX + 2)
		return 0;
	normalised_difference(samples, work);
	int lag = LAG_MIN;
	while (lag <= YIN_LAG_MAX && work[lag] >= THRESHOLD)
		lag++;
	if (lag > YIN_LAG_MAX)
		return 0;
	while (lag < YIN_LAG_MAX && work[lag + 1] < work[lag])
		lag++;
	double before = work[lag - 1];
	double after = work[lag + 1];
	double bend = before - 2 * work[lag] + after;
	double shift = bend > 0 ? (before - after) / (2 * bend) : 0;
	return MEASURE_RATE / (lag + (fabs(shift) < 1 ? shift : 0));
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

int yin_track(const float *clip, size_t n, double **ret_f0, size_t *ret_n, size_t *ret_frames,
	      struct err *e)
{
	size_t frames = 0;
	CLEANUP(free_ptr) bool *sounding = measure_sounding(clip, n, MEASURE_HOP, &frames);
	double *f0 = malloc((frames + 1) * sizeof(*f0));
	double work[YIN_WORK];
	size_t voiced = 0;
	size_t looked = 0;
	if (!sounding || !f0) {
		free(f0);
		return err_set(e, ERR_SYSTEM, "no memory to measure pitch");
	}
	for (size_t i = 0; i < frames; i++) {
		size_t at = i * MEASURE_HOP;
		if (!sounding[i] || n - at < YIN_WINDOW + YIN_LAG_MAX + 2)
			continue;
		looked++;
		double hz = yin_f0(clip + at, n - at, work);
		if (hz > 0)
			f0[voiced++] = hz;
	}
	qsort(f0, voiced, sizeof(*f0), ascending);
	*ret_f0 = f0;
	*ret_n = voiced;
	*ret_frames = looked;
	return 0;
}
