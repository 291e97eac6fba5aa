/* src/http/loop.c - see loop.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"

#define BATCH_MAX 256
#define SLEEP_MIN (200 * NS_PER_US)	/* waits shorter than this are not looked into */
#define BASE_AGE (2 * NS_PER_MS)	/* what a thread has cost is taken anew so often */
#define WAKE_EARLY (100 * NS_PER_US)	/* a gathering wait ends so long before a timer */
#define DUE_SOON (5 * NS_PER_MS)
#define WAKE_SLACK (20 * NS_PER_US)	/* interrupts on the way out of the kernel */

/* What this thread has cost so far, by the scheduler's own count. */
struct usage {
	uint64_t at;		/* ns; 0: not taken */
	uint64_t cpu, run_delay;
};

struct loop {
	int epoll, timer_fd, schedstat;
	struct loop_timer **heap;	/* from 1 */
	size_t n_timers, heap_room;
	uint64_t armed;			/* what the timerfd is set to; 0: nothing */
	struct epoll_event batch[BATCH_MAX];
	int n_batch, at_batch;
	uint64_t batch_no;
	uint64_t now;
	uint64_t entered, entered_before;	/* this wait, and the one before */
	bool full_before;
	uint64_t awake;			/* nothing was ready before; 0: not known */
	struct usage base;
	uint64_t gather;
	int in_hurry;
	bool slept;			/* the last wait was a long one */
	void (*deliver)(void *ctx);
	void *deliver_ctx;
};

int loop_new(struct loop **ret_loop, struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));
	if (!l)
		return err_sys(e, "cannot make an event loop");
	l->schedstat = -1;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
	if (l->epoll < 0 || l->timer_fd < 0 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->timer_fd, &ev) != 0) {
		err_sys(e, "cannot make an event loop (raise 'ulimit -n'?)");
		loop_free(l);
		return -1;
	}
	*ret_loop = l;
	return 0;
}

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	close_fd(&l->epoll);
	close_fd(&l->timer_fd);
	close_fd(&l->schedstat);
	free(l->heap);
	free(l);
	return NULL;
}

void loop_set_gather(struct loop *l, uint64_t ns)
{
	l->gather = ns;
}

void loop_hurry(struct loop *l, int change)
{
	l->in_hurry += change;
	assert(l->in_hurry >= 0);
}

/* Let events come together; back in time for the first timer. */
static void gather(const struct loop *l, uint64_t wake)
{
	uint64_t until = l->now + l->gather;
	if (l->in_hurry > 0 || l->n_batch == BATCH_MAX)
		return;
	until = wake == UINT64_MAX ? until : MIN(until, wake - MIN(wake, WAKE_EARLY));
	if (until > clock_now())
		(void)clock_sleep_until(until);
}

void loop_set_deliver(struct loop *l, void (*deliver)(void *ctx), void *ctx)
{
	l->deliver = deliver;
	l->deliver_ctx = ctx;
}

uint64_t loop_now(const struct loop *l)
{
	return l->now;
}

int loop_add(struct loop *l, struct loop_watch *w, uint32_t epoll_events)
{
	struct epoll_event ev = {.events = epoll_events, .data.ptr = w};
	w->events = epoll_events;
	w->batch = w->batch_before = l->batch_no;
	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &ev);
}

int loop_again(struct loop *l, struct loop_watch *w)
{
	struct epoll_event ev = {.events = w->events, .data.ptr = w};
	return epoll_ctl(l->epoll, EPOLL_CTL_MOD, w->fd, &ev);
}

int loop_change(struct loop *l, struct loop_watch *w, uint32_t epoll_events)
{
	if (w->events == epoll_events)
		return 0;
	w->events = epoll_events;
	return loop_again(l, w);
}

void loop_remove(struct loop *l, struct loop_watch *w)
{
	if (w->fd >= 0)
		(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	for (int i = l->at_batch; i < l->n_batch; i++)
		if (l->batch[i].data.ptr == w)
			l->batch[i].events = 0;
}

static void heap_put(struct loop *l, size_t slot, struct loop_timer *t)
{
	l->heap[slot] = t;
	t->slot = slot;
}

static void heap_up(struct loop *l, struct loop_timer *t)
{
	size_t slot = t->slot;
	for (; slot > 1 && l->heap[slot / 2]->at > t->at; slot /= 2)
		heap_put(l, slot, l->heap[slot / 2]);
	heap_put(l, slot, t);
}

static void heap_down(struct loop *l, struct loop_timer *t)
{
	size_t slot = t->slot;
	for (;;) {
		size_t child = slot * 2;
		if (child > l->n_timers)
			break;
		if (child < l->n_timers && l->heap[child + 1]->at < l->heap[child]->at)
			child++;
		if (l->heap[child]->at >= t->at)
			break;
		heap_put(l, slot, l->heap[child]);
		slot = child;
	}
	heap_put(l, slot, t);
}

int loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ns)
{
	if (t->slot == 0) {
		if (l->n_timers + 2 > l->heap_room) {
			size_t room = MAX(l->heap_room * 2, (size_t)64);
			struct loop_timer **heap = realloc(l->heap, room * sizeof(*heap));
			if (!heap)
				return -1;
			l->heap = heap;
			l->heap_room = room;
		}
		t->slot = ++l->n_timers;
	}
	t->at = at_ns;
	heap_up(l, t);
	heap_down(l, t);
	return 0;
}

