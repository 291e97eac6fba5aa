/* src/suite/answers.c - see answers.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/answers.h"

#include <math.h>

#include "base/stop.h"
#include "base/str.h"
#include "client/client.h"
#include "media/speech.h"
#include "suite/voices.h"
#include "text/score.h"
#include "text/similarity.h"
#include "text/unicode.h"

#define ANSWERS_OF_SAMPLE_MAX 64

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
	return a->texts && a->missing && a->errors && a->units ? a : answers_free(a);
}

const char *answers_expected(const struct sample *s)
{
	return s->text ? s->text : s->n_answers ? s->answers[0] : "";
}

/* Speech that came back, read by the ASR service. NULL: could not be read. */
static char *read_back(struct work *w, const struct sample *s, const struct answer *answer)
{
	struct arena *a = arena_new();
	struct speech speech = {0};
	struct media m;
	struct sample clip = {.id = s->id, .language = s->language, .audio = &m};
	struct call call;
	struct err e;
	char *text = NULL;
	if (answer_to_speech(answer, &speech, &e) == 0 &&
	    speech_to_media(&speech, "clip.wav", "wav", 1, a, &m, &e) == 0) {
		call_init(&call, &clip);
		if (client_call(w->through, &call, &e) == 0 && call.outcome == OUTCOME_OK)
			text = strdup(call.answer.text.data ? call.answer.text.data : "");
		call_release(&call);
	}
	speech_release(&speech);
	(void)arena_free(a);
	return text;
}

static void keep(struct work *w, size_t i, const struct call *call)
{
	const struct buf *text = &call->answer.text;
	if (call->outcome == OUTCOME_OK && w->through)
		w->out->texts[i] = read_back(w, &w->samples[i], &call->answer);
	else if (call->outcome == OUTCOME_OK && str_utf8_valid(text->data, text->len) == text->len)
		w->out->texts[i] = strdup(text->data ? text->data : "");
	w->out->missing[i] = w->out->texts[i] == NULL;
	w->failed += w->out->missing[i];
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
		list[i] = &calls[i];
		clients[i] = w->client;
	}
	int rc = client_call_all(clients, list, n, w->how->parallel, e);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0)
			keep(w, from + i, &calls[i]);
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
			return err_set(e, ERR_INTERRUPTED, "ended after %zu of %zu samples", from,
				       n);
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
	}
	(void)scorer_free(scorer);
	return rc;
}

/* ---- chat: right or wrong ---- */

/* Normalised text and answers, one after the other in `forms`. */
struct forms {
	struct buf text;
	struct span candidate;
	struct span answers[ANSWERS_OF_SAMPLE_MAX];
	size_t n;
};

static int normal_forms(struct normalizer *n, const char *candidate, const struct sample *s,
			struct forms *f, struct err *e)
{
	size_t at[ANSWERS_OF_SAMPLE_MAX + 2] = {0};
	f->n = MIN(s->n_answers, (size_t)ANSWERS_OF_SAMPLE_MAX);
	buf_clear(&f->text);
	for (size_t i = 0; i <= f->n; i++) {
		const char *text = i == 0 ? candidate : s->answers[i - 1];
		if (normalizer_apply(n, text, strlen(text), NULL, 0, &f->text, e) < 0)
			return -1;
		at[i + 1] = f->text.len;
	}
	const char *data = f->text.data ? f->text.data : "";
	f->candidate = (struct span){data, at[1]};
	for (size_t i = 0; i < f->n; i++)
		f->answers[i] = (struct span){data + at[i + 1], at[i + 2] - at[i + 1]};
	return 0;
}

/* 1 for right, 0 for wrong; between them for graded judges. */
static int judge_one(const char *judge, const struct forms *f, double *ret, struct err *e)
{
	*ret = 0;
	if (strcmp(judge, "keyword") == 0) {
		*ret = f->n == 0 || similarity_keywords(f->candidate, f->answers, f->n, false);
	} else if (strcmp(judge, "exact") == 0) {
		for (size_t i = 0; i < f->n; i++)
			if (f->answers[i].len == f->candidate.len &&
			    memcmp(f->answers[i].data, f->candidate.data, f->candidate.len) == 0)
				*ret = 1;
	} else if (strcmp(judge, "anls") == 0) {
		return similarity_anls(f->candidate, f->answers, f->n, ret, e);
	} else if (strcmp(judge, "relaxed") == 0) {
		for (size_t i = 0; i < f->n; i++)
			if (similarity_relaxed(f->candidate, f->answers[i]))
				*ret = 1;
	} else if (strcmp(judge, "chrf") == 0) {
		for (size_t i = 0; i < f->n; i++) {
			double x;
			if (similarity_chrf(f->candidate, f->answers[i], &x, e) < 0)
				return -1;
			*ret = MAX(*ret, x);
		}
	} else {
		return err_set(e, ERR_USAGE,
			       "there is no judge '%s'; say keyword, exact, anls, "
			       "relaxed or chrf",
			       judge);
	}
	return 0;
}

static int score_chat(struct work *w, struct err *e)
{
	struct answers *out = w->out;
	struct forms *f = calloc(1, sizeof(*f));
	struct normalizer *n = NULL;
	int rc = f ? normalizer_new(&n, NORMALIZE_BASIC, NULL, e) : -1;
	if (f)
		buf_init(&f->text, (size_t)16 << 20);
	for (size_t i = 0; rc == 0 && i < out->n; i++) {
		const struct sample *s = &w->samples[i];
		const char *judge = s->judge ? s->judge : w->how->judge ? w->how->judge : "keyword";
		double right = 0;
		if (out->texts[i])
			rc = normal_forms(n, out->texts[i], s, f, e) < 0
				     ? -1
				     : judge_one(judge, f, &right, e);
		out->errors[i] = 1 - right;
		out->units[i] = 1;
		out->metric = w->how->judge ? w->how->judge : "keyword";
	}
	(void)normalizer_free(n);
	if (f)
		buf_release(&f->text);
	free(f);
	return rc;
}

int answers_collect(const struct service *s, const struct sample *samples, size_t n,
		    const struct answers_how *how, struct answers **ret, struct err *e)
{
	struct work w = {.service = s, .samples = samples, .how = how, .out = answers_new(n)};
	bool chat = strcmp(s->kind, "chat") == 0;
	int rc = w.out ? 0 : err_set(e, ERR_SYSTEM, "no memory for %zu answers", n);
	if (rc == 0)
		rc = client_new(s, &w.client, e);
	if (rc == 0 && how->through)
		rc = client_new(how->through, &w.through, e);
	if (rc == 0)
		rc = ask_all(&w, e);
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
