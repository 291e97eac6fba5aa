/* src/suite/fault_stream.c - fault cases: clients that leave, dawdle, or do not read.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "http/http1.h"
#include "http/url.h"
#include "suite/fault.h"

/* A good request as bytes, its body streamed back where the service can do that. long_answer: ask
 * for as much as there is. */
static bool good_request(struct fault *f, bool long_answer, struct buf *out)
{
	struct fault_form form;
	CLEANUP(buf_release) struct buf body = BUF_INIT(BUF_UNLIMITED);
	if (!fault_form(f, &form))
		return false;
	CLEANUP(json_unref) json_t *j =
		json_read(form.body.data, form.body.len, JSON_DEPTH_MAX, NULL);
	if (json_is_object(j)) {
		json_put_bool(j, "stream", true);
		if (long_answer && json_object_get(j, "messages")) {
			(void)json_object_del(j, "max_completion_tokens");
			json_put_int(j, "max_tokens", 400);
		}
		(void)json_write(j, false, &body);
	} else {
		(void)buf_add(&body, form.body.data, form.body.len);
	}
	bool ok = fault_head(f, form.type, (int64_t)body.len, NULL, out);
	(void)buf_add(out, body.data, body.len);
	fault_form_release(&form);
	return ok;
}

enum { AT_HEAD, IN_BODY, WAITING, FIRST_BYTES, ORDERLY };

/* Leave at some point, without a word. */
static bool leave(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!good_request(f, f->c->arg >= WAITING, &b))
		return false;
	const char *end = memmem(b.data, b.len, "\r\n\r\n", 4);
	size_t head = (size_t)(end - b.data);
	size_t len = f->c->arg == AT_HEAD  ? head
		     : f->c->arg == IN_BODY ? head + 4 + (b.len - head - 4) / 2
					    : b.len;
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b.data, .len = len},
		{.kind = RAW_SLEEP, .ns = 30 * NS_PER_MS},
		{.kind = RAW_READ, .amount = 200, .ns = 5 * NS_PER_S},
		{.kind = f->c->arg == ORDERLY ? RAW_CLOSE : RAW_RESET},
	};
	if (f->c->arg < FIRST_BYTES)
		steps[2] = steps[1];
	return fault_script(f, steps, ARRAY_LEN(steps));
}

/* Several leave at once: each must give back what it had. */
static bool leave_often(struct fault *f)
{
	struct fault_case each = *f->c;
	const struct fault_case *own = f->c;
	each.arg = WAITING;
	f->c = &each;
	bool ok = true;
	for (int64_t i = 0; ok && i < own->arg; i++)
		ok = leave(f);
	f->c = own;
	return ok;
}

/* The request as if typed: the head in pieces of a few bytes, the body at once. */
static bool dawdle(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!good_request(f, false, &b))
		return false;
	const char *end = memmem(b.data, b.len, "\r\n\r\n", 4);
	size_t head = (size_t)(end - b.data) + 4;
	struct raw_step steps[] = {
		{.kind = RAW_SEND_SLOWLY, .data = b.data, .len = head, .amount = 16,
		 .ns = 20 * NS_PER_MS},
		{.kind = RAW_SEND, .data = b.data + head, .len = b.len - head},
		{.kind = RAW_READ_REPLY},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

/* A small window, and nobody who reads for a while: the others must not wait. */
static bool read_slowly(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	struct raw_reply reply;
	struct err e;
	if (!good_request(f, true, &b))
		return false;
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b.data, .len = b.len},
		{.kind = RAW_SLEEP, .ns = NS_PER_S},
		{.kind = RAW_READ, .amount = 12, .ns = 5 * NS_PER_S},
		{.kind = RAW_RESET},
	};
	struct raw_script script = {.steps = steps, .n = ARRAY_LEN(steps),
				    .timeout_ns = f->patience_ns, .receive_buffer = 2048};
	raw_reply_init(&reply, 65536);
	bool sent = raw_run(f->service->urls.items[0], &script, &reply, &e) == 0;
	if (sent)
		fault_judge_raw(f, &reply);
	else
		fault_skip(f, "%s", e.text);
	raw_reply_release(&reply);
	return sent;
}

/* The client says that it will send no more, and waits: that is allowed. */
static bool half_close(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!good_request(f, false, &b))
		return false;
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b.data, .len = b.len},
		{.kind = RAW_HALF_CLOSE},
		{.kind = RAW_READ_REPLY},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

/* Two requests before the first reply. */
static bool pipelined(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	static const char get[] = "GET /no/such/route HTTP/1.1\r\nHost: a\r\n\r\n";
	(void)buf_str(&b, get);
	(void)buf_str(&b, get);
	if (!good_request(f, false, &b))
		return false;
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b.data, .len = b.len},
		{.kind = RAW_READ_REPLY},
		{.kind = RAW_SLEEP, .ns = 50 * NS_PER_MS},
		{.kind = RAW_CLOSE},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

