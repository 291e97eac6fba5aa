/* src/deploy/probe.c - see probe.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/probe.h"

#include "base/clock.h"
#include "client/client.h"
#include "image/encode.h"
#include "media/speech.h"

#define SIDE 224	/* of the picture: what most towers take whole */
#define RATE 16000

struct probe_media {
	struct arena *arena;
	struct media audio, image;
	const struct media *images[1];
};

struct probe {
	struct arena *arena;
	struct service service;
	struct client *client;
	const struct probe_media *media;
	struct strings asks;
	int64_t asked;
};

static int make_audio(struct probe_media *m, struct err *e)
{
	struct speaker *speaker = speaker_new();
	struct speech speech = {0};
	const char *why;
	int rc = 0;
	/* Words where a voice is at hand; a tone asks for the same work where none is. */
	if (!speaker || !speaker_has(speaker, "flite/slt", &why) ||
	    speaker_say(speaker, "flite/slt", "one two three", 1, &speech, NULL) < 0) {
		speech_release(&speech);
		speech = (struct speech){0};
		rc = speech_tone(&speech, RATE, 1, 440, -20, e);
	}
	(void)speaker_free(speaker);
	if (rc == 0 && speech.rate != RATE)
		rc = speech_resample(&speech, RATE, e);
	if (rc == 0 && speech.n < RATE)
		rc = speech_silence(&speech, RATE, 1 - (double)speech.n / RATE, e);
	if (rc == 0) {
		speech.n = RATE;
		rc = speech_to_media(&speech, "ready.wav", "wav", 1, m->arena, &m->audio, e);
	}
	speech_release(&speech);
	return rc < 0 ? -1 : media_add_base64(&m->audio, m->arena, e);
}

/* A red square on white. */
static int make_image(struct probe_media *m, struct err *e)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT((size_t)1 << 20);
	unsigned char *rgb = arena_alloc(m->arena, (size_t)SIDE * SIDE * 3);
	memset(rgb, 255, (size_t)SIDE * SIDE * 3);
	for (int y = SIDE / 4; y < SIDE * 3 / 4; y++)
		for (int x = SIDE / 4; x < SIDE * 3 / 4; x++)
			memcpy(rgb + 3 * (y * SIDE + x), "\xe0\x20\x20", 3);
	if (image_encode_jpeg(rgb, SIDE, SIDE, 90, &out, e) < 0 ||
	    media_from_bytes("ready.jpg", "image/jpeg", out.data, out.len, m->arena, &m->image,
			     e) < 0 ||
	    media_add_base64(&m->image, m->arena, e) < 0)
		return -1;
	m->images[0] = &m->image;
	return 0;
}

int probe_media_new(struct probe_media **ret, struct err *e)
{
	struct arena *a = arena_new();
	struct probe_media *m = ARENA_NEW(a, struct probe_media);
	m->arena = a;
	if (make_audio(m, e) < 0 || make_image(m, e) < 0) {
		(void)arena_free(a);
		return -1;
	}
	*ret = m;
	return 0;
}

struct probe_media *probe_media_free(struct probe_media *m)
{
	if (m)
		(void)arena_free(m->arena);
	return NULL;
}

static void choose_asks(struct probe *p, const struct unit *u)
{
	if (strcmp(p->service.kind, "asr") == 0)
		strings_add(&p->asks, p->arena, "audio");
	else if (strcmp(p->service.kind, "tts") == 0 || u->asks.n == 0)
		strings_add(&p->asks, p->arena, "text");
	else
		p->asks = u->asks;
}

int probe_new(const struct launch *l, const struct probe_media *media, struct probe **ret,
	      struct err *e)
{
	struct arena *a = arena_new();
	struct probe *p = ARENA_NEW(a, struct probe);
	p->arena = a;
	p->media = media;
	service_defaults(&p->service);
	p->service.name = l->unit->name;
	p->service.protocol_name = l->unit->protocol;
	p->service.kind = l->unit->kind;
	p->service.url = l->url;
	p->service.model = l->unit->model_name;
	if (service_check(&p->service, a, e) < 0 ||
	    client_new(&p->service, &p->client, e) < 0) {
		(void)err_prefix(e, "service '%s': ", l->unit->name);
		(void)probe_free(p);
		return -1;
	}
	choose_asks(p, l->unit);
	*ret = p;
	return 0;
}

