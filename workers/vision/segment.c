/* workers/vision/segment.c - background, then connected areas of one colour that are not it.
 *
 * Edges are mixed colours (anti-aliasing, JPEG), so colours are taken from flat places only, and
 * a px of an edge belongs to the area whose colour is nearer than the background's.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "base/util.h"
#include "sight.h"

#define PIECES_MAX 4000		/* connected pieces; more: the picture is no drawing */
#define BLOBS_MAX 2000
#define GROW 5			/* px of blurred edge around a flat area */

/* Work of one picture. */
struct work {
	struct sight *s;
	struct arena *a;
	int w, h;
	size_t n;
	int *piece;	/* connected piece of the mask, from 1; 0: background */
	int *part;	/* flat part of one colour inside a piece, from 1; 0: none */
	int *queue;
	size_t room;	/* of the list of blobs */
};

struct piece {
	struct box box;
	int area;
	double sum[3];
	long weight;
	uint8_t rgb[3];
	int owner;	/* of a part: its piece */
};

/* Mean of the px near a colour, again and again until it stays: the middle of its cloud. */
static double settle(const struct view *v, uint8_t color[3], bool border_only)
{
	size_t near = 0, all = 0;
	int rim = MAX(1, MIN(v->width, v->height) / 50);
	for (int turn = 0; turn < 4; turn++) {
		double sum[3] = {0};
		near = all = 0;
		for (int y = 0; y < v->height; y++) {
			bool edge = y < rim || y >= v->height - rim;
			for (int x = 0; x < v->width; x++) {
				if (border_only && !edge && x == rim)
					x = MAX(rim, v->width - rim);
				if (x >= v->width)
					break;
				const uint8_t *p = view_at(v, x, y);
				all++;
				if (abs(p[0] - color[0]) > 28 || abs(p[1] - color[1]) > 28 ||
				    abs(p[2] - color[2]) > 28)
					continue;
				near++;
				for (int c = 0; c < 3; c++)
					sum[c] += p[c];
			}
		}
		if (near == 0)
			return 0;
		for (int c = 0; c < 3; c++)
			color[c] = (uint8_t)lround(sum[c] / (double)near);
	}
	return (double)near / (double)all;
}

/* The commonest colour, coarsely: 16 levels a channel. */
static int commonest(const struct view *v, bool border_only, uint8_t ret[3], struct err *e)
{
	unsigned *count = calloc(4096, sizeof(*count));
	if (!count)
		return err_sys(e, "cannot count colours");
	int rim = MAX(1, MIN(v->width, v->height) / 50);
	unsigned best = 0;
	for (int y = 0; y < v->height; y++) {
		bool edge = y < rim || y >= v->height - rim;
		for (int x = 0; x < v->width; x++) {
			if (border_only && !edge && x == rim)
				x = MAX(rim, v->width - rim);
			if (x >= v->width)
				break;
			const uint8_t *p = view_at(v, x, y);
			unsigned bin = (unsigned)(p[0] >> 4) << 8 | (unsigned)(p[1] >> 4) << 4 |
				       (unsigned)(p[2] >> 4);
			if (++count[bin] > best) {
				best = count[bin];
				for (int c = 0; c < 3; c++)
					ret[c] = p[c];
			}
		}
	}
	free(count);
	return 0;
}

/* What fills the rim is the background; else what fills most. */
static int find_background(struct sight *s, struct err *e)
{
	uint8_t rim[3], most[3];
	if (commonest(&s->view, true, rim, e) < 0 || commonest(&s->view, false, most, e) < 0)
		return -1;
	double rim_share = settle(&s->view, rim, true);
	memcpy(s->background, rim, 3);
	s->background_share = settle(&s->view, s->background, false);
	if (rim_share < 0.5 || s->background_share < 0.03) {
		s->background_share = settle(&s->view, most, false);
		memcpy(s->background, most, 3);
	}
	s->plain = !s->view.rough && (rim_share >= 0.5 || s->background_share >= 0.25);
	return 0;
}

