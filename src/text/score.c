/* src/text/score.c - see score.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "text/score.h"

#include <assert.h>

#include "base/arena.h"
#include "base/util.h"

struct scorer {
	struct score_options options;
	struct normalizer *normalizer;
	struct tokens *tokens;
	struct aligner *aligner;
	struct buf reference, hypothesis;
	size_t first[2], count[2];	/* tokens of both sides */
};

struct score_file {
	struct score out;	/* first: what the caller sees */
	struct arena *arena;
};

int scorer_new(struct scorer **ret, const struct score_options *options, struct err *e)
{
	struct scorer *s = calloc(1, sizeof(*s));
	if (!s)
		return err_sys(e, "no memory to score");
	s->options = *options;
	buf_init(&s->reference, BUF_UNLIMITED);
	buf_init(&s->hypothesis, BUF_UNLIMITED);
	if (normalizer_new(&s->normalizer, options->normalizer, &options->normalize, e) < 0 ||
	    tokens_new(&s->tokens, e) < 0 || aligner_new(&s->aligner, e) < 0) {
		scorer_free(s);
		return -1;
	}
	*ret = s;
	return 0;
}

struct scorer *scorer_free(struct scorer *s)
{
	if (!s)
		return NULL;
	normalizer_free(s->normalizer);
	tokens_free(s->tokens);
	aligner_free(s->aligner);
	buf_release(&s->reference);
	buf_release(&s->hypothesis);
	free(s);
	return NULL;
}

const char *scorer_normalizer(const struct scorer *s)
{
	return normalizer_name(s->normalizer);
}

static struct span form(const struct buf *b)
{
	return (struct span){b->data ? b->data : "", b->len};
}

int scorer_pair(struct scorer *s, struct span reference, struct span hypothesis,
		struct pair_score *ret, struct err *e)
{
	buf_clear(&s->reference);
	buf_clear(&s->hypothesis);
	tokens_clear(s->tokens);
	if (normalizer_apply(s->normalizer, reference.data, reference.len, reference.data,
			     reference.len, &s->reference, e) < 0 ||
	    normalizer_apply(s->normalizer, hypothesis.data, hypothesis.len, reference.data,
			     reference.len, &s->hypothesis, e) < 0)
		return -1;
	struct pair_score p = {.reference = form(&s->reference),
			       .hypothesis = form(&s->hypothesis)};
	if (tokens_add(s->tokens, s->options.unit, p.reference.data, p.reference.len, &s->first[0],
		       &s->count[0], e) < 0 ||
	    tokens_add(s->tokens, s->options.unit, p.hypothesis.data, p.hypothesis.len,
		       &s->first[1], &s->count[1], e) < 0)
		return -1;
	const uint32_t *ids = tokens_ids(s->tokens);
	if (align_tokens(s->aligner, ids ? ids + s->first[0] : NULL, s->count[0],
			 ids ? ids + s->first[1] : NULL, s->count[1], tokens_symbols(s->tokens),
			 &p.ops, &p.n_ops, e) < 0)
		return -1;
	p.counts = align_count(p.ops, p.n_ops);
	*ret = p;
	return 0;
}

struct span scorer_token(const struct scorer *s, bool hypothesis, size_t i)
{
	assert(i < s->count[hypothesis]);
	return tokens_text(s->tokens, tokens_ids(s->tokens)[s->first[hypothesis] + i]);
}

