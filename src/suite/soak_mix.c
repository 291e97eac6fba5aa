/* src/suite/soak_mix.c - see soak_mix.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/soak_mix.h"

#include <math.h>
#include <poll.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/stop.h"
#include "base/thread.h"
#include "client/client.h"

#define SLOTS_MAX     256
#define TELL_EVERY_NS (NS_PER_S / 2)
#define DETAIL_BYTES  200

struct slot {
	struct soak *soak;
	pthread_t thread;
	struct rng rng;
	struct client *clients[SOAK_SERVICES_MAX];
	size_t turns[SOAK_SERVICES_MAX];
	int number;
};

/* False when stop was requested first. */
static bool wait_until(uint64_t moment)
{
	for (;;) {
		uint64_t now = clock_now();
		if (stop_requested())
			return false;
		if (now >= moment)
			return true;
		uint64_t left = moment - now;
		struct timespec ts = {.tv_sec = (time_t)(left / NS_PER_S),
				      .tv_nsec = (long)(left % NS_PER_S)};
		struct pollfd p = {.fd = stop_fd(), .events = POLLIN};
		(void)ppoll(&p, p.fd >= 0, &ts, NULL);
	}
}

static size_t draw_service(struct slot *slot)
{
	double x = rng_unit(&slot->rng);
	const struct soak *s = slot->soak;
	for (size_t i = 0; i + 1 < s->n_services; i++) {
		x -= s->services[i].share;
		if (x < 0)
			return i;
	}
	return s->n_services - 1;
}

static void note_failure(struct soak *s, struct soak_service *v, const struct call *call,
			 const char *id)
{
	struct run *run = v->run;
	for (size_t i = 0; i < run->n_failures; i++)
		if (run->failures[i].outcome == call->outcome &&
		    run->failures[i].status == call->status) {
			run->failures[i].count++;
			return;
		}
	const struct buf *error = &call->answer.error;
	char *detail = arena_strn(s->result->arena, error->data ? error->data : "",
				  str_utf8_cut(error->data, error->len, DETAIL_BYTES));
	for (char *p = detail; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	if (str_utf8_valid(detail, strlen(detail)) != strlen(detail))
		detail = arena_str(s->result->arena, "(not UTF-8)");
	*ARENA_ADD(s->result->arena, run->failures, run->n_failures) = (struct failure_example){
		.outcome = call->outcome,
		.status = call->status,
		.count = 1,
		.sample_id = arena_str(s->result->arena, id),
		.detail = detail,
	};
}

/* Two failures in a row or more, until the next answer, are an outage. */
static void note_outage(struct soak *s, struct soak_service *v, const struct call *call)
{
	struct soak_result *r = &s->result->soak;
	if (call->outcome != OUTCOME_OK) {
		if (v->failing_count++ == 0)
			v->failing_since = call->start;
		return;
	}
	if (v->failing_count >= 2)
		*ARENA_ADD(s->result->arena, r->outages, r->n_outages) = (struct outage){
			.from_wall_ns =
				s->result->start_wall_ns + (v->failing_since - s->result->start_ns),
			.seconds = ns_to_s(call->end - v->failing_since),
		};
	v->failing_count = 0;
}

static void count(struct soak *s, struct soak_service *v, const struct call *call,
		  uint64_t intended, const char *id)
{
	uint64_t end = MAX(call->end, call->start);
	(void)pthread_mutex_lock(&s->lock);
	v->run->attempted++;
	v->run->outcomes[call->outcome]++;
	v->busy_ns += end - call->start;
	if (isnan(v->run->first_request_s))
		v->run->first_request_s = ns_to_s(end - intended);
	if (call->outcome == OUTCOME_OK) {
		v->window.ok++;
		hist_record(v->latency, end - intended);
		hist_record(v->window_latency, end - intended);
	} else {
		v->window.failed++;
		note_failure(s, v, call, id);
	}
	note_outage(s, v, call);
	(void)pthread_mutex_unlock(&s->lock);
}

static void give_up(struct soak *s, const struct err *e)
{
	(void)pthread_mutex_lock(&s->lock);
	if (!s->failed)
		s->failure = *e;
	s->failed = true;
	(void)pthread_mutex_unlock(&s->lock);
}

static int one_request(struct slot *slot, uint64_t intended, struct err *e)
{
	struct soak *s = slot->soak;
	size_t i = draw_service(slot);
	struct soak_service *v = &s->services[i];
	const struct sample *sample =
		&v->samples[(slot->turns[i]++ * 7 + (size_t)slot->number) % v->n_samples];
	struct call call;
	call_init(&call, sample);
	call.ask.keep = false;
	call.ask.max_tokens = s->settings->max_tokens;
	(void)pthread_mutex_lock(&s->lock);
	v->window.started++;
	(void)pthread_mutex_unlock(&s->lock);
	int rc = client_call(slot->clients[i], &call, e);
	if (rc == 0)
		count(s, v, &call, intended, sample->id);
	call_release(&call);
	return rc;
}

static uint64_t next_intended(struct slot *slot, uint64_t last_end)
{
	struct soak *s = slot->soak;
	if (s->settings->rate <= 0)
		return last_end + s->settings->pause_ns;
	uint64_t i = atomic_fetch_add(&s->next, 1);
	return s->start_ns + (uint64_t)((double)i / s->settings->rate * 1e9);
}

static void *slot_main(void *arg)
{
	struct slot *slot = arg;
	struct soak *s = slot->soak;
	struct err e;
	uint64_t intended = s->start_ns;
	for (size_t i = 0; i < s->n_services; i++)
		if (client_new(s->services[i].service, &slot->clients[i], &e) < 0) {
			give_up(s, &e);
			return NULL;
		}
	if (s->settings->rate > 0)
		intended = next_intended(slot, 0);
	while (intended < s->end_ns && !s->failed && wait_until(intended)) {
		if (one_request(slot, intended, &e) < 0) {
			give_up(s, &e);
			break;
		}
		intended = next_intended(slot, clock_now());
	}
	return NULL;
}

/* ---- windows, on the calling thread ---- */

static double quantile_s(const struct hist *h, double q)
{
	return hist_count(h) ? (double)hist_quantile(h, q) / 1e9 : NAN;
}

static void close_window(struct soak *s, struct soak_service *v, uint64_t from, uint64_t now)
{
	struct run_window *w = &v->window;
	w->from_ns = from - v->run->start_ns;
	w->to_ns = now - v->run->start_ns;
	w->in_flight = (double)v->busy_ns / (double)MAX(now - from, (uint64_t)1);
	w->latency_p50 = quantile_s(v->window_latency, 0.5);
	w->latency_p99 = quantile_s(v->window_latency, 0.99);
	w->ttft_p50 = NAN;
	*ARENA_ADD(s->result->arena, v->run->windows, v->run->n_windows) = *w;
	if (v->run->n_windows == 2 || (v->run->n_windows == 1 && !hist_count(v->first)))
		hist_clear(v->first), hist_merge(v->first, v->window_latency);
	hist_clear(v->last);
	hist_merge(v->last, v->window_latency);
	hist_clear(v->window_latency);
	v->window = (struct run_window){0};
	v->busy_ns = 0;
}

static int close_windows(struct soak *s, uint64_t from, struct err *e)
{
	uint64_t now = clock_now();
	int rc = 0;
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_services; i++)
		close_window(s, &s->services[i], from, now);
	s->windows++;
	(void)pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; rc == 0 && s->env->store && i < s->n_services; i++) {
		const struct run *run = s->services[i].run;
		rc = store_save_window(s->env->store, run->service.name, run->start_wall_ns,
				       &run->windows[run->n_windows - 1], e);
	}
	return rc;
}

