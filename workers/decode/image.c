/* workers/decode/image.c - pictures to RGB: limits, format, orientation.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/util.h"
#include "decode.h"

#define PIXELS_DEFAULT ((int64_t)64 * 1000 * 1000)
#define SIDE_DEFAULT 16384

int picture_check_size(struct picture *p, uint64_t width, uint64_t height, struct err *e)
{
	if (width == 0 || height == 0)
		return refuse(p->r, e, "damaged", "a picture of %llu by %llu pixels",
			      (unsigned long long)width, (unsigned long long)height);
	if (width > p->max_side || height > p->max_side)
		return refuse(p->r, e, "too_large", "a picture of %llu by %llu pixels; a side may "
			      "have %llu", (unsigned long long)width, (unsigned long long)height,
			      (unsigned long long)p->max_side);
	if (width * height > p->max_pixels)	/* both fit into 32 bits */
		return refuse(p->r, e, "too_large", "a picture of %llu by %llu pixels; it may have "
			      "%llu in all", (unsigned long long)width, (unsigned long long)height,
			      (unsigned long long)p->max_pixels);
	double aspect = (double)MAX(width, height) / (double)MIN(width, height);
	if (p->max_aspect > 0 && aspect > p->max_aspect)
		return refuse(p->r, e, "too_large", "a picture of %llu by %llu pixels; one side "
			      "may be %g times the other", (unsigned long long)width,
			      (unsigned long long)height, p->max_aspect);
	p->width = (uint32_t)width;
	p->height = (uint32_t)height;
	return 0;
}

/* Where the pixel (x, y) of the upright picture comes from. */
static size_t source(const struct picture *p, size_t x, size_t y)
{
	size_t w = p->width;
	size_t right = w - 1;
	size_t low = (size_t)p->height - 1;
	switch (p->orientation) {
	case 2: return y * w + (right - x);
	case 3: return (low - y) * w + (right - x);
	case 4: return (low - y) * w + x;
	case 5: return x * w + y;
	case 6: return (low - x) * w + y;
	case 7: return (low - x) * w + (right - y);
	case 8: return x * w + (right - y);
	default: return y * w + x;
	}
}

static int turn(struct picture *p, struct err *e)
{
	if (p->orientation <= 1)
		return 0;
	bool swap = p->orientation >= 5;
	size_t width = swap ? p->height : p->width;
	size_t height = swap ? p->width : p->height;
	unsigned char *rgb = malloc(width * height * 3);
	if (!rgb)
		return err_set(e, ERR_SYSTEM, "out of memory for the picture");
	unsigned char *to = rgb;
	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++, to += 3)
			memcpy(to, p->rgb + 3 * source(p, x, y), 3);
	free(p->rgb);
	p->rgb = rgb;
	p->width = (uint32_t)width;
	p->height = (uint32_t)height;
	return 0;
}

static int read_limits(struct picture *p, const json_t *header, struct err *e)
{
	int64_t pixels = PIXELS_DEFAULT;
	int64_t side = SIDE_DEFAULT;
	(void)json_whole(header, "max_pixels", &pixels);
	(void)json_whole(header, "max_side", &side);
	(void)json_number(header, "max_aspect", &p->max_aspect);
	if (pixels <= 0 || side <= 0 || side > 65535)
		return refuse(p->r, e, "protocol", "'max_pixels' or 'max_side' is out of range");
	p->max_pixels = (uint64_t)pixels;
	p->max_side = (uint64_t)side;
	return 0;
}

static int read_picture(struct picture *p, const char **ret_format, struct err *e)
{
	if (p->file_len >= 8 && memcmp(p->file, "\x89PNG\r\n\x1a\n", 8) == 0) {
		*ret_format = "png";
		return picture_read_png(p, e);
	}
	if (p->file_len >= 3 && memcmp(p->file, "\xff\xd8\xff", 3) == 0) {
		*ret_format = "jpeg";
		return picture_read_jpeg(p, e);
	}
	return refuse(p->r, e, "unsupported_format",
		      "the file is no picture that can be read (png, jpeg)");
}

int decode_image(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	struct picture p = {
		.r = r, .file = (const unsigned char *)f->payload, .file_len = f->payload_len,
		.orientation = 1,
	};
	const char *format = NULL;
	int rc = read_limits(&p, f->header, e);
	if (rc == 0)
		rc = read_picture(&p, &format, e);
	if (rc == 0)
		rc = turn(&p, e);
	if (rc == 0) {
		json_t *h = json_pack("{s:I, s:I, s:i}", "width", (json_int_t)p.width, "height",
				      (json_int_t)p.height, "channels", 3);
		rc = guest_reply(r, "image", h, p.rgb, (size_t)p.width * p.height * 3, e);
	}
	json_put_text(done, "format", format);
	if (p.damaged)
		json_put_bool(done, "damaged", true);
	free(p.rgb);
	return rc;
}
