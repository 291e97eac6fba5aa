/* workers/vision/read.c - see read.h.
 *
 * Rows that were found are cut out of the full picture one by one, made dark on white and
 * equally high, which is what the recognisers were trained on. A picture without a plain
 * background is given to tesseract whole.
 * SPDX-License-Identifier: Apache-2.0 */
#include "read.h"

#include <leptonica/allheaders.h>
#include <tesseract/capi.h>

#include "base/file.h"
#include "base/str.h"
#include "base/util.h"

#define ROW_HEIGHT 28	/* px of ink; 24 to 36 read best, above 48 Chinese suffers */
#define MARGIN 10
#define PAGE_SIDE 2000	/* longest side of a whole page for tesseract */

static const char *const language_names[] = {"eng", "chi_sim"};
static TessBaseAPI *readers[ARRAY_LEN(language_names)];

int read_open(unsigned *ret_languages, struct err *e)
{
	CLEANUP(free_ptr) char *data = file_find_share("tessdata");
	*ret_languages = 0;
	setMsgSeverity(L_SEVERITY_NONE);
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		TessBaseAPI *api = TessBaseAPICreate();
		if (!api)
			return err_set(e, ERR_SYSTEM, "cannot start tesseract");
		if (TessBaseAPIInit3(api, data, language_names[i]) != 0) {
			TessBaseAPIDelete(api);
			continue;
		}
		(void)TessBaseAPISetVariable(api, "debug_file", "/dev/null");
		readers[i] = api;
		*ret_languages |= 1u << i;
	}
	return 0;
}

void read_close(void)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		if (readers[i])
			TessBaseAPIDelete(readers[i]);
		readers[i] = NULL;
	}
}

/* Is there a character of Chinese in it? */
static bool is_cjk(const char *p)
{
	unsigned char c = (unsigned char)p[0];
	return c >= 0xe3 && c <= 0xe9;
}

/* Trimmed; without the blanks that the recogniser puts between Chinese characters. */
static int add_clean(const char *text, struct buf *out)
{
	struct span s = span_trim(span_of(text));
	for (size_t i = 0; i < s.len; i++) {
		bool blank = s.data[i] == ' ' || s.data[i] == '\n';
		if (blank && (s.data[i + 1] == ' ' || s.data[i + 1] == '\n'))
			continue;
		if (blank && i >= 3 && (is_cjk(s.data + i - 3) || is_cjk(s.data + i + 1)) &&
		    s.data[i] == ' ')
			continue;
		if (buf_char(out, s.data[i]) < 0)
			return -1;
	}
	return 0;
}

/* What each language makes of a picture; *ret_sure 0 … 100. NULL: nothing. */
static char *recognize(size_t language, PIX *pix, TessPageSegMode mode, int *ret_sure)
{
	TessBaseAPI *api = readers[language];
	*ret_sure = 0;
	if (!api)
		return NULL;
	TessBaseAPISetPageSegMode(api, mode);
	TessBaseAPISetImage2(api, pix);
	TessBaseAPISetSourceResolution(api, 300);
	char *text = TessBaseAPIGetUTF8Text(api);
	*ret_sure = TessBaseAPIMeanTextConf(api);
	TessBaseAPIClear(api);
	return text;
}

static bool is_blank(const char *text)
{
	return !text || span_trim(span_of(text)).len == 0;
}

static bool has_cjk(const char *text)
{
	for (; text && *text; text++) {
		if (is_cjk(text))
			return true;
	}
	return false;
}

/* English first; Chinese when English is not sure of it. */
static int read_pix(PIX *pix, TessPageSegMode mode, struct buf *out, struct err *e)
{
	int sure = 0, other_sure = 0;
	char *text = recognize(0, pix, mode, &sure);
	if (sure < 88 || is_blank(text)) {
		char *other = recognize(1, pix, mode, &other_sure);
		bool better = !is_blank(other) &&
			      (is_blank(text) || other_sure > sure + (has_cjk(other) ? 0 : 8));
		if (better) {
			char *swap = text;
			text = other;
			other = swap;
			sure = other_sure;
		}
		TessDeleteText(other);
	}
	int rc = is_blank(text) || sure < 25 ? 0 : add_clean(text, out);
	TessDeleteText(text);
	return rc < 0 ? err_set(e, ERR_SYSTEM, "cannot hold the text") : 0;
}

/* Grey picture of a box of the full picture: how far each px is on the way from the background
 * to the writing's colour, as darkness. */
static PIX *cut(const struct sight *s, const struct box *b, const uint8_t *ink)
{
	PIX *pix = pixCreate(b->x1 - b->x0, b->y1 - b->y0, 8);
	if (!pix)
		return NULL;
	double way[3], length = 0;
	for (int c = 0; c < 3; c++) {
		way[c] = (double)ink[c] - s->background[c];
		length += way[c] * way[c];
	}
	length = MAX(length, 1);
	for (int y = b->y0; y < b->y1; y++) {
		l_uint32 *row = pixGetData(pix) + (size_t)(y - b->y0) * (size_t)pixGetWpl(pix);
		const uint8_t *p = s->picture.rgb +
				   3 * ((size_t)y * (size_t)s->picture.width + (size_t)b->x0);
		for (int x = 0; x < b->x1 - b->x0; x++, p += 3) {
			double part = 0;
			for (int c = 0; c < 3; c++)
				part += (p[c] - s->background[c]) * way[c];
			part = MAX(0.0, MIN(1.0, part / length));
			SET_DATA_BYTE(row, x, (l_uint8)(255 - 255 * part));
		}
	}
	return pix;
}

