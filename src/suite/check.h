/* src/suite/check.h - what a functional case works with: asking, making inputs, judging.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_CHECK_H
#define SUITE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "client/client.h"
#include "suite/suite.h"

struct check;

/* One row of a family's table. */
struct functional_case {
	const char *id;		/* "asr-english" */
	const char *kind;	/* asr, tts, chat */
	const char *name;	/* what it shows, one line */
	const char *judged;	/* how the answer is judged, one line */
	const char *source;	/* the seed's row, or where the fault was seen */
	bool takes_minutes;	/* only with --long */
	void (*run)(struct check *k);
};

struct maker;
struct voice_trust;	/* which voices this ASR service reads well enough */

/* A case while it runs. Everything made for it lives in the arena of the case. */
struct check {
	const struct suite_env *env;
	const struct service *service;
	struct client *client;	/* NULL with a maker */
	struct maker *maker;	/* writes out what is asked, in place of the services; or NULL */
	const char *kind;	/* of the case */
	json_t *owned;		/* what samples point to, until the case ends */
	struct voice_trust *voices;
	struct strings speakers;	/* of a TTS service, as the user named them */
	struct case_result *result;
	struct arena *arena;	/* of the result: texts that stay */
	struct arena *scratch;	/* of this case: media */
	struct rng rng;
	bool decided;
};

/* The verdict; the first one counts. finding: wrong-answer, wrong-status, … */
void check_pass(struct check *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void check_fail(struct check *k, const char *finding, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_skip(struct check *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Ask the case's service, or another (its kind is asr, tts or chat): as client_call(), or the
 * maker. */
int check_call(struct check *k, struct call *call, struct err *e);
int check_call_other(struct check *k, const struct service *other, const char *kind,
		     struct call *call, struct err *e);

/* Ask; false when no valid answer came (the case has then failed and says why). */
bool check_ask(struct check *k, struct call *call);

/* The text of an answer as C string (answers end with NUL). */
const char *check_text(const struct call *call);

/* ---- inputs ---- */

/* What is known of a sample beyond its fields: kept until the case ends. Steals extra. */
void check_know(struct check *k, struct sample *s, json_t *extra);

/* Say it with a voice that this ASR service has read well (calibration clip at ≤ 10 %). False:
 * the case is skipped, with the reason. Caller: speech_release(). */
bool check_speech(struct check *k, const char *language, const char *text, struct speech *ret);

/* First sample, and one behind the last sample, that is louder than -45 dB below the peak. */
size_t speech_first_sound(const struct speech *s);
size_t speech_last_sound(const struct speech *s);

/* Speech as a sample to ask with. */
bool check_clip(struct check *k, const struct speech *s, const char *format, int channels,
		 struct sample *ret);

/* A drawn scene (stolen) as a JPEG. */
bool check_picture(struct check *k, json_t *scene, struct media *ret);

/* ---- judging ---- */

/* wer of English, cer of Chinese, after their normaliser; NaN when our own work failed. */
double check_error_rate(const char *language, const char *reference, const char *answer);

/* Which words of a text were heard in an answer, each at its place: one entry per token of its
 * normal form, in the arena. *ret_rate: as check_error_rate(). 0 tokens when our work failed. */
size_t check_heard(const char *language, const char *reference, const char *answer,
		   struct arena *a, const bool **ret, double *ret_rate);

/* Does the answer hold one of these words (as a whole word, any case)? words: "red|scarlet". */
bool check_says(const char *answer, const char *words);

/* All functional cases, in the order of --list; NULL at the end. */
const struct functional_case *functional_case_at(size_t i);

/* Is this id named by the list, where "asr-*" names a family? */
bool case_listed(const struct strings *list, const char *id);

/* Does every entry of the list name a case (next gives all ids)? */
int case_check_listed(const struct strings *list, const char *(*next)(size_t i, const void *ctx),
		      struct err *e);

/* A word or number from the case's seed. */
const char *check_word(struct check *k);

#endif
