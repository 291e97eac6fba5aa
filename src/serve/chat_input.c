/* src/serve/chat_input.c - see chat_input.h: what is checked before anything is decoded.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/chat_input.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "serve/server_parts.h"

#define MESSAGES_MAX 1024
#define PARTS_MAX 1024
#define STOPS_MAX 16
#define STOP_BYTES_MAX 256
#define TOKENS_MAX 1000000

static const char *const roles[] = {"system", "developer", "user", "assistant", "tool"};

static bool plain_text(const json_t *j)
{
	return json_is_string(j) && strlen(json_string_value(j)) == json_string_length(j);
}

static int check_number(struct request *r, const json_t *body, const char *key, double min,
			double max)
{
	const json_t *v = json_object_get(body, key);
	if (!v || json_is_null(v))
		return 0;
	double x = json_number_value(v);
	if (!json_is_number(v) || !(x >= min && x <= max))
		return refuse(r, 400, "invalid_value", "%s must be a number from %g to %g", key,
			min,
			      max);
	return 0;
}

static int check_whole(struct request *r, const json_t *body, const char *key, int64_t min,
		       int64_t max)
{
	const json_t *v = json_object_get(body, key);
	if (!v || json_is_null(v))
		return 0;
	int64_t x = json_integer_value(v);
	if (!json_is_integer(v) || x < min || x > max)
		return refuse(r, 400, "invalid_value",
			"%s must be a whole number from %lld to %lld",
			      key, (long long)min, (long long)max);
	return 0;
}

static int check_bool(struct request *r, const json_t *v, const char *key, bool *ret)
{
	*ret = json_is_true(v);
	if (v && !json_is_boolean(v) && !json_is_null(v))
		return refuse(r, 400, "invalid_value", "%s must be true or false", key);
	return 0;
}

static int check_stop(struct request *r, const json_t *v)
{
	size_t n = json_is_array(v) ? json_array_size(v) : 1;
	if (!v || json_is_null(v))
		return 0;
	if (n > STOPS_MAX)
		return refuse(r, 400, "invalid_value", "stop takes at most %d texts", STOPS_MAX);
	for (size_t i = 0; i < n; i++) {
		const json_t *s = json_is_array(v) ? json_array_get(v, i) : v;
		if (!plain_text(s) || json_string_length(s) == 0 ||
		    json_string_length(s) > STOP_BYTES_MAX)
			return refuse(r, 400, "invalid_value", "stop must be a text, or a list of "
				      "texts, of 1 to %d bytes", STOP_BYTES_MAX);
	}
	return 0;
}

static bool absent(const json_t *v)
{
	return !v || json_is_null(v) || json_is_false(v) ||
	       (json_is_array(v) && json_array_size(v) == 0);
}

/* What would change the answer and is not done must not be passed over in silence. */
static int check_unsupported(struct request *r, const json_t *body)
{
	static const char *const keys[] = {"tools", "functions", "logprobs", "audio", "prediction"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!absent(json_object_get(body, keys[i])))
			return refuse(r, 400, "unsupported_parameter", "%s is not supported",
				      keys[i]);
	const json_t *format = json_object_get(body, "response_format");
	if (!absent(format) && strcmp(json_text(format, "type", ""), "text") != 0)
		return refuse(r, 400, "unsupported_parameter", "response_format can only be text");
	return 0;
}

static int check_parameters(struct request *r, struct chat_input *in)
{
	const json_t *body = in->body;
	const json_t *model = json_object_get(body, "model");
	const json_t *options = json_object_get(body, "stream_options");
	if (model && !json_is_null(model) && !plain_text(model))
		return refuse(r, 400, "invalid_value", "model must be a text");
	if (options && !json_is_null(options) && !json_is_object(options))
		return refuse(r, 400, "invalid_value", "stream_options must be an object");
	if (check_unsupported(r, body) < 0 ||
	    check_bool(r, json_object_get(body, "stream"), "stream", &in->stream) < 0 ||
	    check_bool(r, json_object_get(options, "include_usage"), "include_usage",
		       &in->include_usage) < 0 ||
	    check_number(r, body, "temperature", 0, 2) < 0 ||
	    check_number(r, body, "top_p", 0, 1) < 0 ||
	    check_number(r, body, "frequency_penalty", -2, 2) < 0 ||
	    check_number(r, body, "presence_penalty", -2, 2) < 0 ||
	    check_whole(r, body, "n", 1, 1) < 0 ||
	    check_whole(r, body, "seed", INT64_MIN, INT64_MAX) < 0 ||
	    check_whole(r, body, "max_tokens", 1, TOKENS_MAX) < 0 ||
	    check_whole(r, body, "max_completion_tokens", 1, TOKENS_MAX) < 0)
		return -1;
	if (!absent(options) && !in->stream)
		return refuse(r, 400, "invalid_value", "stream_options needs stream");
	return check_stop(r, json_object_get(body, "stop"));
}

