/* src/image/jpeg_intervals.c - see jpeg_intervals.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/jpeg_intervals.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/util.h"
#include "image/jpeg_failure.h"

#define INTERVALS 256		/* in the whole picture, about */
#define INTERVAL_MAX 8u		/* blocks; longer ones would make what differs long */
#define SHIFT 16		/* of the mean of a block times 8: two levels */
#define MARKER_MAX 0xffffu

/* What a longjmp must leave as it is lives here, not on the stack. */
struct writing {
	struct jpeg_failure failure;
	struct jpeg_decompress_struct from;
	struct jpeg_compress_struct to;
	unsigned char *made;
	unsigned long size;
	size_t intervals;
};

/* Blocks that the library codes together, in rows and columns. */
static size_t units(const struct jpeg_decompress_struct *d)
{
	bool one = d->num_components == 1;
	size_t wide = one ? 8 : 8 * (size_t)d->max_h_samp_factor;
	size_t high = one ? 8 : 8 * (size_t)d->max_v_samp_factor;
	return ((d->image_width + wide - 1) / wide) * ((d->image_height + high - 1) / high);
}

/* The mean of every block of the first component (brightness). */
static void shift(struct jpeg_decompress_struct *d, jvirt_barray_ptr *blocks)
{
	const jpeg_component_info *c = &d->comp_info[0];
	int quant = c->quant_table ? MAX(c->quant_table->quantval[0], 1) : 1;
	int steps = (SHIFT + quant - 1) / quant;
	for (JDIMENSION y = 0; y < c->height_in_blocks; y++) {
		JBLOCKARRAY row = d->mem->access_virt_barray((j_common_ptr)d, blocks[0], y, 1,
							     TRUE);
		for (JDIMENSION x = 0; x < c->width_in_blocks; x++) {
			JCOEF *mean = &row[0][x][0];
			*mean = (JCOEF)(*mean > 0 ? *mean - steps : *mean + steps);
		}
	}
}

static void keep_markers(struct jpeg_decompress_struct *d)
{
	jpeg_save_markers(d, JPEG_COM, MARKER_MAX);
	for (int i = 1; i < 16; i++)	/* APP0 the library writes itself */
		if (i != 14)
			jpeg_save_markers(d, JPEG_APP0 + i, MARKER_MAX);
}

static void write_all(struct writing *w, bool shifted)
{
	jvirt_barray_ptr *blocks = jpeg_read_coefficients(&w->from);
	size_t all = units(&w->from), every = MIN(MAX(all / INTERVALS, 1u), INTERVAL_MAX);
	if (shifted)
		shift(&w->from, blocks);
	jpeg_copy_critical_parameters(&w->from, &w->to);
	w->to.restart_interval = (unsigned)every;
	jpeg_mem_dest(&w->to, &w->made, &w->size);
	jpeg_write_coefficients(&w->to, blocks);
	for (jpeg_saved_marker_ptr m = w->from.marker_list; m; m = m->next)
		jpeg_write_marker(&w->to, m->marker, m->data, m->data_length);
	jpeg_finish_compress(&w->to);
	(void)jpeg_finish_decompress(&w->from);
	w->intervals = (all + every - 1) / every;
}

static int rewrite(struct writing *w, const void *jpeg, size_t len, bool shifted, struct err *e)
{
	w->from.err = w->to.err = jpeg_failure_init(&w->failure);
	if (setjmp(w->failure.back))
		return err_set(e, ERR_DATA, "the JPEG cannot be read: %s", w->failure.text);
	jpeg_create_decompress(&w->from);
	jpeg_create_compress(&w->to);
	jpeg_mem_src(&w->from, jpeg, len);
	keep_markers(&w->from);
	(void)jpeg_read_header(&w->from, TRUE);
	write_all(w, shifted);
	return 0;
}

int jpeg_intervals_write(const void *jpeg, size_t len, bool shifted, struct buf *out,
			 size_t *ret_intervals, struct err *e)
{
	struct writing *w = calloc(1, sizeof(*w));
	if (!w)
		return err_sys(e, "cannot hold a picture");
	int rc = rewrite(w, jpeg, len, shifted, e);
	if (rc == 0 && buf_add(out, w->made, w->size) < 0)
		rc = err_set(e, ERR_SYSTEM, "no memory for a picture");
	*ret_intervals = w->intervals;
	jpeg_destroy_compress(&w->to);
	jpeg_destroy_decompress(&w->from);
	free(w->made);
	free(w);
	return rc;
}
