/* workers/vision/words.h - words for what is seen, in English and Chinese, and words in questions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_WORDS_H
#define VISION_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "color.h"
#include "sight.h"

const char *word_color(enum color c, bool zh);
const char *word_shape(enum shape s, bool zh, bool plural);
const char *word_position(const struct sight *s, double x, double y, bool zh);

/* "a" or "an" for the word that follows. */
const char *word_article(const char *word);

/* Lower-case ASCII copy. */
char *words_lower(struct arena *a, const char *text);

/* Where one of the words (list ends with NULL) stands in lower-case text, or NULL. A Latin word
 * must begin at a word's start; up to three letters, or with '$' behind it, it must end there
 * too: "cat" is no "category", "circle" finds "circles". *ret_end (may be NULL): behind it. */
const char *words_find(const char *low, const char *const *list, const char **ret_end);
bool words_has(const char *low, const char *const *list);

/* The colour or shape that is named first, or -1. */
int words_color(const char *low);
int words_shape(const char *low);

#endif
