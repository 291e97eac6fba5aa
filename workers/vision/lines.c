/* workers/vision/lines.c - which blobs are writing?
 *
 * A glyph is made of strokes: thin against its height. Glyphs stand beside each other, about
 * equally high. Dots, bars and the like are taken in when they stand in such a row.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/util.h"
#include "sight.h"

static int width_of(const struct blob *b)
{
	return b->box.x1 - b->box.x0;
}

static int height_of(const struct blob *b)
{
	return b->box.y1 - b->box.y0;
}

/* One upright stroke: 1, l, I, or a bar of a chart. */
static bool is_narrow(const struct blob *b)
{
	return width_of(b) * 3 < height_of(b);
}

/* Made of strokes, and no frame, axis or plotted line, which are long and nearly empty. */
static bool is_stroke(const struct sight *s, const struct blob *b)
{
	int w = width_of(b), h = height_of(b);
	if (h < 4 || w < 1 || h > s->view.height * 3 / 4 || w > h * 6)
		return false;
	double fill = (double)b->area / ((double)w * h);
	if (fill < 0.09)
		return false;
	return is_narrow(b) || b->thick < 0.36 * MIN(w, h) || b->thick < 2.5;
}

/* A thing large enough to be looked at, of a known shape. */
static bool is_solid(const struct blob *b)
{
	int small = MIN(width_of(b), height_of(b));
	double least = b->shape == SHAPE_STAR ? 0.28 : 0.36;
	return b->shape != SHAPE_OTHER && b->thick >= least * small && small >= 6 &&
	       height_of(b) < 4 * width_of(b);
}

static bool beside(const struct blob *a, const struct blob *b)
{
	int ha = height_of(a), hb = height_of(b), high = MAX(ha, hb), low = MIN(ha, hb);
	int overlap = MIN(a->box.y1, b->box.y1) - MAX(a->box.y0, b->box.y0);
	int gap = MAX(a->box.x0, b->box.x0) - MIN(a->box.x1, b->box.x1);
	if (gap > high * 1.3 || color_distance(a->rgb, b->rgb) > 140)
		return false;
	/* Accents and dots above, commas below: within the reach of the larger one. */
	if (low * 3 < high) {
		const struct blob *big = ha > hb ? a : b, *dot = ha > hb ? b : a;
		return width_of(dot) <= high && dot->box.y1 > big->box.y0 - high * 4 / 10 &&
		       dot->box.y0 < big->box.y1 + high * 3 / 10;
	}
	return overlap * 2 >= low;
}

