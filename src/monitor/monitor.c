/* src/monitor/monitor.c - the sampler thread: rounds, waiting, and where readings go.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/thread.h"
#include "base/util.h"
#include "monitor/sampler.h"

#define SAMPLERS_MAX 16

struct slot {
	const struct sampler *row;
	void *state;		/* NULL: left out */
	struct err why;		/* it was left out, or its last round failed */
	uint64_t failed;	/* rounds that failed, this one included; 0: the last was good */
};

struct monitor {
	struct monitor_spec spec;
	struct slot slots[SAMPLERS_MAX];
	size_t n_slots;
	pthread_t thread;
	bool running;
	int wake;		/* eventfd: stop now */
	pthread_mutex_t lock;	/* of why and failed in the slots, and of lost */
	uint64_t lost;		/* readings for which there was no memory */
	struct series **series;	/* of the thread, until it was joined */
	size_t n_series, room;
	size_t next;		/* where the next reading's series most likely is */
	pthread_mutex_t ear;	/* of what monitor_listen() sets; held while it is called */
	struct monitor_listener second;
	uint64_t keep_every_ns;
};

const struct opt monitor_options[] = {
	{.name = "every", OPT_AT_DURATION(struct monitor_spec, every_ns), .def = "1s", .min = 0.1,
	 .max = 3600, .help = "time between two readings"},
	{.name = "samplers", OPT_AT_STRINGS(struct monitor_spec, samplers), .arg = "LIST",
	 .help = "what to read: auto (all that work here), or names (assay monitor --list)"},
	{.name = "pages", OPT_AT_STRINGS(struct monitor_spec, pages), .arg = "URLS",
	 .help = "Prometheus pages of the machine: npu-exporter, DCGM exporter"},
	{0},
};

void monitor_defaults(struct monitor_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	opt_defaults(monitor_options, spec);
}

static struct series *find_series(struct monitor *m, const struct reading *r)
{
	for (size_t i = 0; i < m->n_series; i++) {
		size_t at = (m->next + i) % m->n_series;
		struct series *s = m->series[at];
		if (strcmp(s->name, r->name) == 0 && strcmp(s->device, r->device) == 0 &&
		    strcmp(s->source, r->source) == 0) {
			m->next = at + 1;	/* readings come in the same order each time */
			return s;
		}
	}
	if (m->n_series == m->room) {
		size_t room = m->room ? m->room * 2 : 64;
		struct series **more = reallocarray(m->series, room, sizeof(struct series *));
		if (!more)
			return NULL;
		m->series = more;
		m->room = room;
	}
	struct series *s = series_new(r->source, r->device, r->name, r->unit);
	if (s)
		m->series[m->n_series++] = s;
	return s;
}

static void take_reading(void *ctx, const struct reading *r)
{
	struct monitor *m = ctx;
	if (m->spec.listener.reading)
		m->spec.listener.reading(m->spec.listener.ctx, r);
	(void)pthread_mutex_lock(&m->ear);
	uint64_t keep_every = m->keep_every_ns;
	if (m->second.reading)
		m->second.reading(m->second.ctx, r);
	(void)pthread_mutex_unlock(&m->ear);
	if (m->spec.no_series)
		return;
	struct series *s = find_series(m, r);
	if (s && s->n > 0 && r->at_ns - s->at_ns[s->n - 1] < keep_every)
		return;
	if (s && series_add(s, r->at_ns, r->value) == 0)
		return;
	(void)pthread_mutex_lock(&m->lock);
	m->lost++;
	(void)pthread_mutex_unlock(&m->lock);
}

typedef int turn_hook(void *state, struct sink *out, struct err *e);

static void turn(struct monitor *m, struct slot *s, turn_hook *hook)
{
	struct err e = {0};
	struct sink out = {
		.add = take_reading, .ctx = m, .source = s->row->name, .at_ns = clock_now(),
	};
	int rc = hook(s->state, &out, &e);
	(void)pthread_mutex_lock(&m->lock);
	if (rc < 0) {
		s->failed++;
		s->why = e;
	} else if (rc == 0) {
		s->failed = 0;
	}
	(void)pthread_mutex_unlock(&m->lock);
}

