/* src/protocols/stream_event.c - see stream_event.h: the reader in place, and texts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/stream_event.h"

#include "base/json.h"
#include "base/util.h"
#include "protocols/scan.h"

#define DONE_MAX 64	/* "[DONE]" and white space around it */

bool stream_event_is(struct span text, const char *word)
{
	return text.data && span_is(text, word);
}

static bool read_details(struct scan *s, const char *name, int64_t *to)
{
	struct span key;
	bool first = true;
	int more;
	if (scan_peek(s) != '{')
		return scan_value(s, NULL);
	(void)scan_enter(s, '{');
	while ((more = scan_member(s, &first, &key)) > 0)
		if (!(span_is(key, name) ? scan_int(s, to) : scan_value(s, NULL)))
			return false;
	return more == 0;
}

/* Chat says prompt_ and completion_tokens, transcription and speech input_ and output_tokens, which
 * count if both are there, in any order. */
static bool read_usage(struct scan *s, struct stream_event *ev)
{
	int64_t input = INT64_MIN;
	int64_t output = INT64_MIN;
	struct span key;
	bool first = true;
	int more;
	if (scan_peek(s) == 'n')
		return scan_value(s, NULL);
	if (!scan_enter(s, '{'))
		return false;
	while ((more = scan_member(s, &first, &key)) > 0) {
		bool ok;
		if (span_is(key, "prompt_tokens"))
			ok = scan_int(s, &ev->prompt_tokens);
		else if (span_is(key, "input_tokens"))
			ok = scan_int(s, &input);
		else if (span_is(key, "completion_tokens"))
			ok = scan_int(s, &ev->output_tokens);
		else if (span_is(key, "output_tokens"))
			ok = scan_int(s, &output);
		else if (span_is(key, "prompt_tokens_details"))
			ok = read_details(s, "cached_tokens", &ev->cached_tokens);
		else if (span_is(key, "completion_tokens_details"))
			ok = read_details(s, "reasoning_tokens", &ev->reasoning_tokens);
		else
			ok = scan_value(s, NULL);
		if (!ok)
			return false;
	}
	if (input != INT64_MIN)
		ev->prompt_tokens = input;
	if (output != INT64_MIN)
		ev->output_tokens = output;
	return more == 0;
}

static bool read_delta(struct scan *s, struct stream_event *ev)
{
	struct span key, raw;
	bool first = true;
	int more;
	if (scan_peek(s) == 'n')
		return scan_value(s, NULL);
	if (!scan_enter(s, '{'))
		return false;
	while ((more = scan_member(s, &first, &key)) > 0) {
		bool ok;
		if (span_is(key, "content")) {
			ok = scan_string_or_null(s, &ev->content);
		} else if (span_is(key, "reasoning_content") || span_is(key, "reasoning")) {
			ok = scan_string_or_null(s, &ev->reasoning);
		} else {
			ok = scan_value(s, &raw);
			if (ok && span_is(key, "tool_calls") && raw.len > 2 && raw.data[0] == '[')
				ev->tool_calls = true;
		}
		if (!ok)
			return false;
	}
	return more == 0;
}

/* Only the choice with index 0 counts; others are checked and passed over. The index may come
 * behind the rest, so the choice is read into a copy first. */
static bool read_choice(struct scan *s, struct stream_event *ev)
{
	struct stream_event mine = *ev;
	struct span key, raw;
	int64_t index = 0;
	bool first = true;
	int more;
	if (!scan_enter(s, '{'))
		return false;
	while ((more = scan_member(s, &first, &key)) > 0) {
		bool ok;
		if (span_is(key, "index")) {
			ok = scan_int(s, &index);
		} else if (span_is(key, "delta")) {
			ok = read_delta(s, &mine);
		} else if (span_is(key, "finish_reason")) {
			ok = scan_string_or_null(s, &mine.finish_reason);
		} else {
			ok = scan_value(s, &raw);
			if (ok && span_is(key, "logprobs") && raw.data[0] == '{')
				mine.logprobs = raw;
		}
		if (!ok)
			return false;
	}
	if (more == 0 && index == 0)
		*ev = mine;
	return more == 0;
}

static bool read_choices(struct scan *s, struct stream_event *ev)
{
	bool first = true;
	int more;
	if (scan_peek(s) == 'n')
		return scan_value(s, NULL);
	if (!scan_enter(s, '['))
		return false;
	while ((more = scan_item(s, &first)) > 0) {
		ev->choices = true;
		if (!read_choice(s, ev))
			return false;
	}
	return more == 0;
}

