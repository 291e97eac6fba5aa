/* src/serve/sim_answers.c - see sim_answers.h: finding the line that belongs to a request.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/sim_answers_own.h"

#include <math.h>

#include "audio/decode.h"
#include "audio/resample.h"
#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/util.h"

#define RATE	       16000
#define KEY_MAX	       ((size_t)4 << 20)
#define SPEED_DECIMALS 100

/* ---- keys of chats: all texts, then the hashes of images, then those of sounds ---- */

struct key_parts {
	struct buf texts, images, sounds;
};

static void add_text(struct key_parts *k, const char *role, const char *text)
{
	(void)buf_fmt(&k->texts, "%s:%s\n", role, text);
}

static void add_sound_bytes(struct key_parts *k, const char *base64)
{
	char sha256[HASH_HEX];
	CLEANUP(buf_release) struct buf bytes = BUF_INIT(KEY_MAX * 4);
	if (base64_decode(base64, strlen(base64), &bytes) < 0)
		return;
	hash_sha256(bytes.data, bytes.len, sha256);
	(void)buf_fmt(&k->sounds, "%s\n", sha256);
}

static void add_in_front(struct buf *to, const char *hash)
{
	CLEANUP(buf_release) struct buf rest = BUF_INIT(KEY_MAX);
	(void)buf_add(&rest, to->data, to->len);
	buf_clear(to);
	(void)buf_fmt(to, "%s\n", hash);
	(void)buf_add(to, rest.data, rest.len);
}

static void add_part(struct key_parts *k, const char *role, const json_t *part,
		     const struct chat_sight *sees)
{
	const char *type = json_text(part, "type", "");
	const char *hash = json_text(part, "sha256", "");
	const char *data = json_text(part, "input_audio.data", NULL);
	if (strcmp(type, "text") == 0)
		add_text(k, role, json_text(part, "text", ""));
	else if (strcmp(type, "image") == 0 && sees && sees->reversed)
		add_in_front(&k->images, hash);
	else if (strcmp(type, "image") == 0 && (!sees || k->images.len < 65 * sees->images))
		(void)buf_fmt(&k->images, "%s\n", hash);
	else if (strcmp(type, "audio") == 0 && (!sees || k->sounds.len < 65 * sees->sounds))
		(void)buf_fmt(&k->sounds, "%s\n", hash);
	else if (data)
		add_sound_bytes(k, data);
}

static void add_messages(struct key_parts *k, const json_t *messages, const struct chat_sight *sees)
{
	size_t n = json_array_size(messages);
	for (size_t i = sees && sees->last_only && n > 0 ? n - 1 : 0; i < n; i++) {
		const json_t *m = json_array_get(messages, i);
		const json_t *content = json_object_get(m, "content");
		const char *role = json_text(m, "role", "");
		size_t p;
		json_t *part;
		if (sees && sees->no_system && strcmp(role, "system") == 0)
			continue;
		if (json_is_string(content))
			add_text(k, role, json_string_value(content));
		json_array_foreach((json_t *)content, p, part)
			add_part(k, role, part, sees);
	}
}

static const char *end_key(struct key_parts *k, struct arena *a)
{
	const char *key = arena_fmt(a, "%s|%s|%s", k->texts.data ? k->texts.data : "",
				    k->images.data ? k->images.data : "",
				    k->sounds.data ? k->sounds.data : "");
	buf_release(&k->texts);
	buf_release(&k->images);
	buf_release(&k->sounds);
	return key;
}

static struct key_parts begin_key(void)
{
	return (struct key_parts){BUF_INIT(KEY_MAX), BUF_INIT(KEY_MAX), BUF_INIT(KEY_MAX)};
}

static const char *key_of_sample(const struct sample *s, struct arena *a)
{
	struct key_parts k = begin_key();
	if (s->messages) {
		add_messages(&k, s->messages, NULL);
	} else {
		if (s->system)
			add_text(&k, "system", s->system);
		add_text(&k, "user", s->question ? s->question : s->text ? s->text : "");
	}
	for (size_t i = 0; i < s->n_images; i++)
		(void)buf_fmt(&k.images, "%s\n", s->images[i]->sha256);
	if (s->audio)
		(void)buf_fmt(&k.sounds, "%s\n", s->audio->sha256);
	return end_key(&k, a);
}

