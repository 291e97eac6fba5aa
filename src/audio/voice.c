/* src/audio/voice.c - a voice as mean cepstrum and median pitch.
 *
 * MFCC: S. Davis, P. Mermelstein, "Comparison of parametric representations for monosyllabic word
 * recognition", IEEE Trans. ASSP 28 (1980), with the usual 25 ms Hamming window every 10 ms,
 * pre-emphasis 0.97 and 26 triangular filters.
 * SPDX-License-Identifier: Apache-2.0 */
#include <complex.h>
#include <math.h>

#include "audio/measure.h"
#include "audio/measure_parts.h"
#include "base/util.h"

#define FILTERS 26
#define WINDOW 400
#define BINS (SPECTRUM_SIZE / 2 + 1)

/* Radix 2, in place, decimation in time (Cooley and Tukey 1965). */
void spectrum_power(const double in[SPECTRUM_SIZE], double out[SPECTRUM_SIZE / 2 + 1])
{
	double complex x[SPECTRUM_SIZE];
	for (size_t i = 0; i < SPECTRUM_SIZE; i++) {
		size_t to = 0;
		for (size_t bit = 1, back = SPECTRUM_SIZE / 2; back; bit <<= 1, back >>= 1)
			to |= i & bit ? back : 0;
		x[to] = in[i];
	}
	for (size_t half = 1; half < SPECTRUM_SIZE; half *= 2) {
		double complex turn = cexp(-I * M_PI / (double)half);
		for (size_t from = 0; from < SPECTRUM_SIZE; from += half * 2) {
			double complex w = 1;
			for (size_t i = from; i < from + half; i++, w *= turn) {
				double complex odd = w * x[i + half];
				x[i + half] = x[i] - odd;
				x[i] += odd;
			}
		}
	}
	for (size_t i = 0; i < BINS; i++)
		out[i] = creal(x[i]) * creal(x[i]) + cimag(x[i]) * cimag(x[i]);
}

static double mel(double hz)
{
	return 2595 * log10(1 + hz / 700);
}

/* Weight of a bin in a triangular filter: corners are even on the mel scale up to half the rate. */
static double weight(int filter, int bin)
{
	double step = mel(MEASURE_RATE / 2.0) / (FILTERS + 1);
	double at = mel((double)bin * MEASURE_RATE / SPECTRUM_SIZE) / step;
	double away = fabs(at - (filter + 1));
	return away < 1 ? 1 - away : 0;
}

struct bank {
	double window[WINDOW];
	double filters[FILTERS][BINS];
};

static void make_bank(struct bank *b)
{
	for (int i = 0; i < WINDOW; i++)
		b->window[i] = 0.54 - 0.46 * cos(2 * M_PI * i / (WINDOW - 1));
	for (int f = 0; f < FILTERS; f++)
		for (int i = 0; i < BINS; i++)
			b->filters[f][i] = weight(f, i);
}

static void add_frame(const struct bank *b, const float *x, double sum[VOICE_COEFFICIENTS])
{
	double in[SPECTRUM_SIZE] = {0};
	double power[BINS];
	double energy[FILTERS];
	for (int i = 0; i < WINDOW; i++)
		in[i] = ((double)x[i] - (i ? 0.97 * (double)x[i - 1] : 0)) * b->window[i];
	spectrum_power(in, power);
	for (int f = 0; f < FILTERS; f++) {
		double v = 0;
		for (int i = 0; i < BINS; i++)
			v += b->filters[f][i] * power[i];
		energy[f] = log(v + 1e-10);
	}
	for (int c = 0; c < VOICE_COEFFICIENTS; c++) {
		double v = 0;
		for (int f = 0; f < FILTERS; f++)
			v += energy[f] * cos(M_PI * (c + 1) * (f + 0.5) / FILTERS);
		sum[c] += v * sqrt(2.0 / FILTERS);
	}
}

static int mean_cepstrum(const float *clip, size_t n, struct voice *v, struct err *e)
{
	size_t frames = 0;
	size_t used = 0;
	CLEANUP(free_ptr) bool *sounding = measure_sounding(clip, n, MEASURE_HOP, &frames);
	CLEANUP(free_ptr) struct bank *bank = malloc(sizeof(*bank));
	if (!sounding || !bank)
		return err_set(e, ERR_SYSTEM, "no memory to measure a voice");
	make_bank(bank);
	for (size_t i = 0; i < frames; i++) {
		if (!sounding[i] || n - i * MEASURE_HOP < WINDOW)
			continue;
		add_frame(bank, clip + i * MEASURE_HOP, v->mfcc);
		used++;
	}
	if (used < 10)
		return err_set(e, ERR_DATA, "less than 100 ms of sound: too little for a voice");
	for (int c = 0; c < VOICE_COEFFICIENTS; c++)
		v->mfcc[c] /= (double)used;
	return 0;
}

int voice_measure(const float *samples, size_t n, int rate, struct voice *ret, struct err *e)
{
	CLEANUP(free_ptr) float *clip = NULL;
	CLEANUP(free_ptr) double *f0 = NULL;
	struct voice v = {0};
	size_t clip_n = 0;
	size_t voiced = 0;
	size_t frames = 0;
	if (n == 0 || rate < 1000)
		return err_set(e, ERR_DATA, "%zu samples at %d Hz cannot be measured", n, rate);
	if (measure_clip(samples, n, rate, &clip, &clip_n, e) < 0 ||
	    mean_cepstrum(clip, clip_n, &v, e) < 0 ||
	    yin_track(clip, clip_n, &f0, &voiced, &frames, e) < 0)
		return -1;
	v.f0_median = voiced ? f0[(voiced - 1) / 2] : (double)NAN;
	*ret = v;
	return 0;
}

double voice_mfcc_distance(const struct voice *a, const struct voice *b)
{
	double sum = 0;
	for (int c = 0; c < VOICE_COEFFICIENTS; c++)
		sum += (a->mfcc[c] - b->mfcc[c]) * (a->mfcc[c] - b->mfcc[c]);
	return sqrt(sum);
}

double voice_f0_distance(const struct voice *a, const struct voice *b)
{
	return fabs(12 * log2(a->f0_median / b->f0_median));
}