/* To ROW_HEIGHT for the row's own height, on a white border. */
static PIX *fit_row(PIX *pix, int row_height)
{
	float scale = (float)ROW_HEIGHT / (float)MAX(1, row_height);
	PIX *scaled = scale < 1 ? pixScaleAreaMap(pix, scale, scale) :
				  pixScaleGrayLI(pix, MIN(scale, 8), MIN(scale, 8));
	pixDestroy(&pix);
	if (!scaled)
		return NULL;
	PIX *framed = pixAddBorderGeneral(scaled, MARGIN, MARGIN, MARGIN, MARGIN, 255);
	pixDestroy(&scaled);
	return framed;
}

static int read_row(const struct sight *s, const struct box *box, const uint8_t *ink,
		    struct buf *out, struct err *e)
{
	int f = s->view.factor, room = 2 + (box->y1 - box->y0) * f / 10;
	struct box b = {MAX(0, box->x0 * f - room), MAX(0, box->y0 * f - room),
			MIN(s->picture.width, box->x1 * f + room),
			MIN(s->picture.height, box->y1 * f + room)};
	if (b.x1 - b.x0 < 2 || b.y1 - b.y0 < 2)
		return 0;
	PIX *pix = cut(s, &b, ink);
	if (pix)
		pix = fit_row(pix, (box->y1 - box->y0) * f);
	if (!pix)
		return err_set(e, ERR_SYSTEM, "cannot cut out a row of text");
	int rc = read_pix(pix, PSM_SINGLE_LINE, out, e);
	pixDestroy(&pix);
	return rc;
}

int read_box(const struct sight *s, const struct box *box, struct buf *out, struct err *e)
{
	struct box found = {s->view.width, s->view.height, 0, 0};
	uint8_t ink[3] = {0};
	int far = -1;
	for (int y = MAX(0, box->y0); y < MIN(s->view.height, box->y1); y++) {
		for (int x = MAX(0, box->x0); x < MIN(s->view.width, box->x1); x++) {
			const uint8_t *p = view_at(&s->view, x, y);
			int d = color_distance(p, s->background);
			if (!s->mask[(size_t)y * (size_t)s->view.width + (size_t)x])
				continue;
			found = (struct box){MIN(found.x0, x), MIN(found.y0, y),
					     MAX(found.x1, x + 1), MAX(found.y1, y + 1)};
			if (d > far) {
				far = d;
				memcpy(ink, p, 3);
			}
		}
	}
	return far < 0 ? 0 : read_row(s, &found, ink, out, e);
}

/* A photograph or a page: tesseract finds the rows. */
static int read_page(const struct sight *s, struct buf *out, struct err *e)
{
	const struct picture *p = &s->picture;
	PIX *pix = pixCreate(p->width, p->height, 8);
	if (!pix)
		return err_set(e, ERR_SYSTEM, "cannot hold the page");
	for (int y = 0; y < p->height; y++) {
		l_uint32 *row = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);
		const uint8_t *rgb = p->rgb + 3 * (size_t)y * (size_t)p->width;
		for (int x = 0; x < p->width; x++, rgb += 3)
			SET_DATA_BYTE(row, x, (rgb[0] * 77 + rgb[1] * 151 + rgb[2] * 28) >> 8);
	}
	int side = MAX(p->width, p->height);
	if (side > PAGE_SIDE) {
		float scale = (float)PAGE_SIDE / (float)side;
		PIX *small = pixScaleAreaMap(pix, scale, scale);
		pixDestroy(&pix);
		pix = small;
	}
	int sure = 0;
	char *text = pix ? recognize(0, pix, PSM_AUTO, &sure) : NULL;
	pixDestroy(&pix);
	/* Noise reads as letters too, but never surely. */
	int rc = sure >= 65 && !is_blank(text) ? add_clean(text, out) : 0;
	TessDeleteText(text);
	return rc < 0 ? err_set(e, ERR_SYSTEM, "cannot hold the text") : 0;
}

/* Do two rows stand on one line of the page? */
static bool same_row(const struct line *a, const struct line *b)
{
	int overlap = MIN(a->box.y1, b->box.y1) - MAX(a->box.y0, b->box.y0);
	return overlap * 2 > MIN(a->box.y1 - a->box.y0, b->box.y1 - b->box.y0);
}

int read_text(const struct sight *s, bool (*busy)(void *ctx), void *ctx, struct buf *out,
	      struct err *e)
{
	if (!s->plain)
		return read_page(s, out, e);
	for (size_t i = 0; i < s->n_lines; i++) {
		CLEANUP(buf_release) struct buf row = BUF_INIT(65536);
		if (busy && busy(ctx))
			return err_set(e, ERR_INTERRUPTED, "cancelled");
		if (read_row(s, &s->lines[i].box, s->lines[i].rgb, &row, e) < 0)
			return -1;
		if (row.len == 0)
			continue;
		bool beside = i > 0 && out->len > 0 && same_row(&s->lines[i - 1], &s->lines[i]);
		if ((out->len > 0 && buf_char(out, beside ? ' ' : '\n') < 0) ||
		    buf_add(out, row.data, row.len) < 0)
			return err_set(e, ERR_SYSTEM, "cannot hold the text");
	}
	return 0;
}
