/* src/suite/fault.c - see fault.h: judging replies.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/json.h"

static int rank(const char *finding)
{
	static const char *const order[] = {"slow", "wrong-status", "leak",
					    "collateral", "lied", "dead"};
	for (size_t i = 0; finding && i < ARRAY_LEN(order); i++)
		if (strcmp(order[i], finding) == 0)
			return (int)i;
	return -1;
}

void fault_find(struct fault *f, const char *finding, const char *fmt, ...)
{
	va_list ap;
	if (rank(finding) <= rank(f->finding))
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

void fault_saw(struct fault *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(f->seen, sizeof(f->seen), fmt, ap);
	va_end(ap);
}

uint64_t fault_deadline(const struct fault *f, uint64_t good_ns)
{
	double base = f->c->deadline > 0 ? f->c->deadline : 1;
	return (uint64_t)(base * 1e9) + 4 * good_ns + 2 * f->alone_ns;
}

/* R2: an error tells nothing of the input, nor of the service's inside. A JSON error has one of
 * the shapes in use: {"error"…}, {"detail"…}, {"message"…}, {"code"…}. */
static void judge_error_text(struct fault *f, int status, const char *body, size_t len)
{
	static const char *const inside[] = {"Traceback (most recent", ".py\", line ", "/usr/lib/",
					     "site-packages/", "panicked at", "terminate called"};
	if (f->marker && memmem(body, len, f->marker, strlen(f->marker)))
		fault_find(f, "wrong-status", "the error (HTTP %d) echoes the input: %.200s",
			   status, body);
	for (size_t i = 0; i < ARRAY_LEN(inside); i++)
		if (memmem(body, len, inside[i], strlen(inside[i])))
			fault_find(f, "wrong-status", "the error (HTTP %d) shows the inside of the "
				   "service: %.200s", status, body);
}

static bool status_allowed(const struct fault *f, int status)
{
	unsigned a = f->c->allowed;
	if (status >= 200 && status < 300)
		return a & ALLOW_2XX;
	if (status >= 400 && status < 500)
		return a & ALLOW_4XX;
	return ((status == 503 || status == 504) && a & ALLOW_503) ||
	       (status == 505 && a & ALLOW_505) || (status >= 500 && a & ALLOW_5XX);
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* 200, and yet no valid answer. */
static void judge_200(struct fault *f, const struct call *call)
{
	unsigned a = f->c->allowed;
	bool asr = strcmp(f->service->kind, "asr") == 0;
	const char *name = outcome_name(call->outcome);
	const char *error = text_of(&call->answer.error);
	if (call->outcome == OUTCOME_ERROR_EVENT || call->outcome == OUTCOME_UNFINISHED_STREAM) {
		if (!(a & ALLOW_STREAM_ERROR))
			fault_find(f, "wrong-status", "HTTP 200, then %s inside the stream: %.200s",
				   name, error);
	} else if (call->outcome == OUTCOME_EMPTY_ANSWER ||
		   (call->outcome == OUTCOME_OK && asr && call->answer.text.len == 0)) {
		if (!(a & ALLOW_EMPTY))
			fault_find(f, "wrong-status", "HTTP 200 with an empty answer");
	} else if (call->outcome == OUTCOME_ERROR_BODY) {
		fault_find(f, "wrong-status", "HTTP 200 with an error inside: %.200s", error);
	} else if (call->outcome == OUTCOME_BAD_AUDIO && a & ALLOW_EMPTY) {
		return;	/* a file without sound */
	} else if (call->outcome != OUTCOME_OK) {
		fault_find(f, "wrong-status", "HTTP 200, but %s: %.200s", name, error);
	}
}

void fault_judge_call(struct fault *f, const struct call *call)
{
	uint64_t took = call->end > call->start ? call->end - call->start : 0;
	const char *name = outcome_name(call->outcome);
	const struct buf *error = &call->answer.error;
	fault_saw(f, "%s, HTTP %d after %.0f ms", name, call->status, 1e3 * ns_to_s(took));
	f->slowest_ns = MAX(f->slowest_ns, took);
	if (call->outcome == OUTCOME_ABORTED)
		fault_skip(f, "ended by the user");
	else if (call->outcome == OUTCOME_TIMEOUT)
		fault_find(f, "slow", "no complete answer within %.1f s", ns_to_s(took));
	else if (call->status == 0 && !(f->c->allowed & ALLOW_CLOSE))
		fault_find(f, "wrong-status", "no reply: %s %.100s", name, text_of(error));
	else if (call->status != 0 && !status_allowed(f, call->status))
		fault_find(f, "wrong-status", "HTTP %d %.300s", call->status, text_of(error));
	else if (call->status == 200)
		judge_200(f, call);
	if (call->status >= 400 && error->data)
		judge_error_text(f, call->status, error->data, error->len);
}

/* The body of a raw reply as far as it was kept. */
static struct span raw_body(const struct raw_reply *reply)
{
	const char *data = text_of(&reply->received);
	const char *end = memmem(data, reply->received.len, "\r\n\r\n", 4);
	if (!end)
		return (struct span){"", 0};
	return (struct span){end + 4, reply->received.len - (size_t)(end + 4 - data)};
}

static void judge_raw_body(struct fault *f, const struct raw_reply *reply)
{
	struct span body = raw_body(reply);
	if (reply->status >= 400)
		judge_error_text(f, reply->status, body.data, body.len);
	CLEANUP(json_unref) json_t *j =
		body.len ? json_read(body.data, body.len, JSON_DEPTH_MAX, NULL) : NULL;
	json_t *error = json_object_get(j, "error");
	if (reply->status == 200 && error && !json_is_null(error))
		fault_find(f, "wrong-status", "HTTP 200 with an error inside: %.200s", body.data);
}

void fault_judge_raw(struct fault *f, const struct raw_reply *reply)
{
	uint64_t end = reply->first_byte ? reply->first_byte : reply->ended;
	uint64_t took = end > reply->start ? end - reply->start : 0;
	unsigned a = f->c->allowed;
	fault_saw(f, "HTTP %d, %s after %.0f ms", reply->status, raw_end_name(reply->end),
		  1e3 * ns_to_s(took));
	if (reply->end == RAW_END_STOPPED) {
		fault_skip(f, "ended by the user");
	} else if (reply->end == RAW_END_NO_CONNECTION) {
		fault_find(f, "wrong-status", "no connection: %s", reply->words);
	} else if (reply->status != 0) {
		if (!status_allowed(f, reply->status))
			fault_find(f, "wrong-status", "HTTP %d %.300s", reply->status,
				   raw_body(reply).data);
		judge_raw_body(f, reply);
	} else if (reply->end == RAW_END_PEER_CLOSED || reply->end == RAW_END_PEER_RESET) {
		if (!(a & ALLOW_CLOSE))
			fault_find(f, "wrong-status", "%s without a reply",
				   raw_end_name(reply->end));
	} else if (!(a & ALLOW_SILENCE)) {
		fault_find(f, "slow", "no reply within %.1f s", ns_to_s(took));
	}
	if (!(a & ALLOW_SILENCE))
		f->slowest_ns = MAX(f->slowest_ns, took);
}
