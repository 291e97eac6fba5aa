/* workers/vision/sight.c - looking at one picture.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sight.h"

#include <stdlib.h>

#include "base/util.h"

/* Shares of colours: of a drawing from its blobs; else from the px that are like their
 * neighbours, because edges and noise mix colours that nobody painted. */
static void count_colors(struct sight *s)
{
	double all = (double)s->view.width * s->view.height;
	if (s->plain) {
		double rest = 1;
		for (size_t i = 0; i < s->n_blobs; i++) {
			s->share[s->blobs[i].color] += s->blobs[i].area / all;
			rest -= s->blobs[i].area / all;
		}
		s->share[color_of(s->background)] += rest > 0 ? rest : 0;
		return;
	}
	size_t n = 0, count[N_COLORS] = {0};
	for (int y = 0; y + 1 < s->view.height; y++) {
		for (int x = 0; x + 1 < s->view.width; x++) {
			const uint8_t *p = view_at(&s->view, x, y);
			if (color_distance(p, p + 3) > 40 ||
			    color_distance(p, view_at(&s->view, x, y + 1)) > 40)
				continue;
			count[color_of(p)]++;
			n++;
		}
	}
	for (int c = 0; c < N_COLORS && n > 0; c++)
		s->share[c] = (double)count[c] / (double)n;
}

int sight_make(const struct picture *p, struct arena *a, struct sight *ret, struct err *e)
{
	struct sight s = {.picture = *p};
	if (view_make(p, &s.view, e) < 0)
		return -1;
	if (segment(&s, a, e) < 0 || lines_find(&s, a, e) < 0) {
		sight_release(&s);
		return -1;
	}
	count_colors(&s);
	*ret = s;
	return 0;
}

void sight_release(struct sight *s)
{
	view_release(&s->view);
	free(s->mask);
	s->mask = NULL;
}
