/* workers/pocketsphinx/recognise.h - words of one utterance.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKERS_POCKETSPHINX_RECOGNISE_H
#define WORKERS_POCKETSPHINX_RECOGNISE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct recogniser;

/* model: the folder with en-us/, en-us.lm.bin and cmudict-en-us.dict. quick: one pass, for
 * partial results. */
int recogniser_new(const char *model, bool quick, struct recogniser **ret, struct err *e);
struct recogniser *recogniser_free(struct recogniser *r);

struct word {
	char text[64];
	int start, end;		/* hundredths of a second in the utterance; end is exclusive */
};

/* The words of a whole utterance, at most max. *ret_n may be 0. */
int recogniser_words(struct recogniser *r, const int16_t *pcm, size_t n, struct word *ret,
		     size_t max, size_t *ret_n, struct err *e);

/* Little by little: begin, add, look (text into out, cut at size), end. */
int recogniser_begin(struct recogniser *r, struct err *e);
int recogniser_add(struct recogniser *r, const int16_t *pcm, size_t n, struct err *e);
void recogniser_look(struct recogniser *r, char *out, size_t size);
void recogniser_end(struct recogniser *r);

#endif
