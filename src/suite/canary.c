/* src/suite/canary.c - see canary.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/canary.h"

#include <math.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"
#include "text/similarity.h"

#define PAUSE_NS    (20 * NS_PER_MS)
#define AT_ONCE     3	/* learned together, after the first */
#define SLACK       0.1	/* of likeness, for services that are not always the same */
#define STEP_S      0.02	/* of the sound's loudness */
#define PATIENCE_NS (6 * NS_PER_S)
#define PATIENCE    20	/* and so many times what it takes at rest */

struct canary {
	struct arena *arena;
	const struct service *service;
	struct sample sample;
	struct known_answer answer;
	double least;		/* likeness */
	uint64_t rest_ns;
	uint64_t patience_ns;	/* beside the case that runs */
	bool is_sound;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	_Atomic uint64_t asked;
	pthread_mutex_t lock;
	pthread_cond_t under_way;
	bool is_under_way;
	struct canary_report beside;
};

void known_answer_of(const struct answer *a, bool is_sound, struct arena *to,
		     struct known_answer *ret)
{
	float *samples = NULL;
	size_t n = 0;
	*ret = (struct known_answer){.seconds = a->audio_seconds};
	if (!is_sound) {
		ret->text = arena_str(to, a->text.data ? a->text.data : "");
		return;
	}
	hash_sha256(a->sound.data ? a->sound.data : "", a->sound.len, ret->sha256);
	if (a->sample_rate <= 0 || answer_samples(a, &samples, &n, NULL) < 0)
		return;
	size_t step = MAX((size_t)(a->sample_rate * STEP_S), (size_t)1);
	ret->n_sound = n / step;
	ret->sound = arena_array(to, ret->n_sound + 1, sizeof(float));
	for (size_t i = 0; i < ret->n_sound; i++) {
		double sum = 0;
		for (size_t k = 0; k < step; k++)
			sum += (double)samples[i * step + k] * samples[i * step + k];
		ret->sound[i] = (float)sqrt(sum / (double)step);
	}
	free(samples);
}

/* Overlap of two loudness curves: shared area over the larger one. */
static double sound_likeness(const struct known_answer *a, const struct known_answer *b)
{
	double both = 0;
	double either = 0;
	for (size_t i = 0; i < MAX(a->n_sound, b->n_sound); i++) {
		double x = i < a->n_sound ? a->sound[i] : 0;
		double y = i < b->n_sound ? b->sound[i] : 0;
		both += MIN(x, y);
		either += MAX(x, y);
	}
	return either > 0 ? both / either : 1;
}

double known_answer_likeness(const struct known_answer *a, const struct known_answer *b)
{
	double x = 0;
	struct err e;
	if (!a->text != !b->text)
		return 0;
	if (!a->text)
		return strcmp(a->sha256, b->sha256) == 0 ? 1 : sound_likeness(a, b);
	if (strcmp(a->text, b->text) == 0)
		return 1;
	if (similarity_characters(span_of(a->text), span_of(b->text), &x, &e) < 0)
		return 0;
	return MIN(x, 0.999);
}

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

static void describe(const struct known_answer *got, const struct known_answer *known, char *why,
		     size_t size)
{
	if (got->text)
		(void)snprintf(why, size, "\"%.100s\" instead of \"%.100s\"", got->text,
			       known->text ? known->text : "");
	else
		(void)snprintf(why, size, "%.2f s of sound, %.0f %% like the %.2f s learned",
			       got->seconds, 100 * known_answer_likeness(got, known),
			       known->seconds);
}

static void prepare_call(const struct canary *c, struct call *call)
{
	call_init(call, &c->sample);
	call->ask.temperature = 0;
	call->ask.max_tokens = 64;
	call->ask.keep = true;
	if (c->rest_ns)
		call->timeout_ns = MAX(PATIENCE_NS + PATIENCE * c->rest_ns, c->patience_ns);
}

