/* src/suite/fault.c - see fault.h: sending a fault and judging the reply.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault.h"

#include <math.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "http/url.h"
#include "protocols/protocol.h"

#define REPLY_MAX ((size_t)64 * 1024)

static bool outranks(const char *a, const char *b)
{
	return !b || (strcmp(a, "dead") == 0 && strcmp(b, "dead") != 0);
}

void fault_find(struct fault *f, const char *finding, const char *fmt, ...)
{
	va_list ap;
	if (!outranks(finding, f->finding))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(f->detail, sizeof(f->detail), fmt, ap);
	va_end(ap);
	f->finding = finding;
}

void fault_skip(struct fault *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(f->skipped, sizeof(f->skipped), fmt, ap);
	va_end(ap);
}

static uint64_t deadline(const struct fault *f)
{
	return f->c->deadline_ns ? f->c->deadline_ns : 10 * NS_PER_S;
}

/* R2: an error is a JSON document and tells nothing of the input. */
static void judge_error_text(struct fault *f, int status, const char *body, size_t len)
{
	if (f->marker && len > 0 && memmem(body, len, f->marker, strlen(f->marker)))
		fault_find(f, "wrong-status", "the error (HTTP %d) echoes the input", status);
	CLEANUP(json_unref) json_t *j = len ? json_read(body, len, JSON_DEPTH_MAX, NULL) : NULL;
	if (status >= 500 && !j)
		return; /* judged by its status already */
	if (!json_is_object(j) && len > 0 && f->c->allowed & ALLOW_4XX &&
	    memmem(body, len, "Traceback", 9))
		fault_find(f, "wrong-status", "the error (HTTP %d) shows a stack trace", status);
}

static bool status_allowed(const struct fault *f, int status)
{
	unsigned a = f->c->allowed;
	if (status >= 200 && status < 300)
		return a & (ALLOW_2XX | ALLOW_EMPTY);
	if (status >= 400 && status < 500)
		return a & ALLOW_4XX;
	return (status == 503 || status == 504) && a & ALLOW_503;
}

static void judge_time(struct fault *f, uint64_t took_ns)
{
	if (took_ns > deadline(f))
		fault_find(f, "slow", "answered after %.1f s, at most %.1f s allowed",
			   ns_to_s(took_ns), ns_to_s(deadline(f)));
}

void fault_judge_call(struct fault *f, const struct call *call)
{
	const struct buf *error = &call->answer.error;
	const char *name = outcome_name(call->outcome);
	(void)snprintf(f->seen, sizeof(f->seen), "%s, HTTP %d after %.0f ms", name, call->status,
		       1e3 * ns_to_s(call->end > call->start ? call->end - call->start : 0));
	judge_time(f, call->end > call->start ? call->end - call->start : 0);
	if (call->outcome == OUTCOME_TIMEOUT) {
		fault_find(f, "slow", "no answer within %.1f s", ns_to_s(deadline(f)));
	} else if (call->status == 0) {
		if (!(f->c->allowed & ALLOW_CLOSE))
			fault_find(f, "wrong-status", "no reply: %s", name);
	} else if (!status_allowed(f, call->status)) {
		fault_find(f, "wrong-status", "HTTP %d %.200s", call->status,
			   error->data ? error->data : "");
	} else if (call->outcome == OUTCOME_ERROR_BODY) {
		fault_find(f, "wrong-status", "HTTP 200 with an error inside: %.200s",
			   error->data ? error->data : "");
	} else if (call->outcome == OUTCOME_EMPTY_ANSWER && !(f->c->allowed & ALLOW_EMPTY)) {
		fault_find(f, "wrong-status", "HTTP 200 with an empty answer");
	} else if ((call->outcome == OUTCOME_ERROR_EVENT ||
		    call->outcome == OUTCOME_UNFINISHED_STREAM) &&
		   !(f->c->allowed & ALLOW_STREAM_ERROR)) {
		fault_find(f, "wrong-status", "HTTP 200, then %s inside the stream", name);
	}
	if (call->status >= 400 && error->data)
		judge_error_text(f, call->status, error->data, error->len);
}

