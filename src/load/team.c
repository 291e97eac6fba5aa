/* src/load/team.c - see team.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/team.h"

#include <math.h>

#include "base/clock.h"
#include "base/util.h"

#define SILENT_MAX_NS (15 * NS_PER_S)	/* a rank that measures tells twice a second */
#define WORD_ENOUGH 'e'

int team_check(const struct load_spec *whole, int ranks, struct err *e)
{
	if (load_law(whole) != ARRIVAL_CLOSED && whole->concurrency > 0 &&
	    whole->concurrency < ranks)
		return err_set(e, ERR_USAGE, "at most %lld requests in flight cannot be split over "
			       "%d ranks: raise concurrency, or start fewer ranks",
			       (long long)whole->concurrency, ranks);
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
	return t->states && t->heard_ns ? 0 : err_sys(e, "cannot set up a load of many ranks");
}

void team_release(struct team *t)
{
	free(t->states);
	free(t->heard_ns);
}

void team_phase(struct team *t, uint32_t which)
{
	t->phase = 2 * dist_round(t->dist) + which;
	t->enough = false;
	for (int i = 0; t->dist && i < dist_size(t->dist); i++)
		t->heard_ns[i] = 0;
}

static void hear_state(struct team *t, const struct buf *word)
{
	struct team_state s;
	if (word->len != sizeof(s))
		return;
	memcpy(&s, word->data, sizeof(s));
	if (s.rank <= 0 || s.rank >= dist_size(t->dist) || s.phase != t->phase)
		return;
	t->states[s.rank] = s;
	t->heard_ns[s.rank] = clock_now();
}

static void add_state(struct team_state *sum, const struct team_state *s)
{
	sum->ok += s->ok;
	sum->failed += s->failed;
	sum->in_flight += s->in_flight;
	sum->lanes += s->lanes;
	sum->until_width += s->until_width;
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
	CLEANUP(buf_release) struct buf word = BUF_INIT(4096);
	if (!t->dist)
		return;
	mine->rank = dist_rank(t->dist);
	mine->phase = t->phase;
	if (mine->rank != 0)
		dist_tell(t->dist, mine, sizeof(*mine));
	while (dist_hear(t->dist, &word)) {
		if (mine->rank == 0)
			hear_state(t, &word);
		else if (word.len == 5 && word.data[0] == WORD_ENOUGH &&
			 memcmp(word.data + 1, &t->phase, sizeof(t->phase)) == 0)
			t->enough = true;
	}
	if (mine->rank == 0)
		sum_up(t, mine);
}

void team_say_enough(struct team *t)
{
	char word[5] = {WORD_ENOUGH};
	memcpy(word + 1, &t->phase, sizeof(t->phase));
	if (t->dist && !t->enough)
		dist_tell(t->dist, word, sizeof(word));
	t->enough = true;
}