static bool judge(struct canary *c, const struct call *call, struct canary_report *r)
{
	char why[300];
	struct known_answer got;
	if (call->outcome == OUTCOME_ABORTED)
		return false;	/* the user ended the run: that says nothing */
	if (call->outcome != OUTCOME_OK) {
		(void)snprintf(why, sizeof(why), "%s (HTTP %d) %.150s",
			       outcome_name(call->outcome), call->status,
			       call->answer.error.data ? call->answer.error.data : "");
		fail(r, false, call->outcome, why);
		return false;
	}
	CLEANUP(arena_freep) struct arena *a = arena_new();
	known_answer_of(&call->answer, c->is_sound, a, &got);
	r->slowest_ns = MAX(r->slowest_ns, call->end - call->start);
	if (known_answer_likeness(&got, &c->answer) >= c->least)
		return true;
	describe(&got, &c->answer, why, sizeof(why));
	fail(r, true, OUTCOME_OK, why);
	return false;
}

static bool ask(struct canary *c, struct client *client, struct canary_report *r)
{
	struct call call;
	struct err e;
	prepare_call(c, &call);
	r->sent++;
	atomic_fetch_add_explicit(&c->asked, 1, memory_order_relaxed);
	int rc = client_call(client, &call, &e);
	bool ok = rc == 0 && judge(c, &call, r);
	if (rc < 0)
		fail(r, false, OUTCOME_ABORTED, e.text);
	call_release(&call);
	return ok;
}

uint64_t canary_asked(const struct canary *c)
{
	return atomic_load_explicit(&c->asked, memory_order_relaxed);
}

bool canary_ask(struct canary *c, struct canary_report *r)
{
	struct client *client = NULL;
	struct err e;
	if (client_new(c->service, &client, &e) < 0) {
		r->sent++;
		fail(r, false, OUTCOME_CONNECT, e.text);
		return false;
	}
	bool ok = ask(c, client, r);
	(void)client_free(client);
	return ok;
}

static int no_answer(const struct call *call, struct err *e)
{
	return err_set(e, ERR_DATA,
		       "the service does not answer a good request: %s (HTTP %d) %.150s",
		       outcome_name(call->outcome), call->status,
		       call->answer.error.data ? call->answer.error.data : "");
}

/* Once alone: that is the answer. */
static int learn_alone(struct canary *c, struct client *client, struct err *e)
{
	struct call call;
	prepare_call(c, &call);
	int rc = client_call(client, &call, e);
	if (rc == 0 && call.outcome != OUTCOME_OK)
		rc = no_answer(&call, e);
	if (rc == 0) {
		known_answer_of(&call.answer, c->is_sound, c->arena, &c->answer);
		c->rest_ns = call.end - call.start;
	}
	call_release(&call);
	return rc;
}

/* Then some at once: how near do they come to it? */
static int learn_together(struct canary *c, struct client *client, struct err *e)
{
	struct call calls[AT_ONCE];
	struct call *list[AT_ONCE];
	struct client *clients[AT_ONCE];
	struct known_answer got;
	for (size_t i = 0; i < AT_ONCE; i++) {
		prepare_call(c, &calls[i]);
		calls[i].timeout_ns = 0;
		list[i] = &calls[i];
		clients[i] = client;
	}
	int rc = client_call_all(clients, list, AT_ONCE, 0, e);
	c->least = 1;
	for (size_t i = 0; rc == 0 && i < AT_ONCE; i++) {
		if (calls[i].outcome != OUTCOME_OK) {
			rc = no_answer(&calls[i], e);
			continue;
		}
		known_answer_of(&calls[i].answer, c->is_sound, c->arena, &got);
		double x = known_answer_likeness(&got, &c->answer);
		if (x < 1)
			c->least = MIN(c->least, MAX(x - SLACK, 0));
	}
	for (size_t i = 0; i < AT_ONCE; i++)
		call_release(&calls[i]);
	return rc;
}

