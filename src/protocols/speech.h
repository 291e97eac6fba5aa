/* src/protocols/speech.h - what the protocols for speech synthesis share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_SPEECH_H
#define PROTOCOLS_SPEECH_H

#include "protocols/protocol.h"

/* -1 with words unless the sample has a text. */
int speech_need_text(const struct sample *sample, const char *protocol, struct err *e);
const char *speech_speaker(const struct sample *sample, const struct ask *ask);

/* Content types in which a format comes ("wav", "pcm", "flac", "mp3", "opus"); ends with NULL. */
const char *const *speech_types(const char *format);

#endif
