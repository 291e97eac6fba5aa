/* tests/unit/monitor/collect.h - a listener that keeps the readings, and waits for rounds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_MONITOR_COLLECT_H
#define TESTS_UNIT_MONITOR_COLLECT_H

#include <math.h>
#include <pthread.h>
#include <time.h>

#include "monitor/monitor.h"
#include "monitor/proc.h"
#include "monitor/sampler.h"
#include "patience.h"
#include "tests/unit/unit.h"

struct kept {
	char source[32], device[128], name[64], unit[16];
	double value;
};

struct collect {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned rounds;
	struct kept items[1000];	/* the first 1000 */
	size_t n;
};

#define COLLECT_INIT {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER}

static inline void collect_reading(void *ctx, const struct reading *r)
{
	struct collect *c = ctx;
	(void)pthread_mutex_lock(&c->lock);
	if (c->n < ARRAY_LEN(c->items)) {
		struct kept *k = &c->items[c->n++];
		(void)snprintf(k->source, sizeof(k->source), "%s", r->source);
		(void)snprintf(k->device, sizeof(k->device), "%s", r->device);
		(void)snprintf(k->name, sizeof(k->name), "%s", r->name);
		(void)snprintf(k->unit, sizeof(k->unit), "%s", r->unit);
		k->value = r->value;
	}
	(void)pthread_mutex_unlock(&c->lock);
}

static inline void collect_round(void *ctx, uint64_t at_ns)
{
	struct collect *c = ctx;
	(void)at_ns;
	(void)pthread_mutex_lock(&c->lock);
	c->rounds++;
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->lock);
}

static inline struct monitor_listener collect_listener(struct collect *c)
{
	return (struct monitor_listener){collect_reading, collect_round, c};
}

/* Wait until n more rounds were done; false after 20 s (patience.h). */
static inline bool collect_wait(struct collect *c, unsigned n)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 20 * (time_t)patience_factor();
	(void)pthread_mutex_lock(&c->lock);
	unsigned goal = c->rounds + n;
	int rc = 0;
	while (c->rounds < goal && rc == 0)
		rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
	bool done = c->rounds >= goal;
	(void)pthread_mutex_unlock(&c->lock);
	return done;
}

/* The last value of a device's reading; NaN: none came. */
static inline double collect_last(struct collect *c, const char *device, const char *name)
{
	double value = NAN;
	(void)pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->items[i].device, device) == 0 &&
		    strcmp(c->items[i].name, name) == 0)
			value = c->items[i].value;
	(void)pthread_mutex_unlock(&c->lock);
	return value;
}

/* qemu-user writes /proc/self/stat itself, with zeroes for memory and processor time; nothing of
 * this process can be seen there then. Any other machine must have it. */
static inline void need_own_stat(void)
{
	struct proc_stat s;
	char text[1024];
	assert_true(proc_read(NULL, text, sizeof(text), "/proc/self/stat") > 0);
	assert_true(proc_parse_stat(text, &s));
	if (s.rss_pages == 0 && patience_factor() > 1)
		skip();
	assert_true(s.rss_pages > 0);
}

/* One round of one sampler without a thread. */
static inline int collect_turn(struct collect *c, const struct sampler *row, void *state,
			       uint64_t at_ns, struct err *e)
{
	struct sink out = {collect_reading, c, row->name, at_ns};
	return row->read(state, &out, e);
}

#endif