void loop_timer_clear(struct loop *l, struct loop_timer *t)
{
	size_t slot = t->slot;
	if (slot == 0)
		return;
	assert(l->heap[slot] == t);
	t->slot = 0;
	struct loop_timer *last = l->heap[l->n_timers--];
	if (last == t)
		return;
	heap_put(l, slot, last);
	heap_up(l, last);
	heap_down(l, last);
}

/* The timerfd is only moved to an earlier moment: waking once too often is cheaper than a system
 * call for each deadline that is pushed out. */
static void arm(struct loop *l, uint64_t at)
{
	if (at == UINT64_MAX || (l->armed != 0 && l->armed <= at))
		return;
	struct itimerspec spec = {
		.it_value.tv_sec = (time_t)(at / NS_PER_S),
		.it_value.tv_nsec = (long)(at % NS_PER_S),
	};
	if (at == 0)
		spec.it_value.tv_nsec = 1;	/* zero would disarm */
	l->armed = at;
	(void)timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* The moment comes first: should the thread lose its core between these readings, its costs hold
 * the loss and the moment does not. The other way round a wait would seem to have slept through
 * it, and find_awake() would say that nothing was there when it was.
 * false: this kernel does not count run-queue delays. */
static bool usage_take(struct loop *l, struct usage *u)
{
	char text[96];
	u->at = clock_now();
	u->cpu = clock_thread_cpu();
	if (l->schedstat == -1)
		l->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	if (l->schedstat < 0) {
		l->schedstat = -2;
		return false;
	}
	ssize_t n = pread(l->schedstat, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return false;
	text[n] = '\0';
	char *end;
	uint64_t ran = strtoull(text, &end, 10);
	u->run_delay = strtoull(end, NULL, 10);
	return ran > 0;
}

/* See loop_slept_until(): how long the thread has been runnable in a wait that slept. */
static void find_awake(struct loop *l)
{
	struct usage u;
	l->awake = 0;
	if (l->base.at == 0 || l->now - l->entered < SLEEP_MIN || !usage_take(l, &u))
		return;
	uint64_t runnable = u.cpu - l->base.cpu + u.run_delay - l->base.run_delay;
	uint64_t whole = u.at - l->base.at;
	/* more sleep than there was time before the wait: some of it was in the wait, so at its
	 * beginning nothing was ready */
	if (whole > runnable + WAKE_SLACK + (l->entered - l->base.at))
		l->awake = u.at - runnable - WAKE_SLACK;
}

void loop_adopt(struct loop *l)
{
	close_fd(&l->schedstat);
	l->base = (struct usage){0};
}

static int wait_for_batch(struct loop *l, bool block, uint64_t now, struct err *e)
{
	l->entered_before = l->entered;
	l->full_before = l->n_batch == BATCH_MAX;
	l->entered = now;
	/* where waits are short it would be taken for nothing, thousands of times a second */
	uint64_t age = l->slept ? SLEEP_MIN : BASE_AGE;
	if (block && l->entered - l->base.at > age && !usage_take(l, &l->base))
		l->base.at = 0;
	int n = epoll_wait(l->epoll, l->batch, BATCH_MAX, block ? -1 : 0);
	l->now = clock_now();
	l->slept = l->now - l->entered > SLEEP_MIN;
	l->n_batch = MAX(n, 0);
	l->batch_no++;
	if (n < 0 && errno != EINTR)
		return err_sys(e, "cannot wait for sockets");
	find_awake(l);
	return 0;
}

uint64_t loop_not_ready_at(const struct loop *l, const struct loop_watch *w)
{
	return !l->full_before && w->batch_before + 1 < l->batch_no ? l->entered_before : 0;
}

uint64_t loop_slept_until(const struct loop *l)
{
	return l->awake;
}

static void dispatch(struct loop *l)
{
	for (l->at_batch = 0; l->at_batch < l->n_batch;) {
		struct epoll_event *ev = &l->batch[l->at_batch++];
		struct loop_watch *w = ev->data.ptr;
		if (!w) {
			uint64_t count;
			if (read(l->timer_fd, &count, sizeof(count)) > 0)
				l->armed = 0;
		} else if (ev->events != 0) {
			w->batch_before = w->batch;
			w->batch = l->batch_no;
			w->ready(w, ev->events);
		}
	}
}

int loop_step(struct loop *l, uint64_t until_ns, struct err *e)
{
	uint64_t first = l->n_timers > 0 ? l->heap[1]->at : UINT64_MAX;
	uint64_t wake = MIN(first, until_ns), now = clock_now();
	bool block = wake > now;
	if (block && l->gather > 0) {
		gather(l, wake);
		now = clock_now();
	}
	if (block)
		arm(l, wake);
	if (wait_for_batch(l, block, now, e) != 0)
		return -1;
	dispatch(l);
	if (l->deliver)
		l->deliver(l->deliver_ctx);
	/* far from due: not worth a reading of the clock; the next step looks anyway */
	if (l->n_timers == 0 || l->heap[1]->at > l->now + DUE_SOON)
		return 0;
	/* timers set by timers wait for the next step, so that a step ends */
	uint64_t due = clock_now();
	while (l->n_timers > 0 && l->heap[1]->at <= due) {
		struct loop_timer *t = l->heap[1];
		loop_timer_clear(l, t);
		t->fire(t);
	}
	return 0;
}
