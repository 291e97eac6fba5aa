/* src/suite/fault_together.c - fault cases: many good requests at once, each with an answer of its
 * own. An answer that belongs to another request is a leak between clients.
 *
 * Every request asks for something else: other words to hear, to speak, another number in the
 * prompt. What is right is learned at rest, one request after the other, so that no case needs a
 * perfect model; requests whose answers are too much alike at rest tell nothing and do not count.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "suite/fault.h"

#define MANY	   20
#define DISTINCT   5	/* inputs of each service */
#define ALIKE	   0.9	/* answers nearer than this cannot be told apart */
#define SURELY	   0.95	/* so near to another one's answer, and */
#define OWN_AT_MOST 0.7	/* so far from its own: it is the other one's */

static const char *const digits[] = {"zero", "one", "two", "three", "four",
				     "five", "six", "seven", "eight", "nine"};

/* One request, what it gave alone and what it gave among the others. */
struct one {
	const struct service *service;
	struct client *client;
	const struct one *like;	/* has the same input; NULL: the first of its kind */
	struct sample sample;
	const char *nonce;	/* chat: what nobody else asks to repeat */
	struct ask ask;
	struct known_answer alone, among;
	bool has_alone, has_among;
	uint64_t alone_ns;
	struct call call;
};

static const char *spoken_nonce(struct fault *f, size_t i)
{
	/* each one longer than the one before, so that even lengths tell them apart */
	CLEANUP(buf_release) struct buf text = BUF_INIT(4096);
	for (size_t k = 0; k < 1 + i % DISTINCT; k++)
		(void)buf_fmt(&text, "%s%s", k ? " " : "",
			      digits[rng_below(&f->rng, ARRAY_LEN(digits))]);
	return arena_str(f->scratch, text.data);
}

static bool make_one(struct fault *f, struct one *o, size_t i)
{
	struct speech speech = {0};
	struct err e = {0};
	const char *voice = speaker_default_voice("en");
	ask_defaults(&o->ask);
	o->ask.temperature = 0;
	o->ask.max_tokens = 24;
	o->ask.keep = true;
	o->sample = (struct sample){.id = f->c->id, .text = spoken_nonce(f, i)};
	if (strcmp(o->service->kind, "chat") == 0) {
		o->nonce = arena_fmt(f->scratch, "%s %llu", o->sample.text,
				     (unsigned long long)rng_below(&f->rng, 900) + 100);
		o->sample.question = arena_fmt(f->scratch, "Repeat: %s", o->nonce);
		o->sample.text = NULL;
		return true;
	}
	if (strcmp(o->service->kind, "asr") != 0)
		return true;
	struct media *m = ARENA_NEW(f->scratch, struct media);
	int rc = voice ? speaker_say(f->env->speaker, voice, o->sample.text, 1.0, &speech, &e)
		       : err_set(&e, ERR_UNSUPPORTED, "there is no voice");
	if (rc == 0)
		rc = speech_resample(&speech, 16000, &e);
	if (rc == 0)
		rc = speech_to_media(&speech, "clip.wav", "wav", 1, f->scratch, m, &e);
	speech_release(&speech);
	o->sample.audio = m;
	o->sample.text = NULL;
	if (rc < 0)
		fault_skip(f, "cannot make the speech: %s", e.text);
	return rc == 0;
}

/* The same input once more. */
static void copy_one(struct one *o, const struct one *from)
{
	o->like = from->like ? from->like : from;
	o->sample = from->sample;
	o->nonce = from->nonce;
	o->ask = from->ask;
}

static bool is_sound(const struct one *o)
{
	return strcmp(o->service->kind, "tts") == 0;
}

static void begin(struct fault *f, struct one *o)
{
	call_init(&o->call, &o->sample);
	o->call.ask = o->ask;
	o->call.timeout_ns = f->patience_ns;
}

static void ask_alone(struct fault *f, struct one *o)
{
	struct err e;
	begin(f, o);
	f->requests++;
	if (client_call(o->client, &o->call, &e) == 0 && o->call.outcome == OUTCOME_OK) {
		known_answer_of(&o->call.answer, is_sound(o), f->scratch, &o->alone);
		o->has_alone = true;
		o->alone_ns = o->call.end - o->call.start;
	}
	call_release(&o->call);
}

/* Where a request that did not end stands. */
static const char *state_of(const struct call *c)
{
	return c->sent_first == 0    ? "not connected"
	       : c->upload_done == 0 ? "its upload is not taken"
	       : c->first_byte == 0  ? "sent, no reply"
				     : "its reply began and stopped";
}

