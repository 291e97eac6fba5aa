/* src/suite/soak_in.h - inside of the soak: what is counted, and who counts it.
 *
 * Slots (soak_mix.c) count into the running window of their service. The main thread closes
 * windows (soak_window.c): what a window counted is added to the totals, saved (soak_keep.c) and
 * forgotten. Reading back a killed soak adds the same windows to the totals again, so a resumed
 * soak is the soak. Readings of the monitor come in on its thread (soak_watch.c) and are judged at
 * the end (soak_judge.c).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_SOAK_IN_H
#define SUITE_SOAK_IN_H

#include <pthread.h>
#include <stdatomic.h>

#include "monitor/latest.h"
#include "stats/trend.h"
#include "suite/suite.h"

#define SOAK_SERVICES_MAX 16
#define SOAK_OUTAGES_MAX  64	/* per service that end in one window */
#define SOAK_FAILURES_MAX 64	/* kinds of failures that are told apart */
#define SOAK_PENDING_MAX  64	/* windows that wait until the disk takes them */

/* What the user may set. */
struct soak_settings {
	struct soak_share {
		const char *service;
		double weight;
	} mix[SOAK_SERVICES_MAX];
	size_t n_mix;			/* 0: all services, evenly */
	uint64_t duration_ns, pause_ns, window_ns, idle_ns;
	int64_t concurrency;
	double rate;			/* requests/s over all; 0: closed loop */
	int64_t seed, max_tokens;
	struct targets targets;
	const char *listen;		/* [HOST:]PORT of the Prometheus page */
	/* of the command alone */
	const char *resume, *status;
	bool detach;
};

enum soak_metric {
	SOAK_LATENCY, SOAK_SERVICE_TIME, SOAK_TTFT, SOAK_TTFA, SOAK_RTF, SOAK_METRICS
};
const char *soak_metric_name(int metric);

struct soak_failure {
	enum outcome outcome;
	int status;
	uint64_t count;
	char sample_id[64], detail[300];	/* of the first */
};

/* What one window counted of one service. */
struct soak_count {
	uint64_t started, unsent;
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t busy_ns;		/* Σ time in flight of those that ended */
	uint64_t bytes;			/* media sent and sound received */
	double audio_s;			/* of ok requests */
	struct hist *hists[SOAK_METRICS];
	struct soak_failure failures[SOAK_FAILURES_MAX];
	size_t n_failures;
	struct outage outages[SOAK_OUTAGES_MAX];
	size_t n_outages;
};

/* One service of the mix. Everything that slots touch is guarded by the soak's lock. */
struct soak_service {
	const struct service *service;
	const struct sample *samples;
	size_t n_samples;
	double share;			/* of all requests */
	struct soak_count *now;		/* slots count here */
	struct soak_count *closing;	/* the main thread's, when a window was closed */
	uint64_t ok, failed, bytes;	/* so far, all windows */
	uint64_t failing_since;		/* CLOCK_MONOTONIC */
	uint64_t failing_count;		/* failures since the last ok answer */

	/* of the main thread */
	struct run *run;
	uint64_t total_bytes;
	double audio_s;
	struct hist *first;		/* latency of the second sixth of the soak */
	struct hist *recent[2];		/* of the last sixth, in two halves that take turns */
	double recent_from_s;		/* where the newer half began; NaN: not yet */
	double p50, p99;		/* of the last window, for those who look on */
	struct outage open;		/* when a killed part ended in one: seconds > 0 */
};

struct soak_watch;

struct soak {
	const struct soak_settings *settings;
	const struct suite_env *env;
	struct result *result;
	struct soak_service services[SOAK_SERVICES_MAX];
	size_t n_services;
	pthread_mutex_t lock;
	uint64_t start_ns, end_ns;	/* of this part's load */
	uint64_t base;			/* schedule index at start_ns */
	atomic_uint_fast64_t next;	/* schedule index of the next request */
	struct err failure;		/* of assay itself; the first one counts */
	atomic_bool failed;

