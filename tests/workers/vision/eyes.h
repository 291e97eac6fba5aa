/* tests/workers/vision/eyes.h - draw a scene, show it to the vision worker, hear its answer.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WORKERS_VISION_EYES_H
#define TESTS_WORKERS_VISION_EYES_H

#include <jansson.h>
#include <stdbool.h>

#include "run.h"

/* Both workers of a test program; group setup and teardown. */
extern struct worker *drawer, *viewer;
int drawer_open(void **state);	/* only the one that draws */
int eyes_open(void **state);
int eyes_close(void **state);

/* Was a worker not built? Then the plan that skips the program is printed. */
bool eyes_missing(const char *name);

/* RGB. */
struct pic {
	unsigned char *rgb;
	int width, height;
};

void pic_release(struct pic *p);

/* From jansson format text without quotes' pain: ' stands for ". */
json_t *from_text(const char *text);

/* Draw a scene (stolen). quality 0: without loss; else through JPEG and back. */
struct pic draw(json_t *scene, int quality);
struct pic draw_text(const char *scene, int quality);

/* The whole answer (free() it). Extra keys of the request (stolen) may be NULL; *ret_done (a
 * reference that the caller drops) may be NULL. */
char *look(const char *question, const struct pic *pics, size_t n, json_t *extra,
	   json_t **ret_done);

/* The same with messages (stolen) instead of one question. */
char *say(json_t *messages, json_t *extra, json_t **ret_done);

/* Looks at one picture and drops the answer: does it hold the words? Prints it when not. */
int says(const char *question, const struct pic *pics, size_t n, const char *words);

#endif
