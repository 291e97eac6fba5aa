/* src/suite/answers.c - see answers.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/answers.h"

#include <math.h>

#include "audio/decode.h"
#include "audio/measure.h"
#include "base/stop.h"
#include "base/str.h"
#include "client/client.h"
#include "media/speech.h"
#include "suite/answer_judge.h"
#include "suite/recording.h"
#include "suite/voices.h"
#include "text/score.h"
#include "text/unicode.h"

struct work {
	const struct service *service;
	struct client *client, *through;
	const struct sample *samples;
	const struct answers_how *how;
	struct answers *out;
	size_t failed;
};

struct answers *answers_free(struct answers *a)
{
	if (!a)
		return NULL;
	for (size_t i = 0; a->texts && i < a->n; i++)
		free(a->texts[i]);
	free(a->texts);
	free(a->missing);
	free(a->errors);
	free(a->units);
	for (size_t i = 0; a->logprobs && i < a->n; i++)
		json_decref(a->logprobs[i]);
	free(a->logprobs);
	free(a->spoken);
	free(a->voices);
	free(a->normalizer);
	free(a);
	return NULL;
}

static struct answers *answers_new(size_t n)
{
	struct answers *a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->n = n;
	a->texts = calloc(n + 1, sizeof(*a->texts));
	a->missing = calloc(n + 1, sizeof(*a->missing));
	a->errors = calloc(n + 1, sizeof(*a->errors));
	a->units = calloc(n + 1, sizeof(*a->units));
	a->spoken = calloc(n + 1, sizeof(*a->spoken));
	a->voices = calloc(n + 1, sizeof(*a->voices));
	a->logprobs = calloc(n + 1, sizeof(json_t *));
	for (size_t i = 0; a->spoken && i < n; i++)
		a->spoken[i] = (struct spoken_figures){NAN, NAN, NAN};
	for (size_t i = 0; a->voices && i < n; i++)
		a->voices[i].f0_median = NAN;
	bool all = a->texts && a->missing && a->errors && a->units && a->spoken && a->voices &&
		   a->logprobs;
	return all ? a : answers_free(a);
}

const char *answers_expected(const struct sample *s)
{
	return s->text ? s->text : s->n_answers ? s->answers[0] : "";
}

/* Speech, read by the ASR service. NULL: could not be read. */
static char *read_back(struct work *w, const struct sample *s, const struct speech *speech)
{
	struct arena *a = arena_new();
	struct media m;
	struct sample clip = {.id = s->id, .language = s->language, .audio = &m};
	struct call call;
	struct err e;
	char *text = NULL;
	if (speech_to_media(speech, "clip.wav", "wav", 1, a, &m, &e) == 0) {
		call_init(&call, &clip);
		if (client_call(w->through, &call, &e) == 0 && call.outcome == OUTCOME_OK)
			text = strdup(call.answer.text.data ? call.answer.text.data : "");
		call_release(&call);
	}
	(void)arena_free(a);
	return text;
}

static void keep_speech(struct work *w, size_t i, const struct speech *speech)
{
	struct audio_figures f;
	struct err e;
	if (speech->n > 0 &&
	    audio_measure(speech->samples, speech->n, speech->rate, &f, &e) == 0)
		w->out->spoken[i] =
			(struct spoken_figures){f.seconds, f.loudness_lufs, f.f0_median};
	if (speech->n > 0 &&
	    voice_measure(speech->samples, speech->n, speech->rate, &w->out->voices[i], &e) < 0)
		w->out->voices[i].f0_median = NAN;
	if (w->through)
		w->out->texts[i] = read_back(w, &w->samples[i], speech);
}

