/* src/monitor/sampler.h - the table of samplers: what each one can read.
 *
 * To add one: write its row in a file of its own and put it into the array of sampler.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_SAMPLER_H
#define MONITOR_SAMPLER_H

#include "monitor/monitor.h"

/* Where a sampler puts its readings. */
struct sink {
	void (*add)(void *ctx, const struct reading *r);
	void *ctx;
	const char *source;
	uint64_t at_ns;		/* set by the caller; a sampler may set a better moment */
};

/* A NaN or infinite value is a reading that is not to be had: nothing is added. */
void sink_add(struct sink *out, const char *device, const char *name, const char *unit,
	      double value);

struct sampler {
	const char *name;
	const char *summary;
	/* "auto" leaves this one out when the named one works: it reads the same, at less cost. */
	const char *covered_by;
	/* 0 with *ret_state, or -1: why it cannot work here and what to do. */
	int (*open)(const struct monitor_spec *spec, void **ret_state, struct err *e);
	void (*close)(void *state);
	/* One round. 0: read. 1: nothing was due, or it comes later (take). -1: why nothing, or
	 * not all, could be read this time. */
	int (*read)(void *state, struct sink *out, struct err *e);
	/* For samplers that get answers later: a fd to watch (-1: none now), and what to do
	 * when it is readable. Both NULL: none. */
	int (*fd)(void *state);
	int (*take)(void *state, struct sink *out, struct err *e);
	/* {"devices": […], "error"?} as of now; NULL for samplers of no device. */
	json_t *(*once)(void *state, struct err *e);
};

const struct sampler *sampler_at(size_t i);	/* in the order of use; NULL at the end */
const struct sampler *sampler_find(const char *name);

#endif
