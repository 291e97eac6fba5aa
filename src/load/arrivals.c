/* src/load/arrivals.c - when a load thread starts its requests: closed loop and open loop.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/util.h"
#include "load/lane_in.h"

/* After a failure to reach the service a slot of a closed loop waits at least so long: else an
 * outage would be counted by how fast a refusal comes, not by how long it lasts. */
#define RETRY_PAUSE (100 * NS_PER_MS)

/* The slots of a closed loop begin one after the other: all at one moment would be a load that no
 * loop makes again, and one that no single thread can send. */
#define BEGIN_APART (100 * NS_PER_US)

/* --- closed loop: every slot asks, waits for the end, pauses, asks again --- */

bool closed_more(const struct lane *l, uint64_t intended)
{
	if (l->stopped_at != 0 || l->broken || intended >= l->phase.send_end)
		return false;
	return l->phase.requests == 0 ||
	       l->next_index < l->phase.first_index + l->phase.requests;
}

static void closed_start(struct slot *s, uint64_t intended)
{
	struct lane *l = s->lane;
	if (!closed_more(l, intended) || slot_prepare(s, l->next_index) != 0) {
		slot_put(s);
		return;
	}
	l->next_index += l->common->n_lanes;
	slot_start(s, intended, intended);
}

static void on_pause(struct loop_timer *t)
{
	struct slot *s = (struct slot *)((char *)t - offsetof(struct slot, pause));
	s->lane->waiting--;
	closed_start(s, t->at);
}

static void wait_then_start(struct slot *s, uint64_t intended)
{
	struct lane *l = s->lane;
	s->pause.fire = on_pause;
	if (!closed_more(l, intended) ||
	    loop_timer_set(net_loop(l->net), &s->pause, intended) != 0) {
		slot_put(s);
		return;
	}
	l->waiting++;
}

void closed_begin(struct lane *l)
{
	l->next_index = l->phase.first_index + l->index;
	for (size_t i = 0; i < l->share && !l->broken; i++) {
		struct slot *s = slot_get(l);
		if (s)
			wait_then_start(s, l->phase.start + i * BEGIN_APART);
	}
}

void closed_ended(struct slot *s)
{
	uint64_t pause = s->lane->common->spec->pause_ns;
	enum outcome o = s->asking.outcome;
	if (o == OUTCOME_CONNECT || o == OUTCOME_TLS || o == OUTCOME_RESET ||
	    o == OUTCOME_TRUNCATED)
		pause = MAX(pause, RETRY_PAUSE);
	uint64_t intended = s->asking.x.end + pause;
	if (intended <= clock_now())
		closed_start(s, intended);
	else
		wait_then_start(s, intended);
}

/* --- open loop: requests start when the schedule says, answered or not --- */

/* The next arrival that is this lane's, into l->next; its request is written before it is due. */
static void open_arm(struct lane *l)
{
	uint64_t index, offset;
	l->has_next = false;
	do
		offset = schedule_next(&l->schedule, &index);
	while (index % l->common->n_lanes != l->index && offset != UINT64_MAX);
	if ((l->phase.requests > 0 && index >= l->phase.requests) || offset == UINT64_MAX ||
	    l->phase.start + offset >= l->phase.send_end)
		return;
	l->next = (struct arrival_due){l->phase.start + offset, l->phase.first_index + index};
	l->has_next = true;
	if (!l->ready_slot && (l->share == 0 || l->running < l->share))
		l->ready_slot = slot_get(l);
	if (l->ready_slot && slot_prepare(l->ready_slot, l->next.index) != 0)
		return;
	if (loop_timer_set(net_loop(l->net), &l->due, l->next.intended) != 0) {
		(void)err_set(&l->err, ERR_SYSTEM, "no memory for a timer");
		lane_break(l);
	}
}

static bool queue_push(struct lane *l, struct arrival_due a)
{
	if (l->queue_n == l->queue_room) {
		size_t room = MAX(l->queue_room * 2, (size_t)1024);
		struct arrival_due *more = malloc(room * sizeof(*more));
		if (!more)
			return false;
		for (size_t i = 0; i < l->queue_n; i++)
			more[i] = l->queue[(l->queue_at + i) % l->queue_room];
		free(l->queue);
		l->queue = more;
		l->queue_room = room;
		l->queue_at = 0;
	}
	l->queue[(l->queue_at + l->queue_n++) % l->queue_room] = a;
	return true;
}

static struct arrival_due queue_pop(struct lane *l)
{
	struct arrival_due a = l->queue[l->queue_at];
	l->queue_at = (l->queue_at + 1) % l->queue_room;
	l->queue_n--;
	return a;
}

/* What is due: into flight, or behind those that wait for room. */
static void open_arrive(struct lane *l)
{
	struct slot *s = l->ready_slot;
	bool room = l->queue_n == 0 && (l->share == 0 || l->running < l->share);
	if (!room) {
		if (!queue_push(l, l->next)) {
			(void)err_set(&l->err, ERR_SYSTEM, "no memory for waiting requests");
			lane_break(l);
		}
		return;
	}
	l->ready_slot = NULL;
	if (!s) {	/* room came after its turn to be written */
		s = slot_get(l);
		if (!s || slot_prepare(s, l->next.index) != 0)
			return;
	}
	slot_start(s, l->next.intended, l->next.intended);
}

static void on_due(struct loop_timer *t)
{
	struct lane *l = (struct lane *)((char *)t - offsetof(struct lane, due));
	if (l->stopped_at != 0 || l->broken)
		return;
	if (l->next.intended < l->phase.end) {
		l->report.last_intended = l->next.intended;
		l->report.last_lag = clock_now() - l->next.intended;
	}
	open_arrive(l);
	if (!l->broken)
		open_arm(l);
}

static void open_due(struct loop_timer *t)
{
	struct lane *l = (struct lane *)((char *)t - offsetof(struct lane, due));
	on_due(t);
	/* the next may be due already: a step of the loop in between would only add to its delay */
	while (l->has_next && !l->broken && l->due.slot != 0 && l->due.at <= clock_now()) {
		loop_timer_clear(net_loop(l->net), &l->due);
		on_due(t);
	}
}

void open_begin(struct lane *l)
{
	schedule_init(&l->schedule, l->common->spec, l->common->trace, l->phase.stream);
	l->due.fire = open_due;
	open_arm(l);
}

/* What waits is not sent any more; those of the window count. */
static void drop_queue(struct lane *l)
{
	while (l->queue_n > 0)
		meter_unsent(l->meter, queue_pop(l).intended < l->phase.end);
}

void open_ended(struct slot *s)
{
	struct lane *l = s->lane;
	uint64_t free_at = s->asking.x.end;
	if (l->queue_n > 0 && free_at >= l->phase.end) {
		/* the window is over: what the cap has held back so long is not sent */
		drop_queue(l);
	}
	if (l->queue_n == 0 || l->stopped_at != 0 || l->broken) {
		slot_put(s);
		return;
	}
	struct arrival_due a = queue_pop(l);
	if (slot_prepare(s, a.index) == 0)
		slot_start(s, a.intended, MAX(a.intended, free_at));
}

void open_stop(struct lane *l, uint64_t at)
{
	loop_timer_clear(net_loop(l->net), &l->due);
	meter_unsent(l->meter, l->has_next && l->next.intended <= at &&
			       l->next.intended < l->phase.end);
	drop_queue(l);
	l->has_next = false;
}

bool open_finished(const struct lane *l)
{
	return !l->has_next && l->queue_n == 0 && l->running == 0;
}
