/* src/load/lane.c - see lane.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/lane.h"

#include <math.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/thread.h"
#include "base/util.h"
#include "load/lane_in.h"

#define TICK (100 * NS_PER_MS)
#define LOAD_NICE (-10)
#define LOAD_SLICE (100 * NS_PER_US)
#define PUBLISH_EVERY 5		/* ticks */
#define OPEN_SLOTS ((size_t)64)

static bool is_open_loop(const struct lane *l)
{
	return load_law(l->common->spec) != ARRIVAL_CLOSED;
}

/* This lane's part of n. */
static size_t share_of(const struct common *c, size_t index, size_t n)
{
	return n / c->n_lanes + (index < n % c->n_lanes);
}

int lane_new(struct common *c, size_t index, struct lane **ret, struct err *e)
{
	struct lane *l = calloc(1, sizeof(*l));
	if (!l)
		return err_sys(e, "cannot set up a load thread");
	l->common = c;
	l->index = index;
	size_t n = (size_t)c->spec->concurrency;
	l->share = share_of(c, index, is_open_loop(l) ? n : MAX(n, (size_t)1));
	if (net_new(&l->net, e) != 0 || site_link_init(&l->link, c->site, l->net, e) != 0) {
		lane_free(l);
		return -1;
	}
	/* of an open loop nobody knows how many there will be: a few, then as they are needed */
	size_t first = l->share;
	if (is_open_loop(l) && (first == 0 || first > OPEN_SLOTS))
		first = OPEN_SLOTS;
	if (slots_make(l, first) != 0) {
		if (e)
			*e = l->err;
		lane_free(l);
		return -1;
	}
	*ret = l;
	return 0;
}

struct lane *lane_free(struct lane *l)
{
	if (!l)
		return NULL;
	for (size_t i = 0; i < l->n_slots; i++)
		slot_free(l->slots[i]);
	free(l->slots);
	free(l->queue);
	meter_free(l->meter);
	(void)records_free(l->records);
	if (l->net)
		site_link_release(&l->link);
	net_free(l->net);
	free(l);
	return NULL;
}

static void abort_running(struct lane *l, const char *words)
{
	for (size_t i = 0; i < l->n_slots; i++)
		if (l->slots[i]->running)
			asking_abort(&l->slots[i]->asking, words);
}

/* Nothing new is sent from now on. */
static void stop_sending(struct lane *l, uint64_t at)
{
	l->stopped_at = at;
	meter_cut(l->meter, at);
	if (is_open_loop(l))
		open_stop(l, at);
	for (size_t i = 0; i < l->n_slots; i++) {
		struct slot *s = l->slots[i];
		if (s->pause.slot == 0)
			continue;
		loop_timer_clear(net_loop(l->net), &s->pause);
		l->waiting--;
		slot_put(s);
	}
}

void lane_break(struct lane *l)
{
	l->broken = true;
}

static void publish(struct lane *l)
{
	struct meter_now now = meter_now(l->meter);
	atomic_store_explicit(&l->now_ok, now.ok, memory_order_relaxed);
	atomic_store_explicit(&l->now_failed, now.failed, memory_order_relaxed);
	atomic_store_explicit(&l->now_p50, now.p50_s, memory_order_relaxed);
	atomic_store_explicit(&l->now_p99, now.p99_s, memory_order_relaxed);
}

static void on_tick(struct loop_timer *t)
{
	struct lane *l = (struct lane *)((char *)t - offsetof(struct lane, tick));
	uint64_t now = clock_now();
	if ((now / TICK) % PUBLISH_EVERY == 0)
		publish(l);
	bool enough = atomic_load_explicit(&l->common->enough, memory_order_relaxed);
	if ((stop_requested() || enough) && l->stopped_at == 0)
		stop_sending(l, now);
	if (stop_requested() && l->stopped_at != 0 && now - l->stopped_at > l->common->drain_ns)
		abort_running(l, "the run was ended before the answer was complete");
	(void)loop_timer_set(net_loop(l->net), t, now + TICK);
}

static bool finished(const struct lane *l)
{
	if (is_open_loop(l))
		return open_finished(l);
	return l->running == 0 && l->waiting == 0;
}

/* The idle list anew: a lane that runs its second phase has all its slots free. */
static void gather_slots(struct lane *l)
{
	l->idle = l->ready_slot = NULL;
	for (size_t i = 0; i < l->n_slots; i++) {
		slot_end_session(l->slots[i]);
		slot_put(l->slots[i]);
	}
}

/* Does no request wait for the end of another one? */
static bool may_gather(const struct lane *l)
{
	const struct load_spec *spec = l->common->spec;
	if (spec->gather_ns == 0)
		return false;
	if (is_open_loop(l))
		return l->queue_n == 0 && (l->share == 0 || l->running < l->share);
	return spec->pause_ns > spec->gather_ns || !closed_more(l, clock_now());
}

