/* src/worker/frame.h - frames of the worker protocol (docs/worker-protocol.md), both sides.
 *
 * A frame: 4 bytes big-endian length of the header (≤ 64 KiB), the header as UTF-8 JSON, then
 * `payload` bytes, whose number is the header's key "payload" (absent: none).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKER_FRAME_H
#define WORKER_FRAME_H

#include <jansson.h>
#include <stdbool.h>
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

/* Take what waits on fd without blocking and without giving a frame; the frame given last stays
 * valid. 0, or -1 as frame_read() (frames read whole before the end can still be had). Stops
 * silently when the reader is full. */
int frame_fill(struct frame_reader *r, int fd, struct err *e);

/* Is a whole frame of this type (a literal) and id among the bytes read but not yet given? Each
 * frame is looked at once, however often the same is asked. */
bool frame_waits(struct frame_reader *r, const char *type, int64_t id);

/* Append one frame to out. header is not consumed; "payload" is set here when len > 0. */
int frame_put(struct buf *out, json_t *header, const void *payload, size_t len, struct err *e);

/* Write a frame to fd (a socket or a pipe), waiting for room until until_ns (CLOCK_MONOTONIC;
 * UINT64_MAX: for ever). Steals header. After a failure the stream is broken. */
int frame_send(int fd, json_t *header, const void *payload, size_t len, uint64_t until_ns,
	       struct err *e);

/* The same; r (may be NULL) is filled from fd meanwhile, so that two sides that send much at the
 * same time cannot wait for each other. */
int frame_exchange(int fd, struct frame_reader *r, json_t *header, const void *payload,
		   size_t len, uint64_t until_ns, struct err *e);

#endif
