/* src/serve/decode.h - uploads through the decode workers.
 *
 * Nothing that a client sends is decoded in this process.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_DECODE_H
#define SERVE_DECODE_H

#include "serve/request.h"

/* Append mono s16le at `rate` to pcm. -1 with a refusal (400, 413, 415, 5xx). */
int decode_audio(struct request *r, const void *data, size_t len, int rate, struct buf *pcm);

/* Append RGB to rgb; the picture's size in *ret_width, *ret_height. */
int decode_image(struct request *r, const void *data, size_t len, struct buf *rgb,
		 int64_t *ret_width, int64_t *ret_height);

#endif
