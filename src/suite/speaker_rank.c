/* src/suite/speaker_rank.c - see speaker_rank.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/speaker_rank.h"

#include <math.h>

#include "audio/decode.h"
#include "base/str.h"
#include "base/util.h"

struct known {
	const char *name;
	struct voice sum, mean;
	size_t n;
};

struct speakers {
	struct arena *arena;
	struct known *items;
	size_t n;
};

/* A speaker is named, or known by its prompt. */
static const char *name_of(const struct sample *s)
{
	return s->speaker ? s->speaker : s->prompt_wav ? s->prompt_wav->sha256 : NULL;
}

static struct known *find(struct speakers *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	return NULL;
}

static bool heard(const struct voice *v)
{
	return !isnan(v->f0_median);
}

static void add_voice(struct speakers *all, const char *name, const struct voice *v)
{
	struct known *k = find(all, name);
	if (!heard(v))
		return;
	if (!k) {
		k = ARENA_ADD(all->arena, all->items, all->n);
		*k = (struct known){.name = name};
	}
	k->n++;
	k->sum.f0_median += log2(v->f0_median);
	k->mean.f0_median = exp2(k->sum.f0_median / (double)k->n);
	for (int c = 0; c < VOICE_COEFFICIENTS; c++) {
		k->sum.mfcc[c] += v->mfcc[c];
		k->mean.mfcc[c] = k->sum.mfcc[c] / (double)k->n;
	}
}

static struct voice voice_of_media(const struct media *m)
{
	struct voice v = {.f0_median = NAN};
	struct audio sound;
	if (audio_decode(m->data, m->len, &sound, NULL) < 0)
		return v;
	audio_to_mono(&sound);
	if (voice_measure(sound.samples, sound.frames, sound.rate, &v, NULL) < 0)
		v.f0_median = NAN;
	audio_release(&sound);
	return v;
}

static void learn(struct speakers *all, const struct sample *samples,
		  const struct answers *reference, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = name_of(&samples[i]);
		if (name && samples[i].prompt_wav) {
			struct voice v = voice_of_media(samples[i].prompt_wav);
			add_voice(all, name, &v);
		} else if (name && reference) {
			add_voice(all, name, &reference->voices[i]);
		}
	}
}

/* 1: no other speaker is nearer. */
static size_t rank(const struct speakers *all, const struct known *own, const struct voice *v,
		   double (*distance)(const struct voice *a, const struct voice *b))
{
	size_t nearer = 0;
	double mine = distance(v, &own->mean);
	for (size_t i = 0; i < all->n; i++)
		if (&all->items[i] != own)
			nearer += distance(v, &all->items[i].mean) <= mine;
	return 1 + nearer;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

struct speaker_rank speaker_rank(const struct sample *samples, const struct answers *reference,
				 const struct answers *candidate)
{
	struct speakers all = {.arena = arena_new()};
	struct speaker_rank r = {0, 0, NAN, NAN, NAN, NAN};
	double *apart = arena_array(all.arena, candidate->n + 1, sizeof(apart[0]));
	size_t first = 0;
	size_t first_f0 = 0;
	size_t ranks = 0;
	learn(&all, samples, reference, candidate->n);
	for (size_t i = 0; all.n > 1 && i < candidate->n; i++) {
		const char *name = name_of(&samples[i]);
		const struct known *own = name ? find(&all, name) : NULL;
		const struct voice *v = &candidate->voices[i];
		if (!own || !heard(v))
			continue;
		size_t place = rank(&all, own, v, voice_mfcc_distance);
		ranks += place;
		first += place == 1;
		first_f0 += rank(&all, own, v, voice_f0_distance) == 1;
		apart[r.samples++] = voice_f0_distance(v, &own->mean);
	}
	if (r.samples > 0) {
		double n = (double)r.samples;
		qsort(apart, r.samples, sizeof(apart[0]), by_value);
		r.speakers = all.n;
		r.first_share = (double)first / n;
		r.mean_rank = (double)ranks / n;
		r.f0_first_share = (double)first_f0 / n;
		r.f0_semitones = apart[(r.samples - 1) / 2];
	}
	(void)arena_free(all.arena);
	return r;
}
