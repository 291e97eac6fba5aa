/* workers/vision/motion.h - what changes over the frames of a video.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_MOTION_H
#define VISION_MOTION_H

#include "sight.h"

#define DIRECTION_NONE 8

/* One thing followed through the frames. */
struct track {
	struct blob blob;	/* where it was seen first */
	size_t first, last;	/* frames, from 0 */
	double x0, y0, x1, y1;	/* centres at the first and the last sight, parts of the frame */
	double far_x, far_y;	/* farthest place from the first, parts of the frame */
	double size0, size1;	/* square roots of its areas */
	int direction;		/* 0 right, 1 down right, 2 down … 7 up right; DIRECTION_NONE */
	bool returns;		/* it goes there and comes back */
};

/* Tracks in the order of their first frame, the largest first. frames[i] are looked at in order.*/
int motion_find(const struct sight *frames, size_t n, struct arena *a, struct track **ret_tracks,
		size_t *ret_n, struct err *e);

#endif
