/* src/suite/soak_watch.c - the monitor's readings during a soak: extremes of spans of seconds.
 *
 * Hours of readings do not fit into memory one by one; what is judged needs the lowest value of
 * half a minute. The newest values are offered as a Prometheus page.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "monitor/endpoint.h"
#include "suite/soak_in.h"

#define SERIES_MAX 1024
#define KEEP_NS	   (60 * NS_PER_S)
/* Readings that stay in the result of a soak, per series. */
#define READINGS_KEPT 2000

static const struct watched rows[] = {
	{"rss", "rss", "B/h", WATCHED_LEAK, LEAK_BUDGET_PER_HOUR},
	{"memory_used", "hbm", "B/h", WATCHED_LEAK, LEAK_BUDGET_PER_HOUR},
	{"fds", "fds", "1/h", WATCHED_LEAK, 4},
	{"threads", "threads", "1/h", WATCHED_LEAK, 4},
	{"ecc_*", "errors of memory", "count", WATCHED_COUNT, 0},
	{"temperature*", "temperature", "°C", WATCHED_SHOWN, 0},
};

struct soak_watch {
	pthread_mutex_t lock;		/* of series and their points */
	struct soak_series series[SERIES_MAX];
	size_t n;
	uint64_t span_ns, span_from;
	bool idle;
	bool listening;
	uint64_t lost;			/* points for which there was no memory */
	struct latest *latest;
	struct metrics_endpoint *page;
};

static const struct watched *row_of(const char *source, const char *name)
{
	if (strcmp(source, "host") == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].name);
		if (rows[i].name[len - 1] == '*' ? strncmp(rows[i].name, name, len - 1) == 0
						 : strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

static struct soak_series *find(struct soak_watch *w, const char *source, const char *device,
				const char *name)
{
	for (size_t i = 0; i < w->n; i++) {
		struct soak_series *t = &w->series[i];
		if (strcmp(t->name, name) == 0 && strcmp(t->device, device) == 0 &&
		    strcmp(t->source, source) == 0)
			return t;
	}
	const struct watched *row = row_of(source, name);
	if (!row || w->n == SERIES_MAX)
		return NULL;
	struct soak_series t = {.source = strdup(source), .device = strdup(device),
				.name = strdup(name), .row = row, .low = NAN, .high = NAN};
	if (!t.source || !t.device || !t.name) {
		free(t.source);
		free(t.device);
		free(t.name);
		return NULL;
	}
	w->series[w->n] = t;
	return &w->series[w->n++];
}

static bool add_point(struct soak_series *t, const struct soak_point *p)
{
	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		struct soak_point *more = reallocarray(t->points, room, sizeof(*more));
		if (!more)
			return false;
		t->points = more;
		t->room = room;
	}
	t->points[t->n++] = *p;
	return true;
}

static void on_reading(void *ctx, const struct reading *r)
{
	struct soak *s = ctx;
	struct soak_watch *w = s->watch;
	if (w->latest)
		latest_add(w->latest, r);
	(void)pthread_mutex_lock(&w->lock);
	struct soak_series *t = find(w, r->source, r->device, r->name);
	if (t) {
		t->low = fmin(t->low, r->value);	/* fmin() and fmax() skip NaN */
		t->high = fmax(t->high, r->value);
	}
	(void)pthread_mutex_unlock(&w->lock);
}

/* The span is over: its extremes become a point of each series that was read. */
static void end_span(struct soak *s, uint64_t at)
{
	struct soak_watch *w = s->watch;
	struct soak_point p = {.at_ns = at, .idle = w->idle};
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_services; i++) {
		p.requests += (double)(s->services[i].ok + s->services[i].failed);
		p.bytes += (double)s->services[i].bytes;
	}
	(void)pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < w->n; i++) {
		struct soak_series *t = &w->series[i];
		p.low = t->low;
		p.high = t->high;
		if (!isnan(t->low) && !add_point(t, &p))
			w->lost++;
		t->low = t->high = (double)NAN;
	}
	w->span_from = at;
}

static void on_round(void *ctx, uint64_t at)
{
	struct soak *s = ctx;
	struct soak_watch *w = s->watch;
	(void)pthread_mutex_lock(&w->lock);
	if (at - w->span_from >= w->span_ns)
		end_span(s, at);
	(void)pthread_mutex_unlock(&w->lock);
}