static size_t root(size_t *parent, size_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

static void box_join(struct box *to, const struct box *b)
{
	to->x0 = MIN(to->x0, b->x0);
	to->y0 = MIN(to->y0, b->y0);
	to->x1 = MAX(to->x1, b->x1);
	to->y1 = MAX(to->y1, b->y1);
}

static int by_row(const void *a, const void *b)
{
	const struct line *p = a, *q = b;
	int overlap = MIN(p->box.y1, q->box.y1) - MAX(p->box.y0, q->box.y0);
	int low = MIN(p->box.y1 - p->box.y0, q->box.y1 - q->box.y0);
	if (overlap * 2 > low)
		return p->box.x0 - q->box.x0;
	return p->box.y0 + p->box.y1 - q->box.y0 - q->box.y1;
}

/* A row must hold strokes, and more of them than of clean shapes. */
struct row {
	struct box box;
	int strokes, solids, narrow, area;
	double sum[3];
};

static void collect(struct sight *s, struct arena *a, size_t *parent)
{
	struct row *rows = arena_array(a, s->n_blobs, sizeof(*rows));
	for (size_t i = 0; i < s->n_blobs; i++) {
		struct blob *b = &s->blobs[i];
		struct row *r = &rows[root(parent, i)];
		if (r->area == 0)
			r->box = b->box;
		box_join(&r->box, &b->box);
		r->area += b->area;
		r->strokes += is_stroke(s, b);
		r->solids += is_solid(b);
		r->narrow += is_stroke(s, b) && is_narrow(b);
		for (int c = 0; c < 3; c++)
			r->sum[c] += (double)b->rgb[c] * b->area;
	}
	for (size_t i = 0; i < s->n_blobs; i++) {
		struct row *r = &rows[root(parent, i)];
		bool bars = r->narrow == r->strokes &&
			    (r->box.y1 - r->box.y0) * 10 > s->view.height;
		s->blobs[i].is_text = r->strokes > 0 && r->strokes >= r->solids && !bars;
		if (root(parent, i) != i || !s->blobs[i].is_text)
			continue;
		struct line *l = ARENA_ADD(a, s->lines, s->n_lines);
		l->box = r->box;
		for (int c = 0; c < 3; c++)
			l->rgb[c] = (uint8_t)(r->sum[c] / r->area);
	}
}

/* A ring that stands alone is a drawn circle, not an O: large, closed, of a clear shape. */
static bool is_outline(const struct sight *s, const struct blob *b)
{
	int side = MIN(width_of(b), height_of(b));
	int whole = MIN(s->view.width, s->view.height);
	return b->filled > 2 * b->area && side > 40 && side > whole / 12 &&
	       b->shape != SHAPE_OTHER && b->shape != SHAPE_OVAL && b->shape != SHAPE_POLYGON;
}

/* Parts of one glyph can be rows of their own (Chinese): rows that stand in one another are one. */
static void merge(struct sight *s)
{
	for (size_t i = 0; i < s->n_lines; i++) {
		for (size_t k = 0; k < s->n_lines; k++) {
			struct box *a = &s->lines[i].box, *b = &s->lines[k].box;
			int high = MAX(a->y1 - a->y0, b->y1 - b->y0);
			int low = MIN(a->y1 - a->y0, b->y1 - b->y0);
			int overlap = MIN(a->y1, b->y1) - MAX(a->y0, b->y0);
			int gap = MAX(a->x0, b->x0) - MIN(a->x1, b->x1);
			if (i == k || overlap * 2 < low || gap > high ||
			    color_distance(s->lines[i].rgb, s->lines[k].rgb) > 140)
				continue;
			box_join(a, b);
			s->lines[k] = s->lines[--s->n_lines];
			/* The row grew: what was passed over may fit now. */
			i = (size_t)-1;
			break;
		}
	}
}

int lines_find(struct sight *s, struct arena *a, struct err *e)
{
	size_t n = s->n_blobs;
	size_t *parent = malloc((n + 1) * sizeof(*parent));
	if (!parent)
		return err_sys(e, "cannot look for text");
	for (size_t i = 0; i < n; i++)
		parent[i] = i;
	for (size_t i = 0; i < n; i++) {
		const struct blob *p = &s->blobs[i];
		if (!is_stroke(s, p) || is_solid(p))
			continue;
		for (size_t k = 0; k < n; k++) {
			const struct blob *q = &s->blobs[k];
			bool fits = is_stroke(s, q) ? !is_solid(q) :
				height_of(q) * 10 < height_of(p) * 4 ||
				(height_of(q) < height_of(p) * 2 && !is_solid(q) &&
				 width_of(q) < height_of(p) * 3);
			if (k != i && fits && beside(p, q))
				parent[root(parent, i)] = root(parent, k);
		}
	}
	collect(s, a, parent);
	for (size_t i = 0; i < n; i++) {
		size_t alone = 0;
		for (size_t k = 0; k < n; k++)
			alone += root(parent, k) == root(parent, i);
		struct blob *b = &s->blobs[i];
		if (alone == 1 && is_outline(s, b)) {
			b->is_text = false;
			b->is_object = true;
		}
		if (!b->is_text && is_solid(b))
			b->is_object = true;
	}
	free(parent);
	merge(s);
	if (s->n_lines)
		qsort(s->lines, s->n_lines, sizeof(*s->lines), by_row);
	return 0;
}
