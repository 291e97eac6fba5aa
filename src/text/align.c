/* src/text/align.c - see align.h.
 *
 * D[i][j] is the distance of the first i reference to the first j hypothesis tokens. The
 * reference runs down a column in words of 64 rows; a column is kept as the bits of D's
 * vertical differences (up: +1, down: -1). Only words that touch the band |i - j| <= k are
 * computed: what lies outside is replaced by values that some path reaches, so that all are upper
 * bounds, and exact wherever the best path stays inside, which it does when its cost is <= k.
 * SPDX-License-Identifier: Apache-2.0 */
#include "text/align.h"

#include <assert.h>
#include <math.h>

#include "base/util.h"

/* Cells that are traced back directly; larger problems are cut in two first. */
#define DIRECT_CELLS ((size_t)1 << 21)
#define BAND_START 32

/* More would take minutes: two texts of two million tokens, which is days of speech. */
#define CELLS_MAX ((uint64_t)1 << 42)

struct entry {
	uint32_t word;
	uint64_t rows;	/* bits of this word where the symbol stands */
};

struct aligner {
	char *memory;	/* one block, cut into what follows */
	size_t room;
	uint32_t *starts;	/* symbols + 1: where its entries begin */
	struct entry *entries;	/* one per reference token at most */
	uint64_t *up, *down, *equal;	/* one column */
	int64_t *forward, *backward;	/* D of the middle column from both ends */
	uint32_t *a_turned, *b_turned;
	uint64_t *history;	/* up and down of every column of a direct problem */
	char *ops;
	size_t n_ops;
	uint32_t symbols;
};

struct problem {
	const uint32_t *a, *b;
	size_t n, m;
};

uint64_t align_errors(const struct align_counts *c)
{
	return c->substitutions + c->deletions + c->insertions;
}

uint64_t align_reference(const struct align_counts *c)
{
	return c->hits + c->substitutions + c->deletions;
}

uint64_t align_hypothesis(const struct align_counts *c)
{
	return c->hits + c->substitutions + c->insertions;
}

void align_add(struct align_counts *to, const struct align_counts *from)
{
	to->hits += from->hits;
	to->substitutions += from->substitutions;
	to->deletions += from->deletions;
	to->insertions += from->insertions;
}

