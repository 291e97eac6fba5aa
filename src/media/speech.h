/* src/media/speech.h - made speech with known words, from assay's own TTS workers.
 *
 * Voices are "worker/speaker": "flite/slt", "espeak-ng/zh". The same text and voice give the
 * same samples on every run.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MEDIA_SPEECH_H
#define MEDIA_SPEECH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "media/sample.h"

/* Mono samples in [-1, 1]. */
struct speech {
	float *samples;		/* caller: speech_release() */
	size_t n;
	int rate;
};
void speech_release(struct speech *s);

/* Keeps the workers that it started, until freed. */
struct speaker;
struct speaker *speaker_new(void);
struct speaker *speaker_free(struct speaker *s);

/* Is the worker of this voice part of this build and able to start? else *ret_why. */
bool speaker_has(struct speaker *s, const char *voice, const char **ret_why);

/* Say it. -1 when the worker is missing or fails. */
int speaker_say(struct speaker *s, const char *voice, const char *text, double speed,
		struct speech *ret, struct err *e);

/* The default voice for a language: "en" → flite/slt, "zh" → espeak-ng/cmn; NULL: none. */
const char *speaker_default_voice(const char *language);

/* Build longer clips: each adds to the end of *s, which begins as {0} and keeps its rate. Noise
 * is white, from a seed, its level that of its RMS; the level of a tone is that of its peak. */
int speech_silence(struct speech *s, int rate, double seconds, struct err *e);
int speech_append(struct speech *to, const struct speech *more, struct err *e);
int speech_noise(struct speech *s, int rate, double seconds, double dbfs, uint64_t seed,
		 struct err *e);
int speech_tone(struct speech *s, int rate, double seconds, double hz, double dbfs, struct err *e);
int speech_resample(struct speech *s, int rate, struct err *e);

/* As a file. format: wav, flac, ogg, opus, mp3; channels 1 or 2 (copied). */
int speech_to_media(const struct speech *s, const char *name, const char *format, int channels,
		    struct arena *a, struct media *ret, struct err *e);

#endif
