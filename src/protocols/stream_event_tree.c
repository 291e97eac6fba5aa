/* src/protocols/stream_event_tree.c - see stream_event.h: the reader for whole replies and for
 * events of unusual form, from a parsed tree.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "protocols/stream_event.h"

static struct span text_of(const json_t *j)
{
	if (!json_is_string(j))
		return (struct span){0};
	return (struct span){json_string_value(j), json_string_length(j)};
}

/* A text, null or nothing; false for anything else. */
static bool take_text(const json_t *object, const char *key, struct span *to)
{
	const json_t *j = json_object_get(object, key);
	if (j && !json_is_null(j) && !json_is_string(j))
		return false;
	if (json_is_string(j))
		*to = text_of(j);
	return true;
}

static bool take_count(const json_t *usage, const char *path, int64_t *to)
{
	const json_t *j = json_at(usage, path);
	if (!j || json_is_null(j))
		return true;
	if (json_is_real(j) && json_real_value(j) >= 0 && json_real_value(j) < 9e15)
		*to = (int64_t)json_real_value(j);
	else if (json_is_integer(j))
		*to = json_integer_value(j);
	else
		return false;
	return true;
}

static bool take_usage(const json_t *root, struct stream_event *ev)
{
	const json_t *u = json_object_get(root, "usage");
	if (!u || json_is_null(u))
		return true;
	return json_is_object(u) && take_count(u, "prompt_tokens", &ev->prompt_tokens) &&
	       take_count(u, "input_tokens", &ev->prompt_tokens) &&
	       take_count(u, "completion_tokens", &ev->output_tokens) &&
	       take_count(u, "output_tokens", &ev->output_tokens) &&
	       take_count(u, "prompt_tokens_details.cached_tokens", &ev->cached_tokens) &&
	       take_count(u, "completion_tokens_details.reasoning_tokens", &ev->reasoning_tokens);
}

static bool take_choice(const json_t *choice, const char *delta, struct stream_event *ev)
{
	const json_t *d = json_object_get(choice, delta);
	if (!json_is_object(choice) || (d && !json_is_null(d) && !json_is_object(d)))
		return false;
	if (json_is_array(json_object_get(d, "tool_calls")))
		ev->tool_calls = json_array_size(json_object_get(d, "tool_calls")) > 0;
	return take_text(d, "content", &ev->content) && take_text(d, "reasoning", &ev->reasoning) &&
	       take_text(d, "reasoning_content", &ev->reasoning) &&
	       take_text(choice, "finish_reason", &ev->finish_reason);
}

static bool take_choices(const json_t *root, const char *delta, struct stream_event *ev)
{
	const json_t *choices = json_object_get(root, "choices");
	if (!choices || json_is_null(choices))
		return true;
	if (!json_is_array(choices))
		return false;
	size_t i;
	json_t *choice;
	json_array_foreach(choices, i, choice) {
		int64_t index = 0;
		ev->choices = true;
		(void)json_whole(choice, "index", &index);
		if (index == 0 && !take_choice(choice, delta, ev))
			return false;
	}
	return true;
}

static void take_error(const json_t *root, struct stream_event *ev)
{
	const json_t *error = json_object_get(root, "error");
	bool flagged = stream_event_is(text_of(json_object_get(root, "object")), "error") ||
		       stream_event_is(ev->type, "error");
	if (json_is_null(error) || json_is_false(error) ||
	    (json_is_string(error) && json_string_length(error) == 0))
		error = NULL;
	if (!error && !flagged)
		return;
	static const struct span unnamed = {"an error without words", 22};
	if (!error)
		error = root;
	ev->error = text_of(json_is_string(error) ? error : json_object_get(error, "message"));
	if (!ev->error.data)
		ev->error = unnamed;
}

bool stream_event_from_tree(const json_t *root, const char *delta, struct stream_event *ev)
{
	*ev = (struct stream_event){.output_tokens = -1, .prompt_tokens = -1, .cached_tokens = -1,
				    .reasoning_tokens = -1, .plain = true};
	if (!json_is_object(root))
		return false;
	/* an error first: what else is in such a reply need not be well formed */
	(void)take_text(root, "type", &ev->type);
	take_error(root, ev);
	if (ev->error.data)
		return true;
	return take_choices(root, delta, ev) && take_usage(root, ev) &&
	       take_text(root, "type", &ev->type) && take_text(root, "delta", &ev->delta) &&
	       take_text(root, "text", &ev->text) && take_text(root, "audio", &ev->audio);
}
