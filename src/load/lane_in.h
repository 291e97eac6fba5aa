/* src/load/lane_in.h - inside of lane.c, slot.c and arrivals.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_LANE_IN_H
#define LOAD_LANE_IN_H

#include <pthread.h>

#include "client/asking.h"
#include "load/lane.h"
#include "load/schedule.h"

struct lane;

/* A place for one request at a time. */
struct slot {
	struct asking asking;
	struct answer answer;
	struct ask ask;
	char nonce[40];			/* of the request, or of the session that it begins */
	struct turn *turns;		/* of a session, what was said before; NULL: none */
	struct buf said;
	const struct sample *opening;	/* what the session began with */
	struct lane *lane;
	struct loop_timer pause;	/* closed loop: until the next request */
	uint64_t intended, ready;
	uint64_t index;			/* of the request, from the phase's first_index */
	uint64_t of_all;		/* the same, among the requests of all ranks */
	bool running;
	struct slot *next_idle;
};

struct arrival_due {
	uint64_t intended, index;
};

struct lane {
	struct common *common;
	size_t index;
	struct net *net;
	struct site_link link;
	struct phase phase;
	struct meter *meter;
	struct records *records;	/* NULL: single requests are not kept */
	pthread_t thread;

	struct slot **slots;
	size_t n_slots, slots_room;
	struct slot *idle;
	size_t running, waiting;	/* slots with a request, slots in a pause */
	size_t share;			/* slots of a closed loop, cap of an open one (0: none) */
	uint64_t next_index;		/* closed loop */

	struct schedule schedule;	/* open loop */
	struct loop_timer due;
	struct arrival_due next;	/* the arrival that `due` waits for */
	bool has_next;
	struct slot *ready_slot;	/* with its request written already */
	struct arrival_due *queue;	/* ring: due, but the cap is reached */
	size_t queue_at, queue_n, queue_room;

	struct loop_timer tick;
	uint64_t stopped_at;
	bool broken;			/* our own failure: err says why */
	struct err err;
	struct lane_report report;
	uint64_t stamped_before, user_before;

	/* for lane_now(), written by the lane only */
	_Atomic uint64_t now_ok, now_failed;
	_Atomic double now_p50, now_p99;
	atomic_bool done;
};

/* slot.c */
struct slot *slot_get(struct lane *l);		/* an idle one or a new one; NULL: lane is broken */
void slot_put(struct slot *s);
/* So many slots before anything is measured, each with a request written once: what is touched for
 * the first time (pages, buffers) costs its time here. -1: l->err is set. */
int slots_make(struct lane *l, size_t n);
void slot_free(struct slot *s);
void slot_end_session(struct slot *s);		/* the next request begins another one */
int slot_prepare(struct slot *s, uint64_t index);	/* -1: the lane is broken */
void slot_start(struct slot *s, uint64_t intended, uint64_t ready);
void lane_break(struct lane *l);		/* err is set: end as soon as possible */

/* arrivals.c */
bool closed_more(const struct lane *l, uint64_t intended);	/* may a request start then? */
void closed_begin(struct lane *l);
void closed_ended(struct slot *s);
void open_begin(struct lane *l);
void open_ended(struct slot *s);
void open_stop(struct lane *l, uint64_t at);	/* nothing more is sent; the rest is unsent */
bool open_finished(const struct lane *l);

#endif
