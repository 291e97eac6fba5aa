/* workers/vision/view.h - a picture as it came, and the smaller view that is looked at.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_VIEW_H
#define VISION_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VIEW_SIDE 2000	/* longest side of a view, px */

/* RGB, 3 bytes for each pixel; somebody else's memory. */
struct picture {
	const uint8_t *rgb;
	int width, height;
};

struct view {
	uint8_t *rgb;
	int width, height;
	int factor;	/* px of the picture for one px of the view */
	bool rough;	/* nothing but noise, so that no area has one colour */
	int noise;	/* median difference of neighbouring channels that smoothing left */
};

int view_make(const struct picture *p, struct view *ret, struct err *e);
void view_release(struct view *v);

static inline const uint8_t *view_at(const struct view *v, int x, int y)
{
	return v->rgb + 3 * ((size_t)y * (size_t)v->width + (size_t)x);
}

#endif
