/* src/load/pictures.h - the pictures of a run's samples, ready to be sent with pixels of their own
 * in every request (image/mint.h).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LOAD_PICTURES_H
#define LOAD_PICTURES_H

#include "image/mint.h"
#include "media/sample.h"
#include "result/result.h"

struct pictures;

/* Of these samples; none has a picture: *ret is NULL. What is neither a JPEG nor a plain PNG goes
 * as it is; r says how many of them do so. */
int pictures_new(const struct sample *samples, size_t n, struct result *r, struct pictures **ret,
		 struct err *e);
struct pictures *pictures_free(struct pictures *p);	/* NULL is fine; returns NULL */

/* One for each picture of this sample, NULL where it goes as it is. */
const struct image_mint *const *pictures_of(const struct pictures *p, size_t sample);

/* The most pictures that a sample has: so many versions a request takes. */
uint32_t pictures_stride(const struct pictures *p);

#endif
