/* src/serve/route_asr.c - POST /transcribe and /v1/audio/transcriptions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "serve/decode.h"
#include "serve/routes.h"
#include "serve/server_parts.h"
#include "serve/transcript.h"

#define PIECE ((size_t)32768)	/* of audio in one frame */
#define RATE_DEFAULT 16000

enum form { FORM_JSON, FORM_TEXT, FORM_VERBOSE, FORM_SRT, FORM_VTT };

static const char *const forms[] = {
	[FORM_JSON] = "json", [FORM_TEXT] = "text", [FORM_VERBOSE] = "verbose_json",
	[FORM_SRT] = "srt", [FORM_VTT] = "vtt",
};

struct asr {
	struct transcript t;
	size_t told;	/* segments */
};

static void free_asr(void *state)
{
	struct asr *a = state;
	transcript_release(&a->t);
	free(a);
}

/* Is this language among those of the worker (none named: any)? "en" stands for "en-US" too. */
static bool has_language(const json_t *ready, const char *language)
{
	const json_t *list = json_object_get(ready, "languages");
	size_t n = strcspn(language, "-_");
	bool found = json_array_size(list) == 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *known = json_string_value(json_array_get(list, i));
		found |= known && strcspn(known, "-_") == n && strncasecmp(known, language, n) == 0;
	}
	return found;
}

/* The language that was asked for must be there; *ret_rate is the rate that the workers want. */
static int look_at_worker(struct request *r, int *ret_rate)
{
	const char *language = upload_text(r, UPLOAD_LANGUAGE);
	int64_t rate = RATE_DEFAULT;
	if (language && !valid_language(language))
		return refuse(r, 400, "invalid_value",
			"language must be a tag such as en or zh-CN");
	json_t *ready = pool_ready(r->server->spec.pool);
	(void)json_whole(ready, "sample_rate", &rate);
	bool known = !language || has_language(ready, language);
	json_decref(ready);
	if (!known)
		return refuse(r, 400, "unsupported_language", "this model does not know that "
			      "language");
	*ret_rate = (int)rate;
	return 0;
}

static int send_audio(struct request *r, const struct buf *pcm, const char *sha256)
{
	json_t *begin = json_pack("{s:s, s:s}", "type", "begin", "format", "s16le");
	json_put_text(begin, "language", upload_text(r, UPLOAD_LANGUAGE));
	json_put_text(begin, "sha256", sha256);
	if (send_frame(r, begin, NULL, 0) < 0)
		return -1;
	for (size_t at = 0; at < pcm->len; at += PIECE) {
		size_t n = MIN(PIECE, pcm->len - at);
		if (send_frame(r, json_pack("{s:s}", "type", "audio"), pcm->data + at, n) < 0)
			return -1;
	}
	return send_frame(r, json_pack("{s:s}", "type", "end"), NULL, 0);
}

/* Decode the upload and give it to a worker. */
static int start(struct request *r, struct asr *a)
{
	int rate = RATE_DEFAULT;
	if (look_at_worker(r, &rate) < 0)
		return -1;
	CLEANUP(buf_release) struct buf pcm = BUF_INIT(r->server->spec.limits->decoded_bytes);
	char sha256[HASH_HEX];
	bool hashes = r->server->spec.hashes;
	if (hashes)
		hash_sha256(r->body.data, r->body.len, sha256);
	int rc = decode_audio(r, r->body.data, r->body.len, rate, &pcm);
	buf_release(&r->body);
	a->t.seconds = (double)(pcm.len / sizeof(int16_t)) / rate;
	if (rc == 0)
		rc = open_call(r, r->server->spec.pool);
	if (rc == 0)
		rc = send_audio(r, &pcm, hashes ? sha256 : NULL);
	unreserve(r, r->reserved);
	return rc;
}

static bool is_segment(const struct request *r)
{
	return r->answer.rc == CALL_FRAME &&
	       strcmp(json_text(r->answer.header, "type", ""), "segment") == 0;
}

static int collect(struct request *r, struct asr *a)
{
	for (;;) {
		if (next_answer(r) < 0)
			return -1;
		if (is_segment(r))
			transcript_add(&a->t, r->answer.header);
		if (r->answer.rc == CALL_DONE) {
			transcript_end(&a->t, r->answer.header);
			return a->t.text ? 0 : refuse(r, 503, "memory", "out of memory");
		}
	}
}

static struct asr *new_state(struct request *r)
{
	struct asr *a = calloc(1, sizeof(*a));
	if (!a) {
		(void)refuse(r, 503, "memory", "the server is out of memory");
		return NULL;
	}
	r->state = a;
	r->end_state = free_asr;
	return a;
}

