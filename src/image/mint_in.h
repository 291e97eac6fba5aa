/* src/image/mint_in.h - the inside of mint.h: what a format has to lay out.
 *
 * A picture is a head, up to 32 pieces and an end. There are two of every piece, which look a
 * little different; whichever are taken, the whole is a valid file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IMAGE_MINT_IN_H
#define IMAGE_MINT_IN_H

#include "image/mint.h"

#define MINT_BITS 32

struct mint_piece {
	size_t at, len;		/* in the bytes of its side */
	uint32_t sum;		/* PNG: Adler-32 of its rows */
};

struct mint_side {
	struct buf bytes;	/* of the first side: the head, up to its first piece, too */
	struct mint_piece pieces[MINT_BITS];
};

struct image_mint {
	int bits;		/* so many pieces */
	struct mint_side sides[2];
	struct buf end;
	/* Puts into the end, which begins at `at`, what hangs on the version; NULL: nothing. */
	void (*seal)(const struct image_mint *m, uint32_t version, unsigned char *at);
	uint32_t head_sum;	/* PNG: Adler-32 of the rows in the head, */
	size_t piece_len;	/* and how many bytes the rows of each piece have */
	size_t head_len;	/* bytes of sides[0]: a multiple of 3 */
	struct buf head;	/* as base64 */
	size_t tail_max;
};

/* Fill bits, sides, end and what seal() needs. Errors: the picture is damaged or of a sort that
 * cannot be laid out so. */
int mint_jpeg(struct image_mint *m, const void *jpeg, size_t len, struct err *e);
int mint_png(struct image_mint *m, const void *png, size_t len, struct err *e);

#endif
