/* src/suite/voices.h - made speech that an ASR service can be judged by.
 *
 * A service that cannot read a voice must not fail a test because of the voice. So every voice
 * first says a calibration clip; only one that the service reads with at most 10 % errors is
 * used, in this order: the TTS service of the plan, then assay's own voices.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_VOICES_H
#define SUITE_VOICES_H

#include "suite/check.h"

struct voice_trust *voice_trust_new(void);
struct voice_trust *voice_trust_free(struct voice_trust *v);

/* The sound of an answer as mono samples. -1: not 16 bit PCM, or no memory. */
int answer_to_speech(const struct answer *a, struct speech *ret, struct err *e);

/* The plan's first service of this kind; NULL: none. */
const struct service *check_service(const struct check *k, const char *kind);

/* Does the plan's ASR service read assay's own voice in this language, so that it may judge what a
 * TTS service says? */
bool check_can_hear(struct check *k, const char *language);

/* How a chat service is asked for a transcript. */
const char *check_transcribe_question(void);

/* The speakers of a TTS service: those that the user named, else those that it tells at
 * /v1/audio/voices; none when it does not. */
void check_speakers(struct check *k, struct strings *ret);

#endif