int route_transcribe(struct request *r)
{
	struct asr *a = new_state(r);
	if (!a || start(r, a) < 0 || collect(r, a) < 0)
		return -1;
	json_t *j = json_pack("{s:s}", "text", a->t.text);
	json_put_text(j, "language", a->t.language);
	json_put(j, "segments", transcript_segments(&a->t));
	json_put_real(j, "duration", a->t.seconds);
	return reply_json(r, 200, j);
}

/* ---- the routes of OpenAI ---- */

static json_t *usage(const struct asr *a)
{
	return json_pack("{s:s, s:f}", "type", "duration", "seconds", a->t.seconds);
}

static json_t *verbose(const struct asr *a)
{
	json_t *j = json_pack("{s:s, s:f, s:s}", "task", "transcribe", "duration", a->t.seconds,
			      "text", a->t.text);
	json_t *from = transcript_segments(&a->t);
	json_t *to = json_array();
	for (size_t i = 0; i < json_array_size(from); i++) {
		json_t *s = json_copy(json_array_get(from, i));
		json_put_int(s, "id", (int64_t)i);
		(void)json_array_append_new(to, s);
	}
	json_decref(from);
	json_put_text(j, "language", a->t.language);
	json_put(j, "segments", to);
	json_put(j, "usage", usage(a));
	return j;
}

static int answer(struct request *r, const struct asr *a, enum form form)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	if (form == FORM_VERBOSE)
		return reply_json(r, 200, verbose(a));
	if (form == FORM_JSON)
		return reply_json(r, 200, json_pack("{s:s, s:o}", "text", a->t.text, "usage",
						    usage(a)));
	if (form == FORM_SRT)
		transcript_srt(&a->t, &b);
	else if (form == FORM_VTT)
		transcript_vtt(&a->t, &b);
	else
		(void)buf_fmt(&b, "%s\n", a->t.text);
	return reply_buf(r, 200, form == FORM_VTT ? "text/vtt; charset=utf-8" :
			 form == FORM_SRT ? "application/x-subrip; charset=utf-8" :
			 "text/plain; charset=utf-8", &b);
}

static void put_delta(struct request *r, struct asr *a, const char *text)
{
	/* Only what is final is told, so that the deltas add up to the text. */
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	(void)buf_fmt(&b, "%s%s", a->told++ > 0 ? " " : "", text);
	put_event(r, NULL, json_pack("{s:s, s:s}", "type", "transcript.text.delta", "delta",
				     b.data));
}

static void put_done(struct request *r, struct asr *a)
{
	const char *text = json_text(r->answer.header, "text", "");
	if (a->told == 0 && *text)
		put_delta(r, a, text);
	put_event(r, NULL, json_pack("{s:s, s:s, s:o}", "type", "transcript.text.done", "text",
				     text, "usage", usage(a)));
	(void)buf_str(&r->out, "data: [DONE]\n\n");
}

static int pump(struct request *r)
{
	struct asr *a = r->state;
	for (;;) {
		if (next_answer(r) < 0) {
			if (r->answer.rc == CALL_GONE)
				return -1;
			put_error_event(r);
			return 0;
		}
		if (r->answer.rc == CALL_DONE) {
			put_done(r, a);
			return 0;
		}
		if (is_segment(r)) {
			put_delta(r, a, json_text(r->answer.header, "text", ""));
			return 1;
		}
	}
}

static int read_form(struct request *r, enum form *ret_form, bool *ret_stream)
{
	const char *form = upload_text(r, UPLOAD_RESPONSE_FORMAT);
	const char *stream = upload_text(r, UPLOAD_STREAM);
	const char *temperature = upload_text(r, UPLOAD_TEMPERATURE);
	*ret_form = FORM_JSON;
	bool known = !form;
	for (size_t i = 0; form && i < ARRAY_LEN(forms); i++) {
		if (strcmp(form, forms[i]) != 0)
			continue;
		*ret_form = (enum form)i;
		known = true;
	}
	if (!known)
		return refuse(r, 400, "invalid_value", "response_format must be json, text, "
			      "verbose_json, srt or vtt");
	*ret_stream = stream && str_equal_nocase(stream, "true");
	if (stream && !*ret_stream && !str_equal_nocase(stream, "false"))
		return refuse(r, 400, "invalid_value", "stream must be true or false");
	double t = 0;
	struct err e;
	if (temperature && (str_to_real(temperature, &t, &e) < 0 || t < 0 || t > 1))
		return refuse(r, 400, "invalid_value", "temperature must be a number from 0 to 1");
	return 0;
}

int route_transcriptions(struct request *r)
{
	enum form form;
	bool stream;
	if (read_form(r, &form, &stream) < 0)
		return -1;
	struct asr *a = new_state(r);
	if (!a || start(r, a) < 0)
		return -1;
	if (!stream)
		return collect(r, a) < 0 ? -1 : answer(r, a, form);
	if (peek_answer(r) < 0)
		return -1;
	return reply_stream(r, "text/event-stream", pump);
}
