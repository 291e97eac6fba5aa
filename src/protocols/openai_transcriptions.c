/* src/protocols/openai_transcriptions.c - OpenAI's /v1/audio/transcriptions: whole replies as json,
 * verbose_json, text, srt or vtt, and streams (OpenAI's events and vLLM's chat-like chunks).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/util.h"
#include "protocols/form.h"
#include "protocols/reply.h"
#include "protocols/stream_event.h"
#include "protocols/table.h"
#include "protocols/transcript.h"

struct state {
	const struct ask *ask;
	bool json;		/* the reply is a JSON document */
	bool stream;		/* events */
	bool wrong_type;	/* JSON where a stream was asked for */
	bool finished;
	/* during receive() */
	const struct arrival *at;
	struct answer *answer;
	enum outcome outcome;
};

static const char *const formats[] = {"json", "verbose_json", "text", "srt", "vtt"};

static int check_format(const char *format, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i], format) == 0)
			return 0;
	return err_set(e, ERR_USAGE, "response_format must be json, verbose_json, text, srt or vtt "
		       "for openai-transcriptions, not '%s'", format);
}

static const char *format_of(const struct service *s, const struct ask *ask)
{
	const char *asked = ask->response_format ? ask->response_format : "json";
	return service_body_text(s, "response_format", asked);
}

static int check(const struct service *s, struct err *e)
{
	return check_format(service_body_text(s, "response_format", "json"), e);
}

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	struct form f;
	if (transcript_need_audio(sample, "openai-transcriptions", e) < 0 ||
	    check_format(format_of(s, ask), e) < 0)
		return -1;
	out->path = "/audio/transcriptions";
	form_begin(&f, s, out, sample->audio);
	form_text(&f, "model", s->model);
	form_text(&f, "language", transcript_language(sample, ask));
	form_text(&f, "response_format", format_of(s, ask));
	if (ask->temperature >= 0)
		form_real(&f, "temperature", ask->temperature);
	if (ask->stream)
		form_text(&f, "stream", "true");
	form_media(&f, "file", sample->audio);
	return form_end(&f, e);
}

static enum outcome head(void *state, const struct service *s, const struct ask *ask,
			 const struct http_head *h, struct answer *answer)
{
	static const char *const text_types[] = {"text/", "application/x-subrip", NULL};
	struct state *st = state;
	const char *format = format_of(s, ask);
	(void)answer;
	st->ask = ask;
	st->stream = ask->stream;
	st->json = strcmp(format, "json") == 0 || strcmp(format, "verbose_json") == 0;
	if (h->status / 100 != 2)
		return OUTCOME_OK;
	bool right = st->stream ? http_content_type_is(h, "text/event-stream") :
		     st->json	? reply_is_json(h) :
				  reply_type_is(h, text_types);
	if (right)
		return OUTCOME_OK;
	st->wrong_type = reply_is_json(h);
	return st->wrong_type ? OUTCOME_OK : OUTCOME_BAD_CONTENT_TYPE;
}

/* The text so far came in pieces; "done" gives all of it once more, as the service means it. */
static enum outcome take_done(struct state *st, const struct stream_event *ev)
{
	struct answer *a = st->answer;
	uint32_t chars;
	st->finished = true;
	if (!ev->text.data)
		return OUTCOME_OK;
	buf_clear(&a->text);
	if (stream_event_text(ev, ev->text, &a->text, &chars) < 0)
		return OUTCOME_BAD_JSON;
	return OUTCOME_OK;
}

static enum outcome take_event(struct state *st, const struct stream_event *ev, bool at_end)
{
	struct answer *a = st->answer;
	bool chunk = ev->choices;
	if (ev->error.data) {
		stream_event_note_error(ev, a);
		return OUTCOME_ERROR_EVENT;
	}
	stream_event_usage(ev, a);
	struct span text = chunk ? ev->content :
			   stream_event_is(ev->type, "transcript.text.delta") ? ev->delta :
			   (struct span){0};
	uint32_t chars = 0;
	if (text.data && stream_event_text(ev, text, &a->text, &chars) < 0)
		return OUTCOME_BAD_JSON;
	if ((chunk || ev->type.data) &&
	    answer_event(a, chars > 0 ? EVENT_TEXT : EVENT_OTHER, chars, st->at, at_end) < 0)
		return OUTCOME_ABORTED;
	if (ev->finish_reason.data) {
		st->finished = true;
		a->finish_reason = finish_reason_static(ev->finish_reason);
	}
	if (stream_event_is(ev->type, "transcript.text.done"))
		return take_done(st, ev);
	return OUTCOME_OK;
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

static enum outcome finish(void *state, const struct sample *sample, struct answer *answer)
{
	struct state *st = state;
	(void)sample;
	if (st->wrong_type)
		return reply_wrong_type(answer);
	if (st->stream)
		return st->finished ? OUTCOME_OK : OUTCOME_UNFINISHED_STREAM;
	if (st->json)
		return transcript_read(answer, st->ask->keep);
	struct span text = span_trim((struct span){answer->body.data, answer->body.len});
	if (text.len > 0 && (str_utf8_valid(text.data, text.len) != text.len ||
			     buf_add(&answer->text, text.data, text.len) < 0))
		return OUTCOME_BAD_JSON;
	return OUTCOME_OK;
}

const struct protocol protocol_openai_transcriptions = {
	.name = "openai-transcriptions",
	.kind = "asr",
	.summary = "OpenAI's speech recognition, whole or as a stream",
	.route = "POST /v1/audio/transcriptions",
	.state_size = sizeof(struct state),
	.check = check,
	.encode = encode,
	.head = head,
	.receive = receive,
	.finish = finish,
	.health = "/v1/models",
};