/* A kept connection is used again after a pause. */
static bool reuse_idle(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!good_request(f, false, &b))
		return false;
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b.data, .len = b.len},
		{.kind = RAW_READ_REPLY},
		{.kind = RAW_SLEEP, .ns = (uint64_t)f->c->arg * NS_PER_MS},
		{.kind = RAW_SEND, .data = b.data, .len = b.len},
		{.kind = RAW_READ, .amount = 1 << 20, .ns = NS_PER_S},
		{.kind = RAW_CLOSE},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

static int any_head(void *ctx, const struct http_head *head)
{
	(void)ctx;
	(void)head;
	return 0;
}

static int add_body(void *ctx, const char *data, size_t len, bool last)
{
	(void)last;
	return buf_add(ctx, data, len);
}

/* Is every line of the events valid UTF-8 by itself? The last one may be cut by our own limit. */
static void judge_events(struct fault *f, const struct buf *got)
{
	static const struct http1_events events = {any_head, add_body};
	CLEANUP(buf_release) struct buf body = BUF_INIT(1 << 20);
	struct http1 parser;
	size_t lines = 0;
	http1_init(&parser);	/* a chunk may end within a character, an event may not */
	(void)http1_push(&parser, got->data, got->len, &events, &body);
	http1_release(&parser);
	for (const char *at = body.data, *end; at; at = end ? end + 1 : NULL) {
		end = strchr(at, '\n');
		size_t len = end ? (size_t)(end - at) : 0;
		lines += len > 5 && strncmp(at, "data:", 5) == 0;
		if (str_utf8_valid(at, len) < len)
			fault_find(f, "wrong-status", "HTTP 200 with an event that is no UTF-8, "
				   "%zu bytes into it", str_utf8_valid(at, len));
	}
	fault_saw(f, "%zu event%s, all of them UTF-8", lines, str_plural(lines));
}

/* Characters of several bytes, streamed and cut by max_tokens. */
static bool long_characters(struct fault *f)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	CLEANUP(buf_release) struct buf head = BUF_INIT(65536);
	CLEANUP(json_unref) json_t *j = fault_json(f);
	struct raw_reply reply;
	struct err e;
	if (!j)
		return false;
	static const char say[] = "\xe9\x87\x8d\xe5\xa4\x8d \xf0\x9f\x8e\x89\xf0\x9f\x98\x80 "
				  "\xe4\xbd\xa0\xe5\xa5\xbd \xc3\xa9\xc3\xa8 \xe4\xb8\x96";
	json_put(j, "messages",
		 json_pack("[{s:s, s:s}]", "role", "user", "content", say));
	(void)json_object_del(j, "max_completion_tokens");
	json_put_int(j, "max_tokens", f->c->arg);
	json_put_bool(j, "stream", true);
	if (json_write(j, false, &text) < 0 ||
	    !fault_head(f, "application/json", (int64_t)text.len, "Connection: close\r\n", &head))
		return false;
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = head.data, .len = head.len},
		{.kind = RAW_SEND, .data = text.data, .len = text.len},
		{.kind = RAW_READ_REPLY},
	};
	struct raw_script script = {.steps = steps, .n = ARRAY_LEN(steps),
				    .timeout_ns = f->patience_ns};
	raw_reply_init(&reply, 1 << 20);
	bool sent = raw_run(f->service->urls.items[0], &script, &reply, &e) == 0;
	if (sent)
		fault_judge_raw(f, &reply);
	else
		fault_skip(f, "%s", e.text);
	if (sent && reply.status == 200)
		judge_events(f, &reply.received);
	raw_reply_release(&reply);
	return sent;
}

/* The same id twice at once. */
static bool same_id(struct fault *f)
{
	struct fault_form form;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (!fault_form(f, &form))
		return false;
	for (int i = 0; i < 2; i++) {
		if (!fault_head(f, form.type, (int64_t)form.body.len,
				"X-Request-Id: assay-fault-1\r\n", &b))
			break;
		(void)buf_add(&b, form.body.data, form.body.len);
	}
	fault_form_release(&form);
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b.data, .len = b.len},
		{.kind = RAW_READ_REPLY},
		{.kind = RAW_RESET},
	};
	return fault_script(f, steps, ARRAY_LEN(steps));
}

/* A short text as a frame of a client (RFC 6455), masked with zeros. */
static void add_frame(struct buf *b, const char *text)
{
	(void)buf_char(b, (char)0x81);
	(void)buf_char(b, (char)(0x80 | strlen(text)));
	(void)buf_add(b, "\0\0\0\0", 4);
	(void)buf_str(b, text);
}

