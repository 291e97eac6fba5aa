/* src/protocols/openai_chat.c - OpenAI's /v1/chat/completions with text, pictures and audio, whole
 * or as a stream.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/util.h"
#include "protocols/chat_request.h"
#include "protocols/json_text.h"
#include "protocols/reply.h"
#include "protocols/stream_event.h"
#include "protocols/table.h"

struct settings {
	bool include_usage;
	int token_limit;	/* index into token_limits */
};

static const char *const token_limits[] = {"max_tokens", "max_completion_tokens", NULL};

static const struct opt options[] = {
	{.name = "include_usage", OPT_AT_BOOL(struct settings, include_usage), .def = "true",
	 .help = "ask streams for token counts (stream_options.include_usage)"},
	{.name = "token_limit", OPT_AT_CHOICE(struct settings, token_limit),
	 .choices = token_limits, .def = "max_tokens",
	 .help = "the key in which the longest answer is sent"},
	{0},
};

struct state {
	const struct ask *ask;
	bool stream;
	bool wrong_type;
	bool finished;		/* [DONE] or a finish_reason came */
	bool tool_calls;
	/* during receive() */
	const struct arrival *at;
	struct answer *answer;
	enum outcome outcome;
};

static void put_stops(struct json_text *w, const struct strings *stop)
{
	if (stop->n == 0 || !json_text_key(w, "stop"))
		return;
	for (size_t i = 0; i < stop->n; i++) {
		json_text_raw(w->out, i ? ",\"" : "[\"");
		json_text_escaped(w->out, stop->items[i], strlen(stop->items[i]));
		json_text_raw(w->out, "\"");
	}
	json_text_raw(w->out, "]");
}

static void put_limits(struct json_text *w, const struct service *s, const struct ask *ask)
{
	const struct settings *own = s->settings;
	if (ask->max_tokens > 0)
		json_text_int(w, token_limits[own->token_limit], ask->max_tokens);
	if (ask->temperature >= 0)
		json_text_real(w, "temperature", ask->temperature);
	if (ask->seed >= 0)
		json_text_int(w, "seed", ask->seed);
	if (ask->ignore_eos)
		json_text_bool(w, "ignore_eos", true);
	if (ask->logprobs > 0) {
		json_text_bool(w, "logprobs", true);
		json_text_int(w, "top_logprobs", ask->logprobs);
	}
	put_stops(w, &ask->stop);
	if (!ask->stream)
		return;
	json_text_bool(w, "stream", true);
	if (own->include_usage && json_text_key(w, "stream_options"))
		json_text_raw(w->out, "{\"include_usage\":true}");
}

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	struct json_text w;
	out->path = "/chat/completions";
	json_text_begin(&w, s, out);
	json_text_string(&w, "model", s->model);
	if (json_text_key(&w, "messages") && chat_request_messages(sample, ask, out, e) < 0)
		return -1;
	put_limits(&w, s, ask);
	return json_text_end(&w, e);
}

static enum outcome head(void *state, const struct service *s, const struct ask *ask,
			 const struct http_head *h, struct answer *answer)
{
	struct state *st = state;
	(void)s;
	(void)answer;
	st->ask = ask;
	st->stream = ask->stream;
	if (h->status / 100 != 2)
		return OUTCOME_OK;
	if (st->stream ? http_content_type_is(h, "text/event-stream") : reply_is_json(h))
		return OUTCOME_OK;
	st->wrong_type = reply_is_json(h);
	return st->wrong_type ? OUTCOME_OK : OUTCOME_BAD_CONTENT_TYPE;
}

/* Logprobs of one event, or of the whole reply: the tokens are put behind those that came. */
static enum outcome add_logprobs(struct answer *a, const json_t *logprobs)
{
	json_t *tokens = json_object_get(logprobs, "content");
	if (!json_is_array(tokens))
		return OUTCOME_OK;
	if (!a->logprobs)
		a->logprobs = json_array();
	return json_array_extend(a->logprobs, tokens) == 0 ? OUTCOME_OK : OUTCOME_ABORTED;
}

static enum outcome read_logprobs(struct answer *a, const struct stream_event *ev)
{
	if (ev->tree)
		return add_logprobs(a, json_at(ev->tree, "choices.0.logprobs"));
	if (!ev->logprobs.data)
		return OUTCOME_OK;
	CLEANUP(json_unref) json_t *j = json_read(ev->logprobs.data, ev->logprobs.len,
						  JSON_DEPTH_MAX, NULL);
	return j ? add_logprobs(a, j) : OUTCOME_BAD_JSON;
}

