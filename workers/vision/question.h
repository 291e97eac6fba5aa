/* workers/vision/question.h - what is asked, told by its words (English and Chinese).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_QUESTION_H
#define VISION_QUESTION_H

#include "base/arena.h"
#include "words.h"

enum topic {
	TOPIC_NONE,	/* nothing that eyes could answer */
	TOPIC_MOTION, TOPIC_WHICH, TOPIC_COMPARE, TOPIC_CHART, TOPIC_TEXT, TOPIC_COUNT,
	TOPIC_EXTREME,	/* the leftmost, largest … shape */
	TOPIC_COLOR, TOPIC_WHERE, TOPIC_IS_THERE, TOPIC_SHAPE, TOPIC_SIZE, TOPIC_DESCRIBE,
};

enum extreme {
	EXTREME_NONE, EXTREME_LEFT, EXTREME_RIGHT, EXTREME_TOP, EXTREME_BOTTOM, EXTREME_MIDDLE,
	EXTREME_LARGEST, EXTREME_SMALLEST,
};

struct question {
	const char *text, *low;	/* as written; in small letters */
	enum topic topic;
	bool zh;		/* asked in Chinese */
	int color, shape;	/* that it names; -1: none */
	enum extreme extreme;
	bool background, writing, bars, colors, objects, images, chart;	/* what it mentions */
	bool unknown;		/* asks for kinds of things that are not known here */
	bool bare;		/* only the answer itself is wanted */
	const char *quoted;	/* text in quotes; NULL: none */
	long image;		/* "the second image": 2; last: -1; all: 0 */
};

void question_read(const char *text, size_t n_images, struct arena *a, struct question *ret);

/* Does the text hold a character of Chinese? */
bool question_is_chinese(const char *text);

/* The first text in quotes of any kind, or NULL. */
const char *question_quoted(const char *text, struct arena *a);

#endif