/* All errors of one kind, one entry each; counted when the corpus is through. */
static void note_confusions(struct score_file *f, const struct scorer *s,
			    const struct scored *item, const char *reference,
			    const char *hypothesis)
{
	size_t r = 0, h = 0;
	for (size_t k = 0; k < item->n_ops; k++) {
		enum align_op op = (enum align_op)item->ops[k];
		bool in_r = op != ALIGN_INSERTION, in_h = op != ALIGN_DELETION;
		if (op != ALIGN_HIT) {
			int kind = !in_r ? CONFUSION_INSERTION
				 : !in_h ? CONFUSION_DELETION : CONFUSION_SUBSTITUTION;
			struct confusion *c = ARENA_ADD(f->arena, f->out.confusions[kind],
							f->out.n_confusions[kind]);
			/* Tokens lie in the scorer's buffers; the copies are laid out alike. A
			 * token that both sides have lies where it was seen first. */
			struct span a = in_r ? scorer_token(s, false, r) : (struct span){"", 0};
			struct span b = in_h ? scorer_token(s, true, h) : (struct span){"", 0};
			const char *from_r = s->reference.data, *from_h = s->hypothesis.data;
			c->reference = a;
			c->hypothesis = b;
			if (in_r)
				c->reference.data = reference + (a.data - from_r);
			if (in_h) {
				bool seen = from_r && b.data >= from_r &&
					    b.data < from_r + s->reference.len;
				c->hypothesis.data = seen ? reference + (b.data - from_r)
							  : hypothesis + (b.data - from_h);
			}
			c->count = 1;
		}
		r += in_r;
		h += in_h;
	}
}

static int span_order(struct span a, struct span b)
{
	int order = memcmp(a.data, b.data, MIN(a.len, b.len));
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_text(const void *a, const void *b)
{
	const struct confusion *x = a, *y = b;
	int order = span_order(x->reference, y->reference);
	return order ? order : span_order(x->hypothesis, y->hypothesis);
}

static int by_count(const void *a, const void *b)
{
	const struct confusion *x = a, *y = b;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return by_text(a, b);
}

static void count_confusions(struct confusion *c, size_t *n)
{
	size_t kept = 0;
	if (*n == 0)
		return;
	qsort(c, *n, sizeof(c[0]), by_text);
	for (size_t i = 1; i < *n; i++) {
		if (by_text(&c[kept], &c[i]) == 0)
			c[kept].count++;
		else
			c[++kept] = c[i];
	}
	*n = kept + 1;
	qsort(c, *n, sizeof(c[0]), by_count);
}

/* What utterances are put together by. */
typedef const char *group_fn(const struct scored *u);

static const char *speaker_of(const struct scored *u)
{
	return u->reference->speaker;
}

static const char *file_of(const struct scored *u)
{
	return u->reference->file;
}

struct grouped {
	const char *name;
	const struct scored *scored;
};

static int by_name(const void *a, const void *b)
{
	const struct grouped *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x->scored > y->scored) - (x->scored < y->scored);
}

static void group(struct score_file *f, group_fn *name_of, struct score_group **list, size_t *ret_n)
{
	struct score *o = &f->out;
	struct grouped *known = arena_array(f->arena, o->n, sizeof(known[0]));
	size_t n = 0;
	for (size_t i = 0; i < o->n; i++)
		if (name_of(&o->items[i]))
			known[n++] = (struct grouped){name_of(&o->items[i]), &o->items[i]};
	if (n > 0)
		qsort(known, n, sizeof(known[0]), by_name);
	struct score_group *g = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!g || strcmp(g->name, known[i].name) != 0) {
			g = ARENA_ADD(f->arena, *list, *ret_n);
			g->name = known[i].name;
		}
		g->utterances++;
		align_add(&g->counts, &known[i].scored->counts);
	}
}

