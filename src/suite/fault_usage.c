/* src/suite/fault_usage.c - see fault_usage.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault_usage.h"

#include <math.h>

#include "base/clock.h"
#include "base/stop.h"
#include "stats/trend.h"

#define POLL_NS		 (25 * NS_PER_MS)
#define SETTLE_NS	 (3 * NS_PER_S)
#define MIB		 (1024.0 * 1024.0)
#define GROWTH		 (4 * MIB)	/* of memory beside its noise, that makes us look again */
#define GROWTH_AGAIN	 (1 * MIB)	/* and each time the case is sent again */
#define PEAK		 (512 * MIB)	/* above rest, and 8 times what was sent */
#define LOG_BYTES	 (64.0 * 1024)
#define LOG_LITTLE	 4096.0
#define LOG_USUAL	 2.0	/* times what a good request logs, for each that was sent */
#define BASE64_RUN	 256
#define BASE64_KINDS	 12
#define Z99		 2.3263478740408408
/* An allocator with an arena for each of many threads may grow several times running: the proof is
 * that growth goes on. Measured: two pictures of 4K take a service of ours up and down by 47 MiB,
 * within a bound. Cases that take long are sent as often as fits, four times at least. */
#define REPEATS		 12
#define REPEATS_LEAST	 4
#define REPEATS_NS	 (120 * NS_PER_S)
#define LEARN		 12	/* good requests that show the noise of memory; */
#define LEARN_SKIP	 4	/* the first ones warm it up */
#define LEARN_NS	 (10 * NS_PER_S)	/* a slow service is asked less often */

static void settle(struct bench *b, uint64_t most_ns, struct usage *ret)
{
	uint64_t start = clock_now();
	double logged = NAN;
	for (;;) {
		watch_read(b->watch, ret);
		uint64_t took = clock_now() - start;
		/* what is still being written would be found with the next case */
		bool quiet = !(ret->log_bytes > b->base.log_bytes + LOG_LITTLE) ||
			     ret->log_bytes == logged;
		logged = ret->log_bytes;
		bool back = quiet && !(ret->fds > b->base.fds) &&
			    !(ret->threads > b->base.threads) &&
			    !(ret->close_wait > b->base.close_wait) &&
			    !(ret->running > b->base.running);
		bool slim = !(ret->rss > b->base.rss + GROWTH + b->noise);
		if ((back && (slim || took > SETTLE_NS / 6)) || took > most_ns ||
		    stop_requested())
			return;
		(void)clock_sleep_until(clock_now() + POLL_NS);
	}
}

void usage_settle(struct bench *b, struct usage *ret)
{
	settle(b, SETTLE_NS, ret);
}

/* What can grow, the most telling first; memory last. */
static const struct quantity {
	size_t offset;		/* in struct usage */
	const char *words;
} quantities[] = {
	{offsetof(struct usage, running), "requests that still run"},
	{offsetof(struct usage, close_wait), "connections in CLOSE_WAIT"},
	{offsetof(struct usage, fds), "open files"},
	{offsetof(struct usage, threads), "threads"},
	{offsetof(struct usage, temp_files), "temporary files"},
	{offsetof(struct usage, rss), "memory"},
};
#define MEMORY (ARRAY_LEN(quantities) - 1)

static double value_of(const struct usage *u, size_t which)
{
	return *(const double *)(const void *)((const char *)u + quantities[which].offset);
}

/* Which of them grew; -1: none. mib: how much memory counts. */
static int grew(const struct usage *from, const struct usage *to, double mib, char *what,
		size_t size)
{
	for (size_t i = 0; i < ARRAY_LEN(quantities); i++) {
		double was = value_of(from, i), is = value_of(to, i);
		if (!(is > was + (i == MEMORY ? mib : 0)))
			continue;
		if (i == MEMORY)
			(void)snprintf(what, size, "memory grew by %.1f MiB to %.1f MiB",
				       (is - was) / MIB, is / MIB);
		else
			(void)snprintf(what, size, "%.0f %s instead of %.0f", is,
				       quantities[i].words, was);
		return (int)i;
	}
	return -1;
}

bool usage_grew(const struct bench *b, const struct usage *from, const struct usage *to,
		char *what, size_t size)
{
	return grew(from, to, GROWTH + b->noise, what, size) >= 0;
}

void usage_learn(struct bench *b)
{
	struct usage first, before, now;
	struct canary_report r = {0};
	uint64_t until = clock_now() + LEARN_NS;
	b->noise = 0;
	watch_read(b->watch, &first);
	for (int i = 0; i < LEARN && clock_now() < until && !stop_requested(); i++) {
		watch_read(b->watch, &before);
		(void)canary_ask(b->canary, &r);
		watch_read(b->watch, &now);
		if (i >= LEARN_SKIP && !isnan(now.rss) && !isnan(before.rss))
			/* what goes down goes up and down; what only grows may be a leak */
			b->noise = fmax(b->noise, before.rss - now.rss);
	}
	b->after_ns = r.slowest_ns;
	usage_settle(b, &now);
	double logged = r.sent > 0 ? (now.log_bytes - first.log_bytes) / (double)r.sent : 0;
	b->log_each = isnan(logged) ? 0 : fmax(0, logged);
	b->asked = canary_asked(b->canary);
}

