/* src/suite/samples.c - see samples.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/samples.h"

#include "base/json.h"
#include "base/str.h"

#define SIDE 512	/* of a made picture, where nothing else is asked for */

struct entry {
	const char *name; /* of the data, with the kind */
	const struct sample *samples;
	size_t n;
	struct corpus corpus;	/* where they were read from a manifest */
};

struct samples {
	struct arena *arena;
	struct speaker *speaker;
	struct painter *painter;
	struct entry *entries;
	size_t n_entries;
	struct strings notes;
};

struct samples *samples_new(struct speaker *speaker, struct painter *painter)
{
	struct arena *a = arena_new();
	struct samples *s = ARENA_NEW(a, struct samples);
	s->arena = a;
	s->speaker = speaker;
	s->painter = painter;
	return s;
}

struct samples *samples_free(struct samples *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_entries; i++)
		corpus_release(&s->entries[i].corpus);
	(void)arena_free(s->arena);
	return NULL;
}

/* Every third clip is long, so that some last about ten seconds (latency_per_10s). */
static int speech_words(const char *language, size_t i)
{
	bool zh = str_starts(language, "zh");
	return i % 3 == 2 ? (zh ? 36 : 26) : (zh ? 10 : 8);
}

static int make_speech(struct samples *s, const struct plan_data *d, struct rng *r, size_t i,
		       struct sample *to, struct err *e)
{
	const char *voice = d->voice ? d->voice : speaker_default_voice(d->language);
	if (!voice)
		return err_set(e, ERR_UNSUPPORTED, "there is no voice for the language '%s'",
			       d->language);
	to->text = made_sentence(r, d->language, speech_words(d->language, i), s->arena);
	to->language = d->language;
	to->speaker = voice;
	struct speech speech = {0};
	if (speaker_say(s->speaker, voice, to->text, 1.0, &speech, e) < 0)
		return -1;
	struct media *m = ARENA_NEW(s->arena, struct media);
	int rc = speech_resample(&speech, 16000, e);
	if (rc == 0)
		rc = speech_to_media(&speech, arena_fmt(s->arena, "%s.wav", to->id), "wav", 1,
				     s->arena, m, e);
	speech_release(&speech);
	to->audio = m;
	return rc;
}

/* A scene of 512 pixels a side, drawn as large as the picture's shorter side allows. */
struct canvas {
	int width, height;
	double scale;
};

static struct canvas canvas_of(const struct plan_data *d)
{
	struct canvas c = {d->width ? d->width : SIDE, d->height ? d->height : SIDE, 1};
	c.scale = (double)MIN(c.width, c.height) / SIDE;
	return c;
}

static int at(const struct canvas *c, int x)
{
	return MAX((int)(c->scale * x), 1);
}

static json_t *scene_of(const struct canvas *c, json_t *items)
{
	return json_pack("{si,si,ss,so}", "width", c->width, "height", c->height, "background",
			 "white", "items", items);
}

/* One coloured shape, or several of one colour, away from each other. */
static json_t *shapes_scene(const struct canvas *c, const char *shape, const char *color,
			    int count, uint64_t noise)
{
	json_t *items = json_array();
	for (int i = 0; i < count; i++)
		(void)json_array_append_new(
			items, json_pack("{ss,ss,si,si,si}", "shape", shape, "color", color, "x",
					 at(c, 100 + 150 * (i % 3)), "y",
					 at(c, 120 + 150 * (i / 3)), "size", at(c, 90)));
	(void)json_array_append_new(
		items, json_pack("{sI,sf}", "noise", (json_int_t)noise, "strength", 0.02));
	return scene_of(c, items);
}

static json_t *text_scene(const struct canvas *c, const char *word, uint64_t noise)
{
	return scene_of(c, json_pack("[{ss,si,si,ss,si,ss},{sI,sf}]", "text", word, "x",
				     c->width / 2, "y", c->height / 2, "align", "center", "size",
				     at(c, 72), "color", "black", "noise", (json_int_t)noise,
				     "strength", 0.02));
}

static const char *const shapes[] = {"circle", "square", "triangle"};
static const char *const colors[] = {"red", "blue", "green", "yellow", "purple", "orange"};
static const char *const counts[] = {"zero", "one", "two", "three", "four", "five", "six"};

static void add_answer(struct samples *s, struct sample *to, const char *answer)
{
	const char **answers = (const char **)to->answers;
	*ARENA_ADD(s->arena, answers, to->n_answers) = answer;
	to->answers = answers;
}

static json_t *picture_question(struct samples *s, const struct canvas *c, struct rng *r, size_t i,
				struct sample *to)
{
	const char *shape = shapes[rng_below(r, ARRAY_LEN(shapes))];
	const char *color = colors[rng_below(r, ARRAY_LEN(colors))];
	uint64_t noise = rng_next(r) >> 12;
	to->judge = "keyword";
	if (i % 3 == 0) {
		to->question = "What shape is in this image? Name its colour too.";
		add_answer(s, to, color);
		return shapes_scene(c, shape, color, 1, noise);
	}
	if (i % 3 == 1) {
		int count = 2 + (int)rng_below(r, 4);
		to->question = arena_fmt(s->arena, "How many %ss are in this image?", shape);
		add_answer(s, to, counts[count]);
		add_answer(s, to, arena_fmt(s->arena, "%d", count));
		return shapes_scene(c, shape, color, count, noise);
	}
	const char *word = arena_fmt(s->arena, "%04d", 1000 + (int)rng_below(r, 9000));
	to->question = "What text does this image show? Read it out exactly.";
	add_answer(s, to, word);
	return text_scene(c, word, noise);
}

