/* src/image/probe.c - see probe.h. Sources: ITU-T T.81 (JPEG), W3C PNG, GIF89a, RFC 9649 (WebP),
 * Microsoft's BITMAPINFOHEADER.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/probe.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

static uint32_t big(const unsigned char *p, int n)
{
	uint32_t v = 0;
	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static uint32_t little(const unsigned char *p, int n)
{
	uint32_t v = 0;
	for (int i = n - 1; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static bool set(struct image_info *i, const char *format, const char *mime, uint32_t width,
		uint32_t height)
{
	if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
		return false;
	*i = (struct image_info){format, mime, (int)width, (int)height};
	return true;
}

/* Segments up to the first start-of-frame marker. */
static bool probe_jpeg(const unsigned char *p, size_t len, struct image_info *i)
{
	size_t at = 2;
	while (at + 4 <= len) {
		if (p[at] != 0xFF)
			return false;
		unsigned char marker = p[at + 1];
		if (marker == 0xFF) {	/* fill byte */
			at++;
			continue;
		}
		size_t size = big(p + at + 2, 2);
		bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
			     marker != 0xCC;
		if (frame)
			return at + 9 <= len && set(i, "jpeg", "image/jpeg", big(p + at + 7, 2),
						    big(p + at + 5, 2));
		if (marker == 0xDA || marker == 0xD9 || size < 2)
			return false;
		at += 2 + size;
	}
	return false;
}

static bool probe_webp(const unsigned char *p, size_t len, struct image_info *i)
{
	if (len >= 30 && memcmp(p + 12, "VP8X", 4) == 0)
		return set(i, "webp", "image/webp", little(p + 24, 3) + 1, little(p + 27, 3) + 1);
	if (len >= 25 && memcmp(p + 12, "VP8L", 4) == 0 && p[20] == 0x2F) {
		uint32_t bits = little(p + 21, 4);
		return set(i, "webp", "image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
	}
	if (len >= 30 && memcmp(p + 12, "VP8 ", 4) == 0 && memcmp(p + 23, "\x9d\x01\x2a", 3) == 0)
		return set(i, "webp", "image/webp", little(p + 26, 2) & 0x3FFF,
			   little(p + 28, 2) & 0x3FFF);
	return false;
}

static bool probe_bmp(const unsigned char *p, size_t len, struct image_info *i)
{
	if (len < 26 || little(p + 14, 4) < 40)
		return false;
	int32_t height = (int32_t)little(p + 22, 4);	/* negative: rows from the top */
	if (height == INT32_MIN)
		return false;
	return set(i, "bmp", "image/bmp", little(p + 18, 4),
		(uint32_t)(height < 0 ? -height : height));
}

int image_probe(const void *data, size_t len, struct image_info *ret, struct err *e)
{
	const unsigned char *p = data;
	struct image_info i;
	const char *known = NULL;
	bool ok = false;
	if (len >= 2 && p[0] == 0xFF && p[1] == 0xD8) {
		known = "JPEG";
		ok = probe_jpeg(p, len, &i);
	} else if (len >= 8 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0) {
		known = "PNG";
		ok = len >= 24 && memcmp(p + 12, "IHDR", 4) == 0 &&
		     set(&i, "png", "image/png", big(p + 16, 4), big(p + 20, 4));
	} else if (len >= 6 && (memcmp(p, "GIF87a", 6) == 0 || memcmp(p, "GIF89a", 6) == 0)) {
		known = "GIF";
		ok = len >= 10 && set(&i, "gif", "image/gif", little(p + 6, 2), little(p + 8, 2));
	} else if (len >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0) {
		known = "WebP";
		ok = probe_webp(p, len, &i);
	} else if (len >= 2 && memcmp(p, "BM", 2) == 0) {
		known = "BMP";
		ok = probe_bmp(p, len, &i);
	}
	if (!known)
		return err_set(e, ERR_DATA, "this is no picture that assay knows (JPEG, PNG, GIF, "
			       "WebP, BMP)");
	if (!ok)
		return err_set(e, ERR_DATA, "this %s is damaged: its size cannot be read", known);
	*ret = i;
	return 0;
}
