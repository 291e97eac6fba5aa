/* src/protocols/template_write.c - a request from a template: goes through the list of pieces and
 * builds no tree.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/util.h"
#include "protocols/form.h"
#include "protocols/json_text.h"
#include "protocols/speech.h"
#include "protocols/template_parts.h"
#include "protocols/transcript.h"

struct writer {
	const struct template *t;
	const struct service *s;
	const struct sample *sample;
	const struct ask *ask;
	struct request *out;
	struct form form;
	struct err *e;
	char number[40];
};

static const struct media *media_at(const struct writer *w, enum place place)
{
	const struct sample *s = w->sample;
	if (place == PLACE_AUDIO)
		return s->audio;
	if (place == PLACE_PROMPT_WAV)
		return s->prompt_wav;
	return s->n_images > 0 ? s->images[0] : NULL;
}

static const char *number_at(struct writer *w, enum place place)
{
	const struct ask *ask = w->ask;
	if ((place == PLACE_SPEED && !(ask->speed > 0)) ||
	    (place == PLACE_MAX_TOKENS && ask->max_tokens <= 0) ||
	    (place == PLACE_TEMPERATURE && ask->temperature < 0))
		return NULL;
	if (place == PLACE_MAX_TOKENS)
		(void)snprintf(w->number, sizeof(w->number), "%lld", (long long)ask->max_tokens);
	else
		(void)snprintf(w->number, sizeof(w->number), "%.15g",
			       place == PLACE_SPEED ? ask->speed : ask->temperature);
	return w->number;
}

/* What stands at a place that is no file; NULL: not said. */
static const char *text_at(struct writer *w, enum place place)
{
	const struct sample *s = w->sample;
	switch (place) {
	case PLACE_TEXT:
		return s->text;
	case PLACE_QUESTION:
		return s->question ? s->question : s->text;
	case PLACE_PROMPT_TEXT:
		return s->prompt_text;
	case PLACE_LANGUAGE:
		return transcript_language(s, w->ask);
	case PLACE_SPEAKER:
		return speech_speaker(s, w->ask);
	case PLACE_MODEL:
		return w->s->model;
	case PLACE_ID:
		return s->id;
	default:
		return number_at(w, place);
	}
}

static bool is_there(struct writer *w, enum place place)
{
	if (template_places[place].media)
		return media_at(w, place) != NULL;
	return text_at(w, place) != NULL;
}

static int lacks(struct writer *w, enum place place)
{
	return err_set(w->e, ERR_USAGE, "the request of '%s' has a place {%s}, and the sample '%s' "
		       "has none", w->s->name ? w->s->name : "?", template_places[place].name,
		       w->sample->id ? w->sample->id : "?");
}

/* The value of a place; in JSON escaped, without quotes. */
static int put_place(struct writer *w, enum place place)
{
	if (!is_there(w, place))
		return lacks(w, place);
	if (template_places[place].media) {
		const struct media *m = media_at(w, place);
		if (m->base64)
			return request_add_media(w->out, m->base64, m->base64_len);
		/* written at its place, without a copy beside it */
		size_t before = w->out->text.len;
		struct buf *text = &w->out->text;
		if (base64_encode(m->data, m->len, text) < 0)
			return err_set(w->e, ERR_SYSTEM, "no memory for a file as base64");
		size_t len = text->len - before;
		text->len = before;
		return request_add_written(w->out, len);
	}
	const char *text = text_at(w, place);
	if (w->t->form)
		(void)request_add_text(w->out, text, strlen(text));
	else
		json_text_escaped(w->out, text, strlen(text));
	return 0;
}

static void put_comma(struct writer *w)
{
	const struct request *r = w->out;
	if (r->n_pieces == 0)
		return;	/* no memory: told at the end */
	const struct request_piece *last = &r->pieces[r->n_pieces - 1];
	char c = ((const char *)request_piece_data(r, r->n_pieces - 1))[last->len - 1];
	if (c != '{' && c != '[')
		json_text_raw(w->out, ",");
}

static int put_alone(struct writer *w, const struct piece *p)
{
	bool quotes = !template_places[p->place].number;
	if (!is_there(w, p->place) && !template_places[p->place].needed)
		return 0;
	if (w->t->form) {
		if (!is_there(w, p->place))
			return lacks(w, p->place);
		if (template_places[p->place].media) {
			form_field_begin(&w->form, p->text);
			int rc = put_place(w, p->place);
			form_field_end(&w->form);
			return rc;
		}
		form_text(&w->form, p->text, text_at(w, p->place));
		return 0;
	}
	put_comma(w);
	json_text_raw(w->out, p->text);
	if (quotes)
		json_text_raw(w->out, "\"");
	if (put_place(w, p->place) < 0)
		return -1;
	if (quotes)
		json_text_raw(w->out, "\"");
	return 0;
}

static int put_piece(struct writer *w, const struct piece *p)
{
	switch (p->kind) {
	case PIECE_RAW:
		json_text_raw(w->out, p->text);
		return 0;
	case PIECE_COMMA:
		put_comma(w);
		return 0;
	case PIECE_PLACE:
		return put_place(w, p->place);
	case PIECE_ALONE:
		return put_alone(w, p);
	case PIECE_FIELD:
		form_field_begin(&w->form, p->text);
		return 0;
	case PIECE_END:
		form_field_end(&w->form);
		return 0;
	case PIECE_FILE:
		break;
	}
	if (is_there(w, p->place))
		form_media(&w->form, p->text, media_at(w, p->place));
	else if (template_places[p->place].needed)
		return lacks(w, p->place);
	return 0;
}

static const struct media *any_media(const struct sample *s)
{
	return s->audio ? s->audio : s->n_images > 0 ? s->images[0] : s->prompt_wav;
}

int template_write(const struct template *t, const struct service *s, const struct sample *sample,
		   const struct ask *ask, struct request *out, struct err *e)
{
	struct writer w = {.t = t, .s = s, .sample = sample, .ask = ask, .out = out, .e = e};
	if (t->form)
		form_begin(&w.form, s, out, any_media(sample));
	else
		(void)buf_str(&out->head, "Content-Type: application/json\r\n");
	for (size_t i = 0; i < t->n; i++) {
		bool last = !t->form && i + 1 == t->n;
		for (size_t k = 0; last && k < s->n_fields; k++) {
			put_comma(&w);
			json_text_raw(out, "\"");
			json_text_escaped(out, s->fields[k].name, strlen(s->fields[k].name));
			json_text_raw(out, "\":");
			json_text_raw(out, s->fields[k].json);
		}
		if (put_piece(&w, &t->pieces[i]) < 0)
			return -1;
	}
	if (t->form)
		return form_end(&w.form, e);
	if (out->head.failed || out->text.failed)
		return err_set(e, ERR_SYSTEM, "the request is too large: more than %zu bytes of "
			       "text or %d pieces", out->text.max, REQUEST_PIECES_MAX);
	return 0;
}