static bool read_error(struct scan *s, struct stream_event *ev)
{
	struct span raw;
	if (!scan_value(s, &raw))
		return false;
	if (!span_is(raw, "null") && !span_is(raw, "false") && !span_is(raw, "\"\""))
		ev->error = raw;
	return true;
}

static bool read_top(struct scan *s, struct stream_event *ev)
{
	const struct {
		const char *name;
		struct span *to;
	} texts[] = {{"type", &ev->type}, {"delta", &ev->delta}, {"text", &ev->text},
		     {"audio", &ev->audio}};
	struct span key;
	struct span object = {0};
	bool first = true;
	int more;
	const char *from = s->at;
	if (!scan_enter(s, '{'))
		return false;
	while ((more = scan_member(s, &first, &key)) > 0) {
		size_t i = 0;
		while (i < ARRAY_LEN(texts) && !span_is(key, texts[i].name))
			i++;
		bool ok = i < ARRAY_LEN(texts)	 ? scan_string_or_null(s, texts[i].to) :
			  span_is(key, "choices") ? read_choices(s, ev) :
			  span_is(key, "usage")	 ? read_usage(s, ev) :
			  span_is(key, "error")	 ? read_error(s, ev) :
			  span_is(key, "object") ? scan_string_or_null(s, &object) :
						   scan_value(s, NULL);
		if (!ok)
			return false;
	}
	if (more != 0 || !scan_at_end(s))
		return false;
	if (stream_event_is(object, "error") || stream_event_is(ev->type, "error"))
		if (!ev->error.data)
			ev->error = (struct span){from, (size_t)(s->at - from)};
	return true;
}

static void begin(struct stream_event *ev)
{
	*ev = (struct stream_event){.output_tokens = -1, .prompt_tokens = -1, .cached_tokens = -1,
				    .reasoning_tokens = -1};
}

bool stream_event_read(const char *data, size_t len, struct stream_event *ret)
{
	struct scan s = {data, data + len};
	begin(ret);
	if (read_top(&s, ret))
		return true;
	begin(ret);
	json_t *tree = json_read(data, len, JSON_DEPTH_MAX, NULL);
	if (!tree || !stream_event_from_tree(tree, "delta", ret)) {
		json_decref(tree);
		return false;
	}
	ret->tree = tree;
	return true;
}

enum stream_kind stream_event_from_sse(const struct sse_event *sse, struct stream_event *ret)
{
	bool named = span_is(sse->name, "error");
	if (sse->data.len < DONE_MAX && span_is(span_trim(sse->data), "[DONE]"))
		return STREAM_DONE;
	if (!stream_event_read(sse->data.data, sse->data.len, ret)) {
		if (!named)
			return STREAM_BAD;
		begin(ret);
		ret->plain = true;
	}
	if (named && !ret->error.data)
		ret->error = sse->data;
	return STREAM_EVENT;
}

void stream_event_release(struct stream_event *ev)
{
	json_decref(ev->tree);
	ev->tree = NULL;
}

int stream_event_text(const struct stream_event *ev, struct span text, struct buf *out,
		      uint32_t *ret_chars)
{
	if (!ev->plain)
		return scan_unescape(text, out, ret_chars);
	uint32_t chars = 0;
	for (size_t i = 0; i < text.len; i++)
		chars += ((unsigned char)text.data[i] & 0xC0) != 0x80;
	*ret_chars = chars;
	return buf_add(out, text.data, text.len);
}

void stream_event_usage(const struct stream_event *ev, struct answer *a)
{
	if (ev->output_tokens >= 0)
		a->output_tokens = ev->output_tokens;
	if (ev->prompt_tokens >= 0)
		a->prompt_tokens = ev->prompt_tokens;
	if (ev->cached_tokens >= 0)
		a->cached_tokens = ev->cached_tokens;
	if (ev->reasoning_tokens >= 0)
		a->reasoning_tokens = ev->reasoning_tokens;
}

void stream_event_note_error(const struct stream_event *ev, struct answer *a)
{
	if (ev->tree || ev->plain) {
		answer_note_error(a, ev->error.data, ev->error.len);
		return;
	}
	CLEANUP(json_unref) json_t *j = json_read(ev->error.data, ev->error.len, JSON_DEPTH_MAX,
						  NULL);
	const char *message = json_is_string(j) ? json_string_value(j) :
						  json_text(j, "message", NULL);
	if (message)
		answer_note_error(a, message, strlen(message));
	else
		answer_note_error(a, ev->error.data, ev->error.len);
}

const char *finish_reason_static(struct span word)
{
	static const char *const known[] = {"stop", "length", "content_filter", "tool_calls",
					    "function_call", "abort", "error"};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_is(word, known[i]))
			return known[i];
	return "other";
}