struct probe *probe_free(struct probe *p)
{
	if (!p)
		return NULL;
	(void)client_free(p->client);
	service_release(&p->service);
	(void)arena_free(p->arena);
	return NULL;
}

const char *probe_asks(const struct probe *p, size_t i)
{
	return i < p->asks.n ? p->asks.items[i] : NULL;
}

int probe_get(const struct launch *l, const char *path, uint64_t timeout_ns,
	      struct probe_reply *ret, struct err *e)
{
	char url[400];
	struct get_reply reply = {0};
	CLEANUP(buf_release) struct buf body = BUF_INIT(4096);
	(void)snprintf(url, sizeof(url), "%s%s", l->base, path);
	if (client_get_url(url, timeout_ns, &body, &reply, e) < 0)
		return -1;
	*ret = (struct probe_reply){.ok = reply.outcome == OUTCOME_OK && reply.status == 200,
				    .status = reply.status, .latency_ns = reply.latency_ns};
	if (reply.status && !ret->ok)
		(void)snprintf(ret->words, sizeof(ret->words), "%s answers %d", path,
			       reply.status);
	else if (!ret->ok)
		(void)snprintf(ret->words, sizeof(ret->words), "%.60s: %.120s", path,
			       reply.words[0] ? reply.words : "no answer");
	return 0;
}

static void fill_sample(const struct probe *p, const char *ask, struct sample *s)
{
	bool chat = strcmp(p->service.kind, "chat") == 0;
	s->id = "ready";
	s->language = "en";
	if (strcmp(p->service.kind, "tts") == 0)
		s->text = "Hello.";
	if (strcmp(ask, "audio") == 0)
		s->audio = &p->media->audio;
	if (strcmp(ask, "image") == 0) {
		s->images = p->media->images;
		s->n_images = 1;
	}
	if (chat)
		s->question = strcmp(ask, "image") == 0 ? "What colour is the square?" :
			      strcmp(ask, "audio") == 0 ? "What is said?" : "Say yes.";
}

/* Noise in, nothing out is no fault of a recogniser; nor is a single token without letters. */
static bool answered(const struct probe *p, const struct call *c)
{
	return c->outcome == OUTCOME_OK ||
	       (c->outcome == OUTCOME_EMPTY_ANSWER && strcmp(p->service.kind, "tts") != 0);
}

int probe_ask(struct probe *p, size_t i, uint64_t timeout_ns, struct probe_reply *ret,
	      struct err *e)
{
	char nonce[32];
	struct sample s = {0};
	struct call c;
	fill_sample(p, p->asks.items[i], &s);
	call_init(&c, &s);
	c.timeout_ns = timeout_ns;
	c.ask.keep = false;	/* the shortest reply that the service has */
	c.ask.max_tokens = strcmp(p->service.kind, "chat") == 0 ? 1 : 0;
	if (strcmp(p->service.kind, "chat") == 0) {
		(void)snprintf(nonce, sizeof(nonce), "%lld", (long long)++p->asked);
		c.ask.prompt.nonce = nonce;
	}
	int rc = client_call(p->client, &c, e);
	if (rc == 0) {
		*ret = (struct probe_reply){.ok = answered(p, &c), .status = c.status,
					    .latency_ns = c.end - c.start};
		if (!ret->ok)
			(void)snprintf(ret->words, sizeof(ret->words), "a request (%s): %s%s%.*s",
				       p->asks.items[i], outcome_name(c.outcome),
				       c.answer.error.len ? ": " : "",
				       (int)MIN(c.answer.error.len, (size_t)120),
				       c.answer.error.len ? c.answer.error.data : "");
	}
	call_release(&c);
	return rc;
}