/* Who did not end, and where each stands. */
static void judge_deadlock(struct fault *f, const struct one *all, size_t n)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(450);
	size_t stuck = 0;
	for (size_t i = 0; i < n; i++) {
		if (all[i].call.outcome != OUTCOME_TIMEOUT)
			continue;
		(void)buf_fmt(&text, "%s%s %zu: %s", stuck ? ", " : "", all[i].service->name, i,
			      state_of(&all[i].call));
		stuck++;
	}
	if (stuck)
		fault_find(f, "dead", "%zu of %zu request%s did not end within %.0f s (%s)", stuck,
			   n, str_plural(n), ns_to_s(f->patience_ns), text.data);
}

static bool ask_among(struct fault *f, struct one *all, size_t n)
{
	struct call *calls[MANY] = {0};
	struct client *clients[MANY] = {0};
	struct err e;
	for (size_t i = 0; i < n; i++) {
		begin(f, &all[i]);
		calls[i] = &all[i].call;
		clients[i] = all[i].client;
	}
	f->requests += n;
	bool ok = client_call_all(clients, calls, n, 0, &e) == 0;
	if (!ok)
		fault_skip(f, "%s", e.text);
	else
		judge_deadlock(f, all, n);
	for (size_t i = 0; i < n; i++) {
		struct one *o = &all[i];
		if (ok)
			fault_judge_call(f, &o->call);
		o->has_among = ok && o->call.outcome == OUTCOME_OK;
		if (o->has_among)
			known_answer_of(&o->call.answer, is_sound(o), f->scratch, &o->among);
		call_release(&o->call);
	}
	return ok;
}

static const char *show(struct fault *f, const struct known_answer *a)
{
	return a->text ? arena_fmt(f->scratch, "\"%.60s\"", a->text)
		       : arena_fmt(f->scratch, "%.2f s of sound", a->seconds);
}

static bool has_nonce(const struct one *o, const struct one *whose)
{
	return whose->nonce && o->among.text && strstr(o->among.text, whose->nonce);
}

/* Is this answer another one's? It names the other's nonce, or is as the other's was by itself. The
 * nonce counts because good requests run beside what is asked by itself, too. */
static void judge_taken(struct fault *f, const struct one *all, size_t n, size_t i,
			size_t *compared)
{
	const struct one *o = &all[i];
	if (!o->has_among)
		return;
	double own = o->has_alone ? known_answer_likeness(&o->among, &o->alone) : 1;
	for (size_t k = 0; k < n; k++) {
		const struct one *other = &all[k];
		if (k == i || other->service != o->service)
			continue;
		bool named = has_nonce(o, other) && !has_nonce(o, o);
		bool apart = o->has_alone && other->has_alone &&
			     known_answer_likeness(&o->alone, &other->alone) < ALIKE;
		*compared += apart;
		if (named || (apart && own <= OWN_AT_MOST &&
			      known_answer_likeness(&o->among, &other->alone) >= SURELY))
			fault_find(f, "collateral", "request %zu of %s got the answer of request "
				   "%zu: %s instead of %s", i, o->service->name, k,
				   show(f, &o->among),
				   o->has_alone ? show(f, &o->alone) : "its own");
	}
}

/* Or at least not its own? Less telling, so it is asked of all when no answer is another one's. */
static void judge_own(struct fault *f, const struct one *all, size_t i)
{
	const struct one *o = &all[i];
	if (!o->has_alone || !o->has_among)
		return;
	size_t length = o->alone.n_sound + strlen(o->alone.text ? o->alone.text : "");
	if (known_answer_likeness(&o->among, &o->alone) < 0.3 && length > 8)
		fault_find(f, "collateral", "request %zu of %s is answered otherwise than alone: "
			   "%s instead of %s", i, o->service->name, show(f, &o->among),
			   show(f, &o->alone));
}

static bool send_all(struct fault *f, struct one *all, size_t n)
{
	size_t compared = 0;
	uint64_t alone = 0;
	for (size_t i = 0; i < n; i++) {
		const struct one *same = all[i].like;
		if (!same) {
			ask_alone(f, &all[i]);
		} else {
			all[i].alone = same->alone;
			all[i].has_alone = same->has_alone;
			all[i].alone_ns = same->alone_ns;
		}
		alone += all[i].alone_ns;
	}
	/* what they take together is measured against what they took a moment ago */
	f->patience_ns += 2 * (alone - MIN(alone, f->alone_ns));
	f->alone_ns = alone;
	f->slowest_ns = 0;
	if (!ask_among(f, all, n))
		return false;
	for (size_t i = 0; i < n; i++)
		judge_taken(f, all, n, i, &compared);
	for (size_t i = 0; i < n; i++)
		judge_own(f, all, i);
	fault_saw(f, "%zu answer%s, %zu comparison%s with others' answers", n, str_plural(n),
		  compared, str_plural(compared));
	return true;
}

