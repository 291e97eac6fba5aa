/* src/load/meter.h - what one load thread counts; merged when all have ended.
 *
 * Nothing is allocated per request: memory is fixed but for the timeline, which grows with time.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_METER_H
#define LOAD_METER_H

#include "load/limits.h"
#include "load/observe.h"
#include "load/record.h"
#include "load/timeline.h"

struct meter;

struct meter_spec {
	uint64_t start;			/* of the window, ns */
	uint64_t end;			/* of the window; UINT64_MAX: a run by count */
	uint64_t window_ns;		/* of the timeline */
	enum per_10s per_10s;
	const struct limits *limits;	/* borrowed */
	struct records *records;	/* borrowed; NULL: single requests are not kept */
};

int meter_new(const struct meter_spec *spec, struct meter **ret, struct err *e);
struct meter *meter_free(struct meter *m);

/* The window, where it was not known when the meter was made; nothing is recorded yet. */
void meter_begin(struct meter *m, uint64_t start, uint64_t end);

/* A request has ended. false: no memory (timeline). */
bool meter_record(struct meter *m, const struct question *q);

/* The window ends earlier than planned: what ends after it is not in the rates. */
void meter_cut(struct meter *m, uint64_t end);

void meter_unsent(struct meter *m, uint64_t n);

struct meter_now {	/* so far, for progress */
	uint64_t ok, failed;
	double p50_s, p99_s;	/* NaN: none */
};
struct meter_now meter_now(const struct meter *m);

/* Add what it holds of a number so far, from another thread than that which records. */
void meter_peek(const struct meter *m, enum observed what, struct hist *into);

/* What one counted goes into another of the same window; `from` is of no use afterwards. */
int meter_merge(struct meter *into, struct meter *from, struct err *e);

/* Into the run: counts, metrics, rates, windows, failures, moments. window_end: of the window, or
 * UINT64_MAX for a run by count: of its last request (found here). Once. */
int meter_finish(struct meter *m, uint64_t window_end, struct result *r, struct run *run,
		 struct err *e);

/* All that it holds, with its moments as offsets from spec->start, for another host; and back into
 * a new meter, whose spec says when that is here. Texts go into the arena. */
json_t *meter_to_json(struct meter *m, struct err *e);	/* NULL: no memory */
int meter_from_json(struct meter *into, const json_t *j, struct arena *a, struct err *e);

#endif
