/* src/suite/answer_judge.c - see answer_judge.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/answer_judge.h"

#include <math.h>

#include "base/str.h"
#include "base/util.h"
#include "text/normalize.h"
#include "text/similarity.h"

#define FORMS_MAX ((size_t)64 << 20)

/* The answer and those that are accepted: as they came, and in their normal form. */
struct answer_judge {
	struct normalizer *normalizer;
	struct buf forms;	/* one after the other */
	struct arena *arena;	/* of one question */
	struct span raw, form;
	struct span *raws, *accepted;
	size_t n;
};

typedef int judge_fn(const struct answer_judge *j, double *ret, struct err *e);

int answer_judge_new(struct answer_judge **ret, struct err *e)
{
	struct answer_judge *j = calloc(1, sizeof(*j));
	if (!j)
		return err_set(e, ERR_SYSTEM, "no memory to judge answers");
	buf_init(&j->forms, FORMS_MAX);
	if (normalizer_new(&j->normalizer, NORMALIZE_BASIC, NULL, e) < 0) {
		free(j);
		return -1;
	}
	*ret = j;
	return 0;
}

struct answer_judge *answer_judge_free(struct answer_judge *j)
{
	if (!j)
		return NULL;
	(void)normalizer_free(j->normalizer);
	buf_release(&j->forms);
	(void)arena_free(j->arena);
	free(j);
	return NULL;
}

/* ---- the judges ---- */

/* An answer of symbols alone ("%") has no normal form and is looked for as it is. */
static bool holds(const struct answer_judge *j, size_t i)
{
	struct span want = j->raws[i];
	if (j->accepted[i].len > 0)
		return similarity_keywords(j->form, &j->accepted[i], 1, true);
	return want.len > 0 && memmem(j->raw.data, j->raw.len, want.data, want.len);
}

static int keyword(const struct answer_judge *j, double *ret, struct err *e)
{
	(void)e;
	*ret = 0;
	for (size_t i = 0; i < j->n; i++)
		*ret = MAX(*ret, (double)holds(j, i));
	return 0;
}

static int all(const struct answer_judge *j, double *ret, struct err *e)
{
	(void)e;
	*ret = 1;
	for (size_t i = 0; i < j->n; i++)
		*ret = MIN(*ret, (double)holds(j, i));
	return 0;
}

/* One that gives up on this text has not found anything in it. */
static int regex(const struct answer_judge *j, double *ret, struct err *e)
{
	*ret = 0;
	for (size_t i = 0; i < j->n; i++) {
		bool matches = false;
		struct err why = {0};
		if (similarity_matches(j->raw, j->raws[i], &matches, &why) < 0 &&
		    why.code != ERR_DATA)
			return err_set(e, why.code, "%s", why.text);
		*ret = MAX(*ret, (double)matches);
	}
	return 0;
}

/* "-5" and "5", "3.5" and "3 5" have one normal form and are not the same. */
static int exact(const struct answer_judge *j, double *ret, struct err *e)
{
	(void)e;
	*ret = 0;
	for (size_t i = 0; i < j->n; i++) {
		double got = similarity_number(j->raw);
		double want = similarity_number(j->raws[i]);
		bool numbers = !isnan(got) || !isnan(want);
		bool same = j->accepted[i].len == j->form.len &&
			    (j->form.len == 0 ||
			     memcmp(j->accepted[i].data, j->form.data, j->form.len) == 0);
		if (numbers ? got == want : same)
			*ret = 1;
	}
	return 0;
}

static int anls(const struct answer_judge *j, double *ret, struct err *e)
{
	return similarity_anls(j->form, j->accepted, j->n, ret, e);
}

/* "3.5." ends a sentence, not a number. */
static struct span without_stop(struct span s)
{
	s = span_trim(s);
	if (s.len > 1 && s.data[s.len - 1] == '.')
		s.len--;
	return s;
}

static int relaxed(const struct answer_judge *j, double *ret, struct err *e)
{
	(void)e;
	*ret = 0;
	for (size_t i = 0; i < j->n; i++)
		if (similarity_relaxed(without_stop(j->raw), without_stop(j->raws[i])))
			*ret = 1;
	return 0;
}

static int best_of(const struct answer_judge *j,
		   int (*near)(struct span candidate, struct span reference, double *ret,
			       struct err *e),
		   double *ret, struct err *e)
{
	*ret = 0;
	for (size_t i = 0; i < j->n; i++) {
		double x;
		if (near(j->form, j->accepted[i], &x, e) < 0)
			return -1;
		*ret = MAX(*ret, x);
	}
	return 0;
}

static int chrf(const struct answer_judge *j, double *ret, struct err *e)
{
	return best_of(j, similarity_chrf, ret, e);
}

static int rouge_l(const struct answer_judge *j, double *ret, struct err *e)
{
	return best_of(j, similarity_rouge_l, ret, e);
}

static int characters(const struct answer_judge *j, double *ret, struct err *e)
{
	return best_of(j, similarity_characters, ret, e);
}

static const struct {
	const char *name;
	judge_fn *apply;
} judges[] = {
	{"keyword", keyword}, {"all", all},	    {"regex", regex},
	{"exact", exact},     {"anls", anls},	    {"relaxed", relaxed},
	{"chrf", chrf},	      {"rouge_l", rouge_l}, {"characters", characters},
};

static judge_fn *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(judges); i++)
		if (strcmp(judges[i].name, name) == 0)
			return judges[i].apply;
	return NULL;
}

int answer_judge_check(const char *judge, const struct sample *s, struct err *e)
{
	bool unused;
	bool expressions = strcmp(judge, "regex") == 0;
	for (size_t i = 0; s && expressions && i < s->n_answers; i++)
		if (similarity_matches(span_of(""), span_of(s->answers[i]), &unused, e) < 0)
			return err_prefix(e, "sample '%s': ", s->id);
	if (find(judge))
		return 0;
	return err_set(e, ERR_USAGE, "there is no judge '%s'; say keyword, all, regex, exact, "
		       "anls, relaxed, chrf, rouge_l or characters", judge);
}

static int take_form(struct answer_judge *j, const char *text, struct err *e)
{
	return normalizer_apply(j->normalizer, text, strlen(text), NULL, 0, &j->forms, e);
}

int answer_judge_apply(struct answer_judge *j, const char *judge, const char *text,
		       const struct sample *s, double *ret, struct err *e)
{
	judge_fn *apply = find(judge);
	if (!apply)
		return answer_judge_check(judge, NULL, e);
	(void)arena_free(j->arena);
	j->arena = arena_new();
	j->n = s->n_answers;
	j->raws = arena_array(j->arena, j->n, sizeof(j->raws[0]));
	j->accepted = arena_array(j->arena, j->n, sizeof(j->accepted[0]));
	size_t *ends = arena_array(j->arena, j->n + 1, sizeof(ends[0]));
	buf_clear(&j->forms);
	if (take_form(j, text, e) < 0)
		return -1;
	ends[0] = j->forms.len;
	for (size_t i = 0; i < j->n; i++) {
		j->raws[i] = span_of(s->answers[i]);
		if (take_form(j, s->answers[i], e) < 0)
			return -1;
		ends[i + 1] = j->forms.len;
	}
	const char *data = j->forms.data ? j->forms.data : "";
	j->raw = span_of(text);
	j->form = (struct span){data, ends[0]};
	for (size_t i = 0; i < j->n; i++)
		j->accepted[i] = (struct span){data + ends[i], ends[i + 1] - ends[i]};
	return apply(j, ret, e);
}
