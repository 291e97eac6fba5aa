/* src/protocols/table.h - the rows of the protocol table, one per file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_TABLE_H
#define PROTOCOLS_TABLE_H

#include "protocols/protocol.h"

extern const struct protocol protocol_transcribe;
extern const struct protocol protocol_synthesize;
extern const struct protocol protocol_openai_transcriptions;
extern const struct protocol protocol_openai_speech;
extern const struct protocol protocol_openai_chat;
extern const struct protocol protocol_whisper_cpp;
extern const struct protocol protocol_cosyvoice;
extern const struct protocol protocol_funasr_ws;
extern const struct protocol protocol_http;
extern const struct protocol protocol_null;

#endif
