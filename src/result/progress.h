/* src/result/progress.h - how long work tells its caller where it stands.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_PROGRESS_H
#define RESULT_PROGRESS_H

#include <stdint.h>

struct progress_state {
	const char *phase;	/* "performance asr-one", "faults asr" */
	double done;		/* 0 … 1; negative: not known */
	uint64_t ok, failed;
	double rate;		/* requests/s in the last second; NaN: not known */
	double in_flight;
	double p50_s, p99_s;	/* latency so far; NaN: not known */
	const char *note;	/* last thing that happened, or NULL */
};

/* Given to whatever takes long; update may be NULL. Called from the thread that works, at most
 * some times per second; must not block. */
struct progress {
	void (*update)(void *ctx, const struct progress_state *s);
	void *ctx;
};

static inline void progress_tell(const struct progress *p, const struct progress_state *s)
{
	if (p && p->update)
		p->update(p->ctx, s);
}

#endif
