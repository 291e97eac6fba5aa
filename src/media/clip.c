/* src/media/clip.c - clips of sound: silence, noise, tones, joined, resampled, written as files.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "audio/decode.h"
#include "audio/resample.h"
#include "base/buf.h"
#include "base/rng.h"
#include "base/util.h"
#include "media/speech.h"

#define SECONDS_MAX 86400.0

void speech_release(struct speech *s)
{
	if (!s)
		return;
	free(s->samples);
	*s = (struct speech){0};
}

/* Room for n more samples behind those that are there: where they begin, or NULL. */
static float *more_room(struct speech *s, int rate, size_t n, struct err *e)
{
	if (s->n > 0 && s->rate != rate) {
		err_set(e, ERR_USAGE, "a clip at %d Hz cannot be joined with one at %d Hz", s->rate,
			rate);
		return NULL;
	}
	float *more = realloc(s->samples, (s->n + n + 1) * sizeof(*more));
	if (!more) {
		err_set(e, ERR_SYSTEM, "no memory for %zu samples", s->n + n);
		return NULL;
	}
	s->samples = more;
	s->rate = rate;
	return more + s->n;
}

static float *begin(struct speech *s, int rate, double seconds, size_t *ret_n, struct err *e)
{
	if (rate < 1 || !(seconds >= 0 && seconds <= SECONDS_MAX)) {
		err_set(e, ERR_USAGE, "a clip of %g s at %d Hz cannot be made", seconds, rate);
		return NULL;
	}
	*ret_n = (size_t)llround(seconds * rate);
	return more_room(s, rate, *ret_n, e);
}

int speech_silence(struct speech *s, int rate, double seconds, struct err *e)
{
	size_t n = 0;
	float *to = begin(s, rate, seconds, &n, e);
	if (!to)
		return -1;
	memset(to, 0, n * sizeof(*to));
	s->n += n;
	return 0;
}

int speech_append(struct speech *to, const struct speech *more, struct err *e)
{
	float *at = more_room(to, more->rate, more->n, e);
	if (!at)
		return -1;
	if (more->n > 0)
		memcpy(at, more->samples, more->n * sizeof(*at));
	to->n += more->n;
	return 0;
}

/* Evenly spread values: their RMS is the half width / sqrt(3). */
int speech_noise(struct speech *s, int rate, double seconds, double dbfs, uint64_t seed,
		 struct err *e)
{
	double width = pow(10, dbfs / 20) * sqrt(3);
	size_t n = 0;
	struct rng r;
	if (!(width <= 1))
		return err_set(e, ERR_USAGE, "noise of %g dB would be clipped; at most -4.8", dbfs);
	float *to = begin(s, rate, seconds, &n, e);
	if (!to)
		return -1;
	rng_init(&r, seed);
	for (size_t i = 0; i < n; i++)
		to[i] = (float)((2 * rng_unit(&r) - 1) * width);
	s->n += n;
	return 0;
}

int speech_tone(struct speech *s, int rate, double seconds, double hz, double dbfs, struct err *e)
{
	double peak = pow(10, dbfs / 20);
	size_t n = 0;
	if (!(peak <= 1) || !(hz > 0 && hz < rate / 2.0))
		return err_set(e, ERR_USAGE, "a tone of %g Hz and %g dB cannot be made at %d Hz",
			       hz, dbfs, rate);
	float *to = begin(s, rate, seconds, &n, e);
	if (!to)
		return -1;
	for (size_t i = 0; i < n; i++)
		to[i] = (float)(peak * sin(2 * M_PI * hz * (double)i / rate));
	s->n += n;
	return 0;
}

/* The filter overshoots at steep edges: such a clip is made quieter as a whole, never clipped. */
static void below_full_scale(float *x, size_t n)
{
	float peak = 1;
	for (size_t i = 0; i < n; i++)
		peak = MAX(peak, fabsf(x[i]));
	for (size_t i = 0; peak > 1 && i < n; i++)
		x[i] /= peak;
}

int speech_resample(struct speech *s, int rate, struct err *e)
{
	float *made;
	size_t n;
	if (s->rate == rate || s->n == 0) {
		s->rate = rate;
		return 0;
	}
	if (audio_resample(s->samples, s->n, 1, s->rate, rate, &made, &n, e) < 0)
		return -1;
	below_full_scale(made, n);
	free(s->samples);
	*s = (struct speech){made, n, rate};
	return 0;
}

static const char *mime_of(const char *format)
{
	return strcmp(format, "mp3") == 0  ? "audio/mpeg" :
	       strcmp(format, "flac") == 0 ? "audio/flac" :
	       strcmp(format, "wav") == 0  ? "audio/wav" : "audio/ogg";
}

int speech_to_media(const struct speech *s, const char *name, const char *format, int channels,
		    struct arena *a, struct media *ret, struct err *e)
{
	CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(free_ptr) float *both = NULL;
	const float *samples = s->samples;
	if (channels != 1 && channels != 2)
		return err_set(e, ERR_USAGE, "a clip has 1 or 2 channels, not %d", channels);
	if (s->n == 0)
		return err_set(e, ERR_USAGE, "a clip without samples cannot be written");
	if (channels == 2) {
		both = malloc(s->n * 2 * sizeof(*both));
		if (!both)
			return err_set(e, ERR_SYSTEM, "no memory for %zu samples", s->n * 2);
		for (size_t i = 0; i < s->n * 2; i++)
			both[i] = s->samples[i / 2];
		samples = both;
	}
	if (audio_encode(samples, s->n, channels, s->rate, format, &file, e) < 0)
		return -1;
	return media_from_bytes(name, mime_of(format), file.data, file.len, a, ret, e);
}
