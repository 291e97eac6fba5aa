/* src/protocols/speech.c - see speech.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/speech.h"

#include <assert.h>

#include "base/util.h"

int speech_need_text(const struct sample *sample, const char *protocol, struct err *e)
{
	if (sample->text)
		return 0;
	return err_set(e, ERR_USAGE, "%s needs a text to speak, and the sample '%s' has none",
		       protocol, sample->id ? sample->id : "?");
}

const char *speech_speaker(const struct sample *sample, const struct ask *ask)
{
	return ask->speaker ? ask->speaker : sample->speaker;
}

const char *const *speech_types(const char *format)
{
	static const char *const wav[] = {"audio/wav", "audio/x-wav", "audio/wave",
					  "audio/vnd.wave", NULL};
	static const char *const pcm[] = {"audio/pcm", "audio/l16", "audio/x-raw", "audio/raw",
					  "application/octet-stream", NULL};
	static const char *const flac[] = {"audio/flac", "audio/x-flac", NULL};
	static const char *const mp3[] = {"audio/mpeg", "audio/mp3", "audio/mpeg3", NULL};
	static const char *const opus[] = {"audio/opus", "audio/ogg", "application/ogg", NULL};
	static const struct {
		const char *format;
		const char *const *types;
	} rows[] = {{"wav", wav}, {"pcm", pcm}, {"flac", flac}, {"mp3", mp3}, {"opus", opus}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].format, format) == 0)
			return rows[i].types;
	assert(!"speech_types() was asked for a format that check() refuses");
	return NULL;
}
