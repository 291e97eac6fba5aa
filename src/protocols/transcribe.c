/* src/protocols/transcribe.c - assay's own speech recognition: audio in a form, JSON back.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/form.h"
#include "protocols/table.h"
#include "protocols/transcript.h"

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	struct form f;
	if (transcript_need_audio(sample, "transcribe", e) < 0)
		return -1;
	form_begin(&f, s, out, sample->audio);
	form_text(&f, "language", transcript_language(sample, ask));
	form_media(&f, "audio", sample->audio);
	return form_end(&f, e);
}

const struct protocol protocol_transcribe = {
	.name = "transcribe",
	.kind = "asr",
	.summary = "audio in a form, transcript with segments as JSON",
	.route = "POST /transcribe",
	.full_route = true,
	.state_size = sizeof(struct transcript_state),
	.encode = encode,
	.head = transcript_head,
	.receive = transcript_receive,
	.finish = transcript_finish,
	.health = "/health",
};