/* So many of one service. */
static bool one_service(struct fault *f)
{
	struct one *all = arena_array(f->scratch, MANY, sizeof(*all));
	size_t n = MIN((size_t)f->c->arg, (size_t)MANY);
	for (size_t i = 0; i < n; i++) {
		all[i].service = f->service;
		all[i].client = f->client;
		if (i >= DISTINCT && strcmp(f->service->kind, "asr") == 0)
			copy_one(&all[i], &all[i - DISTINCT]);
		else if (!make_one(f, &all[i], i))
			return false;
	}
	return send_all(f, all, n);
}

/* 20 over all services of the plan together. */
static bool all_services(struct fault *f)
{
	const struct plan *p = f->env->plan;
	struct one *all = arena_array(f->scratch, MANY, sizeof(*all));
	struct client **clients = arena_array(f->scratch, p->n_services, sizeof(struct client *));
	struct err e;
	bool ok = true;
	for (size_t i = 0; ok && i < p->n_services; i++)
		ok = client_new(&p->services[i], &clients[i], &e) == 0;
	if (!ok)
		fault_skip(f, "%s", e.text);
	for (size_t i = 0; ok && i < MANY; i++) {
		all[i].service = &p->services[i % p->n_services];
		all[i].client = clients[i % p->n_services];
		size_t nth = i / p->n_services;
		if (nth >= DISTINCT)
			copy_one(&all[i], &all[i - DISTINCT * p->n_services]);
		else
			ok = make_one(f, &all[i], nth);
	}
	ok = ok && send_all(f, all, MANY);
	for (size_t i = 0; i < p->n_services; i++)
		(void)client_free(clients[i]);
	return ok;
}

/* ---- connections ---- */

/* Connections that are held and not used, while canaries go on. */
static bool idle_connections(struct fault *f)
{
	size_t n = (size_t)f->c->arg;
	struct client **clients = arena_array(f->scratch, n, sizeof(struct client *));
	struct err e;
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		CLEANUP(buf_release) struct buf body = BUF_INIT(65536);
		struct get_reply reply = {0};
		ok = client_new(f->service, &clients[i], &e) == 0 &&
		     client_get(clients[i], "/no/such/route", 2 * NS_PER_S, &body, &reply, &e) == 0;
		if (ok && reply.status >= 500 && reply.status != 503)
			fault_find(f, "wrong-status", "HTTP %d to a route that does not exist",
				   reply.status);
	}
	if (!ok)
		fault_skip(f, "%s", e.text);
	else
		fault_saw(f, "connections held: %zu", n);
	for (size_t i = 0; i < n; i++)
		(void)client_free(clients[i]);
	return ok;
}

/* The good request, so many times at once. */
static bool crowd(struct fault *f)
{
	size_t n = (size_t)f->c->arg;
	struct sample *samples = arena_array(f->scratch, n, sizeof(*samples));
	for (size_t i = 0; i < n; i++)
		samples[i] = *f->good;
	f->alone_ns = n * canary_rest_ns(f->canary);
	f->patience_ns += 2 * f->alone_ns;
	return fault_ask_all(f, samples, NULL, n, NULL);
}

#define OWN "each its own answer"

const struct fault_case fault_together_cases[] = {
	{"A20n", "all", "20 requests at once over all services", "all complete with their own "
	 "answers, no deadlock", "seed: Concurrent streams", ALLOW_2XX | ALLOW_EMPTY, all_services,
	 0, 15, .once = true},
	{"A26n", "asr", "4 clips at once, each with its own words", OWN,
	 "ggml-org/whisper.cpp #3595", ALLOW_2XX | ALLOW_EMPTY, one_service, 4, 15},
	{"T06", "tts", "16 texts at once", "answers, or 429 or 503", "vllm-project/vllm #44933",
	 ALLOW_BUSY, one_service, 16, 15},
	{"T08", "tts", "8 texts at once, each its own", OWN,
	 "QwenAudio/CosyVoice #1849; daswer123/xtts-api-server #59", ALLOW_2XX, one_service, 8, 15},
	{"I28n", "chat", "8 prompts at once, each with its own number", OWN, "CVE: "
	 "GHSA-c65p-x677-fgj6", ALLOW_2XX | ALLOW_EMPTY, one_service, 8, 15},
	{"H25a", "all", "64 idle connections", "the others go on; all are given back",
	 "vllm-project/vllm #7920", ALLOW_ANY, idle_connections, 64, 20},
	{"H25b", "all", "800 idle connections", "the others go on; all are given back",
	 "vllm-project/vllm #7920", ALLOW_BUSY, idle_connections, 800, 60, .heavy = true},
	{"H25c", "all", "200 requests at once", "answers, or 429 or 503; all is given back",
	 "vllm-project/vllm #7920", ALLOW_BUSY, crowd, 200, 60, .heavy = true},
	{0},
};