static void round_of_all(struct monitor *m, bool last)
{
	for (size_t i = 0; i < m->n_slots; i++) {
		struct slot *s = &m->slots[i];
		/* Those that answer later cannot answer any more in the last round. */
		if (s->state && !(last && s->row->fd))
			turn(m, s, s->row->read);
	}
	if (m->spec.listener.round)
		m->spec.listener.round(m->spec.listener.ctx, clock_now());
	(void)pthread_mutex_lock(&m->ear);
	if (m->second.round)
		m->second.round(m->second.ctx, clock_now());
	(void)pthread_mutex_unlock(&m->ear);
}

void monitor_listen(struct monitor *m, const struct monitor_listener *listener,
		    uint64_t keep_every_ns)
{
	(void)pthread_mutex_lock(&m->ear);
	m->second = listener ? *listener : (struct monitor_listener){0};
	m->keep_every_ns = keep_every_ns;
	(void)pthread_mutex_unlock(&m->ear);
}

/* Wait for the next round, and serve samplers whose answers come meanwhile. false: stop. */
static bool wait_until(struct monitor *m, uint64_t until_ns)
{
	for (;;) {
		struct pollfd fds[1 + SAMPLERS_MAX] = {{.fd = m->wake, .events = POLLIN}};
		struct slot *who[1 + SAMPLERS_MAX] = {NULL};
		nfds_t n = 1;
		for (size_t i = 0; i < m->n_slots; i++) {
			struct slot *s = &m->slots[i];
			int fd = s->state && s->row->fd ? s->row->fd(s->state) : -1;
			if (fd < 0)
				continue;
			fds[n] = (struct pollfd){.fd = fd, .events = POLLIN};
			who[n++] = s;
		}
		uint64_t now = clock_now();
		if (now >= until_ns)
			return true;
		const struct timespec left = clock_timespec(until_ns - now);
		if (ppoll(fds, n, &left, NULL) <= 0)
			continue;
		if (fds[0].revents)
			return false;
		for (nfds_t i = 1; i < n; i++)
			if (fds[i].revents)
				turn(m, who[i], who[i]->row->take);
	}
}

static void *sample(void *arg)
{
	struct monitor *m = arg;
	uint64_t next = clock_now();
	do {
		round_of_all(m, false);
		next += m->spec.every_ns;
		uint64_t now = clock_now();
		if (next < now)	/* a slow round: leave rounds out, never bunch them */
			next += (now - next + m->spec.every_ns - 1) / m->spec.every_ns *
				m->spec.every_ns;
	} while (wait_until(m, next));
	round_of_all(m, true);
	return NULL;
}

static const char *next_name(size_t i, const void *ctx)
{
	(void)ctx;
	const struct sampler *row = sampler_at(i);
	return row ? row->name : NULL;
}

static bool is_auto(const struct strings *names)
{
	return names->n == 0 || strings_has(names, "auto");
}

static int check_names(const struct strings *names, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->items[i], "auto") == 0 || sampler_find(names->items[i]))
			continue;
		const char *near = str_nearest(names->items[i], next_name, NULL);
		return err_set(e, ERR_USAGE,
			       "there is no sampler '%s'%s%s%s; assay monitor --list shows them",
			       names->items[i], near ? "; did you mean '" : "", near ? near : "",
			       near ? "'?" : "");
	}
	return 0;
}

static bool works(const struct monitor *m, const char *name)
{
	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slots[i].state && strcmp(m->slots[i].row->name, name) == 0)
			return true;
	return false;
}

static void open_samplers(struct monitor *m)
{
	const struct sampler *row;
	for (size_t i = 0; (row = sampler_at(i)) && m->n_slots < SAMPLERS_MAX; i++) {
		bool named = strings_has(&m->spec.samplers, row->name);
		if (!named && !is_auto(&m->spec.samplers))
			continue;
		if (!named && row->covered_by && works(m, row->covered_by))
			continue;
		struct slot *s = &m->slots[m->n_slots++];
		s->row = row;
		if (row->open(&m->spec, &s->state, &s->why) < 0)
			s->state = NULL;
	}
}

static void close_samplers(struct monitor *m)
{
	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slots[i].state)
			m->slots[i].row->close(m->slots[i].state);
}

/* Without its thread. */
static int monitor_new(const struct monitor_spec *spec, struct monitor **ret_monitor,
		       struct err *e)
{
	if (check_names(&spec->samplers, e) < 0)
		return -1;
	struct monitor *m = calloc(1, sizeof(*m));
	if (!m)
		return err_set(e, ERR_SYSTEM, "no memory for the monitor");
	m->spec = *spec;
	if (m->spec.every_ns == 0)
		m->spec.every_ns = NS_PER_S;
	(void)pthread_mutex_init(&m->lock, NULL);
	(void)pthread_mutex_init(&m->ear, NULL);
	m->wake = eventfd(0, EFD_CLOEXEC);
	if (m->wake < 0) {
		free(m);
		return err_sys(e, "cannot start the monitor");
	}
	open_samplers(m);
	*ret_monitor = m;
	return 0;
}

