/* src/suite/maker.c - see maker.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/maker.h"

#include <dirent.h>
#include <math.h>

#include "audio/decode.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "text/unicode.h"

#define RATE 16000

const char *const maker_speakers[] = {"slt", "rms", NULL};

struct maker {
	struct arena *arena;
	struct speaker *speaker;
	const char *dir;
	struct strings ids;
	struct buf lines;
	size_t n;
};

static bool has_files(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;
	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n > 2;	/* "." and ".." */
}

int maker_new(const char *dir, struct speaker *speaker, struct maker **ret, struct err *e)
{
	if (has_files(dir))
		return err_set(e, ERR_USAGE, "the folder '%s' is not empty", dir);
	struct arena *a = arena_new();
	const char *media = arena_fmt(a, "%s/media", dir);
	if (file_make_dirs(media, e) < 0) {
		(void)arena_free(a);
		return -1;
	}
	struct maker *m = ARENA_NEW(a, struct maker);
	*m = (struct maker){.arena = a, .speaker = speaker, .dir = arena_str(a, dir)};
	buf_init(&m->lines, BUF_UNLIMITED);
	*ret = m;
	return 0;
}

struct maker *maker_free(struct maker *m)
{
	if (!m)
		return NULL;
	buf_release(&m->lines);
	(void)arena_free(m->arena);
	return NULL;
}

int maker_close(struct maker *m, size_t *ret_n, struct err *e)
{
	*ret_n = m->n;
	return file_write(arena_fmt(m->arena, "%s/manifest.jsonl", m->dir),
			  m->lines.data ? m->lines.data : "", m->lines.len, e);
}

/* An id of its own for each request of a case. */
static const char *new_id(struct maker *m, const char *id)
{
	const char *mine = arena_str(m->arena, id);
	for (int i = 2; strings_has(&m->ids, mine); i++)
		mine = arena_fmt(m->arena, "%s-%d", id, i);
	strings_add(&m->ids, m->arena, mine);
	return mine;
}

static int write_media(struct maker *m, const struct media *media, const char *name, json_t *line,
		       const char *key, struct err *e)
{
	const char *file = arena_fmt(m->arena, "media/%s", name);
	json_put_text(line, key, file);
	return file_write(arena_fmt(m->arena, "%s/%s", m->dir, file), media->data, media->len, e);
}

static const char *ending(const struct media *media)
{
	const char *dot = strrchr(media->name, '.');
	return dot ? dot : "";
}

static int write_images(struct maker *m, const struct sample *s, const char *id, json_t *line,
			struct err *e)
{
	json_t *list = json_array();
	json_t *one = json_object();
	int rc = 0;
	for (size_t i = 0; i < s->n_images && rc == 0; i++) {
		const char *name = arena_fmt(m->arena, "%s-%zu%s", id, i + 1,
					     ending(s->images[i]));
		rc = write_media(m, s->images[i], name, one, "file", e);
		(void)json_array_append(list, json_object_get(one, "file"));
	}
	if (s->n_images > 0)
		json_put(line, "images", json_incref(list));
	json_decref(list);
	json_decref(one);
	return rc;
}

static int write_line(struct maker *m, const char *kind, const char *id, const struct sample *s,
		      json_t *line, struct err *e)
{
	json_t *answers = json_array();
	json_put_text(line, "kind", kind);
	json_put_text(line, "text", s->text);
	json_put_text(line, "language", s->language);
	json_put_text(line, "speaker", s->speaker);
	json_put_text(line, "system", s->system);
	json_put_text(line, "question", s->question);
	json_put_text(line, "judge", s->judge);
	if (s->messages)
		json_put(line, "messages", json_deep_copy(s->messages));
	for (size_t i = 0; i < s->n_answers; i++)
		(void)json_array_append_new(answers, json_string(s->answers[i]));
	if (s->n_answers > 0)
		json_put(line, "answers", json_incref(answers));
	json_decref(answers);
	if (s->extra)
		(void)json_object_update_missing(line, (json_t *)s->extra);
	int rc = write_images(m, s, id, line, e);
	if (rc == 0 && s->audio) {
		json_put_real(line, "duration", s->audio->seconds);
		rc = write_media(m, s->audio, arena_fmt(m->arena, "%s%s", id, ending(s->audio)),
				 line, "audio_filepath", e);
	}
	if (rc == 0 && (json_write(line, false, &m->lines) < 0 || buf_char(&m->lines, '\n') < 0))
		rc = err_set(e, ERR_SYSTEM, "no memory for the manifest");
	m->n += rc == 0;
	return rc;
}

