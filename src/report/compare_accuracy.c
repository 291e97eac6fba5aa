/* src/report/compare_accuracy.c - accuracy of two results: by the same utterances where both kept
 * them all, else by their counts.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "report/compare.h"
#include "stats/bootstrap.h"
#include "text/score.h"

#define SEED 1

/* Errors and units of the utterances that both have, paired. */
struct paired {
	double *base, *now, *units;
	size_t n;
};

static const struct accuracy_pair *find_pair(const struct accuracy_result *x, const char *id,
					     size_t near)
{
	if (near < x->n_pairs && x->pairs[near].id && strcmp(x->pairs[near].id, id) == 0)
		return &x->pairs[near];
	for (size_t i = 0; i < x->n_pairs; i++)
		if (x->pairs[i].id && strcmp(x->pairs[i].id, id) == 0)
			return &x->pairs[i];
	return NULL;
}

static int unit_of(const char *metric)
{
	for (int i = 0; token_unit_names[i]; i++)
		if (strcmp(token_unit_names[i], metric) == 0)
			return i;
	return -1;
}

/* "chinese 1 (ICU 72.1)" → NORMALIZE_CHINESE; -1: not known. */
static int normalizer_of(const char *name)
{
	size_t len = name ? strcspn(name, " ") : 0;
	for (int i = 0; normalize_names[i]; i++)
		if (len > 0 && strlen(normalize_names[i]) == len &&
		    strncmp(normalize_names[i], name, len) == 0)
			return i;
	return -1;
}

static int score_one(struct scorer *s, const struct accuracy_pair *p, double *ret_errors,
		     double *ret_units, struct err *e)
{
	struct pair_score score;
	const char *heard = p->candidate_text ? p->candidate_text : "";
	if (scorer_pair(s, span_of(p->reference), span_of(heard), &score, e) < 0)
		return -1;
	*ret_errors = (double)(score.counts.substitutions + score.counts.deletions +
			       score.counts.insertions);
	*ret_units = (double)(score.counts.hits + score.counts.substitutions +
			      score.counts.deletions);
	return 0;
}

/* All utterances of both, or nothing (n stays 0): a part would be another corpus. */
static int pair_up(const struct accuracy_result *b, const struct accuracy_result *n,
		   struct scorer *s, struct paired *p, struct err *e)
{
	double ignored;
	for (size_t i = 0; i < n->n_pairs; i++) {
		const struct accuracy_pair *now = &n->pairs[i];
		const struct accuracy_pair *base = now->id ? find_pair(b, now->id, i) : NULL;
		bool same = base && base->reference && now->reference &&
			    strcmp(base->reference, now->reference) == 0;
		if (!same) {
			p->n = 0;
			return 0;
		}
		if (score_one(s, base, &p->base[i], &ignored, e) < 0 ||
		    score_one(s, now, &p->now[i], &p->units[i], e) < 0)
			return -1;
		p->n++;
	}
	return 0;
}

static int paired_difference(const struct accuracy_result *b, const struct accuracy_result *n,
			     struct compared *x, bool *ret_done, struct err *e)
{
	int unit = unit_of(n->metric), kind = normalizer_of(n->normalizer);
	struct scorer *s = NULL;
	struct paired p = {0};
	struct bootstrap boot;
	*ret_done = false;
	if (unit < 0 || kind < 0 || n->n_pairs != n->utterances || b->n_pairs != b->utterances ||
	    n->n_pairs != b->n_pairs || n->n_pairs == 0)
		return 0;
	const struct score_options options = {.unit = (enum token_unit)unit,
					      .normalizer = (enum normalize_kind)kind};
	p.base = calloc(n->n_pairs, sizeof(double));
	p.now = calloc(n->n_pairs, sizeof(double));
	p.units = calloc(n->n_pairs, sizeof(double));
	int rc = p.base && p.now && p.units ? 0 : err_sys(e, "cannot hold the utterances");
	if (rc == 0)
		rc = scorer_new(&s, &options, e);
	if (rc == 0)
		rc = pair_up(b, n, s, &p, e);
	if (rc == 0 && p.n > 0 &&
	    (rc = bootstrap_difference(p.base, p.now, p.units, p.n, BOOTSTRAP_DRAWS, SEED, &boot,
				       e)) == 0 && !isnan(boot.estimate)) {
		x->difference = boot.estimate;
		x->lo = boot.interval95.lo;
		x->hi = boot.interval95.hi;
		x->rule = "paired bootstrap over utterances";
		*ret_done = true;
	}
	(void)scorer_free(s);
	free(p.base);
	free(p.now);
	free(p.units);
	return rc;
}

static struct compare_value value_of(const struct accuracy_result *x)
{
	struct compare_value v = {.value = x->candidate_rate, .lo = NAN, .hi = NAN,
				  .n = x->utterances};
	uint64_t errors = x->substitutions + x->deletions + x->insertions;
	if (x->units > 0 && errors <= x->units) {
		struct interval w = interval_wilson(errors, x->units);
		v.lo = w.lo;
		v.hi = w.hi;
	} else if (x->units == 0 && x->utterances > 0 && v.value >= 0 && v.value <= 1) {
		struct interval w = interval_wilson(
			(uint64_t)llround(v.value * (double)x->utterances), x->utterances);
		v.lo = w.lo;
		v.hi = w.hi;
	}
	return v;
}

static int compare_one(struct comparison *c, const struct accuracy_result *b,
		       const struct accuracy_result *n, const struct compare_options *o,
		       struct err *e)
{
	struct compared x = {
		.group = arena_fmt(c->a, "accuracy %s", n->service ? n->service : ""),
		.metric = n->metric,
		.unit = "ratio",
		.share = true,
		.judged = o->n_limits == 0,
		.base = value_of(b),
		.now = value_of(n),
		.rule = "binomial over units: the utterances were not all kept",
	};
	bool paired = false;
	if (isnan(x.base.value) || isnan(x.now.value))
		return 0;
	if (paired_difference(b, n, &x, &paired, e) < 0)
		return -1;
	if (!paired)
		compare_difference(&x);
	if (MIN(b->utterances, n->utterances) < BOOTSTRAP_MIN_UTTERANCES)
		x.why = "fewer than 30 utterances";
	else if (b->normalizer && n->normalizer && strcmp(b->normalizer, n->normalizer) != 0)
		x.why = "normalised by different rules";
	compare_judge(&x, o);
	*ARENA_ADD(c->a, c->items, c->n) = x;
	return 0;
}

static bool same_thing(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

int compare_accuracy(struct comparison *c, struct compare_options *o, struct err *e)
{
	for (size_t i = 0; i < c->base->n_accuracy; i++) {
		const struct accuracy_result *b = &c->base->accuracy[i], *found = NULL;
		for (size_t k = 0; k < c->now->n_accuracy && !found; k++) {
			const struct accuracy_result *n = &c->now->accuracy[k];
			if (same_thing(n->service, b->service) && same_thing(n->metric, b->metric))
				found = n;
		}
		if (!b->metric)
			continue;
		if (!found)
			strings_add(&c->missing, c->a,
				    arena_fmt(c->a, "accuracy %s %s", b->service ? b->service : "",
					      b->metric));
		else if (compare_one(c, b, found, o, e) < 0)
			return -1;
	}
	return 0;
}
