/* src/media/corpus.c - manifests: one sample per line of JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "media/corpus_reader.h"

#define MANIFEST_MAX ((size_t)1 << 30)
#define MEDIA_MAX ((size_t)2 << 30)
#define IMAGES_MAX 1024

int reader_wrong(const struct reader *r, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(r->e, ERR_USAGE, "%s:%d: %s", r->manifest, r->line, text);
}

int reader_keep_media(struct reader *r, const char *name, struct media *m)
{
	CLEANUP(free_ptr) char *path = file_beside(r->manifest, name);
	if (!path)
		return err_set(r->e, ERR_SYSTEM, "no memory for the name of a file");
	json_put_int(r->by_path, path, (int64_t)r->n_media);
	*ARENA_ADD(r->arena, r->media, r->n_media) = m;
	return 0;
}

/* Each file is read once, however many lines name it. */
static struct media *media_of(struct reader *r, const char *name)
{
	int64_t known;
	CLEANUP(free_ptr) char *path = file_beside(r->manifest, name);
	if (!path) {
		err_set(r->e, ERR_SYSTEM, "no memory for the name of a file");
		return NULL;
	}
	const json_t *index = json_object_get(r->by_path, path);
	if (index) {
		known = json_integer_value(index);
		return r->media[known];
	}
	CLEANUP(buf_release) struct buf data = BUF_INIT(MEDIA_MAX);
	struct err why;
	const char *slash = strrchr(name, '/');
	struct media *m = ARENA_NEW(r->arena, struct media);
	if (file_read(path, &data, &why) < 0 ||
	    media_from_bytes(slash ? slash + 1 : name, NULL, data.data ? data.data : "", data.len,
			     r->arena, m, &why) < 0) {
		(void)reader_wrong(r, "%s", why.text);
		return NULL;
	}
	json_put_int(r->by_path, path, (int64_t)r->n_media);
	*ARENA_ADD(r->arena, r->media, r->n_media) = m;
	return m;
}

static struct media *audio_of(struct reader *r, const char *name)
{
	struct media *m = media_of(r, name);
	if (m && isnan(m->seconds)) {
		(void)reader_wrong(r, "'%s' is no sound file that can be decoded", name);
		return NULL;
	}
	if (m && r->kind && strcmp(r->kind, "chat") == 0 &&
	    media_add_base64(m, r->arena, r->e) < 0)
		return NULL;
	return m;
}

static struct media *image_of(struct reader *r, const char *name)
{
	struct media *m = media_of(r, name);
	if (m && m->width == 0) {
		(void)reader_wrong(r, "'%s' is no picture that assay knows", name);
		return NULL;
	}
	return m;
}

/* A text of the line into the arena; missing and null leave *to alone. */
static int take_text(struct reader *r, const json_t *line, const char *key, const char **to)
{
	const json_t *j = json_object_get(line, key);
	if (!j || json_is_null(j))
		return 0;
	if (!json_is_string(j))
		return reader_wrong(r, "%s must be a text", key);
	*to = arena_str(r->arena, json_string_value(j));
	return 0;
}

/* A list of texts, or one. */
static int take_list(struct reader *r, const json_t *line, const char *key, struct strings *to)
{
	const json_t *j = json_object_get(line, key);
	size_t i;
	json_t *item;
	if (!j || json_is_null(j))
		return 0;
	if (json_is_string(j))
		strings_add(to, r->arena, arena_str(r->arena, json_string_value(j)));
	else if (!json_is_array(j))
		return reader_wrong(r, "%s must be a list of texts", key);
	json_array_foreach(j, i, item) {
		if (!json_is_string(item))
			return reader_wrong(r, "%s must be a list of texts", key);
		strings_add(to, r->arena, arena_str(r->arena, json_string_value(item)));
	}
	return 0;
}

static int take_audio(struct reader *r, const json_t *line, const char *key,
		      const struct media **to)
{
	const char *name = NULL;
	if (take_text(r, line, key, &name) < 0)
		return -1;
	if (!name)
		return 0;
	*to = audio_of(r, name);
	return *to ? 0 : -1;
}

struct images {
	const struct media **items;
	size_t n;
};

static int add_image(struct reader *r, const char *name, struct images *images)
{
	const struct media *m = image_of(r, name);
	if (!m)
		return -1;
	if (images->n >= IMAGES_MAX)
		return reader_wrong(r, "more than %d images in one sample", IMAGES_MAX);
	*ARENA_ADD(r->arena, images->items, images->n) = m;
	return 0;
}

static bool is_remote(const char *url)
{
	return str_starts(url, "http://") || str_starts(url, "https://") ||
	       str_starts(url, "data:") || str_starts(url, MEDIA_PLACE);
}

