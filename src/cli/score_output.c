/* src/cli/score_output.c - see score_output.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/score_output.h"

#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "base/str.h"
#include "base/util.h"

/* More utterances are listed in JSON only when --files asks for them: a million take gigabytes. */
#define FILES_MAX 20000

static const char *const kinds[CONFUSION_KINDS] = {"substitutions", "deletions", "insertions"};

static json_t *interval_json(struct interval i)
{
	return isnan(i.lo) || isnan(i.hi) ? NULL : json_pack("[f,f]", i.lo, i.hi);
}

static void put_counts(json_t *j, const struct align_counts *c)
{
	json_put_int(j, "reference_units", (int64_t)align_reference(c));
	json_put_int(j, "hits", (int64_t)c->hits);
	json_put_int(j, "substitutions", (int64_t)c->substitutions);
	json_put_int(j, "deletions", (int64_t)c->deletions);
	json_put_int(j, "insertions", (int64_t)c->insertions);
	json_put_real(j, "rate", align_rate(c));
}

static json_t *missing_json(const struct score *s)
{
	json_t *list = json_array();
	for (size_t i = 0; i < s->n; i++)
		if (!s->items[i].hypothesis)
			(void)json_array_append_new(list, json_string(s->items[i].reference->id));
	return list;
}

static json_t *confusions_json(const struct score *s, size_t top)
{
	json_t *all = json_object();
	for (int kind = 0; kind < CONFUSION_KINDS; kind++) {
		json_t *list = json_array();
		for (size_t i = 0; i < MIN(s->n_confusions[kind], top); i++) {
			const struct confusion *c = &s->confusions[kind][i];
			json_t *j = json_object();
			if (c->reference.len > 0)
				json_put(j, "reference", json_stringn(c->reference.data,
								      c->reference.len));
			if (c->hypothesis.len > 0)
				json_put(j, "hypothesis", json_stringn(c->hypothesis.data,
								       c->hypothesis.len));
			json_put_int(j, "count", (int64_t)c->count);
			(void)json_array_append_new(list, j);
		}
		json_put(all, kinds[kind], list);
	}
	return all;
}

static json_t *groups_json(const struct score_group *groups, size_t n, const char *key)
{
	json_t *list = n > 0 ? json_array() : NULL;
	for (size_t i = 0; i < n; i++) {
		json_t *j = json_object();
		json_put_text(j, key, groups[i].name);
		json_put_int(j, "utterances", (int64_t)groups[i].utterances);
		put_counts(j, &groups[i].counts);
		(void)json_array_append_new(list, j);
	}
	return list;
}

