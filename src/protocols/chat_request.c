/* src/protocols/chat_request.c - see chat_request.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/chat_request.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/util.h"
#include "image/mint.h"
#include "protocols/filler.h"
#include "protocols/json_text.h"
#include "protocols/scan.h"

static void put(struct request *out, const char *text)
{
	json_text_raw(out, text);
}

static void put_escaped(struct request *out, const char *text)
{
	json_text_escaped(out, text, strlen(text));
}

static void put_base64(struct request *out, const struct media *m)
{
	if (m->base64) {
		(void)request_add_media(out, m->base64, m->base64_len);
		return;
	}
	/* written where text pieces go, then added as the text that it is */
	size_t at = out->text.len;
	if (base64_encode(m->data, m->len, &out->text) < 0)
		return;
	size_t len = out->text.len - at;
	out->text.len = at;
	(void)request_add_written(out, len);
}

/* A version of a picture: what all versions have in common is only pointed to. */
static void put_version(struct request *out, const struct image_mint *mint, uint32_t version)
{
	struct span head = image_mint_head(mint);
	(void)request_add_media(out, head.data, head.len);
	(void)request_add_written(out, image_mint_tail(mint, version, &out->text));
}

static void put_picture(struct request *out, const struct prompt *p, size_t i)
{
	const struct media *m = p->sample->images[i];
	put(out, "data:");
	put_escaped(out, m->mime ? m->mime : "image/jpeg");
	put(out, ";base64,");
	if (p->mints && p->mints[i])
		put_version(out, p->mints[i], p->version + (uint32_t)i);
	else
		put_base64(out, m);
}

/* Letters and blanks: nothing of it has to be escaped. */
static void put_filler(struct request *out, const struct prompt *p)
{
	size_t at = out->text.len;
	if (filler_write(p->filler_seed, p->filler, &out->text) < 0)
		return;
	size_t len = out->text.len - at;
	out->text.len = at;
	(void)request_add_written(out, len);
}

/* What OpenAI calls the format of input_audio. */
static const char *audio_format(const struct media *m)
{
	static const struct {
		const char *mime, *format;
	} rows[] = {{"audio/mpeg", "mp3"}, {"audio/flac", "flac"}, {"audio/ogg", "ogg"}};
	for (size_t i = 0; m->mime && i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].mime, m->mime) == 0)
			return rows[i].format;
	return "wav";
}

