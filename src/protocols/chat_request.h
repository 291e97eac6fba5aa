/* src/protocols/chat_request.h - the messages of a chat request.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_CHAT_REQUEST_H
#define PROTOCOLS_CHAT_REQUEST_H

#include "protocols/protocol.h"

/* Append the value of "messages": what was said before (ask->turns), and then the sample's own, or
 * system and user message made of its pictures, its audio and its question (its text when there is
 * none), with ask->prompt.nonce in front of everything. -1 when the sample has nothing to ask.
 * Pictures and audio go as base64 that was made once (media_add_base64()), else they are encoded
 * here; pictures that are to be unique as the version that ask->prompt names. */
int chat_request_messages(const struct sample *sample, const struct ask *ask, struct request *out,
			  struct err *e);

#endif
