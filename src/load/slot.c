/* src/load/slot.c - one request of a load thread: written, sent, recorded.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "load/lane_in.h"

static bool is_open_loop(const struct lane *l)
{
	return load_law(l->common->spec) != ARRIVAL_CLOSED;
}

static void on_end(struct asking *a)
{
	struct slot *s = a->user;
	struct lane *l = s->lane;
	struct question q = {
		.asking = a,
		.intended = s->intended,
		.ready = s->ready,
		.per_10s = l->common->per_10s,
	};
	s->running = false;
	l->running--;
	(void)atomic_fetch_sub_explicit(&l->common->in_flight, 1, memory_order_relaxed);
	if (s->index == l->phase.first_index && a->outcome == OUTCOME_OK) {
		l->report.first_intended = s->intended;
		l->report.first_end = a->x.end;
	}
	bool measured = s->intended < l->phase.end;
	if (measured && !meter_record(l->meter, &q)) {
		(void)err_set(&l->err, ERR_SYSTEM, "no memory for the timeline of the run");
		lane_break(l);
	}
	if (is_open_loop(l))
		open_ended(s);
	else
		closed_ended(s);
}

static struct slot *slot_new(struct lane *l)
{
	struct slot *s = calloc(1, sizeof(*s));
	if (!s || asking_init(&s->asking, &l->link, on_end, s, &l->err) != 0) {
		free(s);
		return NULL;
	}
	s->lane = l;
	s->ask = l->common->work->ask;
	if (l->common->work->unique_prompts)
		s->ask.nonce = s->nonce;
	answer_init(&s->answer);
	return s;
}

void slot_free(struct slot *s)
{
	if (!s)
		return;
	asking_release(&s->asking);
	answer_release(&s->answer);
	free(s);
}

struct slot *slot_get(struct lane *l)
{
	struct slot *s = l->idle;
	if (s) {
		l->idle = s->next_idle;
		return s;
	}
	if (l->n_slots == l->slots_room) {
		size_t room = MAX(l->slots_room * 2, (size_t)16);
		struct slot **more = realloc(l->slots, room * sizeof(struct slot *));
		if (more) {
			l->slots = more;
			l->slots_room = room;
		}
	}
	s = l->n_slots < l->slots_room ? slot_new(l) : NULL;
	if (!s) {
		(void)err_set(&l->err, ERR_SYSTEM, "no memory for %zu requests at once",
			      l->n_slots + 1);
		lane_break(l);
		return NULL;
	}
	l->slots[l->n_slots++] = s;
	return s;
}

void slot_put(struct slot *s)
{
	s->next_idle = s->lane->idle;
	s->lane->idle = s;
}

int slot_prepare(struct slot *s, uint64_t index)
{
	const struct common *c = s->lane->common;
	const struct load_work *w = c->work;
	/* among the requests of all ranks, so that together they ask as one would */
	uint64_t of_all = index * (uint64_t)MAX(c->spec->ranks, (int64_t)1) +
			  (uint64_t)c->spec->rank;
	const struct sample *sample = &w->samples[c->order[of_all % w->n_samples]];
	s->index = index;
	if (w->unique_prompts)
		(void)snprintf(s->nonce, sizeof(s->nonce), "%016llx-%llx",
			       (unsigned long long)c->nonce, (unsigned long long)of_all);
	if (asking_prepare(&s->asking, sample, &s->ask, &s->answer, &s->lane->err) == 0)
		return 0;
	lane_break(s->lane);
	return -1;
}

void slot_start(struct slot *s, uint64_t intended, uint64_t ready)
{
	struct lane *l = s->lane;
	s->intended = intended;
	s->ready = ready;
	s->running = true;
	l->running++;
	unsigned now = 1 + atomic_fetch_add_explicit(&l->common->in_flight, 1,
						     memory_order_relaxed);
	l->report.peak = MAX(l->report.peak, now);
	asking_start(&s->asking, 0);
}