static void make_mask(struct work *w)
{
	int limit = 42 + w->s->view.noise;
	for (size_t i = 0; i < w->n; i++)
		w->s->mask[i] = color_distance(w->s->view.rgb + 3 * i, w->s->background) > limit;
}

static void box_add(struct box *b, int x, int y)
{
	b->x0 = MIN(b->x0, x);
	b->y0 = MIN(b->y0, y);
	b->x1 = MAX(b->x1, x + 1);
	b->y1 = MAX(b->y1, y + 1);
}

/* Connected pieces of the mask, 8 neighbours. Returns their number, or -1: too many. */
static int find_pieces(struct work *w, struct piece *pieces)
{
	int n = 0;
	for (size_t start = 0; start < w->n; start++) {
		if (!w->s->mask[start] || w->piece[start])
			continue;
		if (n == PIECES_MAX)
			return -1;
		struct piece *p = &pieces[n++];
		*p = (struct piece){.box = {w->w, w->h, 0, 0}};
		int head = 0, tail = 0;
		w->queue[tail++] = (int)start;
		w->piece[start] = n;
		while (head < tail) {
			int at = w->queue[head++], x = at % w->w, y = at / w->w;
			box_add(&p->box, x, y);
			p->area++;
			for (int k = 0; k < 9; k++) {
				int nx = x + k % 3 - 1, ny = y + k / 3 - 1;
				if (nx < 0 || ny < 0 || nx >= w->w || ny >= w->h)
					continue;
				int next = ny * w->w + nx;
				if (w->s->mask[next] && !w->piece[next]) {
					w->piece[next] = n;
					w->queue[tail++] = next;
				}
			}
		}
	}
	return n;
}

static int step(const uint8_t *a, const uint8_t *b)
{
	return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2]);
}

static bool is_flat(const struct work *w, int at, int limit)
{
	int x = at % w->w, y = at / w->w;
	const uint8_t *p = w->s->view.rgb + 3 * (size_t)at;
	return (x == 0 || step(p, p - 3) < limit) && (x == w->w - 1 || step(p, p + 3) < limit) &&
	       (y == 0 || step(p, p - 3 * (ptrdiff_t)w->w) < limit) &&
	       (y == w->h - 1 || step(p, p + 3 * (ptrdiff_t)w->w) < limit);
}

/* Flat parts: 4 neighbours, flat px, colours that stay near the first one's. Returns how many;
 * small ones are forgotten. */
static int find_parts(struct work *w, struct piece *parts)
{
	int n = 0, limit = 36 + 4 * w->s->view.noise;
	for (size_t start = 0; start < w->n && n < PIECES_MAX; start++) {
		if (!w->piece[start] || w->part[start] || !is_flat(w, (int)start, limit))
			continue;
		struct piece *p = &parts[n];
		*p = (struct piece){.box = {w->w, w->h, 0, 0}, .owner = w->piece[start]};
		const uint8_t *seed = w->s->view.rgb + 3 * start;
		int head = 0, tail = 0;
		w->queue[tail++] = (int)start;
		w->part[start] = n + 1;
		while (head < tail) {
			int at = w->queue[head++], x = at % w->w, y = at / w->w;
			const uint8_t *here = w->s->view.rgb + 3 * (size_t)at;
			box_add(&p->box, x, y);
			p->area++;
			for (int c = 0; c < 3; c++)
				p->sum[c] += here[c];
			const int next[4] = {x > 0 ? at - 1 : at, x < w->w - 1 ? at + 1 : at,
					     y > 0 ? at - w->w : at, y < w->h - 1 ? at + w->w : at};
			for (int k = 0; k < 4; k++) {
				if (w->piece[next[k]] && !w->part[next[k]] &&
				    step(seed, w->s->view.rgb + 3 * (size_t)next[k]) < 90 &&
				    is_flat(w, next[k], limit)) {
					w->part[next[k]] = n + 1;
					w->queue[tail++] = next[k];
				}
			}
		}
		if (p->area < 12) {
			for (int k = 0; k < tail; k++)
				w->part[w->queue[k]] = -1;
			continue;
		}
		for (int c = 0; c < 3; c++)
			p->rgb[c] = (uint8_t)lround(p->sum[c] / p->area);
		n++;
	}
	return n;
}

