/* src/suite/recording.c - see recording.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/recording.h"

#include <math.h>

#include "audio/decode.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "suite/voices.h"

#define FORMAT_VERSION 1
#define FILE_BYTES_MAX ((size_t)1 << 31)

/* ---- what was asked, as hashes ---- */

static void put_text_hash(json_t *to, const char *key, const char *text)
{
	char sha256[HASH_HEX];
	if (!text)
		return;
	hash_sha256(text, strlen(text), sha256);
	json_put_text(to, key, sha256);
}

static json_t *asked(const struct sample *s)
{
	json_t *j = json_object();
	json_t *images = json_array();
	for (size_t i = 0; i < s->n_images; i++)
		(void)json_array_append_new(images, json_string(s->images[i]->sha256));
	if (s->n_images > 0)
		json_put(j, "images", json_incref(images));
	json_decref(images);
	if (s->audio)
		json_put_text(j, "audio", s->audio->sha256);
	if (s->prompt_wav)
		json_put_text(j, "prompt_wav", s->prompt_wav->sha256);
	put_text_hash(j, "question", s->question);
	put_text_hash(j, "system", s->system);
	put_text_hash(j, "messages", s->messages_text);
	/* With sound it is the transcript: what is expected, not what is asked. */
	put_text_hash(j, "text", s->audio ? NULL : s->text);
	json_put_text(j, "language", s->language);
	json_put_text(j, "speaker", s->speaker);
	return j;
}

/* ---- writing ---- */

struct recorder {
	struct arena *arena;
	const char *dir, *service;
	struct buf lines;
	size_t n_speech;
};

static int add_line(struct recorder *r, const json_t *line, struct err *e)
{
	if (json_write(line, false, &r->lines) < 0 || buf_char(&r->lines, '\n') < 0)
		return err_set(e, ERR_SYSTEM, "no memory for the recording");
	return 0;
}

int recorder_new(const char *dir, const char *service, json_t *head, const json_t *parameters,
		 size_t answers, struct recorder **ret, struct err *e)
{
	struct arena *a = arena_new();
	struct recorder *r = ARENA_NEW(a, struct recorder);
	*r = (struct recorder){.arena = a, .dir = arena_str(a, dir),
			       .service = arena_str(a, service)};
	buf_init(&r->lines, FILE_BYTES_MAX);
	json_put_int(head, "assay_answers", FORMAT_VERSION);
	json_put_int(head, "answers", (int64_t)answers);
	json_put(head, "parameters", json_deep_copy(parameters));
	int rc = file_make_dirs(arena_fmt(a, "%s/%s-media", dir, service), e);
	if (rc == 0)
		rc = add_line(r, head, e);
	json_decref(head);
	if (rc == 0)
		*ret = r;
	else
		(void)recorder_free(r);
	return rc;
}

/* Speech as the service sent it, in a WAV of its own. */
static int add_speech(struct recorder *r, const struct answer *a, json_t *line, struct err *e)
{
	struct speech speech = {0};
	struct media m = {0};
	if (answer_to_speech(a, &speech, e) < 0)
		return -1;
	const char *name = arena_fmt(r->arena, "%s-media/%zu.wav", r->service, ++r->n_speech);
	int rc = speech_to_media(&speech, "speech.wav", "wav", 1, r->arena, &m, e);
	if (rc == 0)
		rc = file_write(arena_fmt(r->arena, "%s/%s", r->dir, name), m.data, m.len, e);
	json_put_text(line, "speech", name);
	json_put_text(line, "speech_sha256", m.sha256);
	speech_release(&speech);
	return rc;
}

int recorder_add(struct recorder *r, const struct sample *s, size_t repeat,
		 const struct call *call, struct err *e)
{
	const struct answer *a = &call->answer;
	CLEANUP(json_unref)
	json_t *line = json_pack("{s:s, s:I, s:o}", "id", s->id, "repeat", (json_int_t)repeat + 1,
				 "asked", asked(s));
	if (!line)
		return err_set(e, ERR_SYSTEM, "no memory for the recording");
	if (call->outcome != OUTCOME_OK)
		json_put_text(line, "failed", outcome_name(call->outcome));
	else if (a->sound.len > 0 && add_speech(r, a, line, e) < 0)
		return -1;
	else if (a->sound.len == 0)
		json_put_text(line, "answer", a->text.data ? a->text.data : "");
	json_put_text(line, "language_told", a->language[0] ? a->language : NULL);
	if (a->logprobs)
		json_put(line, "logprobs", json_incref(a->logprobs));
	return add_line(r, line, e);
}

int recorder_close(struct recorder *r, struct err *e)
{
	return file_write(arena_fmt(r->arena, "%s/%s.jsonl", r->dir, r->service), r->lines.data,
			  r->lines.len, e);
}

struct recorder *recorder_free(struct recorder *r)
{
	if (r) {
		buf_release(&r->lines);
		(void)arena_free(r->arena);
	}
	return NULL;
}

/* ---- reading ---- */

struct recording {
	const char *path;
	json_t *head;
	json_t *lines;	/* "id\nrepeat" -> line */
	size_t repeats;
	struct arena *arena;
};

struct recording *recording_free(struct recording *r)
{
	if (r) {
		json_decref(r->head);
		json_decref(r->lines);
	}
	return NULL;
}

static const char *key_of(struct arena *a, const char *id, size_t repeat)
{
	return arena_fmt(a, "%s\n%zu", id, repeat);
}

