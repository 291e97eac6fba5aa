/* src/monitor/monitor.h - watch devices, host, processes and service metrics beside a run.
 *
 * One thread reads every sampler of the table; a reading that is not to be had is absent.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"
#include "result/result.h"

struct monitor_target {		/* a service to watch */
	const char *name;	/* "asr" */
	int64_t pid;		/* of its process tree; 0: not known */
	const char *metrics_url;	/* NULL: none */
};

/* One number, as a sampler read it. Texts are valid during the call only. */
struct reading {
	const char *source;	/* name of the sampler */
	const char *device;	/* "npu 0 chip 0", "host", "asr pid 123" */
	const char *name;	/* "utilization", "memory_used", … */
	const char *unit;	/* "%", "B", "W", "°C", … */
	double value;		/* never NaN */
	uint64_t at_ns;		/* CLOCK_MONOTONIC */
};

/* What else wants the readings as they come. Called from the sampler thread; must not block. */
struct monitor_listener {
	void (*reading)(void *ctx, const struct reading *r);
	void (*round)(void *ctx, uint64_t at_ns);	/* every sampler had its turn; or NULL */
	void *ctx;
};

/* GET a page. 0 when a reply came (*ret_status: HTTP), else -1. Must give up at the timeout. */
typedef int monitor_fetch(const char *url, uint64_t timeout_ns, struct buf *body, int *ret_status,
			  struct err *e);

/* All that this points to must stay until monitor_stop(). */
struct monitor_spec {
	uint64_t every_ns;	/* default 1 s */
	struct strings samplers;	/* "auto" or none: all that work here */
	struct strings pages;	/* URLs of Prometheus pages of the machine (npu-exporter, DCGM) */
	const struct monitor_target *targets;
	size_t n_targets;
	monitor_fetch *fetch;	/* NULL: no Prometheus pages can be read */
	const char *root;	/* folder in which /proc, /sys and /dev lie; NULL: "/" */
	struct monitor_listener listener;
	uint64_t tool_timeout_ns;	/* for npu-smi and nvidia-smi to answer; 0: 10 s */
	bool no_series;		/* nothing is kept; the listener has it all */
};

extern const struct opt monitor_options[];
void monitor_defaults(struct monitor_spec *spec);

struct monitor;

/* Start the thread. Samplers that cannot work here are left out; see monitor_why_not(). A name
 * that is no sampler is an error. */
int monitor_start(const struct monitor_spec *spec, struct monitor **ret_monitor, struct err *e);

/* Stop, and move all series into the result (NULL: nobody wants them). NULL is fine; returns
 * NULL. */
struct monitor *monitor_stop(struct monitor *m, struct result *r);

/* From now on the readings go to this listener too (NULL: no longer), and of each series at most
 * one reading per keep_every_ns is kept (0: all), so that hours do not fill the memory. When it
 * returns the listener before is not called any more. Not from within a listener. */
void monitor_listen(struct monitor *m, const struct monitor_listener *listener,
		    uint64_t keep_every_ns);

/* Devices seen now, as INTERFACES.md's `assay monitor --once`: {"devices": […], "error"?}. */
json_t *monitor_once(const struct monitor_spec *spec, struct err *e);

/* Samplers left out or failing and why, one per line; for the report's "skipped". */
void monitor_why_not(const struct monitor *m, struct strings *ret, struct arena *a);

/* host, devices, driver, cann for result->environment. Caller: decref. */
json_t *monitor_environment(void);

/* Name and summary of the i-th sampler; false at the end. */
bool monitor_sampler(size_t i, const char **ret_name, const char **ret_summary);

#endif
