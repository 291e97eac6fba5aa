/* src/audio/mp3.c - see mp3.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/mp3.h"

#include <mpg123.h>

#include "base/util.h"

#define PIECE 16384
#define FRAMES_MAX ((size_t)1 << 31)

bool mp3_begins(const void *data, size_t len)
{
	const unsigned char *p = data;
	if (len >= 3 && memcmp(p, "ID3", 3) == 0)
		return true;
	/* 11 bits of sync, and a layer: AAC has none there */
	return len >= 4 && p[0] == 0xFF && (p[1] & 0xE0) == 0xE0 && (p[1] & 0x06) != 0;
}

static void free_handle(mpg123_handle **h)
{
	mpg123_delete(*h);
}

static mpg123_handle *open_handle(const void *data, size_t len)
{
	mpg123_handle *h = mpg123_new(NULL, NULL);
	if (h && mpg123_param(h, MPG123_ADD_FLAGS, MPG123_QUIET | MPG123_FORCE_FLOAT,
		0) == MPG123_OK &&
	    mpg123_open_feed(h) == MPG123_OK && mpg123_feed(h, data, len) == MPG123_OK)
		return h;
	mpg123_delete(h);
	return NULL;
}

struct format {
	long rate;
	int channels;
};

/* A file has one format from its start to its end. */
static int take_format(mpg123_handle *h, struct format *f, struct err *e)
{
	struct format now = {0};
	int encoding;
	if (mpg123_getformat(h, &now.rate, &now.channels, &encoding) != MPG123_OK ||
	    encoding != MPG123_ENC_FLOAT_32 || now.channels < 1 || now.rate < 1)
		return err_set(e, ERR_DATA, "this MP3 has no format that can be read");
	if (f->rate && (f->rate != now.rate || f->channels != now.channels))
		return err_set(e, ERR_DATA, "this MP3 changes its format on the way");
	*f = now;
	return 0;
}

int mp3_decode(const void *data, size_t len, int *ret_channels, int *ret_rate, size_t *ret_frames,
	       int (*keep)(void *ctx, const float *samples, size_t n), void *ctx, struct err *e)
{
	CLEANUP(free_handle) mpg123_handle *h = open_handle(data, len);
	float piece[PIECE / sizeof(float)];
	struct format f = {0};
	size_t total = 0;
	if (!h)
		return err_set(e, ERR_SYSTEM, "no memory to decode an MP3");
	for (;;) {
		size_t got = 0;
		int rc = mpg123_read(h, piece, sizeof(piece), &got);
		if (rc == MPG123_NEW_FORMAT && take_format(h, &f, e) < 0)
			return -1;
		size_t n = got / sizeof(float);
		if (total > FRAMES_MAX - n)
			return err_set(e, ERR_DATA, "this MP3 is too long");
		total += n;
		if (n > 0 && keep && keep(ctx, piece, n) < 0)
			return err_set(e, ERR_SYSTEM, "no memory to hold a sound file");
		if (rc == MPG123_NEED_MORE || rc == MPG123_DONE)
			break;
		if (rc != MPG123_OK && rc != MPG123_NEW_FORMAT)
			return err_set(e, ERR_DATA, "this MP3 is damaged: %s", mpg123_strerror(h));
	}
	if (total == 0)
		return err_set(e, ERR_DATA, "this MP3 holds no samples");
	*ret_channels = f.channels;
	*ret_rate = (int)f.rate;
	*ret_frames = total / (size_t)f.channels;
	return 0;
}
