/* workers/vision/color.c - see color.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "color.h"

#include <math.h>

#include "base/util.h"

int color_distance(const uint8_t a[3], const uint8_t b[3])
{
	int r = a[0] - b[0], g = a[1] - b[1], bl = a[2] - b[2];
	return (int)sqrtf((float)(r * r + g * g + bl * bl));
}

int color_chroma(const uint8_t rgb[3])
{
	return MAX(rgb[0], MAX(rgb[1], rgb[2])) - MIN(rgb[0], MIN(rgb[1], rgb[2]));
}

/* Degrees on the colour wheel: 0 red, 120 green, 240 blue. chroma > 0. */
static double hue_of(const uint8_t rgb[3], int chroma)
{
	double r = rgb[0], g = rgb[1], b = rgb[2];
	double max = MAX(r, MAX(g, b)), hue;
	if (max == r)
		hue = (g - b) / chroma;
	else if (max == g)
		hue = 2 + (b - r) / chroma;
	else
		hue = 4 + (r - g) / chroma;
	hue *= 60;
	return hue < 0 ? hue + 360 : hue;
}

static enum color grey_of(int max, int min)
{
	int middle = (max + min) / 2;
	if (middle < 52)
		return COL_BLACK;
	return middle > 216 ? COL_WHITE : COL_GRAY;
}

/* Warm hues change their word with lightness: dark orange is brown, light red is pink. */
static enum color warm_of(double hue, int max, int min)
{
	double light = (max + min) / 2.0, saturation = (double)(max - min) / max;
	if (hue >= 345 || hue < 14)
		return light > 165 && min > 105 ? COL_PINK : COL_RED;
	if (hue < 45) {
		if (max < 185 || (max < 215 && saturation < 0.6))
			return COL_BROWN;
		return light > 190 && hue < 20 ? COL_PINK : COL_ORANGE;
	}
	return max < 120 ? COL_BROWN : COL_YELLOW;
}

enum color color_of(const uint8_t rgb[3])
{
	int max = MAX(rgb[0], MAX(rgb[1], rgb[2])), min = MIN(rgb[0], MIN(rgb[1], rgb[2]));
	int chroma = max - min;
	if (max < 48)
		return COL_BLACK;
	if (chroma < 28 || (double)chroma / max < 0.14)
		return grey_of(max, min);
	double hue = hue_of(rgb, chroma);
	if (hue >= 345 || hue < 67)
		return warm_of(hue, max, min);
	if (hue < 165)
		return COL_GREEN;
	if (hue < 200)
		return COL_CYAN;
	if (hue < 258)
		return COL_BLUE;
	if (hue < 305)
		return COL_PURPLE;
	return min > 100 || (max > 200 && hue > 318) ? COL_PINK : COL_PURPLE;
}
