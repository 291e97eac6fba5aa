/* src/serve/limits.h - everything that a client could have too much of, in one table.
 *
 * Each limit is an option of `assay serve` (limit_options); each is tested below, at and above it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

#include <stdint.h>

#include "base/opt.h"

struct limits {
	uint64_t upload_bytes;	/* body of one request */
	uint64_t memory_bytes;	/* bodies and decoded media of all requests together */
	uint64_t audio_ns;	/* length of one piece of audio */
	uint64_t decoded_bytes;	/* decoded media of one request */
	int64_t pixels;		/* of one image */
	int64_t side;		/* of one image, px */
	int64_t images;		/* images and sounds in one chat request, each */
	int64_t json_depth;
	int64_t headers;
	uint64_t header_bytes;
	uint64_t uri_bytes;
	uint64_t header_ns;	/* from the first chance to send until the header is complete */
	uint64_t idle_ns;	/* a kept connection, or an upload, in which nothing moves */
	uint64_t upload_ns;	/* one body, from its header on */
	uint64_t write_ns;	/* a reply that the client does not take */
	uint64_t deadline_ns;	/* from the complete request to the end of its work */
	uint64_t cancel_ns;	/* a worker told to stop that does not is ended after it */
	int64_t connections;
	int64_t queue;		/* requests that wait for a worker */
	int64_t text_length;	/* characters to be spoken */
	uint64_t output_bytes;	/* results of a worker that the client has not taken yet */
};

extern const struct opt limit_options[];

#endif
