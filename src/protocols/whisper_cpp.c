/* src/protocols/whisper_cpp.c - whisper.cpp's own server: audio in a form, JSON back.
 *
 * It answers errors with status 200 and {"error": …}.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/form.h"
#include "protocols/table.h"
#include "protocols/transcript.h"

static int check(const struct service *s, struct err *e)
{
	const char *format = service_body_text(s, "response_format", "json");
	if (strcmp(format, "json") != 0 && strcmp(format, "verbose_json") != 0)
		return err_set(e, ERR_USAGE, "body: response_format must be json or verbose_json "
			       "for whisper-cpp, not '%s'", format);
	return 0;
}

static int encode(const struct service *s, const struct sample *sample, const struct ask *ask,
		  struct request *out, struct err *e)
{
	struct form f;
	const char *format = ask->response_format ? ask->response_format :
			     ask->keep ? "verbose_json" : "json";
	if (transcript_need_audio(sample, "whisper-cpp", e) < 0)
		return -1;
	if (strcmp(format, "json") != 0 && strcmp(format, "verbose_json") != 0)
		return err_set(e, ERR_USAGE, "response_format must be json or verbose_json for "
			       "whisper-cpp, not '%s'", format);
	form_begin(&f, s, out, sample->audio);
	form_text(&f, "response_format", format);
	form_text(&f, "language", transcript_language(sample, ask));
	if (ask->temperature >= 0)
		form_real(&f, "temperature", ask->temperature);
	form_media(&f, "file", sample->audio);
	return form_end(&f, e);
}

const struct protocol protocol_whisper_cpp = {
	.name = "whisper-cpp",
	.kind = "asr",
	.summary = "whisper.cpp's server",
	.route = "POST /inference",
	.full_route = true,
	.state_size = sizeof(struct transcript_state),
	.check = check,
	.encode = encode,
	.head = transcript_head,
	.receive = transcript_receive,
	.finish = transcript_finish,
};
