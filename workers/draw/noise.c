/* workers/draw/noise.c - every pixel a little different, from a seed.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/rng.h"
#include "base/util.h"
#include "draw.h"

static const char *const noise_keys[] = {"noise", "strength", NULL};

/* value ± amplitude, evenly, from 16 random bits. */
static unsigned shake(unsigned value, unsigned bits, int amplitude)
{
	int change = (int)(bits % (unsigned)(2 * amplitude + 1)) - amplitude;
	return (unsigned)MAX(0, MIN(255, (int)value + change));
}

int noise_draw(struct canvas *c, const struct item *it, struct err *e)
{
	double seed, strength;
	if (item_keys(it, noise_keys, e) < 0 ||
	    item_number(it, "noise", 0, 9007199254740992.0, NAN, &seed, e) < 0 ||
	    item_number(it, "strength", 0, 1, 0.02, &strength, e) < 0)
		return -1;
	int amplitude = (int)lround(strength * 127);
	struct rng rng;
	rng_init_named(&rng, (uint64_t)seed, "noise");
	cairo_surface_flush(c->surface);
	unsigned char *data = cairo_image_surface_get_data(c->surface);
	size_t stride = (size_t)cairo_image_surface_get_stride(c->surface);
	for (int y = 0; y < c->height; y++) {
		uint32_t *row = (uint32_t *)(void *)(data + (size_t)y * stride);
		for (int x = 0; x < c->width; x++) {
			uint64_t bits = rng_next(&rng);
			unsigned r = shake(row[x] >> 16 & 255, bits & 0xffff, amplitude);
			unsigned g = shake(row[x] >> 8 & 255, bits >> 16 & 0xffff, amplitude);
			unsigned b = shake(row[x] & 255, bits >> 32 & 0xffff, amplitude);
			row[x] = r << 16 | g << 8 | b;
		}
	}
	cairo_surface_mark_dirty(c->surface);
	return 0;
}
