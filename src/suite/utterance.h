/* src/suite/utterance.h - clips of made speech whose words and times are known.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_UTTERANCE_H
#define SUITE_UTTERANCE_H

#include "base/buf.h"
#include "suite/check.h"

#define UTTERANCE_RATE 16000

/* Begins as UTTERANCE_NEW; utterance_release(). */
struct utterance {
	struct speech speech;	/* at UTTERANCE_RATE */
	struct buf text;	/* all that is said, sentences parted by blanks */
	json_t *segments;	/* of each sentence: from its first sound to behind its last */
	const char *spoken;	/* language of the first sentence */
};
#define UTTERANCE_NEW ((struct utterance){.text = {.max = (size_t)1 << 24}})
void utterance_release(struct utterance *u);

/* Add a sentence, in a voice that the service reads; or silence. False: the case is decided. */
bool utterance_say(struct check *k, struct utterance *u, const char *language, const char *text);
bool utterance_silence(struct check *k, struct utterance *u, double seconds);

/* Begin and end of the i-th sentence, in seconds. */
void utterance_times(const struct utterance *u, size_t i, double *ret_start, double *ret_end);

/* As a sample in this form, with all that is known of it. language: what the service is told;
 * NULL: nothing. */
struct form {
	int rate, channels;
	const char *format;
};
bool utterance_sample(struct check *k, const struct utterance *u, const struct form *form,
		      const char *language, struct sample *ret);

#endif