/* The colour of a piece: mean of its px that differ most from the background. Thin strokes have
 * no flat px, but their middle comes nearest to the true colour. */
static void color_of_pieces(struct work *w, struct piece *pieces, int n)
{
	for (int i = 0; i < n; i++) {
		struct piece *p = &pieces[i];
		int count[442] = {0}, above = 0, high = 441;
		for (int pass = 0; pass < 2; pass++) {
			for (int y = p->box.y0; y < p->box.y1; y++) {
				for (int x = p->box.x0; x < p->box.x1; x++) {
					size_t at = (size_t)(y * w->w + x);
					if (w->piece[at] != i + 1)
						continue;
					const uint8_t *rgb = w->s->view.rgb + 3 * at;
					int d = color_distance(rgb, w->s->background);
					if (pass == 0)
						count[d]++;
					if (pass == 0 || d < high * 85 / 100)
						continue;
					p->weight++;
					for (int c = 0; c < 3; c++)
						p->sum[c] += rgb[c];
				}
			}
			while (pass == 0 && high > 0 && (above += count[high]) * 20 < p->area)
				high--;
		}
		for (int c = 0; c < 3; c++)
			p->rgb[c] = (uint8_t)lround(p->sum[c] / (double)MAX(1, p->weight));
	}
}

/* Parts take the blurred px around them, ring by ring, if their colour is nearer than the
 * background's. */
static void grow_parts(struct work *w, const struct piece *parts)
{
	int head = 0, tail = 0;
	for (size_t i = 0; i < w->n; i++) {
		if (w->part[i] < 0)
			w->part[i] = 0;
		if (w->part[i] > 0)
			w->queue[tail++] = (int)i;
	}
	for (int ring = 0; ring < GROW; ring++) {
		int end = tail;
		for (; head < end; head++) {
			int at = w->queue[head], x = at % w->w, y = at / w->w;
			const uint8_t *own = parts[w->part[at] - 1].rgb;
			const int next[4] = {x > 0 ? at - 1 : at, x < w->w - 1 ? at + 1 : at,
					     y > 0 ? at - w->w : at, y < w->h - 1 ? at + w->w : at};
			for (int k = 0; k < 4; k++) {
				const uint8_t *rgb = w->s->view.rgb + 3 * (size_t)next[k];
				if (w->part[next[k]] || !w->piece[next[k]] ||
				    color_distance(rgb, own) >
					    color_distance(rgb, w->s->background))
					continue;
				w->part[next[k]] = w->part[at];
				w->queue[tail++] = next[k];
			}
		}
	}
}

/* One blob: the px of the box whose label is id (in labels) and, for a piece, whose colour is
 * nearer than the background's. */