static void tell(struct soak *s, uint64_t now)
{
	struct progress_state p = {
		.phase = "soak",
		.rate = NAN,
		.p50_s = NAN,
		.p99_s = NAN,
		.done = (double)(now - s->start_ns) / (double)(s->end_ns - s->start_ns),
	};
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_services; i++) {
		const struct run *run = s->services[i].run;
		p.ok += run->outcomes[OUTCOME_OK];
		p.failed += run->attempted - run->outcomes[OUTCOME_OK];
	}
	(void)pthread_mutex_unlock(&s->lock);
	p.done = MIN(p.done, 1.0);
	p.rate = (double)p.ok / MAX(ns_to_s(now - s->start_ns), 0.001);
	progress_tell(s->env->progress, &p);
}

static int watch(struct soak *s, struct err *e)
{
	uint64_t window = s->start_ns;
	uint64_t look = s->start_ns;
	int rc = 0;
	while (rc == 0 && look < s->end_ns && !s->failed && !stop_requested()) {
		look = MIN(look + TELL_EVERY_NS, s->end_ns);
		(void)wait_until(look);
		tell(s, clock_now());
		if (look - window >= s->settings->window_ns) {
			rc = close_windows(s, window, e);
			window = look;
		}
	}
	return rc;
}

int soak_send(struct soak *s, struct err *e)
{
	size_t n = (size_t)MIN(MAX(s->settings->concurrency, (int64_t)1), (int64_t)SLOTS_MAX);
	CLEANUP(free_ptr) struct slot *slots = calloc(n, sizeof(*slots));
	size_t started = 0;
	int rc = slots ? 0 : err_set(e, ERR_SYSTEM, "no memory for %zu slots", n);
	(void)pthread_mutex_init(&s->lock, NULL);
	for (; rc == 0 && started < n; started++) {
		slots[started].soak = s;
		slots[started].number = (int)started;
		rng_init(&slots[started].rng, (uint64_t)s->settings->seed * 1000 + started);
		rc = thread_start(&slots[started].thread, "soak", slot_main, &slots[started], e);
		if (rc < 0)
			break;
	}
	if (rc == 0)
		rc = watch(s, e);
	if (rc < 0)
		s->failed = true;
	for (size_t i = 0; i < started; i++) {
		(void)pthread_join(slots[i].thread, NULL);
		for (size_t k = 0; k < s->n_services; k++)
			(void)client_free(slots[i].clients[k]);
	}
	uint64_t from = s->services[0].run->n_windows
				? s->services[0].run->start_ns +
					  s->services[0]
						  .run->windows[s->services[0].run->n_windows - 1]
						  .to_ns
				: s->start_ns;
	if (rc == 0)
		rc = close_windows(s, from, e);
	(void)pthread_mutex_destroy(&s->lock);
	if (rc == 0 && s->failed) {
		*e = s->failure;
		return -1;
	}
	return rc;
}
