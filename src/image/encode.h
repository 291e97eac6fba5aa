/* src/image/encode.h - RGB pixels to PNG and JPEG files, by libpng and libjpeg.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IMAGE_ENCODE_H
#define IMAGE_ENCODE_H

#include "base/buf.h"
#include "base/err.h"

/* 3 bytes per pixel, rows from the top without gaps; appended to out. */
int image_encode_png(const void *rgb, int width, int height, struct buf *out, struct err *e);
int image_encode_jpeg(const void *rgb, int width, int height, int quality, struct buf *out,
		      struct err *e);	/* quality 1 … 100 */

#endif
