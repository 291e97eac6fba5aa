/* workers/vision/read.h - reading text (tesseract).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_READ_H
#define VISION_READ_H

#include "base/buf.h"
#include "sight.h"

/* Load the languages that are installed. *ret_languages: bit 0 English, bit 1 Chinese; 0: there
 * are none, and nothing can be read. */
int read_open(unsigned *ret_languages, struct err *e);
void read_close(void);

/* All text of the picture, one line of out for each row. busy() is asked between lines; true
 * ends the work with ERR_INTERRUPTED. */
int read_text(const struct sight *s, bool (*busy)(void *ctx), void *ctx, struct buf *out,
	      struct err *e);

/* The text in a box of the view, as one line, e.g. a label. */
int read_box(const struct sight *s, const struct box *box, struct buf *out, struct err *e);

#endif
