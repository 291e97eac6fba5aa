/* workers/vision/talk.h - the few things that can be said without pictures.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_TALK_H
#define VISION_TALK_H

#include "base/arena.h"
#include "base/str.h"
#include "voice.h"

/* What the system prompt, or the question, asks of every answer. Texts are NULL when not asked. */
struct style {
	const char *begin, *end;	/* words that the answer must begin or end with */
	const char *always;		/* the whole answer, whatever is asked */
	const char *name;		/* who we are told to be */
	bool upper, lower, english, chinese;
};

void style_read(const char *text, struct arena *a, struct style *s);

/* "Repeat: …", "Say …", "Count to 20". True: said. */
bool talk_repeat(struct voice *v, const char *text, struct arena *a);

/* Sums, facts told before, greetings, who are you. said: what the user said, the question last.
 * True: said. */
bool talk_answer(struct voice *v, const struct strings *said, const struct style *style,
		 struct arena *a);

void talk_unknown(struct voice *v);

/* sum.c - "17 + 25" anywhere in the text: the sentence with its result, or NULL. */
const char *sum_answer(const char *low, struct arena *a);

/* memory.c - a fact told in one of the sentences before (or in this one). True: said. */
bool memory_answer(struct voice *v, const struct strings *said, struct arena *a);

#endif
