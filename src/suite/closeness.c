/* src/suite/closeness.c - see closeness.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/closeness.h"

#include <math.h>

#include "base/json.h"
#include "suite/speaker_rank.h"
#include "text/score.h"
#include "text/similarity.h"

static void add(struct arena *a, struct accuracy_result *out, const char *name, double value)
{
	if (!isnan(value))
		*ARENA_ADD(a, out->figures, out->n_figures) = (struct accuracy_figure){name, value};
}

/* A growing list of numbers. */
struct numbers {
	double *items;
	size_t n;
};

static void note(struct numbers *l, double x)
{
	if (!isnan(x))
		l->items[l->n++] = x;
}

static double mean(const struct numbers *l)
{
	double all = 0;
	for (size_t i = 0; i < l->n; i++)
		all += l->items[i];
	return l->n ? all / (double)l->n : NAN;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(struct numbers *l)
{
	if (l->n == 0)
		return NAN;
	qsort(l->items, l->n, sizeof(*l->items), by_value);
	size_t mid = l->n / 2;
	return l->n % 2 ? l->items[mid] : (l->items[mid - 1] + l->items[mid]) / 2;
}

/* ---- texts ---- */

struct texts {
	struct numbers exact, chrf, rouge, diverge, characters;
};

static int compare_texts(struct normalizer *n, const char *x, const char *y, struct texts *t,
			 struct err *e)
{
	CLEANUP(buf_release) struct buf form = BUF_INIT((size_t)64 << 20);
	struct divergence d;
	double chrf;
	double rouge;
	if (normalizer_apply(n, x, strlen(x), NULL, 0, &form, e) < 0)
		return -1;
	size_t cut = form.len;
	if (normalizer_apply(n, y, strlen(y), NULL, 0, &form, e) < 0)
		return -1;
	const char *data = form.data ? form.data : "";
	struct span a = {data, cut};
	struct span b = {data + cut, form.len - cut};
	if (similarity_chrf(b, a, &chrf, e) < 0 || similarity_rouge_l(b, a, &rouge, e) < 0 ||
	    similarity_divergence(a, b, &d, e) < 0)
		return -1;
	note(&t->exact, d.equal);
	note(&t->chrf, chrf);
	note(&t->rouge, rouge);
	note(&t->diverge, d.equal ? NAN : (double)d.tokens);
	note(&t->characters, d.equal ? NAN : (double)d.characters);
	return 0;
}

static int add_texts(const struct answers *r, const struct answers *c, struct arena *a,
		     struct accuracy_result *out, struct err *e)
{
	struct arena *own = arena_new();
	struct normalizer *n = NULL;
	struct texts t = {
		.exact.items = arena_array(own, c->n + 1, sizeof(double)),
		.chrf.items = arena_array(own, c->n + 1, sizeof(double)),
		.rouge.items = arena_array(own, c->n + 1, sizeof(double)),
		.diverge.items = arena_array(own, c->n + 1, sizeof(double)),
		.characters.items = arena_array(own, c->n + 1, sizeof(double)),
	};
	int rc = normalizer_new(&n, NORMALIZE_BASIC, NULL, e);
	for (size_t i = 0; rc == 0 && i < c->n; i++)
		if (r->texts[i] && c->texts[i])
			rc = compare_texts(n, r->texts[i], c->texts[i], &t, e);
	if (rc == 0) {
		add(a, out, "exact_share", mean(&t.exact));
		add(a, out, "chrf", mean(&t.chrf));
		add(a, out, "rouge_l", mean(&t.rouge));
		add(a, out, "diverge_tokens", median(&t.diverge));
		add(a, out, "diverge_characters", median(&t.characters));
	}
	(void)normalizer_free(n);
	(void)arena_free(own);
	return rc;
}

/* ---- logprobs: lists of {"token", "top_logprobs": [{"token"}]} ---- */

static bool among(const json_t *position, const char *token)
{
	const json_t *top = json_object_get(position, "top_logprobs");
	for (size_t i = 0; i < json_array_size(top); i++)
		if (strcmp(json_text(json_array_get(top, i), "token", ""), token) == 0)
			return true;
	return false;
}

static void compare_logprobs(const json_t *x, const json_t *y, double *same, double *positions,
			     struct numbers *contained)
{
	size_t n = MIN(json_array_size(x), json_array_size(y));
	for (size_t i = 0; i < n; i++) {
		const json_t *p = json_array_get(x, i);
		const json_t *q = json_array_get(y, i);
		const char *a = json_text(p, "token", "");
		const char *b = json_text(q, "token", "");
		*positions += 1;
		if (strcmp(a, b) != 0) {
			note(contained, among(p, b) && among(q, a));
			return;
		}
		*same += 1;
	}
}

static void add_logprobs(const struct answers *r, const struct answers *c, struct arena *a,
			 struct accuracy_result *out)
{
	struct arena *own = arena_new();
	struct numbers contained = {arena_array(own, c->n + 1, sizeof(double)), 0};
	double same = 0;
	double positions = 0;
	for (size_t i = 0; i < c->n; i++)
		if (r->logprobs[i] && c->logprobs[i])
			compare_logprobs(r->logprobs[i], c->logprobs[i], &same, &positions,
					 &contained);
	add(a, out, "logprob_top1", positions > 0 ? same / positions : NAN);
	add(a, out, "logprob_top5", mean(&contained));
	(void)arena_free(own);
}

/* ---- speech ---- */

static void add_speech(const struct answers *r, const struct answers *c, struct arena *a,
		       struct accuracy_result *out)
{
	struct arena *own = arena_new();
	struct numbers seconds = {arena_array(own, c->n + 1, sizeof(double)), 0};
	struct numbers loudness = {arena_array(own, c->n + 1, sizeof(double)), 0};
	struct numbers f0 = {arena_array(own, c->n + 1, sizeof(double)), 0};
	for (size_t i = 0; i < c->n; i++) {
		const struct spoken_figures *x = &r->spoken[i];
		const struct spoken_figures *y = &c->spoken[i];
		note(&seconds, x->seconds > 0 ? y->seconds / x->seconds : NAN);
		note(&loudness, y->loudness_lufs - x->loudness_lufs);
		note(&f0, 12 * log2(y->f0_median / x->f0_median));
	}
	add(a, out, "duration_ratio", median(&seconds));
	add(a, out, "loudness_difference_lu", median(&loudness));
	add(a, out, "f0_difference_semitones", median(&f0));
	(void)arena_free(own);
}

/* ---- all together ---- */

/* Error rate of the second's texts against the first's; NaN where they are not scored so. */
static int cross_rate(const struct answers *x, const struct answers *y, double *ret, struct err *e)
{
	struct score_options o = {.unit = x->unit, .normalizer = x->normalize};
	struct align_counts all = {0};
	struct scorer *s = NULL;
	*ret = NAN;
	if (!x->normalizer || !y->normalizer)
		return 0;
	int rc = scorer_new(&s, &o, e);
	for (size_t i = 0; rc == 0 && i < x->n; i++) {
		struct pair_score pair;
		if (!x->texts[i] || !y->texts[i])
			continue;
		rc = scorer_pair(s, span_of(x->texts[i]), span_of(y->texts[i]), &pair, e);
		if (rc == 0)
			align_add(&all, &pair.counts);
	}
	(void)scorer_free(s);
	*ret = align_rate(&all);
	return rc;
}

int closeness_add(const struct answers *reference, const struct answers *candidate,
		  struct arena *a, struct accuracy_result *out, struct err *e)
{
	double cross;
	if (add_texts(reference, candidate, a, out, e) < 0 ||
	    cross_rate(reference, candidate, &cross, e) < 0)
		return -1;
	add(a, out, "cross_rate", cross);
	add_logprobs(reference, candidate, a, out);
	add_speech(reference, candidate, a, out);
	return 0;
}

int closeness_add_floor(const struct answers *first, const struct answers *second,
			struct arena *a, struct accuracy_result *out, struct err *e)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{"exact_share", "floor_exact_share"},
		{"cross_rate", "floor_cross_rate"},
		{"duration_ratio", "floor_duration_ratio"},
	};
	struct arena *own = arena_new();
	struct accuracy_result all = {0};
	int rc = closeness_add(first, second, own, &all, e);
	for (size_t i = 0; rc == 0 && i < all.n_figures; i++)
		for (size_t k = 0; k < ARRAY_LEN(rows); k++)
			if (strcmp(all.figures[i].name, rows[k].from) == 0)
				add(a, out, rows[k].to, all.figures[i].value);
	(void)arena_free(own);
	return rc;
}

void closeness_add_speakers(const struct sample *samples, const struct answers *reference,
			    const struct answers *candidate, struct arena *a,
			    struct accuracy_result *out)
{
	struct speaker_rank r = speaker_rank(samples, reference, candidate);
	if (r.samples == 0)
		return;
	add(a, out, "speakers", (double)r.speakers);
	add(a, out, "speaker_first_share", r.first_share);
	add(a, out, "speaker_mean_rank", r.mean_rank);
	add(a, out, "speaker_f0_first_share", r.f0_first_share);
	add(a, out, "speaker_f0_semitones", r.f0_semitones);
}