/* Pictures that stand before the one that is asked about. */
static json_t *other_scene(const struct canvas *c, struct rng *r)
{
	const char *shape = shapes[rng_below(r, ARRAY_LEN(shapes))];
	const char *color = colors[rng_below(r, ARRAY_LEN(colors))];
	return shapes_scene(c, shape, color, 1 + (int)rng_below(r, 6), rng_next(r) >> 12);
}

static int make_pictures(struct samples *s, const struct plan_data *d, struct rng *r, size_t i,
			 struct sample *to, struct err *e)
{
	struct canvas c = canvas_of(d);
	const char *format = d->format ? d->format : "jpeg";
	size_t n = (size_t)MAX(d->images, (int64_t)1);
	CLEANUP(json_unref) json_t *asked = picture_question(s, &c, r, i, to);
	const struct media **images = arena_array(s->arena, n, sizeof(const struct media *));
	if (n > 1)
		to->question = arena_fmt(s->arena, "Look at the last image. %s", to->question);
	for (size_t k = 0; k < n; k++) {
		struct media *m = ARENA_NEW(s->arena, struct media);
		CLEANUP(json_unref) json_t *other = k + 1 < n ? other_scene(&c, r) : NULL;
		const char *ending = strcmp(format, "png") == 0 ? "png" : "jpg";
		const char *name = k + 1 < n
			? arena_fmt(s->arena, "%s-%zu.%s", to->id, k + 1, ending)
			: arena_fmt(s->arena, "%s.%s", to->id, ending);
		if (painter_draw(s->painter, other ? other : asked, name, format, s->arena, m,
				 e) < 0)
			return -1;
		images[k] = m;
	}
	to->images = images;
	to->n_images = n;
	return 0;
}

static int make(struct samples *s, const struct plan_data *d, struct sample *all, struct err *e)
{
	struct rng r;
	rng_init_named(&r, (uint64_t)d->seed, d->made);
	for (size_t i = 0; i < (size_t)d->count; i++) {
		struct sample *to = &all[i];
		int rc = 0;
		to->id = arena_fmt(s->arena, "%s-%lld-%zu", d->made, (long long)d->seed, i);
		if (strcmp(d->made, "speech") == 0) {
			rc = make_speech(s, d, &r, i, to, e);
		} else if (strcmp(d->made, "pictures") == 0) {
			rc = make_pictures(s, d, &r, i, to, e);
		} else if (strcmp(d->made, "sentences") == 0) {
			to->text = made_sentence(&r, d->language, speech_words(d->language, i),
						 s->arena);
			to->language = d->language;
		} else {
			to->question = arena_fmt(s->arena, "Repeat: %s",
						 made_sentence(&r, d->language, 12, s->arena));
		}
		if (rc < 0)
			return err_prefix(e, "cannot make test data '%s': ", to->id);
	}
	return 0;
}

static const char *default_made(const char *kind)
{
	return strcmp(kind, "asr") == 0   ? "speech"
	       : strcmp(kind, "tts") == 0 ? "sentences"
					  : "pictures";
}

static int read_or_make(struct samples *s, const struct plan_data *d, const char *kind,
			struct entry *to, struct err *e)
{
	if (d->manifest) {
		if (corpus_read(d->manifest, kind, s->arena, &to->corpus, e) < 0)
			return -1;
		to->samples = to->corpus.samples;
		to->n = to->corpus.n;
		if (to->corpus.skipped > 0)
			strings_add(&s->notes, s->arena, arena_fmt(
				s->arena, "%s: %zu conversation%s without a question and an answer "
				"passed over", d->manifest, to->corpus.skipped,
				str_plural(to->corpus.skipped)));
		return 0;
	}
	struct sample *all = arena_array(s->arena, (size_t)d->count, sizeof(*all));
	if (make(s, d, all, e) < 0)
		return -1;
	to->samples = all;
	to->n = (size_t)d->count;
	return 0;
}

int samples_get(struct samples *s, const struct plan_data *data, const char *kind,
		const struct sample **ret, size_t *ret_n, struct err *e)
{
	struct plan_data made = {
		.name = "", .made = default_made(kind), .count = 10, .seed = 1, .language = "en"};
	const struct plan_data *d = data ? data : &made;
	const char *name = arena_fmt(s->arena, "%s/%s", d->name, kind);
	for (size_t i = 0; i < s->n_entries; i++)
		if (strcmp(s->entries[i].name, name) == 0) {
			*ret = s->entries[i].samples;
			*ret_n = s->entries[i].n;
			return 0;
		}
	struct entry entry = {.name = name};
	if (read_or_make(s, d, kind, &entry, e) < 0)
		return -1;
	*ARENA_ADD(s->arena, s->entries, s->n_entries) = entry;
	*ret = entry.samples;
	*ret_n = entry.n;
	return 0;
}

const struct strings *samples_notes(const struct samples *s)
{
	return &s->notes;
}
