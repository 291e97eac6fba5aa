/* tests/unit/http/test-loop.c - timers in order and never early, watches removed while dispatched.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/util.h"
#include "http/loop.h"

#define N 500

struct mark {
	struct loop_timer timer;
	uint64_t at, fired;
};

static struct mark marks[N];
static uint64_t last_at;
static int fired;

static void on_fire(struct loop_timer *t)
{
	struct mark *m = (struct mark *)t;
	m->fired = clock_now();
	assert_true(m->fired >= m->at);
	assert_true(m->at >= last_at);
	assert_int_equal(t->slot, 0);
	last_at = m->at;
	fired++;
}

static void test_timers(void **state)
{
	(void)state;
	struct loop *l = NULL;
	struct rng rng;
	int left = 0;
	assert_int_equal(loop_new(&l, NULL), 0);
	rng_init(&rng, 7);
	uint64_t start = clock_now();
	for (int i = 0; i < N; i++) {
		marks[i] = (struct mark){.timer.fire = on_fire};
		marks[i].at = start + NS_PER_MS + rng_below(&rng, 30 * NS_PER_MS);
		assert_int_equal(loop_timer_set(l, &marks[i].timer, marks[i].at), 0);
	}
	for (int i = 0; i < N; i++) {	/* a third is moved, a third is cleared */
		if (i % 3 == 1) {
			marks[i].at = start + NS_PER_MS + rng_below(&rng, 30 * NS_PER_MS);
			assert_int_equal(loop_timer_set(l, &marks[i].timer, marks[i].at), 0);
		} else if (i % 3 == 2) {
			loop_timer_clear(l, &marks[i].timer);
			loop_timer_clear(l, &marks[i].timer);
		}
		left += i % 3 != 2;
	}
	while (fired < left)
		assert_int_equal(loop_step(l, UINT64_MAX, NULL), 0);
	assert_int_equal(loop_step(l, clock_now() + 40 * NS_PER_MS, NULL), 0);
	assert_int_equal(fired, left);
	for (int i = 0; i < N; i++)
		assert_int_equal(marks[i].fired != 0, i % 3 != 2);
	loop_free(l);
}

static void test_until(void **state)
{
	(void)state;
	struct loop *l = NULL;
	assert_int_equal(loop_new(&l, NULL), 0);
	uint64_t until = clock_now() + 20 * NS_PER_MS;
	while (clock_now() < until)
		assert_int_equal(loop_step(l, until, NULL), 0);
	uint64_t before = clock_now();
	assert_int_equal(loop_step(l, 0, NULL), 0);
	assert_true(clock_now() - before < NS_PER_S);
	loop_free(l);
}

struct pipe_end {
	struct loop_watch watch;
	struct loop *loop;
	struct pipe_end *victim;
	int calls;
};

static void on_ready(struct loop_watch *w, uint32_t events)
{
	struct pipe_end *p = (struct pipe_end *)w;
	assert_true(events & EPOLLIN);
	p->calls++;
	loop_remove(p->loop, &p->victim->watch);
}

/* Both are ready in one batch; whichever comes first takes the other away. */
static void test_remove_in_batch(void **state)
{
	(void)state;
	struct loop *l = NULL;
	struct pipe_end ends[2];
	assert_int_equal(loop_new(&l, NULL), 0);
	for (int i = 0; i < 2; i++) {
		ends[i] = (struct pipe_end){.loop = l, .victim = &ends[!i]};
		ends[i].watch.fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
		ends[i].watch.ready = on_ready;
		assert_int_equal(loop_add(l, &ends[i].watch, EPOLLIN), 0);
	}
	assert_int_equal(loop_step(l, 0, NULL), 0);
	assert_int_equal(ends[0].calls + ends[1].calls, 1);
	for (int i = 0; i < 2; i++)
		close_fd(&ends[i].watch.fd);
	loop_free(l);
}

static uint64_t seen_ready, not_ready;

static void on_event(struct loop_watch *w, uint32_t events)
{
	struct pipe_end *p = (struct pipe_end *)w;
	uint64_t count;
	(void)events;
	assert_int_equal(read(w->fd, &count, sizeof(count)), sizeof(count));
	seen_ready = clock_now();
	not_ready = MAX(loop_not_ready_at(p->loop, w), loop_slept_until(p->loop));
	p->calls++;
}

static void on_write(struct loop_timer *t)
{
	uint64_t one = 1;
	struct mark *m = (struct mark *)t;
	m->fired = clock_now();
	assert_int_equal(write((int)m->at, &one, sizeof(one)), sizeof(one));
}

/* What was written at a known moment was not ready before it: the loop's claim must not be later
 * than the truth. */
static void test_not_ready_at(void **state)
{
	(void)state;
	struct loop *l = NULL;
	struct pipe_end end = {.watch.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	struct mark m = {.timer.fire = on_write, .at = (uint64_t)end.watch.fd};
	assert_int_equal(loop_new(&l, NULL), 0);
	end.loop = l;
	end.watch.ready = on_event;
	assert_int_equal(loop_add(l, &end.watch, EPOLLIN), 0);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(loop_timer_set(l, &m.timer, clock_now() + 2 * NS_PER_MS), 0);
		while (end.calls == i)
			assert_int_equal(loop_step(l, UINT64_MAX, NULL), 0);
		assert_true(not_ready <= seen_ready);
		assert_true(not_ready <= m.fired + 100 * NS_PER_US);
	}
	close_fd(&end.watch.fd);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_until),
		cmocka_unit_test(test_remove_in_batch),
		cmocka_unit_test(test_not_ready_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
