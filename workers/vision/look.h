/* workers/vision/look.h - answering questions about pictures.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_LOOK_H
#define VISION_LOOK_H

#include "base/arena.h"
#include "chart.h"
#include "question.h"
#include "sight.h"
#include "voice.h"

/* The pictures that a question is about, each looked at when it is needed. */
struct look {
	struct voice *voice;
	const struct question *q;
	struct arena *a;
	const struct picture *pictures;
	struct sight *sights;
	struct chart *charts;	/* found is false where there is none */
	bool *seen;
	size_t n;
	long first_number;	/* number of the first picture in the conversation, from 1 */
	bool can_read;		/* a language is installed */
};

/* Look at picture i: NULL when it failed (voice->e is set) or the request was cancelled. */
const struct sight *look_at(struct look *l, size_t i);

/* Say the answer. -1: voice->e is set. */
int look_answer(struct look *l);

void look_release(struct look *l);

/* Does a blob count, and is it what the question names? */
bool look_matches(const struct question *q, const struct blob *b);
size_t look_count(const struct sight *s, const struct question *q);

/* "2 red circles and 1 blue square"; false: nothing. */
bool look_list(struct look *l, const struct sight *s, bool all, struct buf *out);

/* "a red circle" */
const char *look_name(struct look *l, const struct blob *b);

/* All text of picture i, rows separated by line breaks. NULL: failed. "" when there is none. */
const char *look_text(struct look *l, size_t i);

/* look_chart.c */
void look_chart(struct look *l, size_t i);

/* look_many.c - several pictures. */
void look_motion(struct look *l);
void look_compare(struct look *l);
void look_which(struct look *l);

/* look_one.c - one picture and one topic. */
void look_one(struct look *l, size_t i);
void look_describe(struct look *l, size_t i, bool brief);

#endif