/* By file; where none is told, each utterance is one. */
static json_t *files_json(const struct score *s)
{
	if (s->n_files > 0)
		return groups_json(s->files, s->n_files, "file");
	json_t *list = json_array();
	for (size_t i = 0; i < s->n; i++) {
		const struct scored *u = &s->items[i];
		json_t *j = json_object();
		json_put_text(j, "file", u->reference->id);
		put_counts(j, &u->counts);
		if (!u->hypothesis)
			json_put(j, "missing", json_true());
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *nowhere_json(const struct score *s)
{
	json_t *list = NULL;
	for (size_t i = 0; i < s->n; i++) {
		if (!scored_agrees_nowhere(&s->items[i]))
			continue;
		list = list ? list : json_array();
		(void)json_array_append_new(list, json_string(s->items[i].reference->id));
	}
	return list;
}

static json_t *comparison_json(const struct comparison *c)
{
	json_t *j = json_object(), *m = json_object();
	json_put(j, "missing", missing_json(c->score));
	put_counts(j, &c->score->total);
	json_put(j, "interval95", interval_json(c->rate.interval95));
	json_put_real(j, "difference", c->difference.estimate);
	json_put(j, "difference_interval95", interval_json(c->difference.interval95));
	json_put_real(j, "probability_of_improvement", c->difference.below);
	json_put_int(m, "segments", (int64_t)c->mapsswe.segments);
	json_put_real(m, "mean", c->mapsswe.mean);
	json_put_real(m, "z", c->mapsswe.z);
	json_put_real(m, "p", c->mapsswe.p);
	json_put(j, "mapsswe", m);
	json_put_int(j, "same_text", (int64_t)c->same_text);
	json_put_real(j, "gate", c->gate);
	if (c->relative_gate > 0)
		json_put_real(j, "relative_gate", c->relative_gate);
	json_put_text(j, "verdict", alignment_verdict_name(c->verdict));
	if (c->verdict == ALIGNMENT_UNDECIDED && c->needed != UINT64_MAX)
		json_put_int(j, "utterances_that_would_decide", (int64_t)c->needed);
	return j;
}

json_t *score_json(const struct score_output *o)
{
	const struct score *s = o->score;
	json_t *j = json_object();
	json_put_text(j, "metric", token_unit_names[s->unit]);
	json_put_text(j, "normalizer", normalize_names[s->normalize]);
	json_put_text(j, "normalizer_version", s->normalizer);
	json_put_int(j, "utterances", (int64_t)s->n);
	json_put(j, "missing", missing_json(s));
	put_counts(j, &s->total);
	json_put(j, "interval95", interval_json(o->rate.interval95));
	json_put_real(j, "match_error_rate", align_match_error_rate(&s->total));
	json_put_real(j, "wil", align_wil(&s->total));
	json_put_real(j, "wip", align_wip(&s->total));
	json_put_int(j, "empty_references", (int64_t)s->empty_references);
	json_put_int(j, "draws", (int64_t)o->draws);
	json_put_int(j, "seed", (int64_t)o->seed);
	json_put(j, "confusions", confusions_json(s, o->top));
	json_put(j, "speakers", groups_json(s->speakers, s->n_speakers, "speaker"));
	if (o->files || s->n_files > 0 || s->n <= FILES_MAX)
		json_put(j, "files", files_json(s));
	json_put(j, "nothing_agrees", nowhere_json(s));
	if (o->words_left_out > 0)
		json_put_int(j, "words_left_out", (int64_t)o->words_left_out);
	if (o->comparison)
		json_put(j, "comparison", comparison_json(o->comparison));
	return j;
}

static void put_percent(struct buf *out, double v)
{
	if (isnan(v))
		(void)buf_str(out, "-");
	else
		(void)buf_fmt(out, "%.2f %%", 100 * v);
}

static void put_interval(struct buf *out, struct interval i, const char *unit)
{
	if (isnan(i.lo))
		(void)buf_str(out, "not known");
	else
		(void)buf_fmt(out, "%.2f to %.2f%s", 100 * i.lo, 100 * i.hi, unit);
}

static void put_rate(struct buf *out, const struct score *s, const struct bootstrap *b)
{
	const struct align_counts *c = &s->total;
	put_percent(out, align_rate(c));
	(void)buf_str(out, " (95 %: ");
	put_interval(out, b->interval95, " %");
	(void)buf_fmt(out, "): %" PRIu64 " errors in %" PRIu64 " reference units\n",
		      align_errors(c), align_reference(c));
	(void)buf_fmt(out, "  hits %" PRIu64 ", substitutions %" PRIu64 ", deletions %" PRIu64
		      ", insertions %" PRIu64 "\n", c->hits, c->substitutions, c->deletions,
		      c->insertions);
	if (s->missing > 0)
		(void)buf_fmt(out, "  without a hypothesis, counted as deletions: %zu of %zu "
			      "utterance%s\n", s->missing, s->n, str_plural(s->n));
}

static void text_comparison(const struct comparison *c, struct buf *out)
{
	(void)buf_str(out, "\nsecond: ");
	put_rate(out, c->score, &c->rate);
	(void)buf_fmt(out, "difference (second - first): %+.2f points (95 %%: ",
		      100 * c->difference.estimate);
	put_interval(out, c->difference.interval95, "");
	(void)buf_fmt(out, ")\n  MAPSSWE: %zu segment%s, z %.2f, p %.4g; second better in %.1f %% "
		      "of the draws; same text %zu\n", c->mapsswe.segments,
		      str_plural(c->mapsswe.segments), c->mapsswe.z, c->mapsswe.p,
		      100 * c->difference.below, c->same_text);
	(void)buf_fmt(out, "  %s within %.2f points", alignment_verdict_name(c->verdict),
		      100 * c->gate);
	if (c->relative_gate > 0)
		(void)buf_fmt(out, " (%g %% of the first's rate)", 100 * c->relative_gate);
	if (c->verdict == ALIGNMENT_UNDECIDED && c->needed != UINT64_MAX)
		(void)buf_fmt(out, "; about %" PRIu64 " utterances would decide", c->needed);
	(void)buf_char(out, '\n');
}

static void text_confusions(const struct score *s, size_t top, struct buf *out)
{
	for (int kind = 0; kind < CONFUSION_KINDS && top > 0; kind++) {
		if (s->n_confusions[kind] == 0)
			continue;
		(void)buf_fmt(out, "most frequent %s:", kinds[kind]);
		for (size_t i = 0; i < MIN(s->n_confusions[kind], top); i++) {
			const struct confusion *c = &s->confusions[kind][i];
			bool both = kind == CONFUSION_SUBSTITUTION;
			(void)buf_fmt(out, "%s %.*s%s%.*s %" PRIu64, i ? "," : "",
				      (int)c->reference.len, c->reference.data, both ? " > " : "",
				      (int)c->hypothesis.len, c->hypothesis.data, c->count);
		}
		(void)buf_char(out, '\n');
	}
}

static void text_pairs(const struct score *s, struct buf *out)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct scored *u = &s->items[i];
		if (align_errors(&u->counts) == 0)
			continue;
		(void)buf_fmt(out, "\n%s: ", u->reference->id);
		put_percent(out, align_rate(&u->counts));
		(void)buf_fmt(out, "%s\n  ref  %s\n  hyp  %s\n  ref' %s\n  hyp' %s\n",
			      u->hypothesis ? "" : " (missing)", u->reference->text,
			      u->hypothesis ? u->hypothesis->text : "", u->reference_form.data,
			      u->hypothesis_form.data);
	}
}

