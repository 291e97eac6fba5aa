/* src/suite/fault_usage.c - see fault_usage.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault_usage.h"

#include <math.h>

#include "base/clock.h"
#include "base/stop.h"

#define POLL_NS		 (25 * NS_PER_MS)
#define SETTLE_NS	 (3 * NS_PER_S)
#define MIB		 (1024.0 * 1024.0)
#define GROWTH		 (4 * MIB)	/* of memory beside its noise, that makes us look again */
#define GROWTH_AGAIN	 (1 * MIB)	/* and each time the case is sent again */
#define PEAK		 (512 * MIB)	/* above rest, and 8 times what was sent */
#define LOG_BYTES	 (64.0 * 1024)
#define BASE64_RUN	 256
/* An allocator with an arena for each of many threads may grow several times running: the proof is
 * that growth goes on. Cases that take long are sent as often as fits, four times at least. */
#define REPEATS		 12
#define REPEATS_LEAST	 4
#define REPEATS_NS	 (120 * NS_PER_S)
#define LEARN		 12	/* good requests that show the noise of memory; */
#define LEARN_SKIP	 4	/* the first ones warm it up */

static void settle(struct bench *b, uint64_t most_ns, struct usage *ret)
{
	uint64_t start = clock_now();
	for (;;) {
		watch_read(b->watch, ret);
		uint64_t took = clock_now() - start;
		bool back = !(ret->fds > b->base.fds) && !(ret->threads > b->base.threads) &&
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

/* What of this grew, in words; mib: how much memory counts. */
static bool grew(const struct usage *from, const struct usage *to, double mib, char *what,
		 size_t size)
{
	const struct {
		double from, to;
		const char *words;
	} counts[] = {
		{from->running, to->running, "requests that still run"},
		{from->close_wait, to->close_wait, "connections in CLOSE_WAIT"},
		{from->fds, to->fds, "open files"},
		{from->threads, to->threads, "threads"},
		{from->temp_files, to->temp_files, "temporary files"},
	};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		if (!(counts[i].to > counts[i].from))
			continue;
		(void)snprintf(what, size, "%.0f %s instead of %.0f", counts[i].to,
			       counts[i].words, counts[i].from);
		return true;
	}
	if (!(to->rss > from->rss + mib))
		return false;
	(void)snprintf(what, size, "memory grew by %.1f MiB to %.1f MiB",
		       (to->rss - from->rss) / MIB, to->rss / MIB);
	return true;
}

bool usage_grew(const struct bench *b, const struct usage *from, const struct usage *to,
		char *what, size_t size)
{
	return grew(from, to, GROWTH + b->noise, what, size);
}

void usage_learn(struct bench *b)
{
	struct usage before, now;
	struct canary_report r = {0};
	b->noise = 0;
	for (int i = 0; i < LEARN && !stop_requested(); i++) {
		watch_read(b->watch, &before);
		(void)canary_ask(b->canary, &r);
		watch_read(b->watch, &now);
		if (i >= LEARN_SKIP && !isnan(now.rss) && !isnan(before.rss))
			b->noise = fmax(b->noise, now.rss - before.rss);
	}
	b->after_ns = r.slowest_ns;
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

static bool has_base64(const char *text)
{
	size_t run = 0;
	for (; *text && run < BASE64_RUN; text++) {
		bool in = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			  (*text >= '0' && *text <= '9') || *text == '+' || *text == '/';
		run = in ? run + 1 : 0;
	}
	return run == BASE64_RUN;
}

void usage_judge_log(struct bench *b, struct fault *f, const struct usage *after)
{
	char tail[16384];
	double more = after->log_bytes - b->base.log_bytes;
	watch_log_tail(b->watch, b->base.log_bytes, tail, sizeof(tail));
	if (more > MAX(LOG_BYTES, (double)f->sent_bytes / 4))
		fault_find(f, "leak", "the log grew by %.0f KiB", more / 1024);
	else if (more > 0 && has_base64(tail))
		fault_find(f, "leak", "the log holds the input in base64");
}

/* Something grew: does it grow each time, and stay so when all is at rest? */
static int repeat(struct bench *b, struct fault *f, struct usage *now, const char *first,
		  struct err *e)
{
	char what[160];
	uint64_t until = clock_now() + REPEATS_NS;
	const struct usage rest = b->base;
	const struct usage began = *now;
	double least = MAX(GROWTH_AGAIN, b->noise);
	bool grows = true;
	int n = 0;
	while (grows && n < REPEATS && (n < REPEATS_LEAST || clock_now() < until)) {
		struct usage before = *now;
		if (bench_send(b, f, e) < 0)
			return -1;
		if (b->gone || stop_requested())
			return 0;
		n++;
		b->base = before;
		settle(b, SETTLE_NS / 6, now);
		grows = grew(&before, now, least, what, sizeof(what));
	}
	b->base = began;
	if (grows)
		usage_settle(b, now);
	grows = grows && grew(&began, now, n * least, what, sizeof(what));
	b->base = rest;
	if (grows)
		fault_find(f, "leak", "%s; and it grew each of %d times that the case was sent "
			   "again: %s", first, n, what);
	else
		fault_saw(f, "%.100s; not each time when it was sent %d times more", first, n);
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
		fault_find(f, "leak", "%.0f requests still run %.0f s after it",
			   after.running, ns_to_s(SETTLE_NS));
	else if (usage_grew(b, &b->base, &after, what, sizeof(what)))
		rc = repeat(b, f, &after, what, e);
	b->base = after;
	return rc;
}
