/* workers/vision/view.c - scaling down and smoothing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include "base/util.h"

/* Mean over factor × factor blocks; a last block may be narrower. */
static void shrink(const struct picture *p, struct view *v)
{
	int f = v->factor;
	for (int y = 0; y < v->height; y++) {
		int y1 = MIN(p->height, (y + 1) * f);
		for (int x = 0; x < v->width; x++) {
			int x1 = MIN(p->width, (x + 1) * f);
			unsigned sum[3] = {0}, n = 0;
			for (int sy = y * f; sy < y1; sy++) {
				const uint8_t *s = p->rgb + 3 * ((size_t)sy * (size_t)p->width +
								 (size_t)(x * f));
				for (int sx = x * f; sx < x1; sx++, s += 3, n++) {
					sum[0] += s[0];
					sum[1] += s[1];
					sum[2] += s[2];
				}
			}
			uint8_t *d = v->rgb + 3 * ((size_t)y * (size_t)v->width + (size_t)x);
			for (int c = 0; c < 3; c++)
				d[c] = (uint8_t)((sum[c] + n / 2) / n);
		}
	}
}

/* The median says what most of the picture does: edges do not count. */
static int find_noise(const struct view *v)
{
	size_t count[256] = {0}, n = 0, below = 0;
	for (int y = 0; y < v->height; y++) {
		const uint8_t *row = view_at(v, 0, y);
		for (int i = 3; i < 3 * v->width; i++, n++)
			count[row[i] > row[i - 3] ? row[i] - row[i - 3] : row[i - 3] - row[i]]++;
	}
	int noise = 0;
	while (noise < 255 && (below += count[noise]) * 2 < n)
		noise++;
	return noise;
}

/* Mean over (2 radius + 1)², in two passes. */
static int smooth(struct view *v, int radius, struct err *e)
{
	size_t bytes = 3 * (size_t)v->width * (size_t)v->height;
	uint8_t *half = malloc(bytes);
	if (!half)
		return err_sys(e, "cannot smooth a picture");
	int row = 3 * v->width;
	for (size_t i = 0; i < bytes; i++) {
		int at = (int)(i % (size_t)row), sum = 0, n = 0;
		for (int k = -radius; k <= radius; k++) {
			if (at + 3 * k >= 0 && at + 3 * k < row) {
				sum += v->rgb[(ptrdiff_t)i + 3 * k];
				n++;
			}
		}
		half[i] = (uint8_t)((sum + n / 2) / n);
	}
	for (size_t i = 0; i < bytes; i++) {
		int y = (int)(i / (size_t)row), sum = 0, n = 0;
		for (int k = -radius; k <= radius; k++) {
			if (y + k >= 0 && y + k < v->height) {
				sum += half[(ptrdiff_t)i + (ptrdiff_t)row * k];
				n++;
			}
		}
		v->rgb[i] = (uint8_t)((sum + n / 2) / n);
	}
	free(half);
	return 0;
}

int view_make(const struct picture *p, struct view *ret, struct err *e)
{
	struct view v = {.factor = (MAX(p->width, p->height) + VIEW_SIDE - 1) / VIEW_SIDE};
	v.width = (p->width + v.factor - 1) / v.factor;
	v.height = (p->height + v.factor - 1) / v.factor;
	v.rgb = malloc(3 * (size_t)v.width * (size_t)v.height);
	if (!v.rgb)
		return err_sys(e, "cannot hold a view of the picture");
	shrink(p, &v);
	v.noise = find_noise(&v);
	v.rough = v.noise > 55;
	int radius = v.noise > 24 ? 2 : v.noise > 4 ? 1 : 0;
	if (radius && smooth(&v, radius, e) < 0) {
		view_release(&v);
		return -1;
	}
	/* A mean over n px leaves 1/√n of it. */
	v.noise /= 2 * radius + 1;
	*ret = v;
	return 0;
}

void view_release(struct view *v)
{
	free(v->rgb);
	v->rgb = NULL;
}