static void keep(struct work *w, size_t i, const struct call *call)
{
	const struct buf *text = &call->answer.text;
	struct speech speech = {0};
	struct err e;
	bool tts = strcmp(w->service->kind, "tts") == 0;
	bool ok = call->outcome == OUTCOME_OK;
	w->out->logprobs[i] = json_incref(call->answer.logprobs);
	if (ok && tts && answer_to_speech(&call->answer, &speech, &e) == 0)
		keep_speech(w, i, &speech);
	else if (ok && !tts && str_utf8_valid(text->data, text->len) == text->len)
		w->out->texts[i] = strdup(text->data ? text->data : "");
	speech_release(&speech);
	w->out->missing[i] = tts && !w->through ? !ok : w->out->texts[i] == NULL;
	w->failed += w->out->missing[i];
}

static int speech_of(const struct media *m, struct speech *ret, struct err *e)
{
	struct audio sound;
	if (audio_decode(m->data, m->len, &sound, e) < 0)
		return -1;
	audio_to_mono(&sound);
	*ret = (struct speech){sound.samples, sound.frames, sound.rate};
	return 0;
}

/* What was recorded, as if it had just come. */
static int take_recorded(struct work *w, struct err *e)
{
	for (size_t i = 0; i < w->out->n; i++) {
		const struct recorded r =
			recording_find(w->how->from, w->samples[i].id, w->how->repeat);
		struct speech speech = {0};
		if (r.speech && speech_of(r.speech, &speech, e) < 0)
			return -1;
		if (r.speech)
			keep_speech(w, i, &speech);
		else if (r.text)
			w->out->texts[i] = strdup(r.text);
		speech_release(&speech);
		w->out->logprobs[i] = json_incref((json_t *)r.logprobs);
		w->out->missing[i] = w->out->texts[i] == NULL;
	}
	return 0;
}

/* One batch of at most `parallel` requests at once. */
static int ask_batch(struct work *w, size_t from, size_t n, struct err *e)
{
	CLEANUP(free_ptr) struct call *calls = calloc(n, sizeof(*calls));
	CLEANUP(free_ptr) struct call **list = calloc(n, sizeof(*list));
	CLEANUP(free_ptr) struct client **clients = calloc(n, sizeof(*clients));
	if (!calls || !list || !clients)
		return err_set(e, ERR_SYSTEM, "no memory for %zu requests", n);
	for (size_t i = 0; i < n; i++) {
		call_init(&calls[i], &w->samples[from + i]);
		calls[i].ask.temperature = 0;
		calls[i].ask.max_tokens = w->how->max_tokens;
		calls[i].ask.logprobs = w->how->logprobs;
		list[i] = &calls[i];
		clients[i] = w->client;
	}
	int rc = client_call_all(clients, list, n, w->how->parallel, e);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0)
			keep(w, from + i, &calls[i]);
		if (rc == 0 && w->how->recorder)
			rc = recorder_add(w->how->recorder, &w->samples[from + i], w->how->repeat,
					  &calls[i], e);
		call_release(&calls[i]);
	}
	return rc;
}

static int ask_all(struct work *w, struct err *e)
{
	size_t n = w->out->n;
	char phase[80];
	struct progress_state p = {.phase = phase, .rate = NAN, .p50_s = NAN, .p99_s = NAN};
	(void)snprintf(phase, sizeof(phase), "accuracy %.50s", w->service->name);
	for (size_t from = 0; from < n; from += w->how->parallel) {
		size_t batch = MIN(w->how->parallel, n - from);
		if (stop_requested())
			return err_set(e, ERR_INTERRUPTED, "ended after %zu of %zu sample%s", from,
				       n, str_plural(n));
		if (ask_batch(w, from, batch, e) < 0)
			return -1;
		p.ok = from + batch - w->failed;
		p.failed = w->failed;
		p.done = (double)(from + batch) / (double)n;
		progress_tell(w->how->progress, &p);
	}
	return 0;
}

/* ---- speech: edits against the reference ---- */

static enum token_unit unit_of(const struct work *w)
{
	const char *metric = w->how->metric;
	for (int i = 0; metric && token_unit_names[i]; i++)
		if (strcmp(token_unit_names[i], metric) == 0)
			return (enum token_unit)i;
	const char *text = answers_expected(&w->samples[0]);
	return unicode_script(text, strlen(text)) == SCRIPT_CHINESE ? TOKEN_CHARACTER : TOKEN_WORD;
}

