/* src/protocols/openai_speech.c - OpenAI's /v1/audio/speech: wav, pcm, flac, mp3 or opus, as bytes
 * or as events (stream_format sse).
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/util.h"
#include "protocols/json_text.h"
#include "protocols/reply.h"
#include "protocols/sound.h"
#include "protocols/speech.h"
#include "protocols/stream_event.h"
#include "protocols/table.h"

struct settings {
	int64_t sample_rate, channels;
	int sample_format;	/* index into sample_formats */
	int stream_format;	/* index into stream_formats */
	const char *voice;
};

static const char *const sample_formats[] = {"s16le", "f32le", NULL};
static const char *const stream_formats[] = {"audio", "sse", NULL};
enum { STREAM_AUDIO, STREAM_SSE };

static const struct opt options[] = {
	{.name = "sample_rate", OPT_AT_INT(struct settings, sample_rate), .arg = "HZ",
	 .def = "24000", .min = 1000, .max = 768000,
	 .help = "rate of the samples when response_format is pcm"},
	{.name = "channels", OPT_AT_INT(struct settings, channels), .def = "1", .min = 1, .max = 8,
	 .help = "channels when response_format is pcm"},
	{.name = "sample_format", OPT_AT_CHOICE(struct settings, sample_format),
	 .choices = sample_formats, .def = "s16le", .help = "samples when response_format is pcm"},
	{.name = "stream_format", OPT_AT_CHOICE(struct settings, stream_format),
	 .choices = stream_formats, .def = "audio", .help = "how a stream is sent"},
	{.name = "voice", OPT_AT_STRING(struct settings, voice), .arg = "NAME",
	 .help = "voice when neither sample nor question names a speaker"},
	{0},
};

struct state {
	struct sound sound;
	bool events;
	bool wrong_type;
	bool finished;
	/* during receive() */
	const struct arrival *at;
	struct answer *answer;
	enum outcome outcome;
};

static const char *format_of(const struct service *s, const struct ask *ask)
{
	const char *asked = ask->response_format ? ask->response_format : "wav";
	return service_body_text(s, "response_format", asked);
}

static int check_format(const char *format, struct err *e)
{
	static const char *const known[] = {"wav", "pcm", "flac", "mp3", "opus"};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i], format) == 0)
			return 0;
	return err_set(e, ERR_USAGE, "response_format must be wav, pcm, flac, mp3 or opus for "
		       "openai-speech, not '%s'", format);
}

static int check(const struct service *s, struct err *e)
{
	return check_format(service_body_text(s, "response_format", "wav"), e);
}

static bool as_events(const struct service *s, const struct ask *ask)
{
	const struct settings *own = s->settings;
	const char *chosen = ask->stream ? stream_formats[own->stream_format] : "audio";
	return strcmp(service_body_text(s, "stream_format", chosen), "sse") == 0;
}

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	const struct settings *own = s->settings;
	const char *voice = speech_speaker(sample, ask);
	struct json_text w;
	if (speech_need_text(sample, "openai-speech", e) < 0 ||
	    check_format(format_of(s, ask), e) < 0)
		return -1;
	out->path = "/audio/speech";
	json_text_begin(&w, s, out);
	json_text_string(&w, "model", s->model);
	json_text_string(&w, "input", sample->text);
	json_text_string(&w, "voice", voice ? voice : own->voice);
	json_text_string(&w, "response_format", format_of(s, ask));
	if (ask->speed > 0)
		json_text_real(&w, "speed", ask->speed);
	if (as_events(s, ask))
		json_text_string(&w, "stream_format", "sse");
	return json_text_end(&w, e);
}

static void begin_sound(struct state *st, const struct service *s, const struct ask *ask,
			struct answer *a)
{
	const struct settings *own = s->settings;
	const char *format = format_of(s, ask);
	if (strcmp(format, "wav") == 0)
		sound_begin_wav(&st->sound, ask->keep);
	else if (strcmp(format, "pcm") == 0)
		sound_begin_pcm(&st->sound, ask->keep, own->sample_format == 0 ? PCM_S16 : PCM_F32,
				(int)own->channels, (int)own->sample_rate, a);
	else
		sound_begin_coded(&st->sound, ask->keep);
}

static enum outcome head(void *state, const struct service *s, const struct ask *ask,
			 const struct http_head *h, struct answer *answer)
{
	struct state *st = state;
	const char *format = format_of(s, ask);
	if (h->status / 100 != 2)
		return OUTCOME_OK;
	if (check_format(format, NULL) < 0)
		return OUTCOME_BAD_CONTENT_TYPE;
	st->events = as_events(s, ask);
	begin_sound(st, s, ask, answer);
	if (st->events ? http_content_type_is(h, "text/event-stream") :
			 reply_type_is(h, speech_types(format)))
		return OUTCOME_OK;
	st->wrong_type = reply_is_json(h);
	return st->wrong_type ? OUTCOME_OK : OUTCOME_BAD_CONTENT_TYPE;
}

static enum outcome take_event(struct state *st, const struct stream_event *ev, bool at_end)
{
	struct answer *a = st->answer;
	if (ev->error.data) {
		stream_event_note_error(ev, a);
		return OUTCOME_ERROR_EVENT;
	}
	stream_event_usage(ev, a);
	if (stream_event_is(ev->type, "speech.audio.done")) {
		st->finished = true;
		return OUTCOME_OK;
	}
	if (!stream_event_is(ev->type, "speech.audio.delta"))
		return OUTCOME_OK;
	if (!ev->audio.data)
		return OUTCOME_BAD_JSON;
	uint32_t chars;
	struct buf *text = &a->text;	/* work space: speech has no text of its own */
	buf_clear(text);
	buf_clear(&a->scratch);
	if (stream_event_text(ev, ev->audio, text, &chars) < 0)
		return OUTCOME_BAD_JSON;
	int rc = text->len > 0 ? base64_decode(text->data, text->len, &a->scratch) : 0;
	buf_clear(text);
	if (rc < 0)
		return OUTCOME_BAD_AUDIO;
	return sound_receive(&st->sound, a->scratch.data, a->scratch.len, st->at, at_end, a);
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
	if (st->wrong_type)
		return reply_collect(answer, data, len, OUTCOME_BAD_CONTENT_TYPE);
	if (!st->events)
		return sound_receive(&st->sound, data, len, at, true, answer);
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
	if (st->events && !st->finished)
		return OUTCOME_UNFINISHED_STREAM;
	return sound_finish(&st->sound, answer);
}

const struct protocol protocol_openai_speech = {
	.name = "openai-speech",
	.kind = "tts",
	.summary = "OpenAI's speech synthesis: wav, pcm, flac, mp3, opus; bytes or events",
	.route = "POST /v1/audio/speech",
	.options = options,
	.settings_size = sizeof(struct settings),
	.state_size = sizeof(struct state),
	.check = check,
	.encode = encode,
	.head = head,
	.receive = receive,
	.finish = finish,
	.health = "/v1/models",
};