/* Content and reasoning into the answer; how many characters. */
static enum outcome take_texts(struct state *st, const struct stream_event *ev,
			       uint32_t *ret_chars)
{
	struct answer *a = st->answer;
	uint32_t content = 0;
	uint32_t reasoning = 0;
	if (ev->content.data && stream_event_text(ev, ev->content, &a->text, &content) < 0)
		return OUTCOME_BAD_JSON;
	if (ev->reasoning.data &&
	    stream_event_text(ev, ev->reasoning, &a->reasoning, &reasoning) < 0)
		return OUTCOME_BAD_JSON;
	if (reasoning > 0)
		a->reasoning_events++;
	*ret_chars = content + reasoning;
	return OUTCOME_OK;
}

static enum outcome take_finish_reason(struct state *st, const struct stream_event *ev)
{
	if (!ev->finish_reason.data || ev->finish_reason.len == 0)
		return OUTCOME_OK;
	st->finished = true;
	st->answer->finish_reason = finish_reason_static(ev->finish_reason);
	if (strcmp(st->answer->finish_reason, "error") != 0)
		return OUTCOME_OK;
	answer_note_error(st->answer, "finish_reason: error", 20);
	return st->stream ? OUTCOME_ERROR_EVENT : OUTCOME_ERROR_BODY;
}

static enum outcome take_event(struct state *st, const struct stream_event *ev, bool at_end)
{
	struct answer *a = st->answer;
	uint32_t chars = 0;
	if (ev->error.data) {
		stream_event_note_error(ev, a);
		return OUTCOME_ERROR_EVENT;
	}
	stream_event_usage(ev, a);
	st->tool_calls |= ev->tool_calls;
	enum outcome o = take_texts(st, ev, &chars);
	if (o != OUTCOME_OK)
		return o;
	if (ev->choices &&
	    answer_event(a, chars > 0 ? EVENT_TEXT : EVENT_OTHER, chars, st->at, at_end) < 0)
		return OUTCOME_ABORTED;
	o = take_finish_reason(st, ev);
	if (o == OUTCOME_OK && st->ask->logprobs > 0)
		o = read_logprobs(a, ev);
	return o;
}

static int on_event(void *ctx, const struct sse_event *sse)
{
	struct state *st = ctx;
	struct stream_event ev;
	switch (stream_event_from_sse(sse, &ev)) {
	case STREAM_DONE:
		st->finished = true;
		return 0;
	case STREAM_BAD:
		st->outcome = OUTCOME_BAD_JSON;
		return 1;
	case STREAM_EVENT:
		break;
	}
	st->outcome = take_event(st, &ev, sse->at_end);
	stream_event_release(&ev);
	return st->outcome == OUTCOME_OK ? 0 : 1;
}

static enum outcome receive(void *state, const char *data, size_t len, const struct arrival *at,
			    struct answer *answer)
{
	struct state *st = state;
	if (!st->stream || st->wrong_type)
		return reply_collect(answer, data, len, OUTCOME_BAD_JSON);
	st->at = at;
	st->answer = answer;
	st->outcome = OUTCOME_OK;
	int rc = sse_push(&answer->sse, data, len, on_event, st);
	return rc < 0 ? OUTCOME_BAD_JSON : st->outcome;
}

static enum outcome finish_whole(struct state *st, struct answer *a)
{
	CLEANUP(json_unref) json_t *j = NULL;
	struct stream_event ev;
	uint32_t chars = 0;
	enum outcome o = reply_object(a, &j);
	if (o != OUTCOME_OK)
		return o;
	if (!stream_event_from_tree(j, "message", &ev) || !ev.choices)
		return OUTCOME_BAD_JSON;
	st->answer = a;
	stream_event_usage(&ev, a);
	o = take_texts(st, &ev, &chars);
	if (o == OUTCOME_OK)
		o = take_finish_reason(st, &ev);
	if (o == OUTCOME_OK && st->ask->logprobs > 0)
		o = add_logprobs(a, json_at(j, "choices.0.logprobs"));
	if (o != OUTCOME_OK)
		return o;
	return chars > 0 || ev.tool_calls ? OUTCOME_OK : OUTCOME_EMPTY_ANSWER;
}

static enum outcome finish(void *state, const struct sample *sample, struct answer *answer)
{
	struct state *st = state;
	(void)sample;
	if (st->wrong_type)
		return reply_wrong_type(answer);
	if (!st->stream)
		return finish_whole(st, answer);
	if (!st->finished)
		return OUTCOME_UNFINISHED_STREAM;
	return answer->text_events > 0 || st->tool_calls ? OUTCOME_OK : OUTCOME_EMPTY_ANSWER;
}

const struct protocol protocol_openai_chat = {
	.name = "openai-chat",
	.kind = "chat",
	.summary = "OpenAI's chat with text, pictures and audio, whole or as a stream",
	.route = "POST /v1/chat/completions",
	.options = options,
	.settings_size = sizeof(struct settings),
	.state_size = sizeof(struct state),
	.encode = encode,
	.head = head,
	.receive = receive,
	.finish = finish,
	.health = "/v1/models",
};