static int add_blob(struct work *w, const struct piece *p, const int *labels, int id,
		    struct err *e)
{
	struct sight *s = w->s;
	struct box box = {MAX(0, p->box.x0 - GROW), MAX(0, p->box.y0 - GROW),
			  MIN(w->w, p->box.x1 + GROW), MIN(w->h, p->box.y1 + GROW)};
	struct blob b = {.box = {w->w, w->h, 0, 0}};
	size_t room = (size_t)(box.x1 - box.x0) * (size_t)(box.y1 - box.y0);
	CLEANUP(free_ptr) uint8_t *mask = malloc(room);
	if (!mask)
		return err_sys(e, "cannot hold a shape");
	memcpy(b.rgb, p->rgb, 3);
	for (int pass = 0; pass < 2; pass++) {
		uint8_t *m = mask;
		struct box r = pass ? b.box : box;
		for (int y = r.y0; y < r.y1; y++) {
			for (int x = r.x0; x < r.x1; x++) {
				size_t at = (size_t)(y * w->w + x);
				const uint8_t *rgb = s->view.rgb + 3 * at;
				bool in = labels[at] == id && color_distance(rgb, p->rgb) <=
					color_distance(rgb, s->background);
				if (pass)
					*m++ = in;
				else if (in)
					box_add(&b.box, x, y);
				b.area += pass && in;
			}
		}
		if (b.box.x1 <= b.box.x0)
			return 0;
	}
	b.color = color_of(b.rgb);
	b.cut = b.box.x0 == 0 || b.box.y0 == 0 || b.box.x1 == w->w || b.box.y1 == w->h;
	if (b.area < 4 || s->n_blobs == BLOBS_MAX)
		return 0;
	if (geometry(&b, mask, e) < 0)
		return -1;
	*ARENA_ADD(w->a, s->blobs, s->n_blobs) = b;
	return 0;
}

/* A piece with several flat parts that are not just strokes of one glyph is several blobs. */
static int make_blobs(struct work *w, struct piece *pieces, int n, struct piece *parts,
		      int n_parts, struct err *e)
{
	int *count = arena_array(w->a, (size_t)n + 1, sizeof(*count));
	int *main_part = arena_array(w->a, (size_t)n + 1, sizeof(*main_part));
	bool *many = arena_array(w->a, (size_t)n + 1, sizeof(*many));
	for (int i = 0; i < n_parts; i++) {
		struct piece *p = &parts[i];
		if (p->area * 50 < pieces[p->owner - 1].area && p->area < 400)
			continue;
		if (count[p->owner]++ == 0)
			main_part[p->owner] = i;
		else if (color_distance(p->rgb, parts[main_part[p->owner]].rgb) > 60 ||
			 p->area > 150)
			many[p->owner] = true;
	}
	for (int i = 0; i < n; i++) {
		if (count[i + 1] == 1 && parts[main_part[i + 1]].area * 3 > pieces[i].area)
			memcpy(pieces[i].rgb, parts[main_part[i + 1]].rgb, 3);
		if (!many[i + 1] && add_blob(w, &pieces[i], w->piece, i + 1, e) < 0)
			return -1;
	}
	for (int i = 0; i < n_parts; i++) {
		struct piece *p = &parts[i];
		if (many[p->owner] &&
		    !(p->area * 50 < pieces[p->owner - 1].area && p->area < 400) &&
		    add_blob(w, p, w->part, i + 1, e) < 0)
			return -1;
	}
	return 0;
}

static int find_blobs(struct work *w, struct err *e)
{
	struct piece *pieces = arena_array(w->a, PIECES_MAX, sizeof(*pieces));
	struct piece *parts = arena_array(w->a, PIECES_MAX, sizeof(*parts));
	make_mask(w);
	int n = find_pieces(w, pieces);
	if (n < 0) {
		w->s->plain = false;
		return 0;
	}
	color_of_pieces(w, pieces, n);
	int n_parts = find_parts(w, parts);
	grow_parts(w, parts);
	return make_blobs(w, pieces, n, parts, n_parts, e);
}

int segment(struct sight *s, struct arena *a, struct err *e)
{
	struct work w = {.s = s, .a = a, .w = s->view.width, .h = s->view.height};
	w.n = (size_t)w.w * (size_t)w.h;
	if (find_background(s, e) < 0)
		return -1;
	s->mask = calloc(w.n, 1);
	w.piece = calloc(w.n, sizeof(*w.piece));
	w.part = calloc(w.n, sizeof(*w.part));
	w.queue = malloc(w.n * sizeof(*w.queue));
	int rc;
	if (!s->mask || !w.piece || !w.part || !w.queue)
		rc = err_sys(e, "cannot hold a picture's areas");
	else
		rc = s->plain ? find_blobs(&w, e) : 0;
	free(w.piece);
	free(w.part);
	free(w.queue);
	return rc;
}
