/* src/worker/frame.h - frames of the worker protocol (docs/worker-protocol.md), both sides.
 *
 * A frame: 4 bytes big-endian length of the header (≤ 64 KiB), the header as UTF-8 JSON, then
 * `payload` bytes, whose number is the header's key "payload" (absent: none).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKER_FRAME_H
#define WORKER_FRAME_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define FRAME_HEADER_MAX ((size_t)65536)
#define WORKER_FD 3	/* where a worker finds its end of the socket pair */

/* A parsed frame. payload points into the reader's buffer until the next call. */
struct frame {
	json_t *header;		/* owned by the reader: valid until the next call */
	const char *type;	/* header's "type"; never NULL */
	int64_t id;		/* header's "id"; -1 when absent */
	const char *payload;
	size_t payload_len;
};

struct frame_reader;

/* payload_max limits what the other side may send in one frame. */
struct frame_reader *frame_reader_new(size_t payload_max);
struct frame_reader *frame_reader_free(struct frame_reader *r);

/* Take what can be read from fd (non-blocking or blocking) and give the next whole frame.
 * 1: a frame. 0: not yet (only when fd is non-blocking). -1: broken frame, read error or end
 * of file (e->code ERR_DATA; text "closed" at a clean end between frames). */
int frame_read(struct frame_reader *r, int fd, struct frame *ret, struct err *e);

/* The next whole frame among bytes already read, without touching the fd: 1, 0 or -1. */
int frame_next(struct frame_reader *r, struct frame *ret, struct err *e);

/* Append one frame to out. header is not consumed; "payload" is set here when len > 0. */
int frame_put(struct buf *out, json_t *header, const void *payload, size_t len, struct err *e);

/* frame_put and write it all to fd; a non-blocking fd is waited for until until_ns
 * (CLOCK_MONOTONIC). Steals header. */
int frame_send(int fd, json_t *header, const void *payload, size_t len, uint64_t until_ns,
	       struct err *e);

#endif
