/* src/monitor/monitor.h - watch devices, host, processes and service metrics beside a run.
 *
 * One thread reads every sampler of the table; a reading that is not to be had is absent.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "result/result.h"

struct monitor_target {		/* a service to watch */
	const char *name;	/* "asr" */
	int64_t pid;		/* of its process tree; 0: not known */
	const char *metrics_url;	/* NULL: none */
};

struct monitor_spec {
	uint64_t every_ns;	/* default 1 s */
	struct strings samplers;	/* "auto": all that work here */
	const struct monitor_target *targets;
	size_t n_targets;
};

extern const struct opt monitor_options[];
void monitor_defaults(struct monitor_spec *spec);

struct monitor;

/* Start the thread. Samplers that cannot work here are left out; see monitor_why_not(). */
int monitor_start(const struct monitor_spec *spec, struct monitor **ret_monitor, struct err *e);

/* Stop, and move all series into the result. NULL is fine; returns NULL. */
struct monitor *monitor_stop(struct monitor *m, struct result *r);

/* Devices seen now, as INTERFACES.md's `assay monitor --once`: {"devices": […], "error"?}. */
json_t *monitor_once(const struct monitor_spec *spec, struct err *e);

/* Samplers left out and why, one per line; for the report's "skipped". */
void monitor_why_not(const struct monitor *m, struct strings *ret, struct arena *a);

/* host, devices, driver, cann for result->environment. Caller: decref. */
json_t *monitor_environment(void);

#endif