/* A live transcription that is begun and ended, and nothing was said between. */
static bool no_speech(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
	struct raw_reply reply;
	struct url u;
	struct err e = {0};
	const char *url = f->service->urls.items[0];
	if (!str_starts(url, "ws://") || url_parse(url, &u, &e) < 0) {
		fault_skip(f, "the service speaks no WebSocket without TLS");
		return false;
	}
	(void)buf_fmt(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
		      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		      "Sec-WebSocket-Protocol: binary\r\n"
		      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", u.path, u.authority);
	size_t head = b.len;
	add_frame(&b, "{\"mode\":\"offline\",\"wav_name\":\"a\",\"is_speaking\":true}");
	add_frame(&b, "{\"is_speaking\":false}");
	struct raw_step steps[] = {
		{.kind = RAW_SEND, .data = b.data, .len = head},
		{.kind = RAW_READ, .amount = 12, .ns = 5 * NS_PER_S},
		{.kind = RAW_SEND, .data = b.data + head, .len = b.len - head},
		{.kind = RAW_READ, .amount = 1 << 20, .ns = 2 * NS_PER_S},
		{.kind = RAW_CLOSE},
	};
	struct raw_script script = {.steps = steps, .n = ARRAY_LEN(steps),
				    .timeout_ns = f->patience_ns};
	raw_reply_init(&reply, 65536);
	bool sent = raw_run(arena_fmt(f->scratch, "http%s", url + 2), &script, &reply, &e) == 0;
	if (!sent)
		fault_skip(f, "%s", e.text);
	else if (strncmp(reply.received.data ? reply.received.data : "", "HTTP/1.1 101", 12) != 0)
		fault_find(f, "wrong-status", "it agrees to no WebSocket: %.100s",
			   reply.received.data ? reply.received.data : raw_end_name(reply.end));
	else
		fault_saw(f, "%s after the end was told", raw_end_name(reply.end));
	raw_reply_release(&reply);
	return sent;
}

#define LEAVE "go on; what it did for that client ends within 3 s"
#define GONE (ALLOW_DROP | ALLOW_SILENCE | ALLOW_2XX | ALLOW_503)

const struct fault_case fault_stream_cases[] = {
	{"A24", "asr", "a live transcription that ends before any sound came",
	 "an error or an empty text to that client alone", "vllm-project/vllm #34862", ALLOW_ANY,
	 no_speech, 0, 10},
	{"H05", "chat", "characters of several bytes, streamed and cut at 40 tokens",
	 "every event is valid UTF-8", "ggml-org/llama.cpp #14937", ALLOW_2XX, long_characters, 40,
	 20},
	{"H15", "all", "the same request id twice, abandoned after the first reply",
	 "both are independent", "vllm-project/vllm #10583", ALLOW_2XX, same_id, 0, 30},
	{"H17a", "all", "a client that leaves within its head", LEAVE, "sgl-project/sglang #36475",
	 GONE, leave, AT_HEAD, 10},
	{"H17b", "all", "a client that leaves in the middle of its upload", LEAVE,
	 "sgl-project/sglang #36475", GONE, leave, IN_BODY, 10},
	{"H17c", "all", "a client that leaves while its answer is made", LEAVE,
	 "vllm-project/vllm #50425", GONE, leave, WAITING, 10},
	{"H17d", "all", "a client that leaves after the first bytes of its answer", LEAVE,
	 "vllm-project/vllm #50425", GONE, leave, FIRST_BYTES, 20},
	{"H17e", "all", "a client that closes after the first bytes of its answer", LEAVE,
	 "ggml-org/llama.cpp #29163", GONE, leave, ORDERLY, 20},
	{"H17f", "all", "8 clients that leave one after the other", LEAVE, "ROCm/ATOM #1562", GONE,
	 leave_often, 8, 20},
	{"H18", "all", "a client that does not read for a second", "a bounded buffer; the others "
	 "go on", "OpenCTI-Platform/opencti #13908", GONE, read_slowly, 0, 20},
	{"H18b", "all", "a head that comes in pieces of 16 bytes", "an answer, or close",
	 "IBM/mcp-context-forge #1682", ALLOW_ANY | ALLOW_CLOSE, dawdle, 0, 30},
	{"H18c", "all", "a client that ends its sending side and waits", "an answer, or close",
	 "reference: section 4", GONE | ALLOW_ANY, half_close, 0, 30},
	{"H22a", "all", "pipelined requests, then the end", "answer in order, or close",
	 "reference: section 4", GONE, pipelined, 0, 20},
	{"H22b", "all", "a connection used again after a pause", "an answer, or a close before it",
	 "llm-d/llm-d #1564", ALLOW_2XX, reuse_idle, 100, 30},
	{"H22c", "all", "a connection used again after 5 s", "an answer, or a close before it",
	 "llm-d/llm-d #1564", ALLOW_2XX, reuse_idle, 5000, 60, .heavy = true},
	{0},
};
