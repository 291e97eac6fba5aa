/* docs/skeletons/protocol.c - a protocol to begin from: POST the bare file, {"words": "…"} comes
 * back. Goes to src/protocols/NAME.c, with a declaration in table.h and a line in protocol.c.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "protocols/table.h"

/* Zeroed before each reply. What must outlive it belongs into the answer. */
struct state {
	bool any;
};

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	(void)s;
	(void)ask;
	if (!sample->audio)
		return err_set(e, ERR_DATA, "the sample has no audio");
	out->method = "POST";
	out->path = "";
	(void)buf_fmt(&out->head, "Content-Type: %s\r\n", sample->audio->mime);
	/* Media is pointed to, never copied: a thousand requests share one file. */
	return request_add_media(out, sample->audio->data, sample->audio->len);
}

/* The engine has seen to the status: what is not 2xx never comes to receive(). */
static enum outcome head(void *state, const struct service *s, const struct ask *ask,
			 const struct http_head *head, struct answer *answer)
{
	(void)state;
	(void)s;
	(void)ask;
	(void)answer;
	return http_content_type_is(head, "application/json") ? OUTCOME_OK
							      : OUTCOME_BAD_CONTENT_TYPE;
}

/* Pieces as they come, cut anywhere. A streamed protocol tells each of its events to
 * answer_event() with the piece's arrival; this one only gathers. */
static enum outcome receive(void *state, const char *data, size_t len, const struct arrival *at,
			    struct answer *answer)
{
	struct state *own = state;
	(void)at;
	own->any = true;
	return buf_add(&answer->body, data, len) < 0 ? OUTCOME_BAD_JSON : OUTCOME_OK;
}

/* ok only where the answer is complete and valid; every other end has its own reason. */
static enum outcome finish(void *state, const struct sample *sample, struct answer *answer)
{
	const struct state *own = state;
	(void)sample;
	if (!own->any)
		return OUTCOME_EMPTY_ANSWER;
	CLEANUP(json_unref) json_t *j = json_read(answer->body.data, answer->body.len,
						  JSON_DEPTH_MAX, NULL);
	const char *words = json_text(j, "words", NULL);
	if (!words)
		return OUTCOME_BAD_JSON;
	return buf_str(&answer->text, words) < 0 ? OUTCOME_BAD_JSON : OUTCOME_OK;
}

extern const struct protocol protocol_skeleton;
const struct protocol protocol_skeleton = {
	.name = "skeleton",
	.kind = "asr",
	.summary = "the bare file in, its words back",
	.route = "POST, the full route",
	.full_route = true,
	.state_size = sizeof(struct state),
	.encode = encode,
	.head = head,
	.receive = receive,
	.finish = finish,
};