static void run_phase(struct lane *l)
{
	struct err *e = &l->err;
	gather_slots(l);
	l->tick.fire = on_tick;
	if (loop_timer_set(net_loop(l->net), &l->tick, clock_now() + TICK) != 0)
		lane_break(l);
	if (is_open_loop(l))
		open_begin(l);
	else
		closed_begin(l);
	while (!finished(l) && !l->broken) {
		loop_set_gather(net_loop(l->net), may_gather(l) ? l->common->spec->gather_ns : 0);
		if (loop_step(net_loop(l->net), UINT64_MAX, e) != 0)
			lane_break(l);
	}
	if (l->broken)
		stop_sending(l, clock_now());
	abort_running(l, "assay could not go on");
	loop_timer_clear(net_loop(l->net), &l->tick);
}

/* A load thread sleeps nearly always; when it is due it must not wait behind a service that fills
 * all cores of this machine. A short slice lets it run at once and costs nobody anything (kernels
 * since 6.12; others ignore it); the priority is only for those who may. */
static void be_prompt(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = {
		.size = sizeof(attr),
		.policy = SCHED_OTHER,
		.nice = LOAD_NICE,
		.runtime = LOAD_SLICE,
	};
	if (syscall(SYS_sched_setattr, 0, &attr, 0u) == 0)
		return;
	attr.nice = getpriority(PRIO_PROCESS, (id_t)gettid());
	(void)syscall(SYS_sched_setattr, 0, &attr, 0u);
}

static void *lane_main(void *arg)
{
	struct lane *l = arg;
	uint64_t cpu = clock_thread_cpu(), begin = clock_now(), one = 1;
	int cpus[256];
	int n = l->common->spec->pin ? thread_cpus(cpus, (int)ARRAY_LEN(cpus)) : 0;
	loop_adopt(net_loop(l->net));
	be_prompt();
	if (n > 0)
		(void)thread_pin(cpus[l->index % (size_t)n], NULL);
	run_phase(l);
	publish(l);
	l->report.cpu_ns = clock_thread_cpu() - cpu;
	l->report.wall_ns = clock_now() - MAX(begin, l->phase.start);
	net_reads(l->net, &l->report.reads_stamped, &l->report.reads_user);
	l->report.reads_stamped -= l->stamped_before;
	l->report.reads_user -= l->user_before;
	l->report.stopped_at = l->stopped_at;
	atomic_store(&l->done, true);
	ssize_t written = write(l->common->done_fd, &one, sizeof(one));
	(void)written;	/* the counter cannot be full */
	return NULL;
}

struct meter_spec lane_meter_spec(const struct common *c, const struct phase *p)
{
	return (struct meter_spec){
		.start = p->start,
		.end = p->end,
		.window_ns = c->spec->window_ns,
		.per_10s = c->per_10s,
		.limits = &c->limits,
	};
}

int lane_prepare(struct lane *l, bool measured, struct err *e)
{
	static const struct phase later = {.end = UINT64_MAX};
	struct keeper *keeper = measured ? l->common->work->keeper : NULL;
	if (keeper && records_new(keeper, &l->records, e) != 0)
		return -1;
	struct meter_spec spec = lane_meter_spec(l->common, &later);
	spec.records = l->records;
	l->meter = meter_free(l->meter);
	return meter_new(&spec, &l->meter, e);
}

int lane_start(struct lane *l, const struct phase *p, struct err *e)
{
	char name[16];
	meter_begin(l->meter, p->start, p->end);
	l->phase = *p;
	l->report = (struct lane_report){0};
	net_reads(l->net, &l->stamped_before, &l->user_before);
	l->stopped_at = 0;
	l->has_next = false;
	atomic_store(&l->done, false);
	atomic_store(&l->now_p50, (double)NAN);
	atomic_store(&l->now_p99, (double)NAN);
	(void)snprintf(name, sizeof(name), "load-%zu", l->index % 1000);
	return thread_start(&l->thread, name, lane_main, l, e);
}

int lane_join(struct lane *l, struct err *e)
{
	(void)pthread_join(l->thread, NULL);
	if (!l->broken)
		return 0;
	if (e)
		*e = l->err;
	return -1;
}

struct meter *lane_meter(struct lane *l)
{
	return l->meter;
}

struct lane_report lane_report(const struct lane *l)
{
	return l->report;
}

struct lane_now lane_now(const struct lane *l)
{
	return (struct lane_now){
		.ok = atomic_load_explicit(&l->now_ok, memory_order_relaxed),
		.failed = atomic_load_explicit(&l->now_failed, memory_order_relaxed),
		.p50_s = atomic_load_explicit(&l->now_p50, memory_order_relaxed),
		.p99_s = atomic_load_explicit(&l->now_p99, memory_order_relaxed),
		.done = atomic_load(&l->done),
	};
}