/* A file that a message names: it becomes one of the sample's media, and its place is marked. */
static int take_part(struct reader *r, json_t *part, struct images *images, struct sample *s)
{
	json_t *picture = json_object_get(part, "image_url");
	json_t *sound = json_object_get(part, "input_audio");
	const char *url = json_string_value(json_object_get(picture, "url"));
	const char *data = json_string_value(json_object_get(sound, "data"));
	if (url && !is_remote(url)) {
		char place[32];
		(void)snprintf(place, sizeof(place), MEDIA_PLACE "%zu", images->n);
		if (add_image(r, url, images) < 0)
			return -1;
		json_put_text(picture, "url", place);
	}
	if (data && strchr(data, '.')) {	/* base64 has no dots */
		if (s->audio)
			return reader_wrong(r, "a sample can hold one sound file");
		s->audio = audio_of(r, data);
		if (!s->audio)
			return -1;
		json_put_text(sound, "data", MEDIA_PLACE "audio");
	}
	return 0;
}

static int take_messages(struct reader *r, json_t *line, struct images *images, struct sample *s)
{
	json_t *messages = json_object_get(line, "messages");
	size_t i, k;
	json_t *message, *part;
	if (!messages || json_is_null(messages))
		return 0;
	if (!json_is_array(messages) || json_array_size(messages) == 0)
		return reader_wrong(r, "messages must be a list of messages");
	json_array_foreach(messages, i, message) {
		const json_t *content = json_object_get(message, "content");
		if (!json_is_string(json_object_get(message, "role")) ||
		    (!json_is_string(content) && !json_is_array(content)))
			return reader_wrong(r, "message %zu needs a role and a content", i + 1);
		json_array_foreach(content, k, part)
			if (take_part(r, part, images, s) < 0)
				return -1;
	}
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (json_write(messages, false, &text) < 0)
		return err_set(r->e, ERR_SYSTEM, "no memory for messages");
	s->messages = messages;
	s->messages_text = arena_strn(r->arena, text.data, text.len);
	return 0;
}

/* id, key, or the name of the sound file; what was given must be given once. */
static int take_id(struct reader *r, const json_t *line, struct sample *s)
{
	static const char *const keys[] = {"id", "key"};
	for (size_t i = 0; i < ARRAY_LEN(keys) && !s->id; i++) {
		const json_t *j = json_object_get(line, keys[i]);
		if (json_is_integer(j))
			s->id = arena_fmt(r->arena, "%lld", (long long)json_integer_value(j));
		else if (take_text(r, line, keys[i], &s->id) < 0)
			return -1;
	}
	bool given = s->id != NULL;
	if (!s->id && take_text(r, line, "audio_filepath", &s->id) < 0)
		return -1;
	if (!s->id)
		s->id = arena_fmt(r->arena, "line-%d", r->line);
	const json_t *other = json_object_get(r->ids, s->id);
	if (other && given)
		return reader_wrong(r, "the id '%s' was given in line %lld already", s->id,
			     (long long)json_integer_value(other));
	if (other)
		s->id = arena_fmt(r->arena, "%s:%d", s->id, r->line);
	json_put_int(r->ids, s->id, r->line);
	return 0;
}

static int check_judge(const struct reader *r, const char *judge)
{
	static const char *const known[] = {"keyword", "all",	"regex",   "exact",	"anls",
					    "relaxed", "chrf",	"rouge_l", "characters"};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!judge || strcmp(judge, known[i]) == 0)
			return 0;
	return reader_wrong(r, "judge must be keyword, all, regex, exact, anls, relaxed, chrf, "
			       "rouge_l or characters, not '%s'", judge);
}

/* What each kind of service cannot do without. */
static int check_kind(const struct reader *r, const struct sample *s)
{
	const char *kind = r->kind ? r->kind : "";
	if (strcmp(kind, "asr") == 0 && !s->audio)
		return reader_wrong(r, "a sample for asr needs audio_filepath");
	if (strcmp(kind, "tts") == 0 && !s->text)
		return reader_wrong(r, "a sample for tts needs text");
	if (strcmp(kind, "chat") == 0 && !s->messages && !s->question && !s->text &&
	    s->n_images == 0 && !s->audio)
		return reader_wrong(r, "a sample for chat needs question, messages, images, audio "
				    "or text");
	return 0;
}

/* Keys that nothing here reads stay with the sample. */
static void keep_unknown(json_t *line, struct sample *s)
{
	static const char *const known[] = {
		"id", "key", "audio_filepath", "duration", "text", "language", "speaker", "images",
		"messages", "system", "question", "follow_ups", "answers", "judge",
		"prompt_wav", "prompt_text", "kind",
	};
	json_t *extra = json_object();
	const char *key;
	json_t *value;
	json_object_foreach(line, key, value) {
		bool ours = false;
		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			ours |= strcmp(known[i], key) == 0;
		if (!ours)
			(void)json_object_set(extra, key, value);
	}
	s->extra = extra;
	json_put(line, "", extra);	/* lives as long as the line */
}

