/* workers/vision/geometry.c - which simple shape is this mask?
 *
 * Told from the filled outline: the part of its convex hull that it fills (a star fills less),
 * the part of the smallest rectangle around it that the hull fills (1 rectangle, π/4 ellipse, 1/2
 * triangle), and the largest triangle inside the hull.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "base/util.h"
#include "sight.h"

struct point {
	double x, y;
};

struct hull {
	struct point *points;	/* counter-clockwise when y points up */
	size_t n;
	double area;
};

static double cross(struct point o, struct point a, struct point b)
{
	return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/* Put 2 into every px that can be reached from outside. queue: w × h. */
static void mark_outside(uint8_t *m, int w, int h, int *queue)
{
	int head = 0, tail = 0;
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			bool edge = x == 0 || y == 0 || x == w - 1 || y == h - 1;
			if (edge && m[y * w + x] == 0) {
				m[y * w + x] = 2;
				queue[tail++] = y * w + x;
			}
		}
	}
	while (head < tail) {
		int at = queue[head++], x = at % w, y = at / w;
		const int next[4] = {x > 0 ? at - 1 : at, x < w - 1 ? at + 1 : at,
				     y > 0 ? at - w : at, y < h - 1 ? at + w : at};
		for (int i = 0; i < 4; i++) {
			if (m[next[i]] == 0) {
				m[next[i]] = 2;
				queue[tail++] = next[i];
			}
		}
	}
}

/* Monotone chain (Andrew 1979) over points sorted by y. */
static size_t chain(const struct point *in, size_t n, struct point *out)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		while (k >= 2 && cross(out[k - 2], out[k - 1], in[i]) <= 0)
			k--;
		out[k++] = in[i];
	}
	size_t low = k + 1;
	for (size_t i = n - 1; i-- > 0;) {
		while (k >= low && cross(out[k - 2], out[k - 1], in[i]) <= 0)
			k--;
		out[k++] = in[i];
	}
	return k - 1;
}

static int by_place(const void *a, const void *b)
{
	const struct point *p = a, *q = b;
	if (p->y != q->y)
		return p->y < q->y ? -1 : 1;
	return p->x < q->x ? -1 : p->x > q->x;
}

static int make_hull(const uint8_t *m, int w, int h, struct hull *ret, struct err *e)
{
	CLEANUP(free_ptr) struct point *p = malloc((size_t)h * 2 * sizeof(*p));
	struct point *out = malloc(((size_t)h * 4 + 2) * sizeof(*out));
	if (!p || !out) {
		free(out);
		return err_sys(e, "cannot measure a shape");
	}
	size_t n = 0;
	for (int y = 0; y < h; y++) {
		int left = 0, right = w - 1;
		while (left < w && m[y * w + left] == 2)
			left++;
		while (right > left && m[y * w + right] == 2)
			right--;
		if (left == w)
			continue;
		/* The middle of a row's side is where a slanted edge crosses it. */
		double at = y == 0 ? 0.2 : y == h - 1 ? y + 0.8 : y + 0.5;
		p[n++] = (struct point){left, at};
		p[n++] = (struct point){right + 1, at};
	}
	qsort(p, n, sizeof(*p), by_place);
	ret->points = out;
	ret->n = chain(p, n, out);
	ret->area = 0;
	for (size_t i = 1; i + 1 < ret->n; i++)
		ret->area += cross(out[0], out[i], out[i + 1]) / 2;
	ret->area = fabs(ret->area);
	return 0;
}

/* The smallest rectangle around a hull has a side along one of its edges. */
static void smallest_rectangle(const struct hull *h, double *ret_long, double *ret_short)
{
	double best = INFINITY;
	for (size_t i = 0; i < h->n; i++) {
		struct point a = h->points[i], b = h->points[(i + 1) % h->n];
		double length = hypot(b.x - a.x, b.y - a.y);
		if (length == 0)
			continue;
		double ux = (b.x - a.x) / length, uy = (b.y - a.y) / length;
		double u0 = INFINITY, u1 = -INFINITY, v0 = INFINITY, v1 = -INFINITY;
		for (size_t k = 0; k < h->n; k++) {
			double u = h->points[k].x * ux + h->points[k].y * uy;
			double v = h->points[k].y * ux - h->points[k].x * uy;
			u0 = fmin(u0, u);
			u1 = fmax(u1, u);
			v0 = fmin(v0, v);
			v1 = fmax(v1, v);
		}
		if ((u1 - u0) * (v1 - v0) < best) {
			best = (u1 - u0) * (v1 - v0);
			*ret_long = fmax(u1 - u0, v1 - v0);
			*ret_short = fmin(u1 - u0, v1 - v0);
		}
	}
}

/* Area of the largest triangle of the hull's points: for each pair the third point moves on. */
static double largest_triangle(const struct hull *h)
{
	double best = 0;
	for (size_t i = 0; i < h->n; i++) {
		size_t k = (i + 2) % h->n;
		for (size_t j = i + 1; j < h->n; j++) {
			for (size_t steps = 0; steps < h->n; steps++) {
				size_t next = (k + 1) % h->n;
				if (fabs(cross(h->points[i], h->points[j], h->points[next])) <=
				    fabs(cross(h->points[i], h->points[j], h->points[k])))
					break;
				k = next;
			}
			best = fmax(best, fabs(cross(h->points[i], h->points[j], h->points[k])));
		}
	}
	return best / 2;
}

#define RAYS 72

