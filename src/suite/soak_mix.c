/* src/suite/soak_mix.c - the slots of a soak: threads that send a mix of requests and count.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <poll.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/stop.h"
#include "base/thread.h"
#include "client/client.h"
#include "suite/soak_in.h"

#define SLOTS_MAX     256
#define TELL_EVERY_NS (NS_PER_S / 2)
#define DETAIL_BYTES  200
/* A service that is away is asked again after this, twice as long each time. */
#define RETRY_FIRST_NS (50 * NS_PER_MS)
#define RETRY_LAST_NS  NS_PER_S
/* Failures in a row for less than this are no outage. */
#define OUTAGE_MIN_NS NS_PER_S

struct slot {
	struct soak *soak;
	pthread_t thread;
	struct client *clients[SOAK_SERVICES_MAX];
	uint64_t retry_ns;
};

bool soak_wait_until(uint64_t moment)
{
	for (;;) {
		uint64_t now = clock_now();
		if (stop_requested())
			return false;
		if (now >= moment)
			return true;
		const struct timespec ts = clock_timespec(moment - now);
		struct pollfd p = {.fd = stop_fd(), .events = POLLIN};
		(void)ppoll(&p, p.fd >= 0, &ts, NULL);
	}
}

void soak_draw(const struct soak *s, uint64_t i, size_t *ret_service, uint64_t *ret_sample)
{
	struct rng r;
	rng_init(&r, (uint64_t)s->settings->seed * 0x9e3779b97f4a7c15ull + i);
	double x = rng_unit(&r);
	*ret_sample = rng_next(&r);
	for (*ret_service = 0; *ret_service + 1 < s->n_services; (*ret_service)++) {
		x -= s->services[*ret_service].share;
		if (x < 0)
			return;
	}
}

