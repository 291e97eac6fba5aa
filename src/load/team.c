/* src/load/team.c - see team.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/team.h"

#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/util.h"

#define SILENT_MAX_NS (15 * NS_PER_S)	/* a rank that measures tells twice a second */
#define WORD_MAX ((size_t)1 << 20)	/* a histogram of the widest spread has less */

/* What a word is; then the phase in which it was said, then its content. */
enum word {
	WORD_STATE = 's',
	WORD_SEEN = 'h',	/* rank, and a histogram as text */
	WORD_ENOUGH = 'e',
};
#define WORD_HEAD (1 + sizeof(uint32_t))

int team_check(const struct load_spec *whole, int ranks, struct err *e)
{
	if (load_law(whole) != ARRIVAL_CLOSED && whole->concurrency > 0 &&
	    whole->concurrency < ranks)
		return err_set(e, ERR_USAGE, "at most %lld request%s in flight cannot be split "
			       "over %d ranks: raise concurrency, or start fewer ranks",
			       (long long)whole->concurrency,
			       str_plural((uint64_t)whole->concurrency), ranks);
	return 0;
}

static int64_t share_of(int64_t n, int rank, int ranks)
{
	return n / ranks + (rank < n % ranks);
}

/* Of n requests, as many as its slots are of all slots; what is left over one by one to the lowest
 * of those that have a slot. */
static int64_t by_slots(int64_t n, int64_t slots, int rank, int ranks)
{
	int64_t given = 0, mine = 0, with_slot = MIN(slots, (int64_t)ranks);
	for (int i = 0; i < with_slot; i++) {
		__int128 all = (__int128)n * share_of(slots, i, ranks);
		given += (int64_t)(all / slots);
		mine = i == rank ? (int64_t)(all / slots) : mine;
	}
	return rank < with_slot ? mine + share_of(n - given, rank, (int)with_slot) : 0;
}

bool team_share(struct load_spec *spec, int rank, int ranks)
{
	int64_t slots = MAX(spec->concurrency, (int64_t)1);
	bool closed = load_law(spec) == ARRIVAL_CLOSED;
	bool counted = spec->requests > 0;
	if (ranks <= 1)
		return true;
	spec->rank = rank;
	spec->ranks = ranks;
	spec->rate /= ranks;
	for (int64_t i = 0; i < spec->n_steps; i++)
		spec->steps[i] /= ranks;
	if (closed) {
		spec->requests = by_slots(spec->requests, slots, rank, ranks);
		spec->warmup = by_slots(spec->warmup, slots, rank, ranks);
		spec->concurrency = share_of(slots, rank, ranks);
	} else {
		spec->requests = share_of(spec->requests, rank, ranks);
		spec->warmup = share_of(spec->warmup, rank, ranks);
		spec->concurrency = share_of(spec->concurrency, rank, ranks);
	}
	return !(closed && spec->concurrency == 0) && !(counted && spec->requests == 0);
}

int team_init(struct team *t, struct dist *d, struct err *e)
{
	size_t n = (size_t)dist_size(d);
	*t = (struct team){.dist = n > 1 ? d : NULL};
	if (!t->dist)
		return 0;
	t->states = calloc(n, sizeof(*t->states));
	t->heard_ns = calloc(n, sizeof(*t->heard_ns));
	t->seen = calloc(n, sizeof(*t->seen));
	for (size_t i = 0; t->seen && i < n; i++)
		buf_init(&t->seen[i], WORD_MAX);
	return t->states && t->heard_ns && t->seen ? 0 :
	       err_sys(e, "cannot set up a load of many ranks");
}

void team_release(struct team *t)
{
	free(t->states);
	free(t->heard_ns);
	for (int i = 0; t->seen && i < dist_size(t->dist); i++)
		buf_release(&t->seen[i]);
	free(t->seen);
}

void team_phase(struct team *t, uint32_t which)
{
	t->phase = 2 * dist_round(t->dist) + which;
	t->enough = false;
	for (int i = 0; t->dist && i < dist_size(t->dist); i++) {
		t->heard_ns[i] = 0;
		buf_clear(&t->seen[i]);
	}
}

