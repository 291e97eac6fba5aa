/* src/image/probe.h - format and size of a picture from its first bytes, nothing decoded.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IMAGE_PROBE_H
#define IMAGE_PROBE_H

#include <stddef.h>

#include "base/err.h"

struct image_info {
	const char *format;	/* "jpeg", "png", "gif", "bmp", "webp"; static text */
	const char *mime;	/* "image/jpeg" … */
	int width, height;
};

/* ERR_DATA when the format is not known or its head is damaged. */
int image_probe(const void *data, size_t len, struct image_info *ret, struct err *e);

#endif
