/* src/serve/route_tts.c - POST /synthesize and /v1/audio/speech.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "serve/encode.h"
#include "serve/routes.h"
#include "serve/server_parts.h"
#include "serve/sim_defect.h"

#define SPEED_MIN 0.25
#define SPEED_MAX 4.0
#define NAME_MAX_BYTES 128
#define SSE_PIECE ((size_t)24576)	/* of sound in one event; a multiple of 3 */

/* Voices of OpenAI's service: clients name them without asking whether they exist here. */
static const char *const openai_voices[] = {
	"alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer",
	"verse", "marin", "cedar",
};

struct tts {
	json_t *body;
	const char *text;
	const char *speaker;	/* NULL: the worker's own choice */
	const char *language;
	double speed;
	enum audio_format format;
	bool stream;		/* bytes are sent while more are made */
	bool sse;
	bool ended;		/* the worker is done */
	struct encoder *encoder;
	size_t bytes;		/* of sound made */
};

static void free_tts(void *state)
{
	struct tts *t = state;
	json_decref(t->body);
	encoder_free(t->encoder);
	free(t);
}

static bool plain_text(const json_t *j)
{
	return json_is_string(j) && strlen(json_string_value(j)) == json_string_length(j);
}

static int read_text(struct request *r, struct tts *t, const char *key)
{
	const json_t *j = json_object_get(t->body, key);
	int64_t most = r->server->spec.limits->text_length;
	if (!plain_text(j))
		return refuse(r, 400, "invalid_value", "%s must be a text", key);
	t->text = json_string_value(j);
	if (t->text[strspn(t->text, " \t\r\n")] == '\0' &&
	    !sim_has_defect(r->server->spec.defects, "accepts-empty-text"))
		return refuse(r, 400, "empty_text", "%s is empty", key);
	int64_t n = 0;
	for (const char *p = t->text; *p; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	if (n > most)
		return refuse(r, 400, "text_too_long", "%s is longer than %lld characters", key,
			      (long long)most);
	return 0;
}

static int read_speed(struct request *r, struct tts *t)
{
	const json_t *j = json_object_get(t->body, "speed");
	t->speed = 1;
	if (!j || json_is_null(j))
		return 0;
	t->speed = json_number_value(j);
	if (!json_is_number(j) || !(t->speed >= SPEED_MIN && t->speed <= SPEED_MAX))
		return refuse(r, 400, "invalid_value", "speed must be a number from %g to %g",
			      SPEED_MIN, SPEED_MAX);
	return 0;
}

static bool in_list(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));
		if (s && strcmp(s, name) == 0)
			return true;
	}
	return false;
}

/* A voice must be one that the worker has; "default", and the names of OpenAI's voices where the
 * worker has not got them, are its own choice. */
static int read_voice(struct request *r, struct tts *t, const char *key, bool openai)
{
	const json_t *j = json_object_get(t->body, key);
	if (!j || json_is_null(j))
		return 0;
	if (!plain_text(j) || json_string_length(j) > NAME_MAX_BYTES)
		return refuse(r, 400, "invalid_value", "%s must be a name", key);
	const char *name = json_string_value(j);
	json_t *ready = pool_ready(r->server->spec.pool);
	const json_t *speakers = json_object_get(ready, "speakers");
	bool known = in_list(speakers, name);
	bool any = json_array_size(speakers) == 0;
	json_decref(ready);
	if (known || any) {
		t->speaker = strcmp(name, "default") == 0 && !known ? NULL : name;
		return 0;
	}
	for (size_t i = 0; openai && i < ARRAY_LEN(openai_voices); i++)
		known |= strcmp(openai_voices[i], name) == 0;
	if (known || strcmp(name, "default") == 0)
		return 0;
	return refuse(r, 400, "unknown_voice", "there is no such voice here; %s may be left out",
		      key);
}

static int read_language(struct request *r, struct tts *t)
{
	const json_t *j = json_object_get(t->body, "language");
	if (!j || json_is_null(j))
		return 0;
	if (!plain_text(j) || !valid_language(json_string_value(j)))
		return refuse(r, 400, "invalid_value",
			"language must be a tag such as en or zh-CN");
	t->language = json_string_value(j);
	return 0;
}

static struct tts *new_state(struct request *r)
{
	struct tts *t = calloc(1, sizeof(*t));
	if (!t) {
		(void)refuse(r, 503, "memory", "the server is out of memory");
		return NULL;
	}
	r->state = t;
	r->end_state = free_tts;
	t->body = read_json_body(r);
	return t->body ? t : NULL;
}

/* Give it to a worker, wait for its first frame and make the encoder for its rate. */
static int start(struct request *r, struct tts *t)
{
	int64_t rate = 0;
	if (open_call(r, r->server->spec.pool) < 0)
		return -1;
	json_t *h = json_pack("{s:s, s:s, s:f}", "type", "speak", "text", t->text, "speed",
			      t->speed);
	json_put_text(h, "speaker", t->speaker);
	json_put_text(h, "language", t->language);
	if (send_frame(r, h, NULL, 0) < 0 || peek_answer(r) < 0)
		return -1;
	if (!json_whole(r->answer.header, "sample_rate", &rate))
		(void)json_whole(call_ready(r->call), "sample_rate", &rate);
	struct err e;
	if (rate < 1000 || rate > 384000)
		return refuse(r, 500, "worker_error", "the worker did not tell its sample rate");
	if (encoder_new(t->format, (int)rate, t->stream, &t->encoder, &e) < 0)
		return refuse(r, 500, "encoder", "the audio format cannot be written here");
	return 0;
}