int soak_watch_begin(struct soak *s, struct err *e)
{
	const struct soak_settings *o = s->settings;
	struct soak_watch *w = s->watch;
	w->span_ns = MIN(MAX(o->window_ns / 6, NS_PER_S), 10 * NS_PER_S);
	w->span_from = clock_now();
	if (o->listen && !(w->latest = latest_new(KEEP_NS)))
		return err_set(e, ERR_SYSTEM, "no memory for the metrics page");
	if (o->listen && metrics_endpoint_start(o->listen, w->latest, &w->page, e) < 0)
		return -1;
	if (w->page)
		soak_log(s, "metrics on port %d at /metrics", metrics_endpoint_port(w->page));
	if (!s->env->monitor)
		return 0;
	const struct monitor_listener listener = {on_reading, on_round, s};
	monitor_listen(s->env->monitor, &listener, o->duration_ns / READINGS_KEPT);
	w->listening = true;
	return 0;
}

void soak_watch_idle(struct soak *s)
{
	struct soak_watch *w = s->watch;
	(void)pthread_mutex_lock(&w->lock);
	end_span(s, clock_now());
	w->idle = true;
	(void)pthread_mutex_unlock(&w->lock);
}

void soak_watch_end(struct soak *s)
{
	struct soak_watch *w = s->watch;
	if (w->listening)
		monitor_listen(s->env->monitor, NULL, 0);
	w->listening = false;
	w->page = metrics_endpoint_stop(w->page);
	w->latest = latest_free(w->latest);
}

void soak_watch_free(struct soak *s)
{
	struct soak_watch *w = s->watch;
	if (!w)
		return;
	soak_watch_end(s);
	for (size_t i = 0; i < w->n; i++) {
		free(w->series[i].source);
		free(w->series[i].device);
		free(w->series[i].name);
		free(w->series[i].points);
	}
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
	s->watch = NULL;
}

json_t *soak_watch_take(struct soak *s)
{
	struct soak_watch *w = s->watch;
	json_t *list = json_array();
	(void)pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->n; i++) {
		struct soak_series *t = &w->series[i];
		json_t *points = json_array();
		for (; t->saved < t->n; t->saved++) {
			const struct soak_point *p = &t->points[t->saved];
			(void)json_array_append_new(
				points, json_pack("[I,f,f,f,f,b]", (json_int_t)p->at_ns, p->low,
						  p->high, p->requests, p->bytes, (int)p->idle));
		}
		(void)json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:o}", "source",
							    t->source, "device", t->device,
							    "name", t->name, "points", points));
	}
	(void)pthread_mutex_unlock(&w->lock);
	return list;
}

int soak_watch_put(struct soak *s, const json_t *list, struct err *e)
{
	struct soak_watch *w = s->watch;
	size_t i, k;
	json_t *one, *v;
	int rc = 0;
	(void)pthread_mutex_lock(&w->lock);
	json_array_foreach(list, i, one) {
		struct soak_series *t = find(w, json_text(one, "source", ""),
					     json_text(one, "device", ""),
					     json_text(one, "name", ""));
		json_array_foreach(json_object_get(one, "points"), k, v) {
			struct soak_point p = {0};
			json_int_t at;
			int idle;
			if (t && json_unpack(v, "[I,F,F,F,F,b]", &at, &p.low, &p.high, &p.requests,
					     &p.bytes, &idle) == 0) {
				p.at_ns = (uint64_t)at;
				p.idle = idle;
				if (!add_point(t, &p))
					rc = err_set(e, ERR_SYSTEM, "no memory for readings");
				t->saved = t->n;
			}
		}
	}
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}

static void offer(struct soak *s, const char *device, const char *name, const char *unit,
		  double value)
{
	if (!isnan(value))
		latest_add(s->watch->latest,
			   &(struct reading){"soak", device, name, unit, value, clock_now()});
}

void soak_watch_tell(struct soak *s)
{
	if (!s->watch->latest)
		return;
	for (size_t i = 0; i < s->n_services; i++) {
		struct soak_service *v = &s->services[i];
		const char *name = v->service->name;
		(void)pthread_mutex_lock(&s->lock);
		double ok = (double)v->ok, failed = (double)v->failed;
		bool failing = v->failing_count >= 2;
		(void)pthread_mutex_unlock(&s->lock);
		offer(s, name, "requests_ok", "count", ok);
		offer(s, name, "requests_failed", "count", failed);
		offer(s, name, "failing", "count", failing);
		offer(s, name, "window_latency_p50", "s", v->p50);
		offer(s, name, "window_latency_p99", "s", v->p99);
	}
	offer(s, "soak", "windows", "count", (double)s->windows);
	offer(s, "soak", "windows_not_saved", "count", (double)(s->unsaved + s->n_pending));
}

const struct soak_series *soak_watch_at(const struct soak *s, size_t i)
{
	return i < s->watch->n ? &s->watch->series[i] : NULL;
}

int soak_watch_new(struct soak *s, struct err *e)
{
	s->watch = calloc(1, sizeof(*s->watch));
	if (!s->watch)
		return err_set(e, ERR_SYSTEM, "no memory for the readings of a soak");
	(void)pthread_mutex_init(&s->watch->lock, NULL);
	return 0;
}