static int check_image(struct request *r, struct chat_input *in, const json_t *part)
{
	const char *url = json_text(part, "image_url.url", NULL);
	if (!url)
		return refuse(r, 400, "invalid_value", "image_url must be an object with a url");
	if (!str_starts(url, "data:"))
		defect_url(r, url);
	if (!str_starts(url, "data:"))
		return refuse(r, 400, "url_not_allowed", "images are taken as data: URLs only; "
			      "nothing is fetched and no file is read");
	const char *comma = strchr(url, ',');
	size_t head = comma ? (size_t)(comma - url) : 0;
	if (!comma || head < 12 || memcmp(comma - 7, ";base64", 7) != 0 ||
	    !str_starts(url, "data:image/"))
		return refuse(r, 400, "invalid_image", "an image's URL must be "
			      "data:image/…;base64,…");
	in->images++;
	return 0;
}

static int check_sound(struct request *r, struct chat_input *in, const json_t *part)
{
	const char *data = json_text(part, "input_audio.data", NULL);
	const char *format = json_text(part, "input_audio.format", "");
	if (!data)
		return refuse(r, 400, "invalid_value",
			"input_audio must be an object with data and "
			      "format");
	if (str_starts(data, "data:"))
		return refuse(r, 400, "invalid_audio", "input_audio.data is base64 alone, not a "
			      "data: URL");
	if (strcmp(format, "wav") != 0 && strcmp(format, "mp3") != 0)
		return refuse(r, 400, "invalid_value", "input_audio.format must be wav or mp3");
	in->sounds++;
	return 0;
}

static int check_part(struct request *r, struct chat_input *in, const json_t *part)
{
	const char *type = json_text(part, "type", "");
	if (strcmp(type, "text") == 0)
		return plain_text(json_object_get(part, "text")) ? 0 :
			refuse(r, 400, "invalid_value", "a part of type text needs a text");
	if (strcmp(type, "image_url") == 0)
		return check_image(r, in, part);
	if (strcmp(type, "input_audio") == 0)
		return check_sound(r, in, part);
	return refuse(r, 400, "invalid_value", "a part's type must be text, image_url or "
		      "input_audio");
}

static int check_message(struct request *r, struct chat_input *in, const json_t *m)
{
	const char *role = json_text(m, "role", "");
	const json_t *content = json_object_get(m, "content");
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		known |= strcmp(roles[i], role) == 0;
	if (!known)
		return refuse(r, 400, "invalid_value",
			"a message's role must be system, developer, "
			      "user, assistant or tool");
	if (plain_text(content))
		return 0;
	if (!json_is_array(content) || json_array_size(content) == 0)
		return refuse(r, 400, "invalid_value", "a message's content must be a text or a "
			      "list of parts");
	if (json_array_size(content) > PARTS_MAX)
		return refuse(r, 400, "invalid_value", "a message may have at most %d parts",
			      PARTS_MAX);
	for (size_t i = 0; i < json_array_size(content); i++)
		if (check_part(r, in, json_array_get(content, i)) < 0)
			return -1;
	return 0;
}

int chat_input_read(struct request *r, struct chat_input *in)
{
	const struct limits *l = r->server->spec.limits;
	buf_init(&in->media, l->decoded_bytes);
	in->body = read_json_body(r);
	if (!in->body || check_parameters(r, in) < 0)
		return -1;
	const json_t *messages = json_object_get(in->body, "messages");
	if (!json_is_array(messages) || json_array_size(messages) == 0)
		return refuse(r, 400, "invalid_value", "messages must be a list of messages");
	if (json_array_size(messages) > MESSAGES_MAX)
		return refuse(r, 400, "invalid_value", "more than %d messages", MESSAGES_MAX);
	for (size_t i = 0; i < json_array_size(messages); i++) {
		if (check_message(r, in, json_array_get(messages, i)) < 0) {
			char words[sizeof(r->refusal.message)];
			memcpy(words, r->refusal.message, sizeof(words));
			return refuse(r, 400, r->refusal.code, "messages[%zu]: %.200s", i, words);
		}
	}
	if (in->images > (size_t)l->images || in->sounds > (size_t)l->images)
		return refuse(r, 400, "too_many_media", "more than %lld image%s or sound%s in one "
			      "request", (long long)l->images, str_plural((uint64_t)l->images),
			      str_plural((uint64_t)l->images));
	return 0;
}

void chat_input_release(struct chat_input *in)
{
	json_decref(in->body);
	json_decref(in->header);
	buf_release(&in->media);
}