static int take_follow_ups(struct reader *r, const json_t *line, struct sample *s)
{
	struct strings said = {0};
	if (take_list(r, line, "follow_ups", &said) < 0)
		return -1;
	if (said.n == 0)
		return 0;
	if (!s->question && !s->messages)
		return reader_wrong(r, "follow_ups need a question or messages before them");
	struct sample *next = NULL;
	while (s->n_follow_ups < said.n) {
		const char *words = said.items[s->n_follow_ups];
		*ARENA_ADD(r->arena, next, s->n_follow_ups) =
			(struct sample){.id = s->id, .question = words, .language = s->language};
	}
	s->follow_ups = next;
	return 0;
}

static int read_sample(struct reader *r, json_t *line, struct sample *s)
{
	struct strings names = {0};
	struct strings answers = {0};
	struct images images = {0};
	if (take_id(r, line, s) < 0 || take_text(r, line, "text", &s->text) < 0 ||
	    take_text(r, line, "language", &s->language) < 0 ||
	    take_text(r, line, "speaker", &s->speaker) < 0 ||
	    take_text(r, line, "system", &s->system) < 0 ||
	    take_text(r, line, "question", &s->question) < 0 ||
	    take_text(r, line, "judge", &s->judge) < 0 || check_judge(r, s->judge) < 0 ||
	    take_text(r, line, "prompt_text", &s->prompt_text) < 0 ||
	    take_list(r, line, "images", &names) < 0 ||
	    take_list(r, line, "answers", &answers) < 0 ||
	    take_audio(r, line, "audio_filepath", &s->audio) < 0 ||
	    take_audio(r, line, "prompt_wav", &s->prompt_wav) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (add_image(r, names.items[i], &images) < 0)
			return -1;
	if (take_messages(r, line, &images, s) < 0 || take_follow_ups(r, line, s) < 0)
		return -1;
	s->images = images.items;
	s->n_images = images.n;
	s->answers = answers.items;
	s->n_answers = answers.n;
	keep_unknown(line, s);
	return check_kind(r, s);
}

/* Steals j. */
int reader_take(struct reader *r, json_t *j, struct corpus *c)
{
	(void)json_array_append_new(c->lines, j);
	if (!json_is_object(j))
		return reader_wrong(r, "each line must be a JSON object, like {\"id\": \"1\", …}");
	if (json_object_get(j, "conversations")) {
		int rc = sharegpt_convert(r, j);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			(void)json_array_remove(c->lines, json_array_size(c->lines) - 1);
			c->skipped++;
			return 0;
		}
	}
	if (r->kind && strcmp(json_text(j, "kind", r->kind), r->kind) != 0)
		return 0;	/* for another kind of service */
	struct sample *s = ARENA_ADD(r->arena, c->samples, c->n);
	if (read_sample(r, j, s) < 0)
		return -1;
	if (s->audio)
		c->audio_seconds += s->audio->seconds;
	return 0;
}

static int read_lines(struct reader *r, const struct buf *text, struct corpus *c)
{
	const char *at = text->data ? text->data : "";
	const char *end = at + text->len;
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct span line = {at, (size_t)((stop ? stop : end) - at)};
		struct err why;
		at += line.len + 1;
		r->line++;
		line = span_trim(line);
		if (line.len == 0)
			continue;
		json_t *j = json_read(line.data, line.len, JSON_DEPTH_MAX, &why);
		if (!j)
			return reader_wrong(r, "%s", why.text);
		if (reader_take(r, j, c) < 0)
			return -1;
	}
	return 0;
}

int corpus_read(const char *manifest, const char *kind, struct arena *a, struct corpus *ret,
		struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(MANIFEST_MAX);
	CLEANUP(json_unref) json_t *by_path = json_object();
	CLEANUP(json_unref) json_t *ids = json_object();
	struct reader r = {manifest, kind, a, by_path, ids, NULL, 0, 0, e};
	struct corpus c = {.lines = json_array()};
	int rc = file_read(manifest, &text, e);
	struct span all = {text.data ? text.data : "", text.len};
	if (rc == 0)
		rc = tsv_is(manifest, all) ? tsv_read(&r, all, &c) :
		     json_list_is(all) ? json_list_read(&r, all, &c) : read_lines(&r, &text, &c);
	if (rc == 0 && c.n == 0)
		rc = err_set(e, ERR_USAGE, "'%s' holds no samples: it needs one JSON object per "
			     "line%s", manifest, c.skipped > 0 ? ", or conversations with a "
			     "question and an answer" : "");
	if (rc < 0) {
		corpus_release(&c);
		return -1;
	}
	*ret = c;
	return 0;
}

void corpus_release(struct corpus *c)
{
	if (!c)
		return;
	json_decref(c->lines);
	c->lines = NULL;
	c->n = 0;
}