/* How often does the outline go out and in again around the centre? A star's points. */
static int count_points(const uint8_t *m, int w, int h, double cx, double cy)
{
	double r[RAYS], min = INFINITY, max = 0;
	for (int i = 0; i < RAYS; i++) {
		double dx = cos(i * 2 * M_PI / RAYS), dy = sin(i * 2 * M_PI / RAYS);
		r[i] = 0;
		for (double d = 0; d < w + h; d += 0.5) {
			int x = (int)floor(cx + d * dx), y = (int)floor(cy + d * dy);
			if (x < 0 || y < 0 || x >= w || y >= h)
				break;
			if (m[y * w + x] != 2)
				r[i] = d;
		}
		min = fmin(min, r[i]);
		max = fmax(max, r[i]);
	}
	if (min > 0.75 * max)
		return 0;
	int n = 0;
	bool high = false, first = false;
	double up = min + 0.6 * (max - min), down = min + 0.35 * (max - min);
	for (int turn = 0; turn < 2 * RAYS; turn++) {
		double value = r[turn % RAYS];
		if (turn == RAYS)
			first = true;	/* the first round only finds the state */
		if (!high && value > up) {
			high = true;
			n += first;
		} else if (high && value < down) {
			high = false;
		}
	}
	return n;
}

/* The furthest point of the hull from the centre; a little of a px is the staircase's share. */
static double reach(const struct hull *h, double cx, double cy)
{
	double r = 0;
	for (size_t i = 0; i < h->n; i++)
		r = fmax(r, hypot(h->points[i].x - cx, h->points[i].y - cy));
	return r - 0.25;
}

static enum shape name_shape(const struct blob *b, const uint8_t *m, int w, int h,
			     const struct hull *hull)
{
	double length = 1, breadth = 1, cx = b->cx - b->box.x0, cy = b->cy - b->box.y0;
	smallest_rectangle(hull, &length, &breadth);
	double solid = b->filled / hull->area, aspect = length / breadth;
	double rect = hull->area / (length * breadth);
	double triangle = largest_triangle(hull) / hull->area;
	if (breadth < 5)
		return aspect > 2 ? SHAPE_RECTANGLE : SHAPE_OTHER;
	if (solid < 0.81) {
		int points = count_points(m, w, h, cx, cy);
		return points >= 4 && points <= 8 && aspect < 1.4 ? SHAPE_STAR : SHAPE_OTHER;
	}
	double rough = breadth < 30 ? 0.03 : 0;	/* a staircase weighs more when it is small */
	if (solid < 0.88)
		return SHAPE_OTHER;
	/* A rectangle comes next with 1/2; blur takes tips, so the middle parts them. */
	if (triangle > 0.7)
		return SHAPE_TRIANGLE;
	if (rect > 0.91 - rough && b->filled / (length * breadth) > 0.89 - 1.5 * rough)
		return aspect < 1.15 ? SHAPE_SQUARE : SHAPE_RECTANGLE;
	double round = hull->area / (M_PI * pow(reach(hull, cx, cy), 2));
	if (aspect < 1.12 + 3 * rough && round > 0.93 - 2 * rough)
		return SHAPE_CIRCLE;
	if (rect > 0.755 && rect < 0.83 && aspect >= 1.12 + 2 * rough)
		return SHAPE_OVAL;
	return SHAPE_POLYGON;
}

/* Largest distance to the outside, by two sweeps (chamfer 3-4, Borgefors 1986), in px. */
static double inner_diameter(const uint8_t *m, int w, int h, int *d)
{
	int best = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (int k = 0; k < w * h; k++) {
			int i = pass ? w * h - 1 - k : k, x = i % w, y = i / w;
			int s = pass ? 1 : -1;
			if (m[i] != 1) {
				d[i] = 0;
				continue;
			}
			bool row = y + s >= 0 && y + s < h;
			int near = x + s >= 0 && x + s < w ? d[i + s] : 0;
			int above = row ? d[i + s * w] : 0;
			int left = row && x > 0 ? d[i + s * w - 1] : 0;
			int right = row && x < w - 1 ? d[i + s * w + 1] : 0;
			int v = MIN(MIN(near, above) + 3, MIN(left, right) + 4);
			d[i] = pass ? MIN(d[i], v) : v;
			if (pass)
				best = MAX(best, d[i]);
		}
	}
	return MAX(1, 2.0 * best / 3 - 1);
}

int geometry(struct blob *b, const uint8_t *mask, struct err *e)
{
	int w = b->box.x1 - b->box.x0, h = b->box.y1 - b->box.y0;
	size_t n = (size_t)w * (size_t)h;
	CLEANUP(free_ptr) uint8_t *m = malloc(n);
	CLEANUP(free_ptr) int *work = malloc(n * sizeof(*work));
	if (!m || !work)
		return err_sys(e, "cannot measure a shape");
	memcpy(m, mask, n);
	b->thick = inner_diameter(m, w, h, work);
	mark_outside(m, w, h, work);
	double sx = 0, sy = 0;
	b->filled = 0;
	for (int i = 0; i < w * h; i++) {
		if (m[i] != 2) {
			b->filled++;
			sx += i % w + 0.5;
			sy += i / w + 0.5;
		}
	}
	b->cx = b->box.x0 + sx / b->filled;
	b->cy = b->box.y0 + sy / b->filled;
	struct hull hull = {0};
	if (make_hull(m, w, h, &hull, e) < 0)
		return -1;
	b->shape = name_shape(b, m, w, h, &hull);
	free(hull.points);
	return 0;
}
