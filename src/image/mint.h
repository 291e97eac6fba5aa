/* src/image/mint.h - one picture in as many versions as are wanted, each with pixels of its own.
 *
 * Servers keep what they computed of a picture under a hash of its pixels, so that a picture which
 * is sent twice is measured only once. Drawing and compressing a new one for each request would
 * take the tester's time at the moment that it measures. Here it is done twice for all of them: as
 * it is and a little lighter or darker here and there, both in pieces that do not depend on each
 * other (mint_jpeg.c, mint_png.c). A version takes each of the last 32 pieces from the one or from
 * the other, as the bits of its number say, and costs some microseconds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IMAGE_MINT_H
#define IMAGE_MINT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct image_mint;

/* From a JPEG or a PNG. -1: the library cannot read it (ERR_DATA), or it is of another format, an
 * interlaced PNG, or one of less than 8 bits for a sample (ERR_UNSUPPORTED). */
int image_mint_new(const void *data, size_t len, struct image_mint **ret, struct err *e);
struct image_mint *image_mint_free(struct image_mint *m);	/* NULL is fine; returns NULL */

/* There are 2^bits versions: 32, fewer of tiny pictures. */
int image_mint_bits(const struct image_mint *m);

/* A version as base64: first the head that all of them have in common (valid as long as m), then
 * its own tail, put at the end of out without growing it: the caller knows its length then and
 * calls buf_grew(). 0: out is full. */
struct span image_mint_head(const struct image_mint *m);
size_t image_mint_tail(const struct image_mint *m, uint32_t version, struct buf *out);

#endif
