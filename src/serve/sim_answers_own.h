/* src/serve/sim_answers_own.h - what sim_answers.c and sim_script.c share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_SIM_ANSWERS_OWN_H
#define SERVE_SIM_ANSWERS_OWN_H

#include "media/sample.h"
#include "serve/sim_answers.h"

/* A line of the manifest. */
struct truth {
	const struct sample *sample;
	const char *key;	/* asr: hash of the sound; chat: texts and hashes */
	double speed;
	const int16_t *sound;	/* tts */
	size_t samples;
};

struct sim_answers {
	const char *kind;
	struct corpus corpus;
	struct truth *items;
	size_t n;
};

/* What of a chat reaches the model. */
struct chat_sight {
	size_t images, sounds;	/* at most */
	bool last_only;		/* of the messages */
	bool no_system;
	bool reversed;		/* the images */
};

const struct truth *truth_of_chat(const struct sim_answers *s, const json_t *messages,
				  const struct chat_sight *sees);
const struct truth *truth_of_sound(const struct sim_answers *s, const char *sha256);
/* speaker NULL: any; speed NaN: any. */
const struct truth *truth_of_speech(const struct sim_answers *s, const char *text,
				    const char *speaker, double speed);

#endif