static void text_group(const char *what, const char *name, const struct align_counts *c,
		       struct buf *out)
{
	(void)buf_fmt(out, "%s %s: ", what, name);
	put_percent(out, align_rate(c));
	(void)buf_fmt(out, " of %" PRIu64 " units (S %" PRIu64 ", D %" PRIu64 ", I %" PRIu64 ")",
		      align_reference(c), c->substitutions, c->deletions, c->insertions);
}

static void text_groups(const char *what, const struct score_group *groups, size_t n,
			struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		text_group(what, groups[i].name, &groups[i].counts, out);
		(void)buf_fmt(out, " in %zu utterance%s\n", groups[i].utterances,
			      str_plural(groups[i].utterances));
	}
}

static void text_files(const struct score *s, struct buf *out)
{
	text_groups("file", s->files, s->n_files, out);
	for (size_t i = 0; i < s->n && s->n_files == 0; i++) {
		text_group("file", s->items[i].reference->id, &s->items[i].counts, out);
		(void)buf_str(out, s->items[i].hypothesis ? "\n" : ", missing\n");
	}
}

/* What a reader should know before he believes the rate. */
static void text_doubts(const struct score_output *o, struct buf *out)
{
	const struct score *s = o->score;
	size_t nowhere = 0;
	if (s->empty_references > 0)
		(void)buf_fmt(out, "  references without words: %zu; what was heard there counts "
			      "as insertions\n", s->empty_references);
	if (o->words_left_out > 0)
		(void)buf_fmt(out, "  not scored: %zu word%s in parts that the reference ignores\n",
			      o->words_left_out, str_plural(o->words_left_out));
	for (size_t i = 0; i < s->n; i++)
		nowhere += scored_agrees_nowhere(&s->items[i]);
	if (nowhere == 0)
		return;
	(void)buf_fmt(out, "  without one right unit: %zu utterance%s; do sound and transcript "
		      "belong together?", nowhere, str_plural(nowhere));
	for (size_t i = 0, shown = 0; i < s->n && shown < 5; i++)
		if (scored_agrees_nowhere(&s->items[i]))
			(void)buf_fmt(out, "%s %s", shown++ ? "," : "", s->items[i].reference->id);
	(void)buf_str(out, nowhere > 5 ? ", …\n" : "\n");
}

void score_text(const struct score_output *o, struct buf *out)
{
	const struct score *s = o->score;
	(void)buf_fmt(out, "%s ", token_unit_names[s->unit]);
	put_rate(out, s, &o->rate);
	(void)buf_fmt(out, "  %zu utterance%s, normaliser %s, %zu draw%s, seed %" PRIu64 "\n",
		      s->n, str_plural(s->n), s->normalizer, o->draws, str_plural(o->draws),
		      o->seed);
	(void)buf_str(out, "  match error rate ");
	put_percent(out, align_match_error_rate(&s->total));
	(void)buf_str(out, ", information lost ");
	put_percent(out, align_wil(&s->total));
	(void)buf_str(out, ", preserved ");
	put_percent(out, align_wip(&s->total));
	(void)buf_char(out, '\n');
	text_doubts(o, out);
	text_confusions(s, o->top, out);
	text_groups("speaker", s->speakers, s->n_speakers, out);
	if (o->files)
		text_files(s, out);
	if (o->comparison)
		text_comparison(o->comparison, out);
	if (o->pairs)
		text_pairs(s, out);
	for (size_t i = 0; i < s->n; i++)
		if (!s->items[i].hypothesis)
			(void)buf_fmt(out, "missing: %s\n", s->items[i].reference->id);
}