int monitor_start(const struct monitor_spec *spec, struct monitor **ret_monitor, struct err *e)
{
	struct monitor *m;
	if (monitor_new(spec, &m, e) < 0)
		return -1;
	if (thread_start(&m->thread, "assay-monitor", sample, m, e) < 0) {
		(void)monitor_stop(m, NULL);
		return -1;
	}
	m->running = true;
	*ret_monitor = m;
	return 0;
}

struct monitor *monitor_stop(struct monitor *m, struct result *r)
{
	if (!m)
		return NULL;
	uint64_t one = 1;
	if (m->running && write(m->wake, &one, sizeof(one)) == (ssize_t)sizeof(one))
		(void)pthread_join(m->thread, NULL);
	close_samplers(m);
	for (size_t i = 0; i < m->n_series; i++) {
		if (r)
			*ARENA_ADD(r->arena, r->series, r->n_series) = m->series[i];
		else
			(void)series_free(m->series[i]);
	}
	free(m->series);
	(void)close(m->wake);
	(void)pthread_mutex_destroy(&m->lock);
	(void)pthread_mutex_destroy(&m->ear);
	free(m);
	return NULL;
}

void monitor_why_not(const struct monitor *m, struct strings *ret, struct arena *a)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&m->lock;
	(void)pthread_mutex_lock(lock);
	for (size_t i = 0; i < m->n_slots; i++) {
		const struct slot *s = &m->slots[i];
		if (!s->state)
			strings_add(ret, a, arena_fmt(a, "%s: %s", s->row->name, s->why.text));
		else if (s->failed)
			strings_add(ret, a,
				    arena_fmt(a, "%s: the last %llu reading%s failed: %s",
					      s->row->name, (unsigned long long)s->failed,
					      str_plural(s->failed), s->why.text));
	}
	if (m->lost)
		strings_add(ret, a, arena_fmt(a, "no memory for %llu reading%s",
					      (unsigned long long)m->lost, str_plural(m->lost)));
	(void)pthread_mutex_unlock(lock);
}

/* Take over devices and the first error of one sampler's answer. */
static void join_once(json_t *all, json_t *one)
{
	json_t *devices = json_object_get(one, "devices");
	json_t *error = json_object_get(one, "error");
	if (devices)
		(void)json_array_extend(json_object_get(all, "devices"), devices);
	if (error && !json_object_get(all, "error"))
		(void)json_object_set(all, "error", error);
}

/* No device: say why, with the vendor's code when its tool gave one. */
static void put_reasons(const struct monitor *m, json_t *all)
{
	json_t *skipped = json_array();
	for (size_t i = 0; i < m->n_slots; i++) {
		const struct slot *s = &m->slots[i];
		if (s->state || !s->row->once || s->row == sampler_find("prometheus"))
			continue;
		(void)json_array_append_new(skipped, json_sprintf("%s: %s", s->row->name,
								  s->why.text));
		const char *code = strstr(s->why.text, "(-");
		if (!code || json_object_get(all, "error"))
			continue;
		json_t *error = json_object();
		json_put_int(error, "code", strtol(code + 1, NULL, 10));
		json_put_text(error, "message", s->why.text);
		json_put(all, "error", error);
	}
	json_put(all, "skipped", skipped);
	if (!json_object_get(all, "error")) {
		json_t *error = json_object();
		json_put_text(error, "message", "no accelerator can be read here");
		json_put(all, "error", error);
	}
}

json_t *monitor_once(const struct monitor_spec *spec, struct err *e)
{
	struct monitor *m;
	if (monitor_new(spec, &m, e) < 0)
		return NULL;
	json_t *all = json_pack("{s:[]}", "devices");
	for (size_t i = 0; i < m->n_slots; i++) {
		struct slot *s = &m->slots[i];
		if (!s->state || !s->row->once)
			continue;
		struct err why;
		CLEANUP(json_unref) json_t *one = s->row->once(s->state, &why);
		if (one)
			join_once(all, one);
	}
	if (json_array_size(json_object_get(all, "devices")) == 0)
		put_reasons(m, all);
	(void)monitor_stop(m, NULL);
	return all;
}
