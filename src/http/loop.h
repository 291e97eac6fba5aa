/* src/http/loop.h - an event loop for one thread: sockets by epoll, timers by a timerfd.
 *
 * Nothing spins and nothing polls: timers are absolute moments of CLOCK_MONOTONIC in a heap, the
 * earliest is armed in the kernel. After a batch of events is dispatched the deliver hook runs
 * (bytes are read and stamped first, parsed after), then the timers that are due.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct loop;

/* Owned by the user; must stay where it is while it is added. */
struct loop_watch {
	int fd;
	void (*ready)(struct loop_watch *w, uint32_t epoll_events);
	uint32_t events;	/* interest: EPOLLIN, … */
	uint64_t batch, batch_before;	/* the last two batches that reported it */
};

struct loop_timer {
	uint64_t at;		/* ns */
	void (*fire)(struct loop_timer *t);
	size_t slot;		/* place in the heap; 0: not set */
};

int loop_new(struct loop **ret_loop, struct err *e);
struct loop *loop_free(struct loop *l);	/* NULL is fine; returns NULL */

/* -1 with errno. Removing one that was not added is fine; no event of the batch that is being
 * dispatched reaches it any more. */
int loop_add(struct loop *l, struct loop_watch *w, uint32_t epoll_events);
int loop_change(struct loop *l, struct loop_watch *w, uint32_t epoll_events);
void loop_remove(struct loop *l, struct loop_watch *w);

/* Of one that is told of once (EPOLLET): tell of it again if it is still ready. */
int loop_again(struct loop *l, struct loop_watch *w);

/* The calling thread is the one that will run the loop from now on. */
void loop_adopt(struct loop *l);

/* Set or move. Fires once, in the order of moments, never before its moment. -1: no memory (only
 * when more timers are set than ever before). */
int loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ns);
void loop_timer_clear(struct loop *l, struct loop_timer *t);

/* From now on wait so long before each look at the sockets, so that one look finds many of them
 * ready: less work per event. What is exact by kernel timestamps stays so. Never waits past a
 * timer, nor while anybody is in a hurry. 0: look as soon as something happens. */
void loop_set_gather(struct loop *l, uint64_t ns);

/* +1: somebody waits for a socket to get ready (a connection is being made, a request is being
 * written); -1: not any more. */
void loop_hurry(struct loop *l, int change);

/* Called after each batch. */
void loop_set_deliver(struct loop *l, void (*deliver)(void *ctx), void *ctx);

/* Wait for something to happen, at most until this moment (0: do not wait; UINT64_MAX: for
 * ever), and deal with it. -1 when the kernel refuses. */
int loop_step(struct loop *l, uint64_t until_ns, struct err *e);

/* The moment of the last return from the kernel. */
uint64_t loop_now(const struct loop *l);

/* A moment at which this watch, which the present batch reports, was surely not ready yet; 0:
 * not known. What the batch before did not report was not ready when that wait began. */
uint64_t loop_not_ready_at(const struct loop *l, const struct loop_watch *w);

/* A moment until which the wait for the present batch slept, so that nothing at all was ready
 * before; 0: not known. A thread that sleeps is runnable from the moment that its first event
 * comes; the CPU time and run-queue delay of the wait say how long ago that can have been. It
 * does not hold where the wake-up itself was late (to a core that a hypervisor did not run): an
 * event of the batch that came before this moment shows it. */
uint64_t loop_slept_until(const struct loop *l);

#endif