static int score_speech(struct work *w, struct err *e)
{
	struct score_options o = {.unit = unit_of(w), .normalizer = w->how->normalizer};
	struct answers *out = w->out;
	struct scorer *scorer = NULL;
	/* Speech that nobody reads back cannot be scored. */
	if (strcmp(w->service->kind, "tts") == 0 && !w->through) {
		out->metric = token_unit_names[o.unit];
		return 0;
	}
	int rc = scorer_new(&scorer, &o, e);
	for (size_t i = 0; rc == 0 && i < out->n; i++) {
		struct pair_score pair;
		const char *text = out->texts[i] ? out->texts[i] : "";
		rc = scorer_pair(scorer, span_of(answers_expected(&w->samples[i])), span_of(text),
				 &pair, e);
		if (rc < 0)
			break;
		out->errors[i] = (double)align_errors(&pair.counts);
		out->units[i] = (double)align_reference(&pair.counts);
		align_add(&out->counts, &pair.counts);
	}
	if (rc == 0) {
		out->metric = token_unit_names[o.unit];
		out->normalizer = strdup(scorer_normalizer(scorer));
		out->unit = o.unit;
		out->normalize = o.normalizer;
	}
	(void)scorer_free(scorer);
	return rc;
}

/* ---- chat: right or wrong ---- */

static const char *judge_of(const struct sample *s, const struct answers_how *how)
{
	return s->judge ? s->judge : how->judge ? how->judge : "keyword";
}

/* What the samples are judged by, where all are by the same. */
static const char *judge_of_all(const struct work *w)
{
	for (size_t i = 1; i < w->out->n; i++)
		if (strcmp(judge_of(&w->samples[i], w->how), judge_of(w->samples, w->how)) != 0)
			return "answers";
	return w->out->n > 0 ? judge_of(w->samples, w->how) : "keyword";
}

/* A sample without accepted answers cannot be judged: it has no unit. */
static int score_chat(struct work *w, struct err *e)
{
	struct answers *out = w->out;
	struct answer_judge *j = NULL;
	int rc = answer_judge_new(&j, e);
	for (size_t i = 0; rc == 0 && i < out->n; i++) {
		const struct sample *s = &w->samples[i];
		double right = 0;
		if (s->n_answers == 0)
			continue;
		if (out->texts[i])
			rc = answer_judge_apply(j, judge_of(s, w->how), out->texts[i], s, &right,
						e);
		out->errors[i] = 1 - right;
		out->units[i] = 1;
	}
	out->metric = judge_of_all(w);
	(void)answer_judge_free(j);
	return rc;
}

int answers_check(const char *kind, const struct sample *samples, size_t n,
		  const struct answers_how *how, struct err *e)
{
	if (strcmp(kind, "chat") != 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (answer_judge_check(judge_of(&samples[i], how), &samples[i], e) < 0)
			return -1;
	return 0;
}

int answers_collect(const struct service *s, const struct sample *samples, size_t n,
		    const struct answers_how *how, struct answers **ret, struct err *e)
{
	struct work w = {.service = s, .samples = samples, .how = how, .out = answers_new(n)};
	bool chat = strcmp(s->kind, "chat") == 0;
	int rc = w.out ? 0 : err_set(e, ERR_SYSTEM, "no memory for %zu answers", n);
	if (rc == 0)
		rc = answers_check(s->kind, samples, n, how, e);
	if (rc == 0 && !how->from)
		rc = client_new(s, &w.client, e);
	if (rc == 0 && how->through)
		rc = client_new(how->through, &w.through, e);
	if (rc == 0)
		rc = how->from ? take_recorded(&w, e) : ask_all(&w, e);
	if (rc == 0)
		rc = chat ? score_chat(&w, e) : score_speech(&w, e);
	(void)client_free(w.client);
	(void)client_free(w.through);
	if (rc == 0)
		*ret = w.out;
	else
		(void)answers_free(w.out);
	return rc;
}
