/* src/suite/fault_send.c - see fault.h: sending.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "http/url.h"
#include "protocols/protocol.h"
#include "suite/fault.h"

#define REPLY_MAX ((size_t)256 * 1024)

bool fault_ask_all(struct fault *f, const struct sample *samples, const struct ask *asks, size_t n,
		   const char **texts)
{
	struct call *calls = arena_array(f->scratch, n, sizeof(*calls));
	struct call **list = arena_array(f->scratch, n, sizeof(struct call *));
	struct client **clients = arena_array(f->scratch, n, sizeof(struct client *));
	struct err e;
	for (size_t i = 0; i < n; i++) {
		call_init(&calls[i], &samples[i]);
		if (asks)
			calls[i].ask = asks[i];
		calls[i].ask.keep = true;
		calls[i].timeout_ns = f->patience_ns;
		list[i] = &calls[i];
		clients[i] = f->client;
	}
	f->requests += n;
	int rc = client_call_all(clients, list, n, 0, &e);
	if (rc < 0)
		fault_skip(f, "%s", e.text);
	for (size_t i = 0; i < n; i++) {
		const struct buf *text = &calls[i].answer.text;
		if (rc == 0)
			fault_judge_call(f, &calls[i]);
		if (texts)
			texts[i] = calls[i].outcome == OUTCOME_OK
				? arena_str(f->scratch, text->data ? text->data : "") : NULL;
		call_release(&calls[i]);
	}
	return rc == 0;
}

bool fault_ask_text(struct fault *f, const struct sample *sample, const struct ask *ask,
		    const char **ret_text)
{
	return fault_ask_all(f, sample, ask, 1, ret_text);
}

bool fault_ask(struct fault *f, const struct sample *sample, const struct ask *ask)
{
	return fault_ask_all(f, sample, ask, 1, NULL);
}

struct media *fault_media(struct fault *f, const char *name, const char *mime, const void *data,
			  size_t len)
{
	struct media *m = ARENA_NEW(f->scratch, struct media);
	struct err e;
	m->name = name;
	m->mime = mime;
	m->data = arena_copy(f->scratch, data, len);
	m->len = len;
	m->seconds = NAN;
	hash_sha256(data, len, m->sha256);
	f->sent_bytes += len;
	if (strcmp(f->service->kind, "chat") == 0 && media_add_base64(m, f->scratch, &e) < 0) {
		fault_skip(f, "%s", e.text);
		return NULL;
	}
	return m;
}

bool fault_audio(struct fault *f, const char *name, const void *data, size_t len)
{
	struct sample s = {.id = f->c->id};
	s.audio = fault_media(f, name, "audio/wav", data, len);
	return s.audio && fault_ask(f, &s, NULL);
}

bool fault_image(struct fault *f, const char *name, const char *mime, const void *data, size_t len)
{
	const struct media *images[1] = {fault_media(f, name, mime, data, len)};
	struct sample s = {.id = f->c->id,
			   .question = "What is in this image?",
			   .images = images,
			   .n_images = 1};
	struct ask how;
	ask_defaults(&how);
	how.max_tokens = 16;
	return images[0] && fault_ask(f, &s, &how);
}

/* ---- raw ---- */

static void take_type(const struct buf *head, char *to, size_t size)
{
	static const char key[] = "Content-Type: ";
	const char *at = head->data ? strcasestr(head->data, key) : NULL;
	to[0] = '\0';
	if (at)
		(void)snprintf(to, size, "%.*s", (int)strcspn(at + sizeof(key) - 1, "\r\n"),
			       at + sizeof(key) - 1);
}

bool fault_form(struct fault *f, struct fault_form *ret)
{
	struct request r;
	struct ask how;
	struct url url;
	struct err e = {0};
	*ret = (struct fault_form){.body = BUF_INIT(BUF_UNLIMITED)};
	request_init(&r);
	ask_defaults(&how);
	how.max_tokens = 16;
	bool ok = url_parse(f->service->urls.items[0], &url, &e) == 0 &&
		  f->service->protocol->encode(f->service, f->good, &how, &r, &e) == 0 &&
		  url_join(&url, r.path, ret->path, sizeof(ret->path), &e) == 0;
	for (size_t i = 0; ok && i < r.n_pieces; i++)
		ok = buf_add(&ret->body, request_piece_data(&r, i), r.pieces[i].len) == 0;
	take_type(&r.head, ret->type, sizeof(ret->type));
	request_release(&r);
	if (!ok) {
		fault_skip(f, "cannot write a good request: %s", e.text);
		fault_form_release(ret);
		return false;
	}
	(void)snprintf(ret->authority, sizeof(ret->authority), "%s", url.authority);
	return true;
}

void fault_form_release(struct fault_form *form)
{
	buf_release(&form->body);
}

json_t *fault_json(struct fault *f)
{
	struct fault_form form;
	if (!fault_form(f, &form))
		return NULL;
	json_t *j = json_read(form.body.data, form.body.len, JSON_DEPTH_MAX, NULL);
	fault_form_release(&form);
	if (!json_is_object(j)) {
		json_decref(j);
		fault_skip(f, "%s posts no JSON", f->service->protocol->name);
		return NULL;
	}
	return j;
}

bool fault_script(struct fault *f, const struct raw_step *steps, size_t n)
{
	struct raw_script script = {.steps = steps, .n = n, .timeout_ns = f->patience_ns};
	struct raw_reply reply;
	struct err e;
	raw_reply_init(&reply, REPLY_MAX);
	bool sent = raw_run(f->service->urls.items[0], &script, &reply, &e) == 0;
	f->sent_bytes += reply.sent_bytes;
	f->requests++;
	if (sent)
		fault_judge_raw(f, &reply);
	else
		fault_skip(f, "%s", e.text);
	raw_reply_release(&reply);
	return sent;
}

bool fault_head(struct fault *f, const char *content_type, int64_t length, const char *more,
		struct buf *out)
{
	struct fault_form form;
	if (!fault_form(f, &form))
		return false;
	(void)buf_fmt(out, "POST %s HTTP/1.1\r\nHost: %s\r\n%s%s", form.path, form.authority,
		      f->service->header_lines ? f->service->header_lines : "", more ? more : "");
	if (content_type)
		(void)buf_fmt(out, "Content-Type: %s\r\n", content_type);
	if (length >= 0)
		(void)buf_fmt(out, "Content-Length: %lld\r\n", (long long)length);
	(void)buf_str(out, "\r\n");
	fault_form_release(&form);
	return true;
}

bool fault_post(struct fault *f, const char *content_type, const void *body, size_t len)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (!fault_head(f, content_type, (int64_t)len, "Connection: close\r\n", &text))
		return false;
	(void)buf_add(&text, body, len);
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = text.data, .len = text.len},
		{.kind = RAW_READ_REPLY},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

bool fault_post_json(struct fault *f, json_t *steal)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(json_unref) json_t *j = steal;
	if (!j)
		return false;
	if (json_write(j, false, &text) < 0) {
		fault_skip(f, "cannot write the request");
		return false;
	}
	return fault_post(f, "application/json", text.data, text.len);
}