static double ratio(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

double align_rate(const struct align_counts *c)
{
	return ratio((double)align_errors(c), (double)align_reference(c));
}

double align_match_error_rate(const struct align_counts *c)
{
	double errors = (double)align_errors(c);
	return ratio(errors, errors + (double)c->hits);
}

double align_wip(const struct align_counts *c)
{
	return ratio((double)c->hits, (double)align_reference(c)) *
	       ratio((double)c->hits, (double)align_hypothesis(c));
}

double align_wil(const struct align_counts *c)
{
	return 1 - align_wip(c);
}

int aligner_new(struct aligner **ret, struct err *e)
{
	struct aligner *a = calloc(1, sizeof(*a));
	if (!a)
		return err_sys(e, "no memory to align");
	*ret = a;
	return 0;
}

struct aligner *aligner_free(struct aligner *a)
{
	if (a)
		free(a->memory);
	free(a);
	return NULL;
}

static size_t words_of(size_t n)
{
	return (n + 63) / 64;
}

static void *cut(char **at, size_t size)
{
	void *here = *at;
	*at += (size + 15) & ~(size_t)15;
	return here;
}

/* Room for a problem of this size; the pieces in one block. */
static int prepare(struct aligner *a, size_t n, size_t m, uint32_t symbols, struct err *e)
{
	size_t words = words_of(MAX(n, (size_t)1));
	size_t history = 2 * (MIN(n * m, DIRECT_CELLS) / 64 + m + 2 * words);
	size_t need = (symbols + 1 + n + m) * sizeof(uint32_t) + n * sizeof(struct entry) +
		      3 * words * sizeof(uint64_t) + 2 * (n + 1) * sizeof(int64_t) +
		      history * sizeof(uint64_t) + n + m + 16 * 16;
	if (need > a->room) {
		char *memory = malloc(need * 2);
		if (!memory)
			return err_sys(e, "no memory to align %zu with %zu tokens", n, m);
		free(a->memory);
		a->memory = memory;
		a->room = need * 2;
	}
	char *at = a->memory;
	a->entries = cut(&at, n * sizeof(struct entry));
	a->up = cut(&at, words * sizeof(uint64_t));
	a->down = cut(&at, words * sizeof(uint64_t));
	a->equal = cut(&at, words * sizeof(uint64_t));
	a->forward = cut(&at, (n + 1) * sizeof(int64_t));
	a->backward = cut(&at, (n + 1) * sizeof(int64_t));
	a->history = cut(&at, history * sizeof(uint64_t));
	a->starts = cut(&at, (symbols + 1) * sizeof(uint32_t));
	a->a_turned = cut(&at, n * sizeof(uint32_t));
	a->b_turned = cut(&at, m * sizeof(uint32_t));
	a->ops = cut(&at, n + m);
	a->n_ops = 0;
	a->symbols = symbols;
	return 0;
}

/* Where each symbol stands in the reference: words in ascending order. */
static void index_reference(struct aligner *a, const struct problem *p)
{
	memset(a->starts, 0, (a->symbols + 1) * sizeof(a->starts[0]));
	for (size_t i = 0; i < p->n; i++)
		a->starts[p->a[i] + 1]++;
	for (uint32_t s = 0; s < a->symbols; s++)
		a->starts[s + 1] += a->starts[s];
	/* Filled from each start on; afterwards starts[s] is the end of s, so shift back. */
	for (size_t i = 0; i < p->n; i++)
		a->entries[a->starts[p->a[i]]++] =
			(struct entry){(uint32_t)(i / 64), (uint64_t)1 << (i % 64)};
	for (uint32_t s = a->symbols; s > 0; s--)
		a->starts[s] = a->starts[s - 1];
	a->starts[0] = 0;
}

/* a->equal for the words first … last of a hypothesis token. */
static void mark_equal(struct aligner *a, uint32_t symbol, size_t first, size_t last)
{
	memset(a->equal + first, 0, (last - first + 1) * sizeof(uint64_t));
	size_t lo = a->starts[symbol], end = a->starts[symbol + 1], hi = end;
	while (lo < hi) {
		size_t middle = (lo + hi) / 2;
		if (a->entries[middle].word < first)
			lo = middle + 1;
		else
			hi = middle;
	}
	for (; lo < end && a->entries[lo].word <= last; lo++)
		a->equal[a->entries[lo].word] |= a->entries[lo].rows;
}

/* One column through the words first … last. The row above rises by one per column. */
static void step(struct aligner *a, size_t first, size_t last)
{
	uint64_t rise = 1, fall = 0;	/* D of the row above against the column before */
	for (size_t w = first; w <= last; w++) {
		uint64_t up = a->up[w], down = a->down[w];
		uint64_t equal = a->equal[w] | fall;
		uint64_t zero = (((equal & up) + up) ^ up) | equal | down;
		uint64_t rises = down | ~(zero | up);
		uint64_t falls = up & zero;
		uint64_t rise_out = rises >> 63, fall_out = falls >> 63;
		rises = rises << 1 | rise;
		falls = falls << 1 | fall;
		a->up[w] = falls | ~(zero | rises);
		a->down[w] = rises & zero;
		rise = rise_out;
		fall = fall_out;
	}
}

/* D[0 … n][m] into column, within the band of half width k around the line from (0, 0). */
static void last_column(struct aligner *a, const struct problem *p, size_t k, int64_t *column)
{
	size_t words = words_of(p->n);
	size_t first = 0, last = MIN(k / 64, words - 1);
	int64_t top = 0;	/* D[64 × first][j] */
	index_reference(a, p);
	for (size_t w = 0; w <= last; w++) {
		a->up[w] = UINT64_MAX;
		a->down[w] = 0;
	}
	for (size_t j = 0; j < p->m; j++) {
		size_t lowest = MIN((j + 1 + k) / 64, words - 1);
		for (; last < lowest; last++) {
			a->up[last + 1] = UINT64_MAX;
			a->down[last + 1] = 0;
		}
		size_t highest = j > k ? MIN((j - k) / 64, last) : 0;
		for (; first < highest; first++)
			top += __builtin_popcountll(a->up[first]) -
			       __builtin_popcountll(a->down[first]);
		mark_equal(a, p->b[j], first, last);
		step(a, first, last);
		top++;
	}
	const int64_t far = INT64_MAX / 4;
	int64_t d = top;
	for (size_t i = 0; i <= p->n; i++) {
		if (i < 64 * first || i > 64 * (last + 1)) {
			column[i] = far;
			continue;
		}
		if (i > 64 * first) {
			uint64_t bit = (uint64_t)1 << ((i - 1) % 64);
			d += (a->up[(i - 1) / 64] & bit) != 0;
			d -= (a->down[(i - 1) / 64] & bit) != 0;
		}
		column[i] = d;
	}
}

static void add_ops(struct aligner *a, enum align_op op, size_t n)
{
	memset(a->ops + a->n_ops, op, n);
	a->n_ops += n;
}

/* All columns are kept and the path is read off backwards. */
static void direct(struct aligner *a, const struct problem *p)
{
	size_t words = words_of(p->n);
	index_reference(a, p);
	memset(a->up, 0xff, words * sizeof(uint64_t));
	memset(a->down, 0, words * sizeof(uint64_t));
	for (size_t j = 0; j < p->m; j++) {
		mark_equal(a, p->b[j], 0, words - 1);
		step(a, 0, words - 1);
		uint64_t *to = a->history + 2 * j * words;
		memcpy(to, a->up, words * sizeof(uint64_t));
		memcpy(to + words, a->down, words * sizeof(uint64_t));
	}
	size_t i = p->n, j = p->m, start = a->n_ops;
	while (i > 0 && j > 0) {
		size_t w = (i - 1) / 64;
		uint64_t bit = (uint64_t)1 << ((i - 1) % 64);
		const uint64_t *now = a->history + 2 * (j - 1) * words;
		const uint64_t *before = j > 1 ? now - 2 * words : NULL;
		if (now[w] & bit) {
			add_ops(a, ALIGN_DELETION, 1);
			i--;
		} else if (before && (before[words + w] & bit)) {
			add_ops(a, ALIGN_INSERTION, 1);
			j--;
		} else {
			add_ops(a, p->a[i - 1] == p->b[j - 1] ? ALIGN_HIT : ALIGN_SUBSTITUTION, 1);
			i--;
			j--;
		}
	}
	add_ops(a, ALIGN_DELETION, i);
	add_ops(a, ALIGN_INSERTION, j);
	for (size_t x = start, y = a->n_ops; x + 1 < y; x++) {
		char c = a->ops[x];
		a->ops[x] = a->ops[--y];
		a->ops[y] = c;
	}
}

static void turn(const uint32_t *from, size_t n, uint32_t *to)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[n - 1 - i];
}