static int take_line(struct recording *r, json_t *j, size_t number, struct err *e)
{
	int64_t version = 0;
	int64_t repeat = 0;
	const char *id = json_text(j, "id", NULL);
	if (number == 1) {
		r->head = json_incref(j);
		if (!json_whole(j, "assay_answers", &version) || version != FORMAT_VERSION)
			return err_set(e, ERR_USAGE, "'%s' is no recording of answers of this "
				       "version", r->path);
		return 0;
	}
	if (!id || !json_whole(j, "repeat", &repeat) || repeat < 1 || repeat > 1000)
		return err_set(e, ERR_USAGE, "%s:%zu: a line needs an id and a repeat", r->path,
			       number);
	const char *key = key_of(r->arena, id, (size_t)repeat - 1);
	if (json_object_get(r->lines, key))
		return err_set(e, ERR_USAGE, "%s:%zu: '%s' is recorded twice", r->path, number,
			       id);
	(void)json_object_set(r->lines, key, j);
	r->repeats = MAX(r->repeats, (size_t)repeat);
	return 0;
}

static int read_lines(struct recording *r, const struct buf *text, struct err *e)
{
	const char *at = text->data ? text->data : "";
	const char *end = at + text->len;
	size_t number = 0;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		struct err why;
		CLEANUP(json_unref) json_t *j = json_read(at, len, JSON_DEPTH_MAX, &why);
		number++;
		if (!j || !stop)
			return err_set(e, ERR_USAGE, "%s:%zu: %s", r->path, number,
				       j ? "the file is cut off here" : why.text);
		if (take_line(r, j, number, e) < 0)
			return -1;
		at += len + 1;
	}
	int64_t answers = 0;
	size_t n = json_object_size(r->lines);
	if (r->repeats == 0)
		return err_set(e, ERR_USAGE, "'%s' holds no answers", r->path);
	if (!json_whole(r->head, "answers", &answers) || answers != (int64_t)n)
		return err_set(e, ERR_USAGE, "'%s' holds %zu answer%s, its first line says %lld",
			       r->path, n, str_plural(n), (long long)answers);
	return 0;
}

int recording_read(const char *dir, const char *service, struct arena *a, struct recording **ret,
		   struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(FILE_BYTES_MAX);
	struct recording *r = ARENA_NEW(a, struct recording);
	r->arena = a;
	r->path = arena_fmt(a, "%s/%s.jsonl", dir, service);
	r->lines = json_object();
	struct err why;
	int rc = 0;
	if (file_read(r->path, &text, &why) < 0)
		rc = err_set(e, ERR_USAGE, "no recorded answers of '%s': %s; assay accuracy PLAN "
			     "--record %s makes them", service, why.text, dir);
	if (rc == 0)
		rc = read_lines(r, &text, e);
	if (rc < 0)
		return (void)recording_free(r), -1;
	*ret = r;
	return 0;
}

size_t recording_repeats(const struct recording *r)
{
	return r->repeats;
}

/* The first key whose values differ; NULL: none. */
static const char *first_difference(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)a, key, value)
		if (!json_equal(value, json_object_get(b, key)))
			return key;
	json_object_foreach((json_t *)b, key, value)
		if (!json_object_get(a, key))
			return key;
	return NULL;
}

int recording_check(const struct recording *r, const struct sample *samples, size_t n,
		    const json_t *parameters, struct err *e)
{
	const char *key = first_difference(parameters, json_object_get(r->head, "parameters"));
	if (key)
		return err_set(e, ERR_USAGE, "'%s' was recorded with another '%s': a comparison "
			       "would mean nothing", r->path, key);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		CLEANUP(json_unref) json_t *now = asked(&samples[i]);
		for (size_t k = 0; k < r->repeats; k++) {
			const json_t *line =
				json_object_get(r->lines, key_of(a, samples[i].id, k));
			if (!line)
				return err_set(e, ERR_USAGE, "'%s' has no answer number %zu to "
					       "'%s'", r->path, k + 1, samples[i].id);
			key = first_difference(now, json_object_get(line, "asked"));
			if (key)
				return err_set(e, ERR_USAGE, "'%s': the %s of '%s' differs from "
					       "what was recorded", r->path, key, samples[i].id);
		}
	}
	if (json_object_size(r->lines) != n * r->repeats)
		return err_set(e, ERR_USAGE, "'%s' holds %zu answer%s, the data have %zu "
			       "sample%s × %zu", r->path, json_object_size(r->lines),
			       str_plural(json_object_size(r->lines)), n, str_plural(n),
			       r->repeats);
	return 0;
}

static const struct media *read_speech(const struct recording *r, const json_t *line)
{
	const char *name = json_text(line, "speech", NULL);
	CLEANUP(free_ptr) char *path = name ? file_beside(r->path, name) : NULL;
	CLEANUP(buf_release) struct buf data = BUF_INIT(FILE_BYTES_MAX);
	struct media *m = ARENA_NEW(r->arena, struct media);
	if (!path || file_read(path, &data, NULL) < 0 ||
	    media_from_bytes(name, NULL, data.data, data.len, r->arena, m, NULL) < 0 ||
	    strcmp(m->sha256, json_text(line, "speech_sha256", "")) != 0)
		return NULL;
	return m;
}

struct recorded recording_find(const struct recording *r, const char *id, size_t repeat)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const json_t *line = json_object_get(r->lines, key_of(a, id, repeat));
	return (struct recorded){
		.text = json_text(line, "answer", NULL),
		.speech = json_object_get(line, "speech") ? read_speech(r, line) : NULL,
		.logprobs = json_object_get(line, "logprobs"),
	};
}