static void note_failure(struct soak_service *v, const struct call *call)
{
	struct soak_failure f = {.outcome = call->outcome, .status = call->status, .count = 1};
	const struct buf *error = &call->answer.error;
	size_t len = error->data ? str_utf8_cut(error->data, error->len, DETAIL_BYTES) : 0;
	bool utf8 = len == 0 || str_utf8_valid(error->data, len) == len;
	(void)snprintf(f.sample_id, sizeof(f.sample_id), "%s", call->sample->id);
	(void)snprintf(f.detail, sizeof(f.detail), "%.*s", utf8 ? (int)len : 12,
		       utf8 ? (error->data ? error->data : "") : "(not UTF-8)");
	for (char *p = f.detail; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	soak_count_failure(v->now, &f);
}

/* Two failures or more without any ok answer between them, for a second or more. An answer that
 * was asked for before the first failure says nothing about what came after it. */
static void note_outage(struct soak *s, struct soak_service *v, const struct call *call)
{
	if (call->outcome != OUTCOME_OK) {
		if (v->failing_count++ == 0)
			v->failing_since = call->start;
		return;
	}
	if (v->failing_count == 0 || call->start < v->failing_since)
		return;
	uint64_t took = call->end - v->failing_since;
	if (v->failing_count >= 2 && took >= OUTAGE_MIN_NS && v->now->n_outages < SOAK_OUTAGES_MAX)
		v->now->outages[v->now->n_outages++] = (struct outage){
			.from_wall_ns =
				s->part.start_wall_ns + (v->failing_since - s->part.start_ns),
			.seconds = ns_to_s(took),
		};
	v->failing_count = 0;
}

static void record(struct soak_count *c, int metric, double ns)
{
	if (ns >= 0)
		hist_record(c->hists[metric], (uint64_t)ns);
}

static double span(uint64_t from, uint64_t to)
{
	return from && to ? (to > from ? (double)(to - from) : 0) : (double)NAN;
}

/* METRICS.md, "Per request". */
static void measure(struct soak_service *v, const struct call *call, uint64_t intended)
{
	struct soak_count *c = v->now;
	const char *kind = v->service->kind;
	const struct answer *a = &call->answer;
	double service_time = span(call->sent_first, call->end);
	double seconds = (double)NAN;
	record(c, SOAK_LATENCY, span(intended, call->end));
	record(c, SOAK_SERVICE_TIME, service_time);
	if (call->ask.stream)
		record(c, SOAK_TTFT, span(intended, a->first_token));
	if (strcmp(kind, "tts") == 0) {
		seconds = a->audio_seconds;
		if (a->sound_events > 0)
			record(c, SOAK_TTFA, span(intended, a->first_token));
	} else if (strcmp(kind, "asr") == 0 && call->sample->audio) {
		seconds = call->sample->audio->seconds;
	}
	if (seconds > 0) {
		record(c, SOAK_RTF, service_time / seconds);
		c->audio_s += seconds;
	}
}

static uint64_t media_bytes(const struct call *call)
{
	const struct sample *s = call->sample;
	uint64_t n = call->answer.sound_bytes + (s->audio ? s->audio->len : 0);
	for (size_t i = 0; i < s->n_images; i++)
		n += s->images[i]->len;
	return n;
}

static void count(struct soak *s, struct soak_service *v, const struct call *call,
		  uint64_t intended)
{
	uint64_t end = MAX(call->end, call->start);
	uint64_t bytes = media_bytes(call);
	if (call->outcome == OUTCOME_ABORTED && stop_requested())
		return;		/* the user ended the run: nobody failed */
	(void)pthread_mutex_lock(&s->lock);
	v->now->outcomes[call->outcome]++;
	v->now->busy_ns += end - call->start;
	v->now->bytes += bytes;
	v->bytes += bytes;
	if (isnan(v->run->first_request_s))
		v->run->first_request_s = ns_to_s(end - MIN(intended, end));
	if (call->outcome == OUTCOME_OK) {
		v->ok++;
		measure(v, call, intended);
	} else {
		v->failed++;
		note_failure(v, call);
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

static void count_start(struct soak *s, struct soak_service *v, bool sent)
{
	(void)pthread_mutex_lock(&s->lock);
	v->now->started += sent;
	v->now->unsent += !sent;
	(void)pthread_mutex_unlock(&s->lock);
}

static int one_request(struct slot *slot, uint64_t i, uint64_t intended, struct err *e)
{
	struct soak *s = slot->soak;
	size_t which;
	uint64_t draw;
	soak_draw(s, i, &which, &draw);
	struct soak_service *v = &s->services[which];
	struct call call;
	call_init(&call, &v->samples[draw % v->n_samples]);
	call.ask.keep = false;
	call.ask.stream = strcmp(v->service->kind, "chat") == 0;
	call.ask.max_tokens = s->settings->max_tokens;
	count_start(s, v, true);
	int rc = client_call(slot->clients[which], &call, e);
	if (rc == 0)
		count(s, v, &call, intended);
	if (call.outcome == OUTCOME_OK)
		slot->retry_ns = 0;
	else
		slot->retry_ns = MIN(MAX(slot->retry_ns * 2, RETRY_FIRST_NS), RETRY_LAST_NS);
	call_release(&call);
	return rc;
}

/* Requests of the schedule that were due and never sent. */
static void count_unsent(struct soak *s, uint64_t i)
{
	size_t which;
	uint64_t draw;
	soak_draw(s, i, &which, &draw);
	count_start(s, &s->services[which], false);
}

static uint64_t due_at(const struct soak *s, uint64_t i)
{
	return s->start_ns + (uint64_t)((double)(i - s->base) / s->settings->rate * 1e9);
}

static int open_loop(struct slot *slot, struct err *e)
{
	struct soak *s = slot->soak;
	while (!s->failed) {
		uint64_t i = atomic_fetch_add(&s->next, 1);
		uint64_t intended = due_at(s, i);
		if (intended >= s->end_ns)
			break;
		bool go_on = soak_wait_until(intended);
		if (!go_on || clock_now() >= s->end_ns) {
			if (clock_now() >= intended)
				count_unsent(s, i);
			break;
		}
		if (one_request(slot, i, intended, e) < 0)
			return -1;
	}
	return 0;
}

static int closed_loop(struct slot *slot, struct err *e)
{
	struct soak *s = slot->soak;
	uint64_t intended = s->start_ns;
	while (intended < s->end_ns && !s->failed && soak_wait_until(intended)) {
		if (one_request(slot, atomic_fetch_add(&s->next, 1), intended, e) < 0)
			return -1;
		intended = clock_now() + MAX(s->settings->pause_ns, slot->retry_ns);
	}
	return 0;
}

static void *slot_main(void *arg)
{
	struct slot *slot = arg;
	struct soak *s = slot->soak;
	struct err e;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->n_services; i++)
		rc = client_new(s->services[i].service, &slot->clients[i], &e);
	if (rc == 0)
		rc = s->settings->rate > 0 ? open_loop(slot, &e) : closed_loop(slot, &e);
	if (rc < 0)
		give_up(s, &e);
	return NULL;
}

/* ---- the main thread meanwhile ---- */

static void tell(struct soak *s, uint64_t now)
{
	double planned = ns_to_s(s->settings->duration_ns);
	double running = ns_to_s(MIN(now, s->end_ns) - s->start_ns);
	double left = ns_to_s(s->end_ns - s->start_ns) - running;
	struct progress_state p = {
		.phase = "soak",
		.rate = (double)NAN,
		.p50_s = s->services[0].p50,
		.p99_s = s->services[0].p99,
		.done = MIN(MAX(1 - left / planned, 0), 1),
		.note = s->unsaved || s->n_pending ? "windows cannot be saved" : NULL,
	};
	uint64_t sent = 0;
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_services; i++) {
		p.ok += s->services[i].ok;
		p.failed += s->services[i].failed;
		sent += s->services[i].now->outcomes[OUTCOME_OK];
	}
	(void)pthread_mutex_unlock(&s->lock);
	double window = ns_to_s(now - s->window_from_ns);
	if (window >= 1)
		p.rate = (double)sent / window;
	progress_tell(s->env->progress, &p);
	soak_watch_tell(s);
}

static int watch(struct soak *s, struct err *e)
{
	uint64_t look = s->start_ns;
	uint64_t close = s->start_ns + s->settings->window_ns;
	int rc = 0;
	while (rc == 0 && look < s->end_ns && !s->failed && !stop_requested()) {
		look = MIN(MIN(look + TELL_EVERY_NS, s->end_ns), close);
		(void)soak_wait_until(look);
		tell(s, clock_now());
		if (look == close && look < s->end_ns && !stop_requested()) {
			rc = soak_close(s, false, e);
			close += s->settings->window_ns;
		}
	}
	return rc;
}

/* Those of the schedule that no slot has taken. */
static void count_rest(struct soak *s)
{
	uint64_t end = MIN(clock_now(), s->end_ns);
	for (uint64_t i = s->next; s->settings->rate > 0 && due_at(s, i) < end; i++)
		count_unsent(s, i);
}

int soak_send(struct soak *s, struct err *e)
{
	size_t n = (size_t)MIN(MAX(s->settings->concurrency, (int64_t)1), (int64_t)SLOTS_MAX);
	CLEANUP(free_ptr) struct slot *slots = calloc(n, sizeof(*slots));
	size_t started = 0;
	int rc = slots ? 0 : err_set(e, ERR_SYSTEM, "no memory for %zu slots", n);
	for (; rc == 0 && started < n; started++) {
		slots[started].soak = s;
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
	if (rc == 0) {
		count_rest(s);
		rc = soak_close(s, false, e);
	}
	if (rc == 0 && s->failed) {
		*e = s->failure;
		return -1;
	}
	return rc;
}