static void say(struct team *t, enum word what, const void *content, size_t len)
{
	CLEANUP(buf_release) struct buf word = BUF_INIT(WORD_MAX);
	(void)buf_char(&word, (char)what);
	(void)buf_add(&word, &t->phase, sizeof(t->phase));
	if (buf_add(&word, content, len) == 0)
		dist_tell(t->dist, word.data, word.len);
}

static void hear_state(struct team *t, struct span word)
{
	struct team_state s;
	if (word.len != sizeof(s))
		return;
	memcpy(&s, word.data, sizeof(s));
	if (s.rank <= 0 || s.rank >= dist_size(t->dist))
		return;
	t->states[s.rank] = s;
	t->heard_ns[s.rank] = clock_now();
}

static void hear_seen(struct team *t, struct span word)
{
	int32_t rank;
	if (word.len < sizeof(rank))
		return;
	memcpy(&rank, word.data, sizeof(rank));
	if (rank <= 0 || rank >= dist_size(t->dist))
		return;
	buf_clear(&t->seen[rank]);
	(void)buf_add(&t->seen[rank], word.data + sizeof(rank), word.len - sizeof(rank));
}

/* Those of an earlier phase have come too late. */
static void hear(struct team *t, const struct buf *word)
{
	bool first = dist_rank(t->dist) == 0;
	if (word->len < WORD_HEAD || memcmp(word->data + 1, &t->phase, sizeof(t->phase)) != 0)
		return;
	struct span content = {word->data + WORD_HEAD, word->len - WORD_HEAD};
	if (word->data[0] == WORD_STATE && first)
		hear_state(t, content);
	else if (word->data[0] == WORD_SEEN && first)
		hear_seen(t, content);
	else if (word->data[0] == WORD_ENOUGH)
		t->enough = true;
}

static void add_state(struct team_state *sum, const struct team_state *s)
{
	sum->ok += s->ok;
	sum->failed += s->failed;
	sum->in_flight += s->in_flight;
	sum->lanes += s->lanes;
	sum->p50_s = fmax(sum->p50_s, s->p50_s);
	sum->p99_s = fmax(sum->p99_s, s->p99_s);
}

/* A rank that never spoke may have had nothing to do in this phase, or be done with it: it is
 * waited for at its end. */
static void sum_up(struct team *t, struct team_state *mine)
{
	uint64_t now = clock_now();
	for (int i = 1; i < dist_size(t->dist); i++) {
		if (t->heard_ns[i] == 0)
			continue;
		add_state(mine, &t->states[i]);
		if (t->states[i].lanes > 0 && now - t->heard_ns[i] > SILENT_MAX_NS)
			dist_give_up(t->dist, i);
	}
}

void team_pulse(struct team *t, struct team_state *mine)
{
	CLEANUP(buf_release) struct buf word = BUF_INIT(WORD_MAX);
	if (!t->dist)
		return;
	mine->rank = dist_rank(t->dist);
	if (mine->rank != 0)
		say(t, WORD_STATE, mine, sizeof(*mine));
	while (dist_hear(t->dist, &word))
		hear(t, &word);
	if (mine->rank == 0)
		sum_up(t, mine);
}

static void tell_seen(struct team *t, const struct hist *mine)
{
	int32_t rank = dist_rank(t->dist);
	CLEANUP(buf_release) struct buf text = BUF_INIT(WORD_MAX);
	(void)buf_add(&text, &rank, sizeof(rank));
	if (hist_write(mine, &text) == 0)
		say(t, WORD_SEEN, text.data, text.len);
}

void team_add_seen(struct team *t, struct hist *mine)
{
	struct hist *one = NULL;
	if (!t->dist)
		return;
	if (dist_rank(t->dist) != 0) {
		tell_seen(t, mine);
		return;
	}
	if (hist_new(&one, NULL) != 0)
		return;
	for (int i = 1; i < dist_size(t->dist); i++) {
		struct span text = {t->seen[i].data, t->seen[i].len};
		if (text.len > 0 && hist_read(one, text.data, text.len, NULL) == 0)
			hist_merge(mine, one);
	}
	(void)hist_free(one);
}

void team_say_enough(struct team *t)
{
	if (t->dist && !t->enough)
		say(t, WORD_ENOUGH, "", 0);
	t->enough = true;
}
