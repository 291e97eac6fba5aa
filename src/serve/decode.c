/* src/serve/decode.c - see decode.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/decode.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "serve/server_parts.h"

#define ASPECT_MAX 200

static int add(struct request *r, struct buf *out, const struct answer *a)
{
	if (a->len == 0)
		return 0;
	if (reserve(r, a->len) < 0)
		return -1;
	if (buf_add(out, a->payload, a->len) < 0)
		return refuse(r, 413, "too_large",
			"the media is larger than %zu bytes when decoded",
			      out->max);
	return 0;
}

/* One file through a decode worker: what it sends is appended, `each` looks at every header. */
static int decode(struct request *r, json_t *header, const void *data, size_t len,
		  struct buf *out, int (*each)(struct request *r, const json_t *h, void *ctx),
		  void *ctx)
{
	int rc = open_call(r, r->server->spec.decoders);
	if (rc < 0)
		json_decref(header);
	if (rc == 0)
		rc = send_frame(r, header, data, len);
	bool done = false;
	while (rc == 0 && !done) {
		rc = next_answer(r);
		done = r->answer.rc == CALL_DONE;
		if (rc == 0)
			rc = add(r, out, &r->answer);
		if (rc == 0)
			rc = each(r, r->answer.header, ctx);
	}
	call_close(r->call);
	r->call = NULL;
	if (rc < 0 && (r->refusal.status == 400 || r->refusal.status == 413 ||
		       r->refusal.status == 415))
		metrics_decode_failure(r->server->metrics);
	return rc;
}

static int see_audio(struct request *r, const json_t *h, void *ctx)
{
	int64_t bad = 0;
	(void)ctx;
	if (json_whole(h, "nonfinite", &bad) && bad > 0)
		return refuse(r, 400, "invalid_audio",
			"the audio holds samples that are no numbers");
	return 0;
}

int decode_audio(struct request *r, const void *data, size_t len, int rate, struct buf *pcm)
{
	const struct limits *l = r->server->spec.limits;
	size_t before = pcm->len;
	if (len == 0)
		return refuse(r, 400, "invalid_audio", "the audio file is empty");
	json_t *h = json_pack("{s:s, s:s, s:i, s:i, s:f, s:I}", "type", "decode", "kind", "audio",
			      "rate", rate, "channels", 1, "max_seconds", ns_to_s(l->audio_ns),
			      "max_bytes", (json_int_t)(l->decoded_bytes - pcm->len));
	if (decode(r, h, data, len, pcm, see_audio, NULL) < 0)
		return -1;
	size_t bytes = pcm->len - before;
	if (bytes < sizeof(int16_t))
		return refuse(r, 400, "invalid_audio", "there is no audio in the file");
	return 0;
}

struct picture {
	int64_t width, height;
};

static int see_image(struct request *r, const json_t *h, void *ctx)
{
	struct picture *p = ctx;
	(void)r;
	(void)json_whole(h, "width", &p->width);
	(void)json_whole(h, "height", &p->height);
	return 0;
}

int decode_image(struct request *r, const void *data, size_t len, struct buf *rgb,
		 int64_t *ret_width, int64_t *ret_height)
{
	const struct limits *l = r->server->spec.limits;
	struct picture p = {0};
	size_t before = rgb->len;
	if (len == 0)
		return refuse(r, 400, "invalid_image", "the image is empty");
	json_t *h = json_pack("{s:s, s:s, s:I, s:I}", "type", "decode", "kind", "image",
			      "max_pixels", (json_int_t)l->pixels, "max_side", (json_int_t)l->side);
	if (decode(r, h, data, len, rgb, see_image, &p) < 0)
		return -1;
	if (p.width <= 0 || p.height <= 0 || p.width > l->side || p.height > l->side ||
	    rgb->len - before != (size_t)(p.width * p.height * 3))
		return refuse(r, 500, "decoder", "the decoder's answer is not what it announced");
	if (p.width > p.height * ASPECT_MAX || p.height > p.width * ASPECT_MAX)
		return refuse(r, 400, "invalid_image",
			"an image may be at most %d times as long as "
			      "wide", ASPECT_MAX);
	*ret_width = p.width;
	*ret_height = p.height;
	return 0;
}
