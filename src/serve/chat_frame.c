/* src/serve/chat_frame.c - see chat_input.h: media decoded, and the worker's frame built.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/util.h"
#include "serve/chat_input.h"
#include "serve/decode.h"
#include "serve/server_parts.h"
#include "worker/frame.h"

#define SOUND_RATE 16000
#define HEADER_SPARE 256	/* for what is put into the header when it is sent */

static int from_base64(struct request *r, const char *text, const char *code, struct buf *out)
{
	size_t len = strlen(text);
	if (reserve(r, len / 4 * 3) < 0)
		return -1;
	if (base64_decode(text, len, out) < 0)
		return refuse(r, 400, code, "the media is not valid, padded base64");
	return 0;
}

/* The sim knows media by the hash of their file. */
static void put_hash(const struct request *r, json_t *part, const struct buf *file)
{
	char sha256[HASH_HEX];
	if (!r->server->spec.hashes)
		return;
	hash_sha256(file->data, file->len, sha256);
	json_put_text(part, "sha256", sha256);
}

static json_t *add_image(struct request *r, struct chat_input *in, const json_t *part)
{
	CLEANUP(buf_release) struct buf file = BUF_INIT(r->server->spec.limits->upload_bytes);
	const char *url = json_text(part, "image_url.url", "");
	size_t offset = in->media.len;
	int64_t width = 0;
	int64_t height = 0;
	if (from_base64(r, strchr(url, ',') + 1, "invalid_image", &file) < 0 ||
	    decode_image(r, file.data, file.len, &in->media, &width, &height) < 0)
		return NULL;
	unreserve(r, file.len);
	json_t *j = json_pack("{s:s, s:I, s:I, s:I}", "type", "image", "offset",
			      (json_int_t)offset, "width", (json_int_t)width, "height",
			      (json_int_t)height);
	put_hash(r, j, &file);
	return j;
}

static json_t *add_sound(struct request *r, struct chat_input *in, const json_t *part)
{
	CLEANUP(buf_release) struct buf file = BUF_INIT(r->server->spec.limits->upload_bytes);
	size_t offset = in->media.len;
	if (from_base64(r, json_text(part, "input_audio.data", ""), "invalid_audio", &file) < 0 ||
	    decode_audio(r, file.data, file.len, SOUND_RATE, &in->media) < 0)
		return NULL;
	unreserve(r, file.len);
	size_t samples = (in->media.len - offset) / sizeof(int16_t);
	json_t *j = json_pack("{s:s, s:I, s:I, s:i}", "type", "audio", "offset", (json_int_t)offset,
			      "samples", (json_int_t)samples, "sample_rate", SOUND_RATE);
	put_hash(r, j, &file);
	return j;
}

static json_t *convert_part(struct request *r, struct chat_input *in, json_t *part)
{
	const char *type = json_text(part, "type", "");
	if (strcmp(type, "image_url") == 0)
		return add_image(r, in, part);
	if (strcmp(type, "input_audio") == 0)
		return add_sound(r, in, part);
	return json_pack("{s:s, s:O}", "type", "text", "text", json_object_get(part, "text"));
}

static json_t *convert_message(struct request *r, struct chat_input *in, const json_t *m)
{
	json_t *content = json_object_get(m, "content");
	json_t *out = json_pack("{s:O}", "role", json_object_get(m, "role"));
	if (json_is_string(content)) {
		json_put(out, "content", json_incref(content));
		return out;
	}
	json_t *parts = json_array();
	json_put(out, "content", parts);
	for (size_t i = 0; i < json_array_size(content); i++) {
		json_t *part = convert_part(r, in, json_array_get(content, i));
		if (!part || json_array_append_new(parts, part) < 0) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

/* A worker may say in its ready frame what it takes: "inputs": ["text", "image", "audio"]. */
static int check_inputs(struct request *r, const struct chat_input *in, const json_t *ready)
{
	const json_t *inputs = json_object_get(ready, "inputs");
	bool decoders = r->server->spec.decoders != NULL;
	bool image = !inputs && decoders;
	bool audio = !inputs && decoders;
	for (size_t i = 0; i < json_array_size(inputs); i++) {
		const char *word = json_string_value(json_array_get(inputs, i));
		image |= decoders && word && strcmp(word, "image") == 0;
		audio |= decoders && word && strcmp(word, "audio") == 0;
	}
	if (in->images > 0 && !image)
		return refuse(r, 400, "unsupported_input", "this model takes no images");
	if (in->sounds > 0 && !audio)
		return refuse(r, 400, "unsupported_input", "this model takes no audio");
	return 0;
}

static void copy(json_t *to, const char *name, const json_t *from, const char *key)
{
	json_t *v = json_object_get(from, key);
	if (v && !json_is_null(v))
		json_put(to, name, json_incref(v));
}

static int put_parameters(struct request *r, struct chat_input *in)
{
	json_t *h = in->header;
	const json_t *body = in->body;
	copy(h, "max_tokens", body, "max_tokens");
	copy(h, "max_tokens", body, "max_completion_tokens");
	copy(h, "temperature", body, "temperature");
	copy(h, "top_p", body, "top_p");
	copy(h, "seed", body, "seed");
	json_t *stop = json_object_get(body, "stop");
	if (json_is_string(stop))
		json_put(h, "stop", json_pack("[O]", stop));
	else
		copy(h, "stop", body, "stop");
	CLEANUP(buf_release) struct buf text = BUF_INIT(FRAME_HEADER_MAX - HEADER_SPARE);
	if (json_write(h, false, &text) < 0)
		return refuse(r, 400, "context_length_exceeded",
			"the messages' text is longer than "
			      "%zu bytes", text.max);
	return 0;
}

int chat_input_decode(struct request *r, struct chat_input *in, const json_t *ready)
{
	if (check_inputs(r, in, ready) < 0)
		return -1;
	json_t *messages = json_array();
	in->header = json_pack("{s:s, s:o}", "type", "chat", "messages", messages);
	if (!in->header)
		return refuse(r, 503, "memory", "the server is out of memory");
	const json_t *from = json_object_get(in->body, "messages");
	for (size_t i = 0; i < json_array_size(from); i++) {
		json_t *m = convert_message(r, in, json_array_get(from, i));
		if (!m || json_array_append_new(messages, m) < 0)
			return r->refusal.status ? -1 :
				refuse(r, 503, "memory", "the server is out of memory");
	}
	return put_parameters(r, in);
}
