/* src/audio/measure.c - see measure.h: levels, silence, and the sum of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/measure.h"

#include <ebur128.h>
#include <math.h>

#include "audio/measure_parts.h"
#include "audio/resample.h"
#include "base/util.h"

#define FULL_SCALE (32767.0 / 32768.0)
#define SILENCE_UNDER_LOUDEST 1e-4	/* power: 40 dB */
#define SILENCE_POWER 1e-6		/* -60 dB */

static double db_of_power(double power)
{
	return 10 * log10(power);	/* -inf for silence: left to the caller to be absent */
}

static double power_of(const float *samples, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)samples[i] * (double)samples[i];
	return n > 0 ? sum / (double)n : 0;
}

bool *measure_sounding(const float *samples, size_t n, size_t hop, size_t *ret_n)
{
	size_t frames = (n + hop - 1) / hop;
	bool *sounding = malloc(frames + 1);
	double *power = malloc((frames + 1) * sizeof(*power));
	double loudest = 0;
	if (sounding && power) {
		for (size_t i = 0; i < frames; i++) {
			power[i] = power_of(samples + i * hop, MIN(hop, n - i * hop));
			loudest = MAX(loudest, power[i]);
		}
		double floor = MAX(SILENCE_POWER, loudest * SILENCE_UNDER_LOUDEST);
		for (size_t i = 0; i < frames; i++)
			sounding[i] = power[i] >= floor;
		*ret_n = frames;
	} else {
		free(sounding);
		sounding = NULL;
	}
	free(power);
	return sounding;
}

static float *cleaned(const float *samples, size_t n, uint64_t *ret_nonfinite)
{
	float *clean = malloc(n * sizeof(*clean));
	uint64_t bad = 0;
	for (size_t i = 0; clean && i < n; i++) {
		bool ok = isfinite(samples[i]);
		clean[i] = ok ? samples[i] : 0;
		bad += !ok;
	}
	*ret_nonfinite = bad;
	return clean;
}

int measure_clip(const float *samples, size_t n, int rate, float **ret, size_t *ret_n,
		 struct err *e)
{
	uint64_t bad;
	CLEANUP(free_ptr) float *clean = cleaned(samples, n, &bad);
	if (!clean)
		return err_set(e, ERR_SYSTEM, "no memory to measure %zu samples", n);
	return audio_resample(clean, n, 1, rate, MEASURE_RATE, ret, ret_n, e);
}

static void measure_levels(const float *x, size_t n, struct audio_figures *f)
{
	double peak = 0;
	size_t clipped = 0;
	size_t tail = MIN(n, (size_t)f->rate / 25);
	f->constant = true;
	for (size_t i = 0; i < n; i++) {
		double v = fabs((double)x[i]);
		peak = MAX(peak, v);
		clipped += v >= FULL_SCALE;
		if (i == 0)
			continue;
		f->constant = f->constant && x[i] == x[0];
		if (f->rate >= 8000 && v > 0.9 && fabs((double)x[i - 1]) > 0.9 &&
		    (x[i] < 0) != (x[i - 1] < 0))
			f->sign_flips++;
	}
	f->peak_db = db_of_power(peak * peak);
	f->rms_db = db_of_power(power_of(x, n));
	f->tail_db = db_of_power(power_of(x + n - tail, tail));
	f->clipped_share = (double)clipped / (double)n;
}

static int measure_loudness(const float *x, size_t n, struct audio_figures *f, struct err *e)
{
	f->loudness_lufs = (double)NAN;
	if (f->seconds < 0.4)
		return 0;
	ebur128_state *st = ebur128_init(1, (unsigned long)f->rate, EBUR128_MODE_I);
	if (!st)
		return err_set(e, ERR_SYSTEM, "no memory to measure loudness");
	double lufs;
	if (ebur128_add_frames_float(st, x, n) == EBUR128_SUCCESS &&
	    ebur128_loudness_global(st, &lufs) == EBUR128_SUCCESS && isfinite(lufs))
		f->loudness_lufs = lufs;
	ebur128_destroy(&st);
	return 0;
}

static int measure_silence(const float *x, size_t n, struct audio_figures *f, struct err *e)
{
	size_t hop = (size_t)MAX(f->rate / 100, 1);
	size_t frames = 0;
	CLEANUP(free_ptr) bool *sounding = measure_sounding(x, n, hop, &frames);
	if (!sounding)
		return err_set(e, ERR_SYSTEM, "no memory to measure silence");
	size_t first = 0;
	size_t last = frames;
	while (first < frames && !sounding[first])
		first++;
	while (last > first && !sounding[last - 1])
		last--;
	size_t longest = 0;
	size_t run = 0;
	size_t silent = frames - (last - first);
	for (size_t i = first; i < last; i++) {
		run = sounding[i] ? 0 : run + 1;
		silent += !sounding[i];
		longest = MAX(longest, run);
	}
	double frame_s = (double)hop / f->rate;
	f->silent_share = (double)silent / (double)frames;
	f->leading_silence = first == frames ? f->seconds : (double)first * frame_s;
	f->trailing_silence = first == frames ? f->seconds :
			      MAX(0, f->seconds - (double)last * frame_s);
	f->longest_silence = (double)longest * frame_s;
	return 0;
}

/* Nearest rank in ascending values. */
static double percentile(const double *sorted, size_t n, double p)
{
	size_t rank = (size_t)ceil(p / 100 * (double)n);
	return sorted[rank > 0 ? rank - 1 : 0];
}

static int measure_pitch(const float *x, size_t n, struct audio_figures *f, struct err *e)
{
	CLEANUP(free_ptr) float *clip = NULL;
	CLEANUP(free_ptr) double *f0 = NULL;
	size_t clip_n = 0;
	size_t voiced = 0;
	size_t frames = 0;
	if (audio_resample(x, n, 1, f->rate, MEASURE_RATE, &clip, &clip_n, e) < 0 ||
	    yin_track(clip, clip_n, &f0, &voiced, &frames, e) < 0)
		return -1;
	f->voiced_share = frames ? (double)voiced / (double)frames : (double)NAN;
	f->f0_median = voiced ? percentile(f0, voiced, 50) : (double)NAN;
	f->f0_low = voiced ? percentile(f0, voiced, 10) : (double)NAN;
	f->f0_high = voiced ? percentile(f0, voiced, 90) : (double)NAN;
	return 0;
}

int audio_measure(const float *samples, size_t n, int rate, struct audio_figures *ret,
		  struct err *e)
{
	if (n == 0 || rate < 1000)
		return err_set(e, ERR_DATA, "%zu samples at %d Hz cannot be measured", n, rate);
	struct audio_figures f = {.seconds = (double)n / rate, .rate = rate};
	CLEANUP(free_ptr) float *x = cleaned(samples, n, &f.nonfinite);
	if (!x)
		return err_set(e, ERR_SYSTEM, "no memory to measure %zu samples", n);
	measure_levels(x, n, &f);
	if (measure_loudness(x, n, &f, e) < 0 || measure_silence(x, n, &f, e) < 0 ||
	    measure_pitch(x, n, &f, e) < 0)
		return -1;
	*ret = f;
	return 0;
}

double audio_speaking_rate(const struct audio_figures *f, size_t units)
{
	double spoken = f->seconds - f->leading_silence - f->trailing_silence;
	return spoken > 0 ? (double)units / spoken : (double)NAN;
}
