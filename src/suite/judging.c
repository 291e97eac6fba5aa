/* src/suite/judging.c - see check.h: words and error rates of answers.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/str.h"
#include "suite/check.h"
#include "text/score.h"
#include "text/similarity.h"

#define WORDS_MAX 32

static struct score_options options_of(const char *language)
{
	if (str_starts(language, "zh"))
		return (struct score_options){.unit = TOKEN_CHARACTER,
					      .normalizer = NORMALIZE_CHINESE};
	if (strcmp(language, "mixed") == 0)
		return (struct score_options){.unit = TOKEN_MIXED, .normalizer = NORMALIZE_CHINESE};
	return (struct score_options){.unit = TOKEN_WORD, .normalizer = NORMALIZE_ENGLISH};
}

double check_error_rate(const char *language, const char *reference, const char *answer)
{
	const struct score_options o = options_of(language);
	struct scorer *s = NULL;
	struct pair_score pair;
	double rate = NAN;
	if (scorer_new(&s, &o, NULL) == 0 &&
	    scorer_pair(s, span_of(reference), span_of(answer), &pair, NULL) == 0)
		rate = align_rate(&pair.counts);
	(void)scorer_free(s);
	return rate;
}

size_t check_heard(const char *language, const char *reference, const char *answer,
		   struct arena *a, const bool **ret, double *ret_rate)
{
	const struct score_options o = options_of(language);
	struct scorer *s = NULL;
	struct pair_score pair;
	size_t n = 0;
	*ret_rate = NAN;
	if (scorer_new(&s, &o, NULL) == 0 &&
	    scorer_pair(s, span_of(reference), span_of(answer), &pair, NULL) == 0) {
		bool *heard = arena_array(a, pair.n_ops + 1, sizeof(heard[0]));
		for (size_t i = 0; i < pair.n_ops; i++)
			if (pair.ops[i] != ALIGN_INSERTION)
				heard[n++] = pair.ops[i] == ALIGN_HIT;
		*ret = heard;
		*ret_rate = align_rate(&pair.counts);
	}
	(void)scorer_free(s);
	return n;
}

bool check_says(const char *answer, const char *words)
{
	struct normalizer *n = NULL;
	struct span list[WORDS_MAX];
	size_t count = 0;
	CLEANUP(buf_release) struct buf plain = BUF_INIT((size_t)1 << 20);
	CLEANUP(buf_release) struct buf wanted = BUF_INIT(4096);
	bool says = false;
	/* Both sides in the same form; '|' would be lost in it, so word by word. */
	if (normalizer_new(&n, NORMALIZE_BASIC, NULL, NULL) < 0)
		return false;
	if (normalizer_apply(n, answer, strlen(answer), NULL, 0, &plain, NULL) == 0) {
		size_t at[WORDS_MAX + 1];
		while (*words && count < WORDS_MAX) {
			size_t len = strcspn(words, "|");
			at[count] = wanted.len;
			if (normalizer_apply(n, words, len, NULL, 0, &wanted, NULL) < 0)
				break;
			at[++count] = wanted.len;
			words += len + (words[len] == '|');
		}
		for (size_t i = 0; i < count; i++)
			list[i] = (struct span){wanted.data + at[i], at[i + 1] - at[i]};
		struct span text = {plain.data ? plain.data : "", plain.len};
		says = count > 0 && similarity_keywords(text, list, count, false);
	}
	(void)normalizer_free(n);
	return says;
}
