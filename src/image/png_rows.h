/* src/image/png_rows.h - a PNG taken apart: the rows as they are stored, and the pixels in them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IMAGE_PNG_ROWS_H
#define IMAGE_PNG_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct png_rows {
	size_t width, height;
	int pixel;		/* bytes of a pixel */
	int colour;		/* of them, in front of its alpha; a palette's index: 0 */
	bool wide;		/* two bytes for each colour, the high one first */
	unsigned char colours[256][3];	/* the palette */
	int n_colours;
	size_t row;		/* bytes of a row, without its filter's number */
	struct buf pixels;	/* height rows */
	struct buf stored;	/* height rows with their filters' numbers in front, filtered */
	size_t head_len;	/* bytes of the file in front of its first IDAT chunk, */
	size_t rest_at;		/* and where that begins which follows the last */
};

/* Errors: ERR_DATA when it is damaged, ERR_UNSUPPORTED when it is interlaced or has less than 8
 * bits for a sample. Call png_rows_release() in any case. */
int png_rows_read(const void *png, size_t len, struct png_rows *ret, struct err *e);
void png_rows_release(struct png_rows *p);

#endif
