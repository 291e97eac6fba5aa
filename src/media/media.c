/* src/media/media.c - files in memory, with what requests and figures need to know of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "audio/decode.h"
#include "base/base64.h"
#include "base/str.h"
#include "base/util.h"
#include "image/probe.h"
#include "media/sample.h"

#define BASE64_MAX ((size_t)2 << 30)

static const char *audio_mime(const char *format)
{
	static const struct {
		const char *format, *mime;
	} rows[] = {{"wav", "audio/wav"}, {"flac", "audio/flac"}, {"ogg", "audio/ogg"},
		    {"opus", "audio/ogg"}, {"mp3", "audio/mpeg"}, {"aiff", "audio/aiff"},
		    {"au", "audio/basic"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].format, format) == 0)
			return rows[i].mime;
	return "application/octet-stream";
}

int media_add_base64(struct media *m, struct arena *a, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BASE64_MAX);
	if (m->base64)
		return 0;
	if (base64_encode(m->data, m->len, &text) < 0)
		return err_set(e, ERR_SYSTEM, "no memory for %zu bytes of '%s' as base64", m->len,
			       m->name ? m->name : "a file");
	m->base64 = arena_strn(a, text.data ? text.data : "", text.len);
	m->base64_len = text.len;
	return 0;
}

/* Sound that cannot be decoded and pictures without a size are kept all the same: a test may be
 * about sending them. */
int media_from_bytes(const char *name, const char *mime, const void *data, size_t len,
		     struct arena *a, struct media *ret, struct err *e)
{
	struct media m = {.name = arena_str(a, name), .len = len, .seconds = (double)NAN};
	struct image_info image;
	char format[16];
	m.data = arena_copy(a, data, len);
	hash_sha256(data, len, m.sha256);
	bool maybe_image = !mime || str_starts(mime, "image/");
	bool maybe_audio = !mime || str_starts(mime, "audio/");
	if (maybe_image && image_probe(data, len, &image, NULL) == 0) {
		m.width = image.width;
		m.height = image.height;
		m.mime = mime ? arena_str(a, mime) : image.mime;
	} else if (maybe_audio && audio_length(data, len, &m.seconds, format, NULL) == 0) {
		m.mime = mime ? arena_str(a, mime) : audio_mime(format);
	} else {
		m.seconds = (double)NAN;
		m.mime = mime ? arena_str(a, mime) : "application/octet-stream";
	}
	if (str_starts(m.mime, "image/") && media_add_base64(&m, a, e) < 0)
		return -1;
	*ret = m;
	return 0;
}