static void put_parts(const struct prompt *p, const char *nonce, const char *text,
		      struct request *out)
{
	const struct sample *s = p->sample;
	put(out, "[");
	if (nonce) {
		put(out, "{\"type\":\"text\",\"text\":\"");
		put_escaped(out, nonce);
		put(out, "\"},");
	}
	for (size_t i = 0; i < s->n_images; i++) {
		put(out, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"");
		put_picture(out, p, i);
		put(out, "\"}},");
	}
	if (s->audio) {
		put(out, "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"");
		put_base64(out, s->audio);
		put(out, "\",\"format\":\"");
		put(out, audio_format(s->audio));
		put(out, "\"}},");
	}
	put(out, "{\"type\":\"text\",\"text\":\"");
	put_filler(out, p);
	put_escaped(out, text ? text : "");
	put(out, "\"}]");
}

/* first: of the session; only there the system speaks. */
static int put_made(const struct prompt *p, bool first, struct request *out, struct err *e)
{
	const struct sample *s = p->sample;
	const char *text = s->question ? s->question : s->text;
	const char *nonce = p->nonce;
	if (!text && s->n_images == 0 && !s->audio)
		return err_set(e, ERR_USAGE, "a chat needs a question, messages, images or audio, "
			       "and the sample '%s' has none", s->id ? s->id : "?");
	if (s->system && first) {
		put(out, "{\"role\":\"system\",\"content\":\"");
		if (nonce) {
			put_escaped(out, nonce);
			put(out, " ");
			nonce = NULL;
		}
		put_escaped(out, s->system);
		put(out, "\"},");
	}
	put(out, "{\"role\":\"user\",\"content\":");
	if (s->n_images == 0 && !s->audio) {
		put(out, "\"");
		if (nonce) {
			put_escaped(out, nonce);
			put(out, " ");
		}
		put_filler(out, p);
		put_escaped(out, text);
		put(out, "\"");
	} else {
		put_parts(p, nonce, text, out);
	}
	put(out, "}");
	return 0;
}

/* Where the first message's content begins: behind its quote, or behind the bracket of a list
 * (*ret_list). NULL: nowhere. */
static const char *content_start(const char *text, size_t len, bool *ret_list)
{
	struct scan s = {text, text + len};
	struct span key;
	bool first = true;
	if (!scan_enter(&s, '[') || scan_item(&s, &first) != 1 || !scan_enter(&s, '{'))
		return NULL;
	first = true;
	while (scan_member(&s, &first, &key) == 1) {
		char c = scan_peek(&s);
		if (span_is(key, "content") && (c == '"' || c == '[')) {
			*ret_list = c == '[';
			return s.at + 1;
		}
		if (!scan_value(&s, NULL))
			return NULL;
	}
	return NULL;
}

/* The medium that a placeholder of corpus_read() names, NULL when it names none. */
static const struct media *medium_at(const struct sample *s, const char *number, size_t *ret_len,
				     size_t *ret_i)
{
	size_t i = 0;
	size_t n = 0;
	if (str_starts(number, "audio\"")) {
		*ret_len = 5;
		return s->audio;
	}
	while (n < 6 && number[n] >= '0' && number[n] <= '9')
		i = i * 10 + (size_t)(number[n++] - '0');
	*ret_len = n;
	*ret_i = i;
	return n > 0 && number[n] == '"' && i < s->n_images ? s->images[i] : NULL;
}

/* Messages as text, with the media in place of `"url":"media:0"` and `"data":"media:audio"`. No
 * text of a message can look like that: its quotes would be escaped. */
static void put_filled(const struct prompt *p, const char *text, const char *end,
		       struct request *out)
{
	const struct sample *s = p->sample;
	static const char mark[] = "\":\"" MEDIA_PLACE;
	const size_t mark_len = sizeof(mark) - 1;
	const char *found;
	while ((found = memmem(text, (size_t)(end - text), mark, mark_len))) {
		size_t len = 0, i = 0;
		const struct media *m = medium_at(s, found + mark_len, &len, &i);
		size_t keep = (size_t)(found - text) + (m ? 3 : mark_len);
		(void)request_add_text(out, text, keep);
		if (m && m == s->audio)
			put_base64(out, m);
		else if (m)
			put_picture(out, p, i);
		text = found + mark_len + (m ? len : 0);
	}
	(void)request_add_text(out, text, (size_t)(end - text));
}

/* The messages of a sample that brings its own, without the brackets of their list. */
static int put_own(const struct prompt *p, struct request *out, struct err *e)
{
	const struct sample *sample = p->sample;
	CLEANUP(buf_release) struct buf own = BUF_INIT(BUF_UNLIMITED);
	const char *text = sample->messages_text;
	if (!text) {
		if (json_write(sample->messages, false, &own) < 0)
			return err_set(e, ERR_SYSTEM, "no memory for a chat's messages");
		text = own.data;
	}
	const char *end = text + strlen(text);
	bool list = false, front = p->nonce || p->filler > 0;
	const char *at = front ? content_start(text, (size_t)(end - text), &list) : NULL;
	if (front && !at)
		return err_set(e, ERR_USAGE, "the first message of the sample '%s' has no content "
			       "that could be made unique", sample->id ? sample->id : "?");
	text++;
	end--;
	if (at) {
		put_filled(p, text, at, out);
		put(out, list ? "{\"type\":\"text\",\"text\":\"" : "");
		put_escaped(out, p->nonce ? p->nonce : "");
		put(out, p->nonce && !list ? " " : "");
		put_filler(out, p);
		put(out, list ? "\"}," : "");
		text = at;
	}
	put_filled(p, text, end, out);
	return 0;
}

static int put_messages(const struct prompt *p, bool first, struct request *out, struct err *e)
{
	return p->sample->messages ? put_own(p, out, e) : put_made(p, first, out, e);
}

int chat_request_messages(const struct sample *sample, const struct ask *ask, struct request *out,
			  struct err *e)
{
	struct prompt last = ask->prompt;
	last.sample = sample;
	put(out, "[");
	for (size_t i = 0; i < ask->n_turns; i++) {
		const struct turn *t = &ask->turns[i];
		if (put_messages(&t->prompt, i == 0, out, e) < 0)
			return -1;
		put(out, ",{\"role\":\"assistant\",\"content\":\"");
		json_text_escaped(out, ask->said + t->answer_at, t->answer_len);
		put(out, "\"},");
	}
	if (put_messages(&last, ask->n_turns == 0, out, e) < 0)
		return -1;
	put(out, "]");
	return 0;
}
