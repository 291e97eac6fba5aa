/* src/image/jpeg_intervals.h - a JPEG written anew in intervals that do not depend on each other.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IMAGE_JPEG_INTERVALS_H
#define IMAGE_JPEG_INTERVALS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* The coefficients stay as they are, so the pixels do too (and Exif and the like); only restart
 * markers are put between them. shifted: every block is lighter or darker by at least two of 255,
 * away from the end of the range that is nearer. *ret_intervals: how many there are; the same
 * whether shifted or not. -1: the library cannot read it. */
int jpeg_intervals_write(const void *jpeg, size_t len, bool shifted, struct buf *out,
			 size_t *ret_intervals, struct err *e);

#endif