void usage_judge_peak(struct bench *b, struct fault *f, const struct usage *after)
{
	double more = after->peak - b->base.rss;
	double budget = MAX(PEAK, 8 * (double)f->sent_bytes);
	if (more > budget)
		fault_find(f, "leak", "memory rose by %.0f MiB for %.2f MiB that were sent; "
			   "%.0f MiB allowed", more / MIB, (double)f->sent_bytes / MIB,
			   budget / MIB);
}

/* A long run of base64's characters, of at least a dozen kinds: a name of one letter is none. */
static bool has_base64(const char *text)
{
	size_t run = 0, kinds = 0;
	bool seen[256] = {false};
	for (; *text && (run < BASE64_RUN || kinds < BASE64_KINDS); text++) {
		unsigned char c = (unsigned char)*text;
		bool in = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '+' || c == '/';
		if (!in) {
			run = kinds = 0;
			memset(seen, 0, sizeof(seen));
			continue;
		}
		run++;
		kinds += !seen[c];
		seen[c] = true;
	}
	return run >= BASE64_RUN && kinds >= BASE64_KINDS;
}

void usage_judge_log(struct bench *b, struct fault *f, const struct usage *after)
{
	char tail[16384];
	double more = after->log_bytes - b->base.log_bytes;
	uint64_t asked = canary_asked(b->canary);
	double usual = LOG_USUAL * b->log_each * (double)(f->requests + asked - b->asked);
	b->asked = asked;
	watch_log_tail(b->watch, b->base.log_bytes, tail, sizeof(tail));
	if (more > MAX(LOG_BYTES, (double)f->sent_bytes / 4) + usual)
		fault_find(f, "leak", "the log grew by %.0f KiB", more / 1024);
	else if (more > 0 && has_base64(tail))
		fault_find(f, "leak", "the log holds the input in base64");
}

/* Readings of one quantity after each time that the case was sent again. */
struct growth {
	double x[REPEATS], y[REPEATS];
	size_t n;
	double least;	/* each time, to count */
};

/* Memory that is freed and kept here and there jumps up and down by what a request needs; a step
 * comes once. What leaks has a slope through all of it. */
static bool may_leak(const struct growth *g)
{
	double slope, low, high;
	if (g->n < REPEATS_LEAST)
		return true;
	return theil_sen(g->x, g->y, g->n, Z99, &slope, &low, &high, NULL) == 0 &&
	       slope >= g->least;
}

static bool leaks(const struct growth *g)
{
	double slope = 0, low = 0, high = 0;
	bool each = g->n >= REPEATS_LEAST;
	for (size_t i = 1; i < g->n; i++)
		each = each && g->y[i] - g->y[i - 1] >= g->least;
	return each || (may_leak(g) && g->n >= REPEATS_LEAST &&
			theil_sen(g->x, g->y, g->n, Z99, &slope, &low, &high, NULL) == 0 &&
			low >= g->least / 2);
}

/* Something grew: does it go on growing, and stay so when all is at rest? */
static int repeat(struct bench *b, struct fault *f, struct usage *now, int which,
		  const char *first, struct err *e)
{
	uint64_t until = clock_now() + REPEATS_NS;
	const struct usage rest = b->base;
	bool memory = which == (int)MEMORY;
	double began = value_of(now, (size_t)which);
	struct growth g = {.least = memory ? MAX(GROWTH_AGAIN, b->noise) : 0.5};
	while (g.n < REPEATS && may_leak(&g) && (g.n < REPEATS_LEAST || clock_now() < until)) {
		b->base = *now;
		int rc = bench_send(b, f, e);
		if (rc == 0)
			settle(b, SETTLE_NS / 6, now);
		b->base = rest;
		if (rc < 0 || b->gone || stop_requested())
			return rc;
		g.x[g.n] = (double)g.n;
		g.y[g.n++] = value_of(now, (size_t)which);
	}
	bool leak = leaks(&g);
	if (leak)
		usage_settle(b, now);
	double grown = value_of(now, (size_t)which) - began;
	double unit = memory ? MIB : 1;
	if (leak && grown >= (double)g.n * g.least / 2)
		fault_find(f, "leak", "%s; and it went on growing when the case was sent %zu times "
			   "more: by %.1f%s of %s", first, g.n, grown / unit, memory ? " MiB" : "",
			   quantities[which].words);
	else
		fault_saw(f, "%.100s; it did not go on growing when it was sent %zu times more",
			  first, g.n);
	return 0;
}

int usage_judge(struct bench *b, struct fault *f, struct err *e)
{
	struct usage after;
	char what[160];
	int rc = 0;
	usage_settle(b, &after);
	usage_judge_peak(b, f, &after);
	usage_judge_log(b, f, &after);
	if (after.running > b->base.running)
		fault_find(f, "leak", "requests that still run %.0f s after it: %.0f",
			   ns_to_s(SETTLE_NS), after.running);
	int which = grew(&b->base, &after, GROWTH + b->noise, what, sizeof(what));
	if (which >= 0 && !(after.running > b->base.running))
		rc = repeat(b, f, &after, which, what, e);
	b->base = after;
	return rc;
}
