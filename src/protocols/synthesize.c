/* src/protocols/synthesize.c - assay's own speech synthesis: JSON in, WAV out, whole or streamed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/json_text.h"
#include "protocols/reply.h"
#include "protocols/sound.h"
#include "protocols/speech.h"
#include "protocols/table.h"

struct state {
	struct sound sound;
	bool wrong_type;
};

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	struct json_text w;
	if (speech_need_text(sample, "synthesize", e) < 0)
		return -1;
	json_text_begin(&w, s, out);
	json_text_string(&w, "text", sample->text);
	json_text_string(&w, "speaker", speech_speaker(sample, ask));
	if (ask->speed > 0)
		json_text_real(&w, "speed", ask->speed);
	if (ask->stream)
		json_text_bool(&w, "stream", true);
	return json_text_end(&w, e);
}

static enum outcome head(void *state, const struct service *s, const struct ask *ask,
			 const struct http_head *h, struct answer *answer)
{
	struct state *st = state;
	(void)s;
	(void)answer;
	sound_begin_wav(&st->sound, ask->keep);
	if (h->status / 100 != 2 || reply_type_is(h, speech_types("wav")))
		return OUTCOME_OK;
	st->wrong_type = reply_is_json(h);
	return st->wrong_type ? OUTCOME_OK : OUTCOME_BAD_CONTENT_TYPE;
}

static enum outcome receive(void *state, const char *data, size_t len, const struct arrival *at,
			    struct answer *answer)
{
	struct state *st = state;
	if (st->wrong_type)
		return reply_collect(answer, data, len, OUTCOME_BAD_CONTENT_TYPE);
	return sound_receive(&st->sound, data, len, at, true, answer);
}

static enum outcome finish(void *state, const struct sample *sample, struct answer *answer)
{
	struct state *st = state;
	(void)sample;
	if (st->wrong_type)
		return reply_wrong_type(answer);
	return sound_finish(&st->sound, answer);
}

const struct protocol protocol_synthesize = {
	.name = "synthesize",
	.kind = "tts",
	.summary = "text as JSON, speech as WAV, whole or as a stream",
	.route = "POST /synthesize",
	.full_route = true,
	.state_size = sizeof(struct state),
	.encode = encode,
	.head = head,
	.receive = receive,
	.finish = finish,
	.health = "/health",
};
