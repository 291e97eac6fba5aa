/* workers/vision/chat.h - a chat request: its messages, its pictures, its question.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_CHAT_H
#define VISION_CHAT_H

#include "base/arena.h"
#include "base/str.h"
#include "talk.h"
#include "view.h"
#include "worker/frame.h"

/* A picture counts as one token for each started square of this side, like the patches of
 * common vision models; audio as one for each started TOKEN_SAMPLES samples (40 ms). */
#define TOKEN_SIDE 28
#define TOKEN_SAMPLES 640

struct chat {
	struct style style;		/* from system messages and the question */
	struct strings said;		/* by the user, the question last; at least one */
	struct picture *pictures;	/* of the last message of the user that had any */
	size_t n_pictures;
	bool audio;			/* the last message of the user has audio */
	int64_t prompt_tokens;
};

/* Pictures point into the frame's payload. -1, ERR_USAGE: what is wrong, by message and part. */
int chat_read(const struct frame *f, struct arena *a, struct chat *ret, struct err *e);

#endif
