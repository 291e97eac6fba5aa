/* src/serve/sim_answers.h - what the sim says when it was told the right answers, and what becomes
 * of them by its defects.
 *
 * The manifest is one that assay make-data writes: media are known by the hash of their file,
 * questions by their texts, speech by its text, speaker and speed. What the manifest does not
 * hold is answered as without it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_SIM_ANSWERS_H
#define SERVE_SIM_ANSWERS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "serve/sim.h"

struct sim_answers;

/* Everything lives in the arena, but the lines: sim_answers_free(). */
int sim_answers_read(const char *manifest, const char *kind, struct arena *a,
		     struct sim_answers **ret, struct err *e);
struct sim_answers *sim_answers_free(struct sim_answers *s);

/* The speakers that the manifest names, in its order. */
json_t *sim_answers_speakers(const struct sim_answers *s);

/* One answer: frames "segment" or "token" without their id, then "done". Owned; release. */
struct sim_script {
	json_t *steps;		/* NULL: the manifest does not know it */
	json_t *done;
	const char *error;	/* code of an error instead; NULL: none */
	const int16_t *sound;	/* tts: mono at 16 kHz */
	int16_t *own;		/* the sound, where it was changed */
	size_t samples;
};
void sim_script_release(struct sim_script *s);

/* Plan the answer to this "begin", "speak" or "chat" frame. seconds: asr, of the sound heard;
 * silence: asr, how long nothing was heard at its end. */
int sim_script_plan(const struct sim_answers *s, const struct sim *sim, const json_t *request,
		    double seconds, double silence, struct sim_script *ret);

#endif
