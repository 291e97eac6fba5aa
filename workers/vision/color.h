/* workers/vision/color.h - the twelve colour words.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VISION_COLOR_H
#define VISION_COLOR_H

#include <stdint.h>

enum color {
	COL_RED, COL_GREEN, COL_BLUE, COL_YELLOW, COL_ORANGE, COL_PURPLE,
	COL_BLACK, COL_WHITE, COL_GRAY, COL_BROWN, COL_PINK, COL_CYAN,
	N_COLORS,
};

/* The word for what people see there. */
enum color color_of(const uint8_t rgb[3]);

/* Distance of two colours, 0 … 441 (Euclid over red, green, blue). */
int color_distance(const uint8_t a[3], const uint8_t b[3]);

/* Strength of the colour itself: largest minus smallest channel, 0 … 255. */
int color_chroma(const uint8_t rgb[3]);

#endif
