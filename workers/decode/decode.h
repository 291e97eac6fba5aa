/* workers/decode/decode.h - the parts of the decode worker.
 *
 * Codes of errors: unsupported_format, damaged, too_long (seconds), too_large (bytes, pixels,
 * sides), too_slow (CPU time), no_audio. All are the sender's fault.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKERS_DECODE_DECODE_H
#define WORKERS_DECODE_DECODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "worker/guest.h"

/* CPU time that one file may take: the decoders ask for it, the kernel enforces a bit more. */
#define CPU_SECONDS 30

/* Take off what a poisoned file could misuse. *ret_level: "seccomp", or "rlimits" when the
 * kernel has no seccomp. -1: not even the limits could be set. */
int sandbox_enter(const char **ret_level, struct err *e);

/* Begin the CPU time of a request. */
void sandbox_begin_request(void);

/* Was the request cancelled, or has its CPU time run out? -1 with the error to return. */
int check_time(struct guest_request *r, struct err *e);

/* A client's fault with a code. Returns -1. */
int refuse(struct guest_request *r, struct err *e, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

int decode_audio(struct guest_request *r, const struct frame *f, json_t *done, struct err *e);
int decode_image(struct guest_request *r, const struct frame *f, json_t *done, struct err *e);

/* A picture on its way: 3 bytes a pixel, rows without padding. */
struct picture {
	struct guest_request *r;
	const unsigned char *file;
	size_t file_len;
	uint64_t max_pixels, max_side;
	double max_aspect;	/* 0: any */
	uint32_t width, height;
	unsigned char *rgb;	/* malloc */
	int orientation;	/* of EXIF, 1 … 8; 1: as it is */
	bool damaged;		/* decoded, with parts missing or wrong */
};

/* Check a size that a header claims; before any memory is taken for it. */
int picture_check_size(struct picture *p, uint64_t width, uint64_t height, struct err *e);

int picture_read_png(struct picture *p, struct err *e);
int picture_read_jpeg(struct picture *p, struct err *e);

#endif
