/* src/load/slot.c - one request of a load thread: written, sent, recorded.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "load/lane_in.h"
#include "load/trace.h"
#include "protocols/filler.h"

#define SAID_MAX ((size_t)16 << 20)	/* answers of one session */
#define UNIQUE_WORDS 16			/* of 64: 96 bits */
#define GOLDEN 0x9e3779b97f4a7c15u	/* 2^64 over the golden ratio: neighbours far apart */

static bool is_open_loop(const struct lane *l)
{
	return load_law(l->common->spec) != ARRIVAL_CLOSED;
}

void slot_end_session(struct slot *s)
{
	s->ask.n_turns = 0;
	buf_clear(&s->said);
}

/* Keep what was said for the requests that follow. A session that went wrong, or says more than
 * can be held, ends. */
static void note_turn(struct slot *s)
{
	const struct answer *a = &s->answer;
	size_t at = s->said.len, n = s->ask.n_turns;
	if (!s->turns)
		return;
	bool said_all = s->opening->n_follow_ups > 0 && n == s->opening->n_follow_ups;
	if (said_all || n + 1 == (size_t)s->lane->common->spec->turns ||
	    s->asking.outcome != OUTCOME_OK ||
	    buf_add(&s->said, a->text.data, a->text.len) != 0) {
		slot_end_session(s);
		return;
	}
	s->turns[n] = (struct turn){s->ask.prompt, at, a->text.len};
	s->ask.n_turns++;
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
	note_turn(s);
	if (is_open_loop(l))
		open_ended(s);
	else
		closed_ended(s);
}

static struct slot *slot_new(struct lane *l)
{
	struct slot *s = calloc(1, sizeof(*s));
	size_t turns = (size_t)l->common->spec->turns;
	if (s && turns > 1)
		s->turns = calloc(turns - 1, sizeof(*s->turns));
	if (!s || (turns > 1 && !s->turns) ||
	    asking_init(&s->asking, &l->link, on_end, s, &l->err) != 0) {
		if (s)
			free(s->turns);
		free(s);
		return NULL;
	}
	s->lane = l;
	s->ask = l->common->work->ask;
	s->ask.turns = s->turns;
	buf_init(&s->said, SAID_MAX);
	answer_init(&s->answer);
	return s;
}

void slot_free(struct slot *s)
{
	if (!s)
		return;
	asking_release(&s->asking);
	answer_release(&s->answer);
	buf_release(&s->said);
	free(s->turns);
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

/* Sizes that a trace gives to this request; NULL: there is none. */
static const struct trace_item *traced(const struct slot *s)
{
	const struct lane *l = s->lane;
	const struct trace *t = l->common->trace;
	uint64_t i = l->phase.deal ? s->of_all - l->phase.deal->base : s->of_all;
	return t && i < t->n ? &t->items[i] : NULL;
}

/* How many words are missing from a prompt of the wanted length. */
static int64_t missing_words(const struct slot *s, const struct sample *sample)
{
	const struct load_spec *spec = s->lane->common->spec;
	const struct trace_item *item = traced(s);
	int64_t want = item ? item->prompt_tokens
			    : amount_draw(&spec->prompt_tokens, (uint64_t)spec->seed,
					  "prompt tokens", s->of_all);
	const char *const texts[] = {sample->messages_text, sample->system, sample->question};
	for (size_t i = 0; i < ARRAY_LEN(texts) && want > 0; i++)
		want -= texts[i] ? filler_count(texts[i]) : 0;
	return MAX(want, (int64_t)0);
}

static int64_t longest_answer(const struct slot *s)
{
	const struct common *c = s->lane->common;
	const struct trace_item *item = traced(s);
	int64_t n = item ? item->output_tokens
			 : amount_draw(&c->spec->output_tokens, (uint64_t)c->spec->seed,
				       "output tokens", s->of_all);
	return n > 0 ? n : c->work->ask.max_tokens;
}

/* What this request says: in a session the next words of the conversation that opened it, where
 * the sample has them, else the next sample. */
static const struct sample *choose_sample(struct slot *s, size_t which)
{
	const struct sample *next = &s->lane->common->work->samples[which];
	size_t n = s->ask.n_turns;
	if (n == 0)
		s->opening = next;
	else if (s->opening->n_follow_ups > 0)
		next = &s->opening->follow_ups[n - 1];
	return next;
}

/* What this request of a chat says and no other one does. */
static void shape_prompt(struct slot *s, const struct sample *sample, size_t which)
{
	const struct common *c = s->lane->common;
	const struct load_work *w = c->work;
	struct prompt *p = &s->ask.prompt;
	*p = (struct prompt){.sample = sample, .filler = missing_words(s, sample)};
	p->filler_seed = w->unique_prompts ? c->nonce ^ s->of_all * GOLDEN : which;
	s->ask.max_tokens = longest_answer(s);
	if (c->pictures && sample == &w->samples[which]) {
		p->mints = pictures_of(c->pictures, which);
		p->version = c->first_version + (uint32_t)s->of_all * pictures_stride(c->pictures);
	}
	/* words that no other request has do as well, where nothing common stands before them */
	bool in_front = !sample->system && !sample->messages;
	if (!w->unique_prompts || s->ask.n_turns > 0 || (in_front && p->filler >= UNIQUE_WORDS))
		return;
	(void)snprintf(s->nonce, sizeof(s->nonce), "%016llx-%llx", (unsigned long long)c->nonce,
		       (unsigned long long)s->of_all);
	p->nonce = s->nonce;
}

int slot_prepare(struct slot *s, uint64_t index)
{
	const struct common *c = s->lane->common;
	const struct load_work *w = c->work;
	const struct phase *p = &s->lane->phase;
	s->of_all = p->deal ? deal_index(p->deal, index - p->first_index) : index;
	size_t which = c->order[s->of_all % w->n_samples];
	const struct sample *sample = choose_sample(s, which);
	s->index = index;
	if (strcmp(w->service->kind, "chat") == 0)
		shape_prompt(s, sample, which);
	s->ask.said = s->said.data;
	if (asking_prepare(&s->asking, sample, &s->ask, &s->answer, &s->lane->err) == 0)
		return 0;
	lane_break(s->lane);
	return -1;
}

int slots_make(struct lane *l, size_t n)
{
	for (size_t i = 0; i < n && !l->broken; i++) {
		struct slot *s = slot_get(l);
		if (s)
			(void)slot_prepare(s, i);
	}
	/* nothing was sent yet; each thread begins with a replica of its own, or all of them would
	 * go from one to the next in a wave */
	const struct common *c = l->common;
	l->link.next = l->index + c->n_lanes * (size_t)c->spec->rank;
	return l->broken ? -1 : 0;
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