/* ---- answers as a service without faults would give them ---- */

static void answer_transcript(const struct sample *s, struct answer *a)
{
	const json_t *segments = json_object_get(s->extra, "segments");
	(void)buf_str(&a->text, s->text ? s->text : "");
	(void)snprintf(a->language, sizeof(a->language), "%s",
		       json_text(s->extra, "spoken", s->language ? s->language : ""));
	for (size_t i = 0; i < json_array_size(segments); i++) {
		const json_t *one = json_array_get(segments, i);
		const char *text = json_text(one, "text", "");
		double start = 0;
		double end = 0;
		(void)json_number(one, "start", &start);
		(void)json_number(one, "end", &end);
		(void)answer_add_segment(a, start, end, text, strlen(text));
	}
}

static void answer_chat(const struct sample *s, const struct ask *ask, struct answer *a)
{
	const char *first = s->n_answers ? s->answers[0] : "";
	(void)buf_str(&a->text, json_text(s->extra, "answer", first));
	a->text_events = 2;
	a->first_token = 2;
	a->last_token = 100;
	a->prompt_tokens = 1;
	a->output_tokens = ask->max_tokens > 0 ? MIN(ask->max_tokens, (int64_t)4) : 4;
	a->finish_reason = "stop";
}

static const char *voice_for(struct maker *m, const char *text, const char *speaker)
{
	if (unicode_script(text, strlen(text)) == SCRIPT_CHINESE)
		return speaker_default_voice("zh");
	return arena_fmt(m->arena, "flite/%s", speaker ? speaker : maker_speakers[0]);
}

/* Speak it, at the rate and in the 16 bits of the file that is written. */
static int speak(struct maker *m, struct sample *s, double speed, struct answer *a, struct err *e)
{
	struct speech speech = {0};
	struct audio pcm = {0};
	struct media *media = ARENA_NEW(m->arena, struct media);
	int rc = speaker_say(m->speaker, voice_for(m, s->text, s->speaker), s->text, speed, &speech,
			     e);
	if (rc == 0)
		rc = speech_resample(&speech, RATE, e);
	if (rc == 0)
		rc = speech_to_media(&speech, "speech.wav", "wav", 1, m->arena, media, e);
	if (rc == 0)
		rc = audio_decode(media->data, media->len, &pcm, e);
	for (size_t i = 0; rc == 0 && i < pcm.frames; i++) {
		float x = fminf(fmaxf(pcm.samples[i] * 32768.0f, -32768.0f), 32767.0f);
		int16_t sample = (int16_t)lrintf(x);
		(void)buf_add(&a->sound, &sample, sizeof(sample));
	}
	a->sample_rate = RATE;
	a->channels = 1;
	a->bytes_per_sample = 2;
	a->pcm = PCM_S16;
	a->sound_events = 2;
	a->first_token = 2;
	a->last_token = 100;
	s->audio = media;
	audio_release(&pcm);
	speech_release(&speech);
	return rc;
}

static int say(struct maker *m, struct call *call, const char *id, struct err *e)
{
	struct sample s = *call->sample;
	double speed = call->ask.speed > 0 ? call->ask.speed : 1;
	CLEANUP(json_unref) json_t *line = json_pack("{s:s, s:f}", "id", id, "speed", speed);
	s.speaker = call->ask.speaker ? call->ask.speaker : s.speaker;
	if (!s.text || !*s.text) {
		call->outcome = OUTCOME_HTTP_4XX;
		call->status = 400;
		return 0;
	}
	if (!s.speaker && unicode_script(s.text, strlen(s.text)) != SCRIPT_CHINESE)
		s.speaker = maker_speakers[0];
	return speak(m, &s, speed, &call->answer, e) < 0 ? -1
							 : write_line(m, "tts", id, &s, line, e);
}

int maker_call(struct maker *m, const char *kind, const char *id, struct call *call,
	       struct err *e)
{
	call->outcome = OUTCOME_OK;
	call->status = 200;
	call->start = 1;
	id = new_id(m, id);
	if (strcmp(kind, "tts") == 0)
		return say(m, call, id, e);
	CLEANUP(json_unref) json_t *line = json_pack("{s:s}", "id", id);
	if (strcmp(kind, "asr") == 0)
		answer_transcript(call->sample, &call->answer);
	else
		answer_chat(call->sample, &call->ask, &call->answer);
	return write_line(m, kind, id, call->sample, line, e);
}
