/* src/protocols/protocol.c - the one list of protocols, in manual order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/protocol.h"

#include "base/util.h"
#include "protocols/table.h"

static const struct protocol *const protocols[] = {
	&protocol_transcribe,
	&protocol_synthesize,
	&protocol_openai_transcriptions,
	&protocol_openai_speech,
	&protocol_openai_chat,
	&protocol_whisper_cpp,
	&protocol_cosyvoice,
	&protocol_funasr_ws,
	&protocol_http,
	&protocol_null,
};

const struct protocol *protocol_at(size_t i)
{
	return i < ARRAY_LEN(protocols) ? protocols[i] : NULL;
}

const struct protocol *protocol_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (strcmp(protocols[i]->name, name) == 0)
			return protocols[i];
	return NULL;
}