/* The row at which the best path crosses the middle column; the costs of both halves. */
static size_t crossing(struct aligner *a, const struct problem *p, size_t half, size_t k,
		       size_t *ret_left, size_t *ret_right)
{
	last_column(a, &(struct problem){p->a, p->b, p->n, half}, k, a->forward);
	turn(p->a, p->n, a->a_turned);
	turn(p->b + half, p->m - half, a->b_turned);
	last_column(a, &(struct problem){a->a_turned, a->b_turned, p->n, p->m - half}, k,
		    a->backward);
	size_t best = 0;
	for (size_t i = 1; i <= p->n; i++)
		if (a->forward[i] + a->backward[p->n - i] <
		    a->forward[best] + a->backward[p->n - best])
			best = i;
	*ret_left = (size_t)a->forward[best];
	*ret_right = (size_t)a->backward[p->n - best];
	return best;
}

/* The half width of the band is the distance itself for parts of a problem that was solved, and
 * for the whole a guess, doubled until the distance found fits into it. Depth is log2 of the
 * length: an array does as a stack. */
static void solve(struct aligner *a, struct problem whole)
{
	size_t longest = MAX(whole.n, whole.m);
	size_t k = MAX((size_t)BAND_START, longest - MIN(whole.n, whole.m) + longest / 8);
	struct {
		struct problem p;
		size_t k;
	} stack[128];
	size_t depth = 0;
	stack[depth].p = whole;
	stack[depth++].k = k;
	while (depth > 0) {
		struct problem p = stack[--depth].p;
		k = stack[depth].k;
		if (p.n == 0 || p.m == 0) {
			add_ops(a, ALIGN_DELETION, p.n);
			add_ops(a, ALIGN_INSERTION, p.m);
			continue;
		}
		if (k == 0) {
			add_ops(a, ALIGN_HIT, p.n);
			continue;
		}
		if (p.m == 1 || words_of(p.n) * 64 * p.m <= DIRECT_CELLS) {
			direct(a, &p);
			continue;
		}
		size_t half = p.m / 2, left, right;
		size_t row = crossing(a, &p, half, k, &left, &right);
		for (; left + right > k; k *= 2)
			row = crossing(a, &p, half, 2 * k, &left, &right);
		assert(depth + 2 <= ARRAY_LEN(stack));
		stack[depth].p = (struct problem){p.a + row, p.b + half, p.n - row, p.m - half};
		stack[depth++].k = right;
		stack[depth].p = (struct problem){p.a, p.b, row, half};
		stack[depth++].k = left;
	}
}

