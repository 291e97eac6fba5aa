/* src/suite/samples.h - the inputs of suites: corpora read once, or samples made from a seed.
 *
 * Made samples have known answers: speech says a known text, a picture shows what its question
 * asks for. They are built from word lists and numbers drawn by the seed, so that no model can
 * have learned them by heart.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_SAMPLES_H
#define SUITE_SAMPLES_H

#include "base/arena.h"
#include "base/rng.h"
#include "media/picture.h"
#include "media/sample.h"
#include "media/speech.h"
#include "plan/plan.h"

/* Keeps what was read or made, by name, until freed. */
struct samples;
struct samples *samples_new(struct speaker *speaker, struct painter *painter);
struct samples *samples_free(struct samples *s);

/* The samples of this data for a service of this kind (asr, tts, chat). data NULL: made ones of
 * the kind's default (speech, sentences, pictures; 10 of seed 1). */
int samples_get(struct samples *s, const struct plan_data *data, const char *kind,
		const struct sample **ret, size_t *ret_n, struct err *e);

/* What was passed over in the data that was read, in words; as long as s lives. */
const struct strings *samples_notes(const struct samples *s);

/* A sentence from the seed: words of everyday vocabulary with a small number in it, about
 * `words` words long (en) or characters long (zh). */
const char *made_sentence(struct rng *r, const char *language, int words, struct arena *a);

#endif
