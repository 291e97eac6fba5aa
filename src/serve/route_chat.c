/* src/serve/route_chat.c - POST /v1/chat/completions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "serve/chat_input.h"
#include "serve/routes.h"
#include "serve/server_parts.h"

#define ANSWER_MAX ((size_t)16 << 20)

struct chat {
	char model[128];
	int64_t created;
	bool include_usage;
	bool begun;	/* the first event has the role */
};

static json_t *usage(const json_t *done)
{
	int64_t prompt;
	int64_t answer;
	if (!json_whole(done, "prompt_tokens", &prompt) ||
	    !json_whole(done, "completion_tokens", &answer))
		return NULL;
	return json_pack("{s:I, s:I, s:I}", "prompt_tokens", (json_int_t)prompt,
			 "completion_tokens", (json_int_t)answer, "total_tokens",
			 (json_int_t)(prompt + answer));
}

static json_t *frame_of(const struct request *r, const struct chat *c, const char *object)
{
	char id[48];
	(void)snprintf(id, sizeof(id), "chatcmpl-%s", r->id);
	return json_pack("{s:s, s:s, s:I, s:s}", "id", id, "object", object, "created",
			 (json_int_t)c->created, "model", c->model);
}

static void put_chunk(struct request *r, struct chat *c, json_t *delta, const char *finish)
{
	json_t *j = frame_of(r, c, "chat.completion.chunk");
	if (!c->begun)
		json_put_text(delta, "role", "assistant");
	c->begun = true;
	json_put(j, "choices", json_pack("[{s:i, s:o, s:s?}]", "index", 0, "delta", delta,
					 "finish_reason", finish));
	put_event(r, NULL, j);
}

static void put_token(struct request *r, struct chat *c)
{
	const json_t *h = r->answer.header;
	const char *text = json_text(h, "text", "");
	bool reasoning = json_is_true(json_object_get(h, "reasoning"));
	put_chunk(r, c, json_pack("{s:s}", reasoning ? "reasoning_content" : "content", text),
		  NULL);
}

static void put_end(struct request *r, struct chat *c)
{
	const json_t *done = r->answer.header;
	put_chunk(r, c, json_object(), json_text(done, "finish_reason", "stop"));
	if (c->include_usage) {
		json_t *j = frame_of(r, c, "chat.completion.chunk");
		json_put(j, "choices", json_array());
		json_put(j, "usage", usage(done));
		put_event(r, NULL, j);
	}
	(void)buf_str(&r->out, "data: [DONE]\n\n");
}

/* The sim's way to say that the connection shall break. */
static bool asked_to_drop(const struct request *r)
{
	return r->server->spec.stamp && r->answer.rc == CALL_ERROR &&
	       strcmp(json_text(r->answer.header, "code", ""), "drop") == 0;
}

static int pump(struct request *r)
{
	struct chat *c = r->state;
	for (;;) {
		if (next_answer(r) < 0) {
			if (r->answer.rc == CALL_GONE || asked_to_drop(r))
				return -1;
			put_error_event(r);
			return 0;
		}
		if (r->answer.rc == CALL_DONE) {
			put_end(r, c);
			return 0;
		}
		if (strcmp(json_text(r->answer.header, "type", ""), "token") == 0) {
			put_token(r, c);
			return 1;
		}
	}
}

static int collect(struct request *r, struct buf *text, struct buf *thought)
{
	for (;;) {
		if (next_answer(r) < 0)
			return -1;
		if (r->answer.rc == CALL_DONE)
			return 0;
		const json_t *h = r->answer.header;
		bool reasoning = json_is_true(json_object_get(h, "reasoning"));
		if (buf_str(reasoning ? thought : text, json_text(h, "text", "")) < 0)
			return refuse(r, 500, "too_large", "the answer is too long");
	}
}

static int answer_whole(struct request *r, const struct chat *c)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(ANSWER_MAX);
	CLEANUP(buf_release) struct buf thought = BUF_INIT(ANSWER_MAX);
	if (collect(r, &text, &thought) < 0)
		return -1;
	const json_t *done = r->answer.header;
	json_t *message = json_pack("{s:s, s:s}", "role", "assistant", "content",
				    text.data ? text.data : "");
	if (thought.len > 0)
		json_put_text(message, "reasoning_content", thought.data);
	json_t *j = frame_of(r, c, "chat.completion");
	json_put(j, "choices", json_pack("[{s:i, s:o, s:s, s:n}]", "index", 0, "message", message,
					 "finish_reason", json_text(done, "finish_reason", "stop"),
					 "logprobs"));
	json_put(j, "usage", usage(done));
	return reply_json(r, 200, j);
}

static int start(struct request *r, struct chat_input *in)
{
	json_t *ready = pool_ready(r->server->spec.pool);
	int rc = chat_input_decode(r, in, ready);
	json_decref(ready);
	if (rc < 0 || open_call(r, r->server->spec.pool) < 0)
		return -1;
	json_t *header = in->header;
	in->header = NULL;
	return send_frame(r, header, in->media.data, in->media.len);
}

int route_chat(struct request *r)
{
	struct chat_input in = {0};
	struct chat *c = calloc(1, sizeof(*c));
	if (!c)
		return refuse(r, 503, "memory", "the server is out of memory");
	r->state = c;
	r->end_state = free;
	int rc = chat_input_read(r, &in);
	if (rc == 0)
		rc = start(r, &in);
	bool stream = in.stream;
	c->include_usage = in.include_usage;
	c->created = (int64_t)(clock_wall() / NS_PER_S);
	chat_input_release(&in);
	unreserve(r, r->reserved);
	if (rc < 0)
		return -1;
	model_name(r->server, c->model, sizeof(c->model));
	if (!stream)
		return answer_whole(r, c);
	/* An error before the first token still has a status of its own. */
	if (peek_answer(r) < 0)
		return -1;
	return reply_stream(r, "text/event-stream", pump);
}
