/* workers/vision/chat.c - see chat.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "chat.h"

#include <limits.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "voice.h"

#define SIDE_MAX 32768
#define PICTURES_MAX 64

/* A message while it is read. */
struct reading {
	const struct frame *f;
	struct arena *a;
	struct chat *chat;
	size_t message;	/* its number, for errors */
	char *text;	/* its text parts, joined by line breaks */
	struct picture *pictures;
	size_t n_pictures;
	bool audio;
};

static int bad(const struct reading *r, const char *what, struct err *e)
{
	return err_set(e, ERR_USAGE, "message %zu: %s", r->message, what);
}

static void add_text(struct reading *r, const char *text)
{
	r->text = *r->text ? arena_fmt(r->a, "%s\n%s", r->text, text) : arena_str(r->a, text);
	r->chat->prompt_tokens += voice_count(text);
}

/* Does [offset, offset + len) lie in the payload? */
static bool in_payload(const struct frame *f, int64_t offset, int64_t len)
{
	return offset >= 0 && len >= 0 && (uint64_t)offset <= f->payload_len &&
	       (uint64_t)len <= f->payload_len - (uint64_t)offset;
}

static int add_picture(struct reading *r, const json_t *part, struct err *e)
{
	int64_t offset, width, height;
	if (!json_whole(part, "offset", &offset) || !json_whole(part, "width", &width) ||
	    !json_whole(part, "height", &height))
		return bad(r, "an image part needs offset, width and height", e);
	if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX)
		return bad(r, "an image's sides must be 1 to 32768", e);
	if (!in_payload(r->f, offset, 3 * width * height))
		return bad(r, "an image lies outside of the payload", e);
	if (r->n_pictures == PICTURES_MAX)
		return bad(r, "more than 64 images", e);
	*ARENA_ADD(r->a, r->pictures, r->n_pictures) = (struct picture){
		(const uint8_t *)r->f->payload + offset, (int)width, (int)height};
	r->chat->prompt_tokens += ((width + TOKEN_SIDE - 1) / TOKEN_SIDE) *
				  ((height + TOKEN_SIDE - 1) / TOKEN_SIDE);
	return 0;
}

static int add_audio(struct reading *r, const json_t *part, struct err *e)
{
	int64_t offset, samples;
	if (!json_whole(part, "offset", &offset) || !json_whole(part, "samples", &samples) ||
	    samples < 0 || samples > INT_MAX || !in_payload(r->f, offset, 2 * samples))
		return bad(r, "an audio part lies outside of the payload", e);
	r->audio = true;
	r->chat->prompt_tokens += (samples + TOKEN_SAMPLES - 1) / TOKEN_SAMPLES;
	return 0;
}

static int read_part(struct reading *r, const json_t *part, struct err *e)
{
	const char *type = json_text(part, "type", NULL);
	if (!type)
		return bad(r, "a part of the content needs a type", e);
	if (strcmp(type, "text") == 0) {
		const char *text = json_text(part, "text", NULL);
		if (!text)
			return bad(r, "a text part needs a text", e);
		add_text(r, text);
		return 0;
	}
	if (strcmp(type, "image") == 0)
		return add_picture(r, part, e);
	if (strcmp(type, "audio") == 0)
		return add_audio(r, part, e);
	return bad(r, "a part's type must be text, image or audio", e);
}

static int read_content(struct reading *r, const json_t *message, struct err *e)
{
	const json_t *content = json_object_get(message, "content");
	if (!content || json_is_null(content))
		return 0;
	if (json_is_string(content)) {
		add_text(r, json_string_value(content));
		return 0;
	}
	if (!json_is_array(content))
		return bad(r, "its content must be a text or an array of parts", e);
	for (size_t i = 0; i < json_array_size(content); i++) {
		if (read_part(r, json_array_get(content, i), e) < 0)
			return -1;
	}
	return 0;
}

static int read_message(struct reading *r, const json_t *message, struct err *e)
{
	const char *role = json_text(message, "role", "");
	struct chat *c = r->chat;
	r->text = arena_str(r->a, "");
	r->pictures = NULL;
	r->n_pictures = 0;
	r->audio = false;
	if (read_content(r, message, e) < 0)
		return -1;
	if (strcmp(role, "system") == 0 || strcmp(role, "developer") == 0) {
		style_read(r->text, r->a, &c->style);
		return 0;
	}
	if (strcmp(role, "assistant") == 0 || strcmp(role, "tool") == 0)
		return 0;
	if (strcmp(role, "user") != 0)
		return bad(r, "its role must be system, developer, user, assistant or tool", e);
	strings_add(&c->said, r->a, r->text);
	c->audio = r->audio;
	if (r->n_pictures) {
		c->pictures = r->pictures;
		c->n_pictures = r->n_pictures;
	}
	return 0;
}

int chat_read(const struct frame *f, struct arena *a, struct chat *ret, struct err *e)
{
	const json_t *messages = json_object_get(f->header, "messages");
	struct chat c = {0};
	struct reading r = {.f = f, .a = a, .chat = &c};
	if (!json_is_array(messages) || json_array_size(messages) == 0)
		return err_set(e, ERR_USAGE, "'messages' must be an array of at least one message");
	for (size_t i = 0; i < json_array_size(messages); i++) {
		r.message = i;
		if (!json_is_object(json_array_get(messages, i)))
			return bad(&r, "it must be an object", e);
		if (read_message(&r, json_array_get(messages, i), e) < 0)
			return -1;
	}
	if (c.said.n == 0)
		return err_set(e, ERR_USAGE, "there is no message of the user");
	*ret = c;
	return 0;
}
