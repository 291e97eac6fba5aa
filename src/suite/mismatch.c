/* src/suite/mismatch.c - see mismatch.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/mismatch.h"

#include <math.h>

#include "base/str.h"
#include "text/tokens.h"
#include "text/unicode.h"

#define WORDS_PER_S_MAX	 8.0
#define HAN_PER_S_MAX	 15.0
#define WORDS_PER_S_MIN	 0.1
#define LONG_S		 5.0
#define UNITS_MIN	 5
#define NOTHING_AGREES	 0.9
#define CORPUS_READ	 0.5

/* Words, or characters where it is written in Han. */
static size_t units_of(const char *text, bool *ret_han)
{
	struct tokens *t = NULL;
	size_t first;
	size_t n = 0;
	*ret_han = unicode_script(text, strlen(text)) == SCRIPT_CHINESE;
	if (tokens_new(&t, NULL) < 0 ||
	    tokens_add(t, TOKEN_MIXED, text, strlen(text), &first, &n, NULL) < 0)
		n = 0;
	(void)tokens_free(t);
	return n;
}

/* Why the transcript cannot be that of the sound; NULL: it can. */
static const char *wrong_pace(const struct sample *s, struct arena *a)
{
	bool han = false;
	if (!s->audio || !s->text || !(s->audio->seconds > 0))
		return NULL;
	double seconds = s->audio->seconds;
	size_t n = units_of(s->text, &han);
	double pace = (double)n / seconds;
	const char *what = han ? "character" : "word", *end = str_plural(n);
	if (pace > (han ? HAN_PER_S_MAX : WORDS_PER_S_MAX))
		return arena_fmt(a, "%s: %zu %s%s in %.1f s of sound: nobody speaks so fast", s->id,
				 n, what, end, seconds);
	if (seconds >= LONG_S && n > 0 && pace < WORDS_PER_S_MIN)
		return arena_fmt(a, "%s: %zu %s%s in %.1f s of sound", s->id, n, what, end,
				 seconds);
	return NULL;
}

static bool nothing_agrees(const struct answers *a, size_t i)
{
	return !a->missing[i] && a->units[i] >= UNITS_MIN &&
	       a->errors[i] > NOTHING_AGREES * a->units[i];
}

static double rate_of(const struct answers *a)
{
	double errors = 0;
	double units = 0;
	for (size_t i = 0; i < a->n; i++) {
		errors += a->errors[i];
		units += a->units[i];
	}
	return units > 0 ? errors / units : NAN;
}

void mismatch_find(const struct sample *samples, const struct answers *reference,
		   const struct answers *candidate, struct arena *a, struct accuracy_result *out)
{
	bool read = candidate->normalizer && rate_of(candidate) < CORPUS_READ;
	for (size_t i = 0; i < candidate->n; i++) {
		const struct sample *s = &samples[i];
		const char *why = wrong_pace(s, a);
		bool apart = s->audio && read && nothing_agrees(candidate, i) &&
			     (!reference || nothing_agrees(reference, i));
		if (!why && apart)
			why = arena_fmt(a, "%s: nothing of the transcript was heard (%.0f of %.0f "
					"%s wrong)", s->id, candidate->errors[i],
					candidate->units[i],
					candidate->unit == TOKEN_WORD ? "words" : "characters");
		if (why)
			strings_add(&out->mismatches, a, why);
	}
}