const struct truth *truth_of_chat(const struct sim_answers *s, const json_t *messages,
				  const struct chat_sight *sees)
{
	struct key_parts k = begin_key();
	CLEANUP(arena_freep) struct arena *a = arena_new();
	add_messages(&k, messages, sees);
	const char *key = end_key(&k, a);
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->items[i].key, key) == 0)
			return &s->items[i];
	return NULL;
}

/* ---- sounds ---- */

const struct truth *truth_of_sound(const struct sim_answers *s, const char *sha256)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->items[i].key, sha256) == 0)
			return &s->items[i];
	return NULL;
}

const struct truth *truth_of_speech(const struct sim_answers *s, const char *text,
				    const char *speaker, double speed)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct truth *t = &s->items[i];
		bool same_voice = !speaker || !t->sample->speaker ||
				  strcmp(t->sample->speaker, speaker) == 0;
		if (strcmp(t->sample->text, text) == 0 && same_voice &&
		    (isnan(speed) || fabs(t->speed - speed) * SPEED_DECIMALS < 1))
			return t;
	}
	return NULL;
}

static int read_sound(struct truth *t, struct arena *a, struct err *e)
{
	const struct media *m = t->sample->audio;
	struct audio sound;
	if (!m)
		return err_set(e, ERR_USAGE, "the line '%s' has no audio_filepath: the sim cannot "
			       "speak it", t->sample->id);
	if (audio_decode(m->data, m->len, &sound, e) < 0)
		return -1;
	audio_to_mono(&sound);
	if (sound.rate != RATE) {
		audio_release(&sound);
		return err_set(e, ERR_USAGE, "the sound of '%s' is not of %d Hz", t->sample->id,
			       RATE);
	}
	int16_t *pcm = arena_array(a, sound.frames + 1, sizeof(*pcm));
	for (size_t i = 0; i < sound.frames; i++)
		pcm[i] = (int16_t)lrintf(fminf(fmaxf(sound.samples[i] * 32768.0f, -32768.0f),
					       32767.0f));
	t->sound = pcm;
	t->samples = sound.frames;
	audio_release(&sound);
	return 0;
}

int sim_answers_read(const char *manifest, const char *kind, struct arena *a,
		     struct sim_answers **ret, struct err *e)
{
	struct sim_answers *s = ARENA_NEW(a, struct sim_answers);
	bool tts = strcmp(kind, "tts") == 0;
	s->kind = kind;
	if (corpus_read(manifest, kind, a, &s->corpus, e) < 0)
		return -1;
	s->n = s->corpus.n;
	s->items = arena_array(a, s->n + 1, sizeof(*s->items));
	for (size_t i = 0; i < s->n; i++) {
		const struct sample *sample = &s->corpus.samples[i];
		struct truth *t = &s->items[i];
		t->sample = sample;
		t->speed = 1;
		(void)json_number(sample->extra, "speed", &t->speed);
		t->key = strcmp(kind, "chat") == 0 ? key_of_sample(sample, a)
			 : sample->audio	   ? sample->audio->sha256
						   : "";
		if (tts && read_sound(t, a, e) < 0) {
			corpus_release(&s->corpus);
			return -1;
		}
	}
	*ret = s;
	return 0;
}

struct sim_answers *sim_answers_free(struct sim_answers *s)
{
	if (s)
		corpus_release(&s->corpus);
	return NULL;
}

json_t *sim_answers_speakers(const struct sim_answers *s)
{
	json_t *list = json_array();
	for (size_t i = 0; i < s->n; i++) {
		const char *name = s->items[i].sample->speaker;
		bool known = name == NULL;
		for (size_t k = 0; k < json_array_size(list) && !known; k++)
			known = strcmp(json_string_value(json_array_get(list, k)), name) == 0;
		if (!known)
			(void)json_array_append_new(list, json_string(name));
	}
	return list;
}
