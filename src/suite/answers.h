/* src/suite/answers.h - what a service answers to a list of samples, and how wrong that is.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_ANSWERS_H
#define SUITE_ANSWERS_H

#include "audio/measure.h"
#include "media/sample.h"
#include "protocols/service.h"
#include "result/progress.h"
#include "text/align.h"
#include "text/normalize.h"
#include "text/tokens.h"

struct recorder;
struct recording;

struct answers_how {
	size_t parallel;
	int64_t max_tokens;
	const char *metric;		/* wer, cer, mixed; NULL: by the first reference's script */
	enum normalize_kind normalizer;
	const char *judge;		/* chat: for samples that do not say; NULL: keyword */
	const struct service *through;	/* tts: the ASR service that reads it back */
	const struct progress *progress;
	int64_t logprobs;		/* chat: of how many tokens; 0: none */
	size_t repeat;			/* which time the same is asked, from 0 */
	struct recorder *recorder;	/* where the answers are recorded too; or NULL */
	const struct recording *from;	/* where they come from instead of the service; or NULL */
};

/* Figures of speech, to compare it with the reference's; NaN where unknown. */
struct spoken_figures {
	double seconds, loudness_lufs, f0_median;
};

/* Arrays by sample. A request that failed is missing: all its units are errors. */
struct answers {
	size_t n;
	char **texts;		/* NULL: missing */
	bool *missing;
	double *errors, *units;	/* speech: edits and reference units; chat: 0 or 1 and 1 (0
				 * where no answer is known) */
	struct align_counts counts;	/* speech only */
	const char *metric;	/* static text */
	struct spoken_figures *spoken;	/* tts only */
	struct voice *voices;		/* tts only; f0_median NaN: not known */
	json_t **logprobs;	/* as the service sent them; NULL: none */
	char *normalizer;	/* its name and version; NULL: not scored by edits */
	enum token_unit unit;	/* with a normaliser: how it was scored */
	enum normalize_kind normalize;
};

/* Can they be judged at all? Known before anything is asked. */
int answers_check(const char *kind, const struct sample *samples, size_t n,
		  const struct answers_how *how, struct err *e);

int answers_collect(const struct service *s, const struct sample *samples, size_t n,
		    const struct answers_how *how, struct answers **ret, struct err *e);
struct answers *answers_free(struct answers *a);	/* NULL is fine */

/* What the sample's answer should be, as text for people. */
const char *answers_expected(const struct sample *s);

#endif
