/* src/suite/canary.c - see canary.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/canary.h"

#include <math.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"

#define PAUSE_NS         (20 * NS_PER_MS)
#define LENGTH_TOLERANCE 0.05

struct canary {
	struct arena *arena;
	const struct service *service;
	struct client *client;
	struct client *thread_client;
	struct sample sample;
	const char *text; /* the answer; NULL: sound of `seconds` */
	double seconds;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	struct canary_report beside;
};

static void fail(struct canary_report *r, bool wrong, enum outcome o, const char *what)
{
	if (r->wrong + r->failed == 0) {
		r->outcome = o;
		str_cut_copy(r->detail, sizeof(r->detail), what);
	}
	if (wrong)
		r->wrong++;
	else
		r->failed++;
}

static bool same_answer(const struct canary *c, const struct answer *a, char *why, size_t size)
{
	const char *text = a->text.data ? a->text.data : "";
	if (c->text && strcmp(text, c->text) != 0) {
		(void)snprintf(why, size, "\"%.80s\" instead of \"%.80s\"", text, c->text);
		return false;
	}
	if (!c->text && !(fabs(a->audio_seconds - c->seconds) <= LENGTH_TOLERANCE * c->seconds)) {
		(void)snprintf(why, size, "%.2f s of sound instead of %.2f s", a->audio_seconds,
			       c->seconds);
		return false;
	}
	return true;
}

static void prepare_call(const struct canary *c, struct call *call)
{
	call_init(call, &c->sample);
	call->ask.temperature = 0;
	call->ask.max_tokens = 64;
	call->ask.keep = true;
}

static bool ask(struct canary *c, struct client *client, struct canary_report *r)
{
	struct call call;
	struct err e;
	char why[200];
	bool ok = false;
	prepare_call(c, &call);
	r->sent++;
	if (client_call(client, &call, &e) < 0) {
		fail(r, false, OUTCOME_ABORTED, e.text);
	} else if (call.outcome != OUTCOME_OK) {
		(void)snprintf(why, sizeof(why), "%s (HTTP %d) %.100s", outcome_name(call.outcome),
			       call.status, call.answer.error.data ? call.answer.error.data : "");
		fail(r, false, call.outcome, why);
	} else if (!same_answer(c, &call.answer, why, sizeof(why))) {
		fail(r, true, OUTCOME_OK, why);
	} else {
		ok = true;
		r->slowest_ns = MAX(r->slowest_ns, call.end - call.start);
	}
	call_release(&call);
	return ok;
}

/* The first answer becomes the known one; the second must be the same. */
static int learn(struct canary *c, struct err *e)
{
	struct call call;
	struct canary_report again = {0};
	prepare_call(c, &call);
	int rc = client_call(c->client, &call, e);
	if (rc == 0 && call.outcome != OUTCOME_OK)
		rc = err_set(e, ERR_DATA,
			     "the service does not answer a good request: %s (HTTP %d)",
			     outcome_name(call.outcome), call.status);
	if (rc == 0) {
		bool sound = strcmp(c->service->kind, "tts") == 0;
		c->text = sound ? NULL
				: arena_str(c->arena,
					    call.answer.text.data ? call.answer.text.data : "");
		c->seconds = call.answer.audio_seconds;
	}
	call_release(&call);
	if (rc == 0 && !ask(c, c->client, &again))
		rc = err_set(e, ERR_DATA,
			     "the service does not give the same answer twice at rest: "
			     "%s",
			     again.detail);
	return rc;
}

int canary_new(const struct service *s, const struct suite_env *env, struct canary **ret,
	       struct err *e)
{
	const struct sample *samples;
	size_t n;
	if (suite_samples(env, s, NULL, &samples, &n, e) < 0)
		return -1;
	struct arena *a = arena_new();
	struct canary *c = ARENA_NEW(a, struct canary);
	c->arena = a;
	c->service = s;
	c->sample = samples[0];
	if (client_new(s, &c->client, e) < 0 || client_new(s, &c->thread_client, e) < 0 ||
	    learn(c, e) < 0) {
		(void)canary_free(c);
		return -1;
	}
	*ret = c;
	return 0;
}

struct canary *canary_free(struct canary *c)
{
	struct canary_report r;
	if (!c)
		return NULL;
	canary_stop(c, &r);
	(void)client_free(c->client);
	(void)client_free(c->thread_client);
	(void)arena_free(c->arena);
	return NULL;
}

const struct sample *canary_sample(const struct canary *c)
{
	return &c->sample;
}

bool canary_ask(struct canary *c, struct canary_report *r)
{
	return ask(c, c->client, r);
}

static void *beside_main(void *arg)
{
	struct canary *c = arg;
	while (!atomic_load(&c->stop)) {
		(void)ask(c, c->thread_client, &c->beside);
		(void)clock_sleep_until(clock_now() + PAUSE_NS);
	}
	return NULL;
}

int canary_start(struct canary *c, struct err *e)
{
	c->beside = (struct canary_report){0};
	atomic_store(&c->stop, false);
	if (thread_start(&c->thread, "canary", beside_main, c, e) < 0)
		return -1;
	c->running = true;
	return 0;
}

void canary_stop(struct canary *c, struct canary_report *ret)
{
	if (c->running) {
		atomic_store(&c->stop, true);
		(void)pthread_join(c->thread, NULL);
		c->running = false;
	}
	*ret = c->beside;
}
