/* src/suite/soak_mix.h - the slots of a soak: threads that send a mix of requests and count.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_SOAK_MIX_H
#define SUITE_SOAK_MIX_H

#include <pthread.h>
#include <stdatomic.h>

#include "suite/suite.h"

#define SOAK_SERVICES_MAX 16

/* What the user may set. */
struct soak_settings {
	struct soak_share {
		const char *service;
		double weight;
	} mix[SOAK_SERVICES_MAX];
	size_t n_mix;			/* 0: all services, evenly */
	const char *data;
	uint64_t duration_ns, pause_ns, window_ns;
	int64_t concurrency;
	double rate;			/* requests/s over all; 0: closed loop */
	int64_t seed, max_tokens;
	struct targets targets;
};

/* One service of the mix, and all that was counted of it. Guarded by the soak's lock. */
struct soak_service {
	const struct service *service;
	const struct sample *samples;
	size_t n_samples;
	double share;			/* of all requests */
	struct run *run;
	struct hist *latency;
	struct hist *window_latency;	/* of the running window */
	struct hist *first, *last;	/* first steady window, last whole window: for drift */
	struct run_window window;
	uint64_t busy_ns;		/* Σ time in flight in this window */
	uint64_t failing_since;		/* first of the failures in a row; 0: none */
	uint64_t failing_count;
};

struct soak {
	const struct soak_settings *settings;
	const struct suite_env *env;
	struct result *result;
	struct soak_service services[SOAK_SERVICES_MAX];
	size_t n_services;
	uint64_t start_ns, end_ns;
	pthread_mutex_t lock;
	atomic_uint_fast64_t next;	/* schedule index of the open loop */
	uint64_t windows;
	struct err failure;		/* of assay itself; the first one counts */
	atomic_bool failed;
};

/* Send until end_ns or until stop was requested; returns when every slot has ended. The
 * progress is told from the calling thread, which also closes the windows. */
int soak_send(struct soak *s, struct err *e);

#endif
