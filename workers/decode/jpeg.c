/* workers/decode/jpeg.c - JPEG to RGB: gray, YCbCr, CMYK; EXIF's orientation.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include "base/util.h"
#include "decode.h"

/* A progressive file may repeat scans at little cost to its sender. */
#define SCANS_MAX 500

struct reading {
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	struct jpeg_decompress_struct jpeg;
	struct picture *p;
	struct err *e;
	unsigned char *row;	/* CMYK */
	unsigned checks;
	jmp_buf out;
};

static void on_error(j_common_ptr c)
{
	struct reading *g = c->client_data;
	if (c->err->msg_code == JERR_OUT_OF_MEMORY)
		(void)err_set(g->e, ERR_SYSTEM, "out of memory for the picture");
	else if (c->err->msg_code == JERR_IMAGE_TOO_BIG)
		(void)refuse(g->p->r, g->e, "too_large", "a picture of more than %ld pixels on a "
			     "side; a side may have %llu", JPEG_MAX_DIMENSION,
			     (unsigned long long)g->p->max_side);
	else
		(void)refuse(g->p->r, g->e, "damaged", "the JPEG picture is damaged");
	longjmp(g->out, 1);
}

/* Counts warnings; never prints. */
static void on_message(j_common_ptr c, int level)
{
	if (level < 0)
		c->err->num_warnings++;
}

static void on_progress(j_common_ptr c)
{
	struct reading *g = c->client_data;
	if (c->is_decompressor && g->jpeg.input_scan_number > SCANS_MAX)
		(void)refuse(g->p->r, g->e, "too_slow", "a JPEG picture of more than %d scans",
			     SCANS_MAX);
	else if (++g->checks % 16 != 0 || check_time(g->p->r, g->e) == 0)
		return;
	longjmp(g->out, 1);
}

static unsigned get(const unsigned char *d, size_t n, bool big)
{
	unsigned v = 0;
	for (size_t i = 0; i < n; i++)
		v |= (unsigned)d[i] << (8 * (big ? n - 1 - i : i));
	return v;
}

/* Orientation in the first directory of the TIFF block within EXIF (tag 0x112); 1 when there is
 * none or it makes no sense. */
static int exif_orientation(const unsigned char *d, size_t len)
{
	if (len < 14 || memcmp(d, "Exif\0\0", 6) != 0)
		return 1;
	d += 6;
	len -= 6;
	bool big = memcmp(d, "MM\0*", 4) == 0;
	if (!big && memcmp(d, "II*\0", 4) != 0)
		return 1;
	size_t at = get(d + 4, 4, big);
	if (at > len || len - at < 2)
		return 1;
	size_t n = get(d + at, 2, big);
	at += 2;
	for (size_t i = 0; i < n && len - at >= 12; i++, at += 12) {
		if (get(d + at, 2, big) != 0x112)
			continue;
		unsigned v = get(d + at + 8, 2, big);
		return get(d + at + 2, 2, big) == 3 && v >= 1 && v <= 8 ? (int)v : 1;
	}
	return 1;
}

/* Ink to light; Adobe's files hold the inverse of the ink. */
static void from_cmyk(const unsigned char *cmyk, unsigned char *rgb, size_t pixels, bool inverse)
{
	for (size_t i = 0; i < pixels; i++, cmyk += 4, rgb += 3) {
		for (size_t k = 0; k < 3; k++) {
			unsigned ink = inverse ? cmyk[k] : 255u - cmyk[k];
			unsigned black = inverse ? cmyk[3] : 255u - cmyk[3];
			rgb[k] = (unsigned char)((ink * black + 127) / 255);
		}
	}
}

static int read_rows(struct reading *g)
{
	struct jpeg_decompress_struct *j = &g->jpeg;
	struct picture *p = g->p;
	bool cmyk = j->out_color_space == JCS_CMYK;
	size_t row = (size_t)p->width * 3;
	p->rgb = malloc(row * p->height);
	g->row = cmyk ? malloc((size_t)p->width * 4) : NULL;
	if (!p->rgb || (cmyk && !g->row))
		return err_set(g->e, ERR_SYSTEM, "out of memory for the picture");
	while (j->output_scanline < j->output_height) {
		unsigned char *to = p->rgb + row * j->output_scanline;
		unsigned char *line = cmyk ? g->row : to;
		if (jpeg_read_scanlines(j, &line, 1) == 1 && cmyk)
			from_cmyk(g->row, to, p->width, j->saw_Adobe_marker);
		if (j->output_scanline % 64 == 0 && check_time(p->r, g->e) < 0)
			return -1;
	}
	return 0;
}

static int read_all(struct reading *g)
{
	struct jpeg_decompress_struct *j = &g->jpeg;
	struct picture *p = g->p;
	jpeg_create_decompress(j);
	j->client_data = g;
	g->progress.progress_monitor = on_progress;
	j->progress = &g->progress;
	jpeg_mem_src(j, p->file, p->file_len);
	jpeg_save_markers(j, JPEG_APP0 + 1, 0xffff);
	(void)jpeg_read_header(j, TRUE);
	if (picture_check_size(p, j->image_width, j->image_height, g->e) < 0)
		return -1;
	for (jpeg_saved_marker_ptr m = j->marker_list; m && p->orientation == 1; m = m->next)
		p->orientation = exif_orientation(m->data, m->data_length);
	bool four = j->jpeg_color_space == JCS_CMYK || j->jpeg_color_space == JCS_YCCK;
	j->out_color_space = four ? JCS_CMYK : JCS_RGB;
	(void)jpeg_start_decompress(j);
	if (read_rows(g) < 0)
		return -1;
	(void)jpeg_finish_decompress(j);
	p->damaged = j->err->num_warnings > 0;
	return 0;
}

int picture_read_jpeg(struct picture *p, struct err *e)
{
	struct reading *g = calloc(1, sizeof(*g));
	if (!g)
		return err_set(e, ERR_SYSTEM, "out of memory for the picture");
	g->p = p;
	g->e = e;
	g->jpeg.err = jpeg_std_error(&g->errors);
	g->jpeg.client_data = g;
	g->errors.error_exit = on_error;
	g->errors.emit_message = on_message;
	volatile int rc = -1;
	if (setjmp(g->out) == 0)
		rc = read_all(g);
	jpeg_destroy_decompress(&g->jpeg);
	free(g->row);
	free(g);
	return rc;
}
