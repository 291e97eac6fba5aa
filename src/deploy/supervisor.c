/* src/deploy/supervisor.c - see supervisor.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/supervisor.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/stop.h"
#include "base/thread.h"
#include "deploy/replica.h"
#include "deploy/state.h"

const char *replica_state_name(enum replica_state s)
{
	static const char *const names[] = {"starting", "warming", "ready", "backoff", "failed",
					    "stopped"};
	return names[s];
}

static json_t *proof_to_json(const struct proof *p)
{
	static const char *const names[] = {"not asked", "unknown", "holds", "refuted"};
	json_t *j = json_object();
	json_put_text(j, "state", names[p->state]);
	if (p->state == PROOF_NOT_ASKED)
		return j;
	json_put_real(j, "memory_growth_bytes", p->growth);
	json_put_real(j, "busy_percent", p->busy);
	json_put_bool(j, "process_row", p->row);
	json_put_text(j, "words", p->words);
	return j;
}

static json_t *warmth_to_json(const struct replica_view *v)
{
	json_t *list = json_array();
	for (size_t i = 0; i < REPLICA_ASKS_MAX; i++) {
		const struct warmth *w = &v->warmth[i];
		if (!w->first_ns)
			continue;
		json_t *j = json_object();
		json_put_text(j, "ask", w->ask);
		json_put_real(j, "first_s", ns_to_s(w->first_ns));
		json_put_int(j, "requests", w->requests);
		json_put_real(j, "last_s", w->requests > 1 ? ns_to_s(w->last_ns) : NAN);
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *replica_to_json(const struct replica *r, const struct accels *before)
{
	const struct launch *l = r->launch;
	const struct replica_view *v = &r->view;
	json_t *j = json_object();
	json_t *devices = json_array();
	json_put_text(j, "service", l->unit->name);
	json_put_int(j, "replica", l->replica);
	json_put_text(j, "state", replica_state_name(v->state));
	json_put_text(j, "reason", v->reason[0] ? v->reason : NULL);
	if (v->pid)
		json_put(j, "process", json_incref(v->process));
	json_put_int(j, "port", l->port);
	json_put_text(j, "url", l->url);
	json_put_text(j, "protocol", l->unit->protocol);
	json_put_text(j, "container", l->container);
	json_put_text(j, "runtime", l->unit->inside.runtime);
	json_put_text(j, "log", l->log);
	json_put_int(j, "restarts", v->restarts);
	json_put_real(j, "grace_s", ns_to_s(l->unit->grace_ns));
	json_put_real(j, "ready_s", v->ready_ns ? ns_to_s(v->ready_ns) : NAN);
	for (size_t i = 0; i < l->n_devices; i++) {
		const struct accel *x = accel_find(before, l->devices[i]);
		json_t *d = json_object();
		json_put_int(d, "id", l->devices[i]);
		json_put_real(d, "idle_bytes", x ? x->used : NAN);
		(void)json_array_append_new(devices, d);
	}
	json_put(j, "devices", devices);
	json_put(j, "requests", warmth_to_json(v));
	json_put(j, "proof", proof_to_json(&v->proof));
	return j;
}

void supervisor_write(struct supervisor *s)
{
	struct err e;
	CLEANUP(json_unref) json_t *j = json_object();
	json_t *list = json_array();
	json_put_int(j, "assay", 1);
	json_put_text(j, "name", s->spec->manifest->name);
	json_put_text(j, "file", s->spec->manifest->path);
	json_put(j, "supervisor", state_process(getpid()));
	for (size_t i = 0; i < s->n; i++)
		(void)json_array_append_new(list, replica_to_json(&s->replicas[i],
								  s->spec->before));
	json_put(j, "services", list);
	/* A full disk must not end the services: the next change writes again. */
	if (state_write(s->spec->dir, j, &e) < 0)
		(void)fprintf(stderr, "assay: %s\n", e.text);
}

void replica_say(struct replica *r, enum replica_state state, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)pthread_mutex_lock(&r->all->lock);
	r->view.state = state;
	(void)vsnprintf(r->view.reason, sizeof(r->view.reason), fmt, args);
	supervisor_write(r->all);
	(void)pthread_mutex_unlock(&r->all->lock);
	va_end(args);
}

/* Tell all threads, and wake those that wait for their process by asking it to end. */
static void stop_all(struct supervisor *s)
{
	(void)pthread_mutex_lock(&s->lock);
	atomic_store(&s->stopping, true);
	(void)pthread_cond_broadcast(&s->stop_cond);
	for (size_t i = 0; i < s->n; i++)
		if (s->replicas[i].view.pid > 0)
			(void)kill(-s->replicas[i].view.pid, SIGTERM);
	(void)pthread_mutex_unlock(&s->lock);
}

static void wait_for_stop(void)
{
	struct pollfd p = {.fd = stop_fd(), .events = POLLIN};
	while (!stop_requested())
		(void)poll(&p, 1, -1);
}

int supervise(const struct supervision *spec, struct err *e)
{
	struct supervisor s = {.spec = spec, .n = spec->n, .lock = PTHREAD_MUTEX_INITIALIZER,
			       .stop_cond = PTHREAD_COND_INITIALIZER};
	size_t started = 0;
	int rc = 0;
	s.replicas = calloc(s.n, sizeof(*s.replicas));
	if (!s.replicas)
		return err_set(e, ERR_SYSTEM, "no memory for %zu services", s.n);
	for (size_t i = 0; i < s.n; i++)
		s.replicas[i] = (struct replica){.all = &s, .launch = &spec->launches[i]};
	supervisor_write(&s);
	if (probe_media_new(&s.media, e) < 0)
		rc = -1;
	for (; rc == 0 && started < s.n; started++)
		if (thread_start(&s.replicas[started].thread, s.replicas[started].launch->id,
				 replica_main, &s.replicas[started], e) < 0) {
			rc = -1;
			break;
		}
	if (rc == 0)
		wait_for_stop();
	stop_all(&s);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(s.replicas[i].thread, NULL);
	(void)pthread_mutex_lock(&s.lock);
	supervisor_write(&s);
	(void)pthread_mutex_unlock(&s.lock);
	for (size_t i = 0; i < s.n; i++)
		json_decref(s.replicas[i].view.process);
	s.media = probe_media_free(s.media);
	free(s.replicas);
	return rc;
}