	/* of the main thread */
	struct soak_part part;
	uint64_t windows;		/* closed, in all parts; the next one's number */
	uint64_t first_start_ns, first_start_wall_ns;	/* of the first part of this boot */
	double measured_s;		/* Σ of this boot's windows under load */
	double before_s;		/* Σ of windows before a reboot */
	uint64_t window_from_ns;
	bool saving;			/* a part was begun in the store */
	struct soak_pending *pending;
	size_t n_pending;
	uint64_t unsaved;		/* windows that no disk took */
	uint64_t unlogged;		/* lines of the log */
	struct soak_watch *watch;
};

/* ---- soak_mix.c ---- */

/* Send until end_ns or until stop was requested; returns when every slot has ended. Windows are
 * closed and progress is told from the calling thread. */
int soak_send(struct soak *s, struct err *e);
/* Wait; false when stop was requested first. */
bool soak_wait_until(uint64_t moment);
/* Which service request number i goes to, and which of its samples, by the seed alone. */
void soak_draw(const struct soak *s, uint64_t i, size_t *ret_service, uint64_t *ret_sample);

/* ---- soak_window.c ---- */

int soak_count_new(struct soak_count **ret, struct err *e);
struct soak_count *soak_count_free(struct soak_count *c);
void soak_count_failure(struct soak_count *c, const struct soak_failure *f);
/* Take the running windows away from the slots and add them up. idle: nothing was sent. */
int soak_close(struct soak *s, bool idle, struct err *e);
/* The same from what was saved. */
int soak_replay(struct soak *s, uint64_t number, const json_t *json, bool same_boot,
		struct err *e);

/* ---- soak_keep.c ---- */

/* Begin a part in the store, after reading what is there of a soak that is resumed. */
int soak_keep_begin(struct soak *s, struct err *e);
/* A closed window: into the store, and a line into DIR/soak.log. Never fails: what no disk takes
 * is counted. Takes json over. */
void soak_keep_window(struct soak *s, const struct soak_row *rows, json_t *json);
void soak_keep_end(struct soak *s);
void soak_log(struct soak *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- soak_watch.c ---- */

enum watched_kind { WATCHED_LEAK, WATCHED_COUNT, WATCHED_SHOWN };
struct watched {
	const char *name;	/* as samplers call it; ends in '*': what begins so */
	const char *what, *unit;
	enum watched_kind kind;
	double budget;		/* WATCHED_LEAK: growth per hour that nobody minds */
};

/* One quantity of one device: the extremes of spans of some seconds. */
struct soak_series {
	char *source, *device, *name;
	const struct watched *row;
	struct soak_point {
		uint64_t at_ns;		/* CLOCK_MONOTONIC */
		double low, high;
		double requests, bytes;	/* of the mix, so far */
		bool idle;
	} *points;
	size_t n, room;
	size_t saved;			/* points that are in windows already */
	double low, high;		/* of the running span; NaN: nothing came */
};

int soak_watch_new(struct soak *s, struct err *e);
int soak_watch_begin(struct soak *s, struct err *e);	/* listen, offer the page */
void soak_watch_idle(struct soak *s);		/* from here on nothing is sent */
void soak_watch_end(struct soak *s);		/* no more readings; they stay */
void soak_watch_free(struct soak *s);
/* Readings since the last window, and those of a saved window. */
json_t *soak_watch_take(struct soak *s);
int soak_watch_put(struct soak *s, const json_t *list, struct err *e);
/* Numbers of the soak itself on the Prometheus page. */
void soak_watch_tell(struct soak *s);
/* The series in turn; NULL at the end. After soak_watch_end(). */
const struct soak_series *soak_watch_at(const struct soak *s, size_t i);

/* ---- soak_judge.c ---- */

/* One series of readings. origin_ns: zero of its times. false: it says nothing. */
bool soak_judge_series(const struct soak_series *series, uint64_t origin_ns, struct arena *a,
		       struct leak_result *ret);
/* All that was counted and read, into the result. */
void soak_judge(struct soak *s);

#endif