int align_tokens(struct aligner *a, const uint32_t *reference, size_t n_reference,
		 const uint32_t *hypothesis, size_t n_hypothesis, uint32_t symbols,
		 const char **ret_ops, size_t *ret_n, struct err *e)
{
	if (n_reference > INT32_MAX || n_hypothesis > INT32_MAX - n_reference)
		return err_set(e, ERR_UNSUPPORTED, "%zu and %zu tokens are too many to align",
			       n_reference, n_hypothesis);
	if (prepare(a, n_reference, n_hypothesis, symbols, e) < 0)
		return -1;
	struct problem p = {reference, hypothesis, n_reference, n_hypothesis};
	size_t tail = 0;
	/* What agrees at both ends is part of some best alignment. */
	while (p.n > 0 && p.m > 0 && p.a[0] == p.b[0]) {
		p.a++;
		p.b++;
		p.n--;
		p.m--;
	}
	add_ops(a, ALIGN_HIT, n_reference - p.n);
	while (p.n > 0 && p.m > 0 && p.a[p.n - 1] == p.b[p.m - 1]) {
		p.n--;
		p.m--;
		tail++;
	}
	if ((uint64_t)p.n * p.m > CELLS_MAX)
		return err_set(e, ERR_UNSUPPORTED, "%zu and %zu tokens are too many to align; cut "
			       "the text into utterances", n_reference, n_hypothesis);
	solve(a, p);
	add_ops(a, ALIGN_HIT, tail);
	*ret_ops = a->ops;
	*ret_n = a->n_ops;
	return 0;
}

struct align_counts align_count(const char *ops, size_t n)
{
	struct align_counts c = {0};
	for (size_t i = 0; i < n; i++) {
		switch ((enum align_op)ops[i]) {
		case ALIGN_HIT:
			c.hits++;
			break;
		case ALIGN_SUBSTITUTION:
			c.substitutions++;
			break;
		case ALIGN_DELETION:
			c.deletions++;
			break;
		case ALIGN_INSERTION:
			c.insertions++;
			break;
		}
	}
	return c;
}