static int score_one(struct score_file *f, struct scorer *s, size_t i,
		     const struct transcripts *hypothesis, struct err *e)
{
	struct scored *item = &f->out.items[i];
	struct pair_score p;
	item->hypothesis = transcripts_find(hypothesis, item->reference->id);
	const struct utterance *h = item->hypothesis;
	struct span said = {item->reference->text, item->reference->text_len};
	struct span heard = {h ? h->text : "", h ? h->text_len : 0};
	if (scorer_pair(s, said, heard, &p, e) < 0)
		return err_prefix(e, "utterance '%s': ", item->reference->id);
	item->counts = p.counts;
	item->ops = arena_copy(f->arena, p.ops, p.n_ops);
	item->n_ops = p.n_ops;
	const char *a = arena_strn(f->arena, p.reference.data, p.reference.len);
	const char *b = arena_strn(f->arena, p.hypothesis.data, p.hypothesis.len);
	item->reference_form = (struct span){a, p.reference.len};
	item->hypothesis_form = (struct span){b, p.hypothesis.len};
	note_confusions(f, s, item, a, b);
	align_add(&f->out.total, &p.counts);
	f->out.missing += !h;
	f->out.empty_references += align_reference(&p.counts) == 0;
	f->out.errors[i] = (double)align_errors(&p.counts);
	f->out.units[i] = (double)align_reference(&p.counts);
	return 0;
}

int score_corpus(const struct transcripts *reference, const struct transcripts *hypothesis,
		 const struct score_options *options, struct score **ret, struct err *e)
{
	struct scorer *s = NULL;
	if (scorer_new(&s, options, e) < 0)
		return -1;
	struct arena *arena = arena_new();
	struct score_file *f = ARENA_NEW(arena, struct score_file);
	size_t n = reference->n;
	f->arena = arena;
	f->out.unit = options->unit;
	f->out.normalize = options->normalizer;
	f->out.normalizer = arena_str(arena, scorer_normalizer(s));
	f->out.items = arena_array(arena, n, sizeof(f->out.items[0]));
	f->out.errors = arena_array(arena, n, sizeof(double));
	f->out.units = arena_array(arena, n, sizeof(double));
	f->out.n = n;
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		f->out.items[i].reference = &reference->items[i];
		rc = score_one(f, s, i, hypothesis, e);
	}
	scorer_free(s);
	if (rc < 0) {
		arena_free(arena);
		return -1;
	}
	for (int kind = 0; kind < CONFUSION_KINDS; kind++)
		count_confusions(f->out.confusions[kind], &f->out.n_confusions[kind]);
	group(f, speaker_of, &f->out.speakers, &f->out.n_speakers);
	group(f, file_of, &f->out.files, &f->out.n_files);
	*ret = &f->out;
	return 0;
}

struct score *score_free(struct score *s)
{
	if (s)
		arena_free(((struct score_file *)s)->arena);
	return NULL;
}

bool scored_agrees_nowhere(const struct scored *u)
{
	return u->hypothesis && u->counts.hits == 0 && align_reference(&u->counts) >= 5;
}

/* Errors at the next reference token: its own, and insertions before it. False at the end, where
 * insertions behind the last token are given. */
static bool next_token(const char *ops, size_t n, size_t *pos, uint32_t *ret_errors)
{
	uint32_t errors = 0;
	while (*pos < n && ops[*pos] == ALIGN_INSERTION) {
		errors++;
		(*pos)++;
	}
	bool token = *pos < n;
	if (token)
		errors += ops[(*pos)++] != ALIGN_HIT;
	*ret_errors = errors;
	return token;
}

void score_segments(const char *ops_a, size_t n_ops_a, const char *ops_b, size_t n_ops_b,
		    uint32_t *errors_a, uint32_t *errors_b, size_t *ret_n)
{
	size_t at_a = 0, at_b = 0, good = 2;
	bool more = true, open = false;
	while (more) {
		uint32_t a, b;
		more = next_token(ops_a, n_ops_a, &at_a, &a);
		bool more_b = next_token(ops_b, n_ops_b, &at_b, &b);
		assert(more == more_b);
		if (a == 0 && b == 0) {
			good++;
			open = open && good < 2;
			continue;
		}
		good = 0;
		if (!open) {
			errors_a[*ret_n] = 0;
			errors_b[*ret_n] = 0;
			(*ret_n)++;
			open = true;
		}
		errors_a[*ret_n - 1] += a;
		errors_b[*ret_n - 1] += b;
	}
}
