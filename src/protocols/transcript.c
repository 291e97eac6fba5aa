/* src/protocols/transcript.c - see transcript.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/transcript.h"

#include "base/json.h"
#include "base/util.h"
#include "protocols/reply.h"

int transcript_need_audio(const struct sample *sample, const char *protocol, struct err *e)
{
	if (sample->audio)
		return 0;
	return err_set(e, ERR_USAGE, "%s needs audio, and the sample '%s' has none; give it "
		       "audio_filepath", protocol, sample->id ? sample->id : "?");
}

const char *transcript_language(const struct sample *sample, const struct ask *ask)
{
	return ask->language ? ask->language : sample->language;
}

enum outcome transcript_head(void *state, const struct service *s, const struct ask *ask,
			     const struct http_head *head, struct answer *answer)
{
	struct transcript_state *t = state;
	(void)s;
	(void)answer;
	t->ask = ask;
	if (head->status / 100 == 2 && !reply_is_json(head))
		return OUTCOME_BAD_CONTENT_TYPE;
	return OUTCOME_OK;
}

enum outcome transcript_receive(void *state, const char *data, size_t len,
				const struct arrival *at, struct answer *answer)
{
	(void)state;
	(void)at;
	return reply_collect(answer, data, len, OUTCOME_BAD_JSON);
}

static enum outcome read_segments(struct answer *a, const json_t *list, bool keep)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item) {
		double start, end;
		const json_t *text = json_object_get(item, "text");
		if (!json_number(item, "start", &start) || !json_number(item, "end", &end) ||
		    !json_is_string(text))
			return OUTCOME_BAD_JSON;
		if (keep && answer_add_segment(a, start, end, json_string_value(text),
					       json_string_length(text)) < 0)
			return OUTCOME_BAD_JSON;
	}
	return OUTCOME_OK;
}

enum outcome transcript_read(struct answer *a, bool keep)
{
	CLEANUP(json_unref) json_t *j = NULL;
	enum outcome o = reply_object(a, &j);
	if (o != OUTCOME_OK)
		return o == OUTCOME_EMPTY_ANSWER ? OUTCOME_BAD_JSON : o;
	const json_t *text = json_object_get(j, "text");
	const json_t *language = json_object_get(j, "language");
	const json_t *segments = json_object_get(j, "segments");
	if (!json_is_string(text) || (language && !json_is_string(language) &&
				      !json_is_null(language)))
		return OUTCOME_BAD_JSON;
	if (buf_add(&a->text, json_string_value(text), json_string_length(text)) < 0)
		return OUTCOME_BAD_JSON;
	if (json_is_string(language))
		(void)snprintf(a->language, sizeof(a->language), "%s",
			       json_string_value(language));
	if (!segments || json_is_null(segments))
		return OUTCOME_OK;
	return json_is_array(segments) ? read_segments(a, segments, keep) : OUTCOME_BAD_JSON;
}

enum outcome transcript_finish(void *state, const struct sample *sample, struct answer *answer)
{
	const struct transcript_state *t = state;
	(void)sample;
	return transcript_read(answer, t->ask->keep);
}