static int learn(struct canary *c, struct err *e)
{
	struct client *client = NULL;
	if (client_new(c->service, &client, e) < 0)
		return -1;
	int rc = learn_alone(c, client, e);
	if (rc == 0)
		rc = learn_alone(c, client, e);	/* the first request of all may be a slow one */
	if (rc == 0)
		rc = learn_together(c, client, e);
	(void)client_free(client);
	return rc;
}

/* Some words, so that it is answered soon; else what the corpus has. */
static int choose_sample(struct canary *c, const struct suite_env *env, struct err *e)
{
	const struct sample *samples;
	struct speech speech = {0};
	const char *voice = speaker_default_voice("en");
	size_t n;
	struct media *m = ARENA_NEW(c->arena, struct media);
	c->sample = (struct sample){.id = "canary", .text = "seven red books"};
	if (c->is_sound)
		return 0;
	if (strcmp(c->service->kind, "asr") == 0 && voice &&
	    speaker_say(env->speaker, voice, c->sample.text, 1.0, &speech, e) == 0 &&
	    speech_resample(&speech, 16000, e) == 0 &&
	    speech_to_media(&speech, "canary.wav", "wav", 1, c->arena, m, e) == 0) {
		c->sample.audio = m;
		speech_release(&speech);
		return 0;
	}
	speech_release(&speech);
	if (suite_samples(env, c->service, NULL, &samples, &n, e) < 0)
		return -1;
	c->sample = samples[0];
	return 0;
}

int canary_new(const struct service *s, const struct suite_env *env, struct canary **ret,
	       struct err *e)
{
	struct arena *a = arena_new();
	struct canary *c = ARENA_NEW(a, struct canary);
	c->arena = a;
	c->service = s;
	c->is_sound = strcmp(s->kind, "tts") == 0;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->under_way, NULL);
	if (choose_sample(c, env, e) < 0 || learn(c, e) < 0) {
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
	(void)pthread_cond_destroy(&c->under_way);
	(void)pthread_mutex_destroy(&c->lock);
	(void)arena_free(c->arena);
	return NULL;
}

const struct sample *canary_sample(const struct canary *c)
{
	return &c->sample;
}

const struct known_answer *canary_answer(const struct canary *c)
{
	return &c->answer;
}

double canary_least_likeness(const struct canary *c)
{
	return c->least;
}

uint64_t canary_rest_ns(const struct canary *c)
{
	return c->rest_ns;
}

static void *beside_main(void *arg)
{
	struct canary *c = arg;
	struct client *client = NULL;
	struct err e;
	if (client_new(c->service, &client, &e) < 0)
		fail(&c->beside, false, OUTCOME_CONNECT, e.text);
	(void)pthread_mutex_lock(&c->lock);
	c->is_under_way = true;
	(void)pthread_cond_signal(&c->under_way);
	(void)pthread_mutex_unlock(&c->lock);
	while (client) {	/* once at least */
		(void)ask(c, client, &c->beside);
		if (atomic_load(&c->stop))
			break;
		(void)clock_sleep_until(clock_now() + PAUSE_NS);
	}
	(void)client_free(client);
	return NULL;
}

int canary_start(struct canary *c, uint64_t patience_ns, struct err *e)
{
	c->patience_ns = patience_ns;
	c->beside = (struct canary_report){0};
	c->is_under_way = false;
	atomic_store(&c->stop, false);
	if (thread_start(&c->thread, "canary", beside_main, c, e) < 0)
		return -1;
	c->running = true;
	(void)pthread_mutex_lock(&c->lock);
	while (!c->is_under_way)
		(void)pthread_cond_wait(&c->under_way, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	return 0;
}

void canary_stop(struct canary *c, struct canary_report *ret)
{
	if (c->running) {
		atomic_store(&c->stop, true);
		(void)pthread_join(c->thread, NULL);
		c->running = false;
	}
	c->patience_ns = 0;
	*ret = c->beside;
}
