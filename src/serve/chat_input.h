/* src/serve/chat_input.h - the request of /v1/chat/completions: checked, and as the worker's frame.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_CHAT_INPUT_H
#define SERVE_CHAT_INPUT_H

#include "serve/request.h"

struct chat_input {
	json_t *body;
	bool stream;
	bool include_usage;
	size_t images, sounds;
	json_t *header;		/* the frame "chat" */
	struct buf media;	/* its payload */
};

/* Check everything that can be checked without decoding. -1 with a refusal. Release in any case. */
int chat_input_read(struct request *r, struct chat_input *in);

/* Decode the media and build the frame; ready is the ready frame of a worker. */
int chat_input_decode(struct request *r, struct chat_input *in, const json_t *ready);

void chat_input_release(struct chat_input *in);

#endif