void fault_judge_raw(struct fault *f, const struct raw_reply *reply)
{
	uint64_t took = reply->ended > reply->start ? reply->ended - reply->start : 0;
	(void)snprintf(f->seen, sizeof(f->seen), "HTTP %d, %s after %.0f ms", reply->status,
		       raw_end_name(reply->end), 1e3 * ns_to_s(took));
	if (reply->end == RAW_END_NO_CONNECTION)
		fault_find(f, "dead", "no connection: %s", reply->words);
	else if (reply->end == RAW_END_DEADLINE && reply->status == 0)
		fault_find(f, "slow", "no reply within %.1f s", ns_to_s(deadline(f)));
	else if (reply->status == 0 && !(f->c->allowed & ALLOW_CLOSE))
		fault_find(f, "wrong-status", "%s without a reply", raw_end_name(reply->end));
	else if (reply->status != 0 && !status_allowed(f, reply->status))
		fault_find(f, "wrong-status", "HTTP %d %.200s", reply->status,
			   reply->received.data ? reply->received.data : "");
	if (reply->status >= 400 && reply->received.data)
		judge_error_text(f, reply->status, reply->received.data, reply->received.len);
}

bool fault_ask(struct fault *f, const struct sample *sample, const struct ask *how)
{
	struct call call;
	struct err e;
	call_init(&call, sample);
	if (how)
		call.ask = *how;
	call.timeout_ns = deadline(f) + 2 * NS_PER_S;
	bool sent = client_call(f->client, &call, &e) == 0;
	if (sent)
		fault_judge_call(f, &call);
	else
		fault_skip(f, "%s", e.text);
	call_release(&call);
	return sent;
}

/* Media as it is: no length or size is known of it, nothing was decoded. */
static struct media *plain_media(struct fault *f, const char *name, const char *mime,
				 const void *data, size_t len)
{
	struct media *m = ARENA_NEW(f->scratch, struct media);
	struct err e;
	m->name = name;
	m->mime = mime;
	m->data = arena_copy(f->scratch, data, len);
	m->len = len;
	m->seconds = NAN;
	hash_sha256(data, len, m->sha256);
	if (media_add_base64(m, f->scratch, &e) < 0) {
		fault_skip(f, "%s", e.text);
		return NULL;
	}
	return m;
}

bool fault_audio(struct fault *f, const char *name, const void *data, size_t len)
{
	struct sample s = {.id = f->c->id};
	s.audio = plain_media(f, name, "audio/wav", data, len);
	return s.audio && fault_ask(f, &s, NULL);
}

bool fault_image(struct fault *f, const char *name, const char *mime, const void *data, size_t len)
{
	const struct media *images[1] = {plain_media(f, name, mime, data, len)};
	struct sample s = {.id = f->c->id,
			   .question = "What is in this image?",
			   .images = images,
			   .n_images = 1};
	struct ask how;
	ask_defaults(&how);
	how.max_tokens = 16;
	return images[0] && fault_ask(f, &s, &how);
}

/* The path that the service's protocol posts to. */
static bool find_path(struct fault *f, const struct url *url, char *path, size_t size)
{
	struct request r;
	struct ask how;
	struct err e;
	request_init(&r);
	ask_defaults(&how);
	bool ok = f->service->protocol->encode(f->service, f->canary, &how, &r, &e) == 0 &&
		  url_join(url, r.path, path, size, &e) == 0;
	request_release(&r);
	if (!ok)
		fault_skip(f, "%s", e.text);
	return ok;
}

bool fault_script(struct fault *f, const struct raw_step *steps, size_t n)
{
	struct raw_script script = {
		.steps = steps, .n = n, .timeout_ns = deadline(f) + 2 * NS_PER_S};
	struct raw_reply reply;
	struct err e;
	raw_reply_init(&reply, REPLY_MAX);
	bool sent = raw_run(f->service->urls.items[0], &script, &reply, &e) == 0;
	if (sent)
		fault_judge_raw(f, &reply);
	else
		fault_skip(f, "%s", e.text);
	raw_reply_release(&reply);
	return sent;
}

bool fault_head(struct fault *f, const char *content_type, size_t len, struct buf *out)
{
	struct url url;
	struct err e;
	char path[URL_PATH_MAX];
	if (url_parse(f->service->urls.items[0], &url, &e) < 0) {
		fault_skip(f, "%s", e.text);
		return false;
	}
	if (!find_path(f, &url, path, sizeof(path)))
		return false;
	(void)buf_fmt(out,
		      "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n"
		      "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		      path, url.authority, content_type, len);
	return true;
}

bool fault_post(struct fault *f, const char *content_type, const void *body, size_t len)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (!fault_head(f, content_type, len, &text))
		return false;
	(void)buf_add(&text, body, len);
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = text.data, .len = text.len},
		{.kind = RAW_READ_REPLY, .ns = deadline(f) + NS_PER_S},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}
