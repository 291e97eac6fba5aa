/* src/media/corpus_sharegpt.c - conversations as ShareGPT and LLaVA keep them, and JSON lists.
 *
 * Such files have hundreds of megabytes: the objects of the list are cut out of the text and parsed
 * one by one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/util.h"
#include "media/corpus_reader.h"

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

enum role { ROLE_OTHER, ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT };

static enum role role_of(const json_t *turn)
{
	static const char *const users[] = {"human", "user", NULL};
	static const char *const assistants[] = {"gpt", "chatgpt", "assistant", "bing", "bard",
						 "model", NULL};
	const char *from = json_text(turn, "from", json_text(turn, "role", ""));
	if (strcmp(from, "system") == 0)
		return ROLE_SYSTEM;
	return is_one_of(from, users) ? ROLE_USER :
	       is_one_of(from, assistants) ? ROLE_ASSISTANT : ROLE_OTHER;
}

static const char *words_of(const json_t *turn)
{
	return json_text(turn, "value", json_text(turn, "content", ""));
}

/* LLaVA marks the place of its picture in the text; the picture is sent beside it. */
static char *without_marks(struct reader *r, const char *text)
{
	static const char mark[] = "<image>";
	char *out = arena_str(r->arena, text), *to = out;
	const char *at = out;
	while (*at) {
		if (str_starts(at, mark)) {
			at += sizeof(mark) - 1;
			continue;
		}
		*to++ = *at++;
	}
	*to = '\0';
	struct span s = span_trim(span_of(out));
	return arena_strn(r->arena, s.data, s.len);
}

/* Ids of conversations are not unique everywhere (LLaVA's are those of their pictures). */
static void make_id(struct reader *r, json_t *line)
{
	const json_t *id = json_object_get(line, "id");
	char text[300];
	if (json_is_integer(id))
		(void)snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(id));
	else
		str_cut_copy(text, sizeof(text), json_is_string(id) ? json_string_value(id) : "");
	if (!text[0]) {
		(void)json_object_del(line, "id");
		return;
	}
	for (size_t i = 2; json_object_get(r->ids, text); i++)
		(void)snprintf(text, sizeof(text), "%.200s:%d-%zu",
			       json_is_string(id) ? json_string_value(id) : "row", r->line, i);
	json_put_text(line, "id", text);
}

/* What the user says behind turn i of the list, up to the first turn without words. */
static void keep_follow_ups(struct reader *r, json_t *line, const json_t *turns, size_t i)
{
	json_t *said = json_array();
	while (++i < json_array_size(turns)) {
		const json_t *turn = json_array_get(turns, i);
		if (!*words_of(turn) || role_of(turn) == ROLE_OTHER)
			break;
		if (role_of(turn) == ROLE_USER)
			(void)json_array_append_new(
				said, json_string(without_marks(r, words_of(turn))));
	}
	if (json_array_size(said) > 0)
		(void)json_object_set(line, "follow_ups", said);
	json_decref(said);
}

int sharegpt_convert(struct reader *r, json_t *line)
{
	json_t *turns = json_object_get(line, "conversations");
	const json_t *question = NULL, *reply = NULL, *system = NULL;
	size_t i, reply_at = 0;
	json_t *turn;
	if (!json_is_array(turns))
		return reader_wrong(r, "conversations must be a list of {\"from\", \"value\"}");
	json_array_foreach(turns, i, turn) {
		enum role role = role_of(turn);
		if (!json_is_object(turn))
			return reader_wrong(r, "conversations must be a list of {\"from\", "
					    "\"value\"}");
		if (role == ROLE_SYSTEM && !question) {
			system = turn;
		} else if (role == ROLE_USER && !question) {
			question = turn;
		} else if (question && !reply) {
			reply = role == ROLE_ASSISTANT ? turn : NULL;
			reply_at = i;
		}
		if (question && turn != question && !reply)
			break;	/* something else stands between question and answer */
	}
	if (!question || !reply || !*words_of(question) || !*words_of(reply))
		return 0;
	json_put_text(line, "question", without_marks(r, words_of(question)));
	json_put_text(line, "reply", words_of(reply));
	keep_follow_ups(r, line, turns, reply_at);
	if (system)
		json_put_text(line, "system", words_of(system));
	json_t *image = json_object_get(line, "image");
	if (image && !json_object_get(line, "images")) {
		(void)json_object_set(line, "images", image);
		(void)json_object_del(line, "image");
	}
	make_id(r, line);
	(void)json_object_del(line, "conversations");
	return 1;
}

bool json_list_is(struct span text)
{
	struct span s = span_trim(text);
	return s.len > 0 && s.data[0] == '[';
}

/* The end of the value that begins at `at`: past its last byte; NULL: the text ends before. */
static const char *value_end(const char *at, const char *end)
{
	size_t depth = 0;
	bool quoted = false;
	for (; at < end; at++) {
		if (quoted) {
			if (*at == '\\')
				at += at + 1 < end;
			else if (*at == '"')
				quoted = false;
		} else if (*at == '"') {
			quoted = true;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if (*at == '}' || *at == ']') {
			if (depth == 0)
				return at;
			depth--;
		} else if (*at == ',' && depth == 0) {
			return at;
		}
	}
	return NULL;
}

static const char *skip(struct reader *r, const char *at, const char *end)
{
	for (; at < end && strchr(" \t\r\n", *at) && *at; at++)
		r->line += *at == '\n';
	return at;
}

int json_list_read(struct reader *r, struct span text, struct corpus *c)
{
	const char *at = text.data, *end = text.data + text.len;
	r->line = 1;
	at = skip(r, at, end) + 1;	/* '[' */
	at = skip(r, at, end);
	if (at < end && *at == ']')
		return 0;
	for (;;) {
		struct err why;
		at = skip(r, at, end);
		const char *stop = at < end ? value_end(at, end) : NULL;
		if (!stop)
			return reader_wrong(r, "the list is not closed: the file is cut off");
		json_t *j = json_read(at, (size_t)(stop - at), JSON_DEPTH_MAX, &why);
		if (!j)
			return reader_wrong(r, "in the object that begins here: %s", why.text);
		if (reader_take(r, j, c) < 0)
			return -1;
		for (; at < stop; at++)
			r->line += *at == '\n';
		if (*at == ']')
			break;
		at++;
	}
	at = skip(r, at + 1, end);
	return at == end ? 0 : reader_wrong(r, "something follows the end of the list");
}