/* The worker's next frame into the encoder. */
static int advance(struct request *r, struct tts *t)
{
	struct err e;
	if (next_answer(r) < 0)
		return -1;
	t->bytes += r->answer.len;
	if (t->bytes > r->server->spec.limits->decoded_bytes)
		return refuse(r, 500, "too_large", "the speech is too long");
	int rc = encoder_add(t->encoder, r->answer.payload, r->answer.len, &e);
	if (rc == 0 && r->answer.rc == CALL_DONE) {
		t->ended = true;
		rc = encoder_end(t->encoder, &e);
	}
	return rc < 0 ? refuse(r, 500, "encoder", "the audio could not be encoded") : 0;
}

static int answer_whole(struct request *r, struct tts *t)
{
	while (!t->ended)
		if (advance(r, t) < 0)
			return -1;
	return reply_buf(r, 200, audio_type(t->format), encoder_out(t->encoder));
}

static int pump_bytes(struct request *r)
{
	struct tts *t = r->state;
	struct buf *made = encoder_out(t->encoder);
	while (made->len == 0 && !t->ended)
		if (advance(r, t) < 0)
			return -1;	/* sound has no room for words */
	int rc = buf_add(&r->out, made->data, made->len);
	buf_clear(made);
	return rc < 0 ? -1 : t->ended ? 0 : 1;
}

static int put_sound(struct request *r, const char *data, size_t len)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(SSE_PIECE * 2);
	if (base64_encode(data, len, &text) < 0)
		return -1;
	put_event(r, NULL, json_pack("{s:s, s:s}", "type", "speech.audio.delta", "audio",
				     text.data));
	return 0;
}

static int pump_events(struct request *r)
{
	struct tts *t = r->state;
	struct buf *made = encoder_out(t->encoder);
	while (!t->ended && (made->len == 0 || !t->stream)) {
		if (advance(r, t) == 0)
			continue;
		if (r->answer.rc == CALL_GONE)
			return -1;
		put_error_event(r);
		return 0;
	}
	for (size_t at = 0; at < made->len; at += SSE_PIECE)
		if (put_sound(r, made->data + at, MIN(SSE_PIECE, made->len - at)) < 0)
			return -1;
	buf_clear(made);
	if (!t->ended)
		return 1;
	put_event(r, NULL, json_pack("{s:s}", "type", "speech.audio.done"));
	return 0;
}

int route_synthesize(struct request *r)
{
	struct tts *t = new_state(r);
	if (!t)
		return -1;
	const json_t *stream = json_object_get(t->body, "stream");
	if (stream && !json_is_boolean(stream) && !json_is_null(stream))
		return refuse(r, 400, "invalid_value", "stream must be true or false");
	t->stream = json_is_true(stream);
	t->format = AUDIO_WAV;
	if (read_text(r, t, "text") < 0 || read_voice(r, t, "speaker", false) < 0 ||
	    read_speed(r, t) < 0 || read_language(r, t) < 0 || start(r, t) < 0)
		return -1;
	if (!t->stream)
		return answer_whole(r, t);
	return reply_stream(r, audio_type(t->format), pump_bytes);
}

static int read_format(struct request *r, struct tts *t)
{
	const json_t *format = json_object_get(t->body, "response_format");
	const json_t *stream = json_object_get(t->body, "stream_format");
	t->format = AUDIO_MP3;
	if (format && !json_is_null(format)) {
		const char *name = plain_text(format) ? json_string_value(format) : "";
		size_t i = 0;
		while (audio_formats[i] && strcmp(audio_formats[i], name) != 0)
			i++;
		if (!audio_formats[i])
			return refuse(r, 400, "invalid_value", "response_format must be mp3, opus, "
				      "flac, wav or pcm");
		t->format = (enum audio_format)i;
	}
	if (stream && !json_is_null(stream)) {
		const char *name = plain_text(stream) ? json_string_value(stream) : "";
		t->sse = strcmp(name, "sse") == 0;
		if (!t->sse && strcmp(name, "audio") != 0)
			return refuse(r, 400, "invalid_value",
				"stream_format must be audio or sse");
	}
	t->stream = audio_streams(t->format);
	return 0;
}

int route_speech(struct request *r)
{
	struct tts *t = new_state(r);
	if (!t || read_format(r, t) < 0 || read_text(r, t, "input") < 0 ||
	    read_voice(r, t, "voice", true) < 0 || read_speed(r, t) < 0 || start(r, t) < 0)
		return -1;
	if (t->sse)
		return reply_stream(r, "text/event-stream", pump_events);
	if (t->stream)
		return reply_stream(r, audio_type(t->format), pump_bytes);
	return answer_whole(r, t);
}
