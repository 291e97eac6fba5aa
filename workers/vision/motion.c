/* workers/vision/motion.c - see motion.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "motion.h"

#include <math.h>
#include <stdlib.h>

#include "base/util.h"

#define THINGS_MAX 200	/* of one frame */

/* What counts as a thing in a frame: objects; where there are none, the largest other blob. */
static size_t things_of(const struct sight *s, const struct blob **ret)
{
	size_t n = 0;
	const struct blob *largest = NULL;
	for (size_t i = 0; i < s->n_blobs; i++) {
		const struct blob *b = &s->blobs[i];
		bool thing = b->is_object || (b->cut && b->thick > 6 && !b->is_text);
		if (thing && n < THINGS_MAX)
			ret[n++] = b;
		if (!largest || b->area > largest->area)
			largest = b;
	}
	if (n == 0 && largest && largest->area > 30)
		ret[n++] = largest;
	return n;
}

static double middle(double low, double high, int whole)
{
	return (low + high) / 2 / whole;
}

/* How unlike are a track's last sight and a thing? Above 1.2: another thing. */
static double unlike(const struct track *t, const struct sight *s, const struct blob *b)
{
	double x = middle(b->box.x0, b->box.x1, s->view.width);
	double y = middle(b->box.y0, b->box.y1, s->view.height);
	double cost = color_distance(t->blob.rgb, b->rgb) / 130.0;
	if (t->blob.shape != b->shape && !t->blob.cut && !b->cut)
		cost += 0.5;
	cost += 0.4 * fabs(log(sqrt(b->area) / t->size1));
	return cost + 0.5 * hypot(x - t->x1, y - t->y1);
}

static void see(struct track *t, const struct sight *s, const struct blob *b, size_t frame)
{
	double x = b->cx / s->view.width, y = b->cy / s->view.height;
	if (hypot(x - t->x0, y - t->y0) > hypot(t->far_x - t->x0, t->far_y - t->y0)) {
		t->far_x = x;
		t->far_y = y;
	}
	t->x1 = x;
	t->y1 = y;
	t->size1 = sqrt(b->area);
	t->last = frame;
}

static struct track begin(const struct sight *s, const struct blob *b, size_t frame)
{
	struct track t = {.blob = *b, .first = frame, .last = frame};
	t.x0 = t.x1 = t.far_x = b->cx / s->view.width;
	t.y0 = t.y1 = t.far_y = b->cy / s->view.height;
	t.size0 = t.size1 = sqrt(b->area);
	return t;
}

static int larger_first(const void *a, const void *b)
{
	const struct blob *const *p = a, *const *q = b;
	return (*q)->area - (*p)->area;
}

/* Give each thing to the track that it is most like, the best pair first. */
static void match(const struct sight *s, size_t frame, const struct blob **things, size_t n,
		  struct arena *a, struct track **tracks, size_t *n_tracks)
{
	bool taken[THINGS_MAX] = {false};
	size_t known = *n_tracks;
	bool *busy = arena_array(a, known + 1, sizeof(*busy));
	for (;;) {
		double best = 1.2;
		size_t thing = 0, track = 0;
		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < known && !taken[i]; k++) {
				double cost = busy[k] ? 9 : unlike(&(*tracks)[k], s, things[i]);
				if (cost < best) {
					best = cost;
					thing = i;
					track = k;
				}
			}
		}
		if (best == 1.2)
			break;
		taken[thing] = busy[track] = true;
		see(&(*tracks)[track], s, things[thing], frame);
	}
	for (size_t i = 0; i < n; i++) {
		if (!taken[i] && *n_tracks < THINGS_MAX)
			*ARENA_ADD(a, *tracks, *n_tracks) = begin(s, things[i], frame);
	}
}

static void find_direction(struct track *t, const struct sight *s)
{
	double w = s->view.width, h = s->view.height;
	double dx = (t->x1 - t->x0) * w, dy = (t->y1 - t->y0) * h;
	double fx = (t->far_x - t->x0) * w, fy = (t->far_y - t->y0) * h;
	double least = fmax(2, 0.015 * hypot(w, h));
	t->direction = DIRECTION_NONE;
	t->returns = hypot(fx, fy) > 2 * least && hypot(dx, dy) < 0.5 * hypot(fx, fy);
	if (t->returns) {
		dx = fx;
		dy = fy;
	}
	if (hypot(dx, dy) < least)
		return;
	t->direction = ((int)lround(atan2(dy, dx) / (M_PI / 4)) + 8) % 8;
}

int motion_find(const struct sight *frames, size_t n, struct arena *a, struct track **ret_tracks,
		size_t *ret_n, struct err *e)
{
	const struct blob **things = malloc(THINGS_MAX * sizeof(*things));
	struct track *tracks = NULL;
	size_t n_tracks = 0;
	if (!things)
		return err_sys(e, "cannot follow motion");
	for (size_t i = 0; i < n; i++) {
		size_t count = things_of(&frames[i], things);
		if (count)
			qsort(things, count, sizeof(*things), larger_first);
		match(&frames[i], i, things, count, a, &tracks, &n_tracks);
	}
	free(things);
	for (size_t i = 0; i < n_tracks; i++)
		find_direction(&tracks[i], &frames[0]);
	*ret_tracks = tracks;
	*ret_n = n_tracks;
	return 0;
}
