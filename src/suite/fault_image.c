/* src/suite/fault_image.c - fault cases: one image as input.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/encode.h"
#include "suite/fault.h"
#include "suite/fault_make.h"

/* The canary's own picture. */
static const struct media *picture(struct fault *f)
{
	if (f->good->n_images == 0) {
		fault_skip(f, "the canary has no picture");
		return NULL;
	}
	return f->good->images[0];
}

static bool cut_jpeg(struct fault *f)
{
	const struct media *m = picture(f);
	return m && fault_image(f, "cut.jpg", "image/jpeg", m->data,
				m->len > 256 ? m->len - 128 : m->len / 2);
}

static bool cut_png(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
	if (make_png(200, 200, PNG_RGB8, &b) < 0)
		return false;
	return fault_image(f, "cut.png", "image/png", b.data, b.len / 2);
}

static bool random_image(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
	make_random(&f->rng, 8192, &b);
	return fault_image(f, "noise.jpg", "image/jpeg", b.data, b.len);
}

/* A picture of so many pixels: height << 16 | width. */
#define SIZE(w, h) ((int64_t)(h) << 16 | (w))

static bool sized(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	int width = (int)(f->c->arg & 0xffff);
	int height = (int)(f->c->arg >> 16);
	bool large = (int64_t)width * height > 4000000;
	if (make_png(width, height, large ? PNG_GRAY1 : PNG_RGB8, &b) < 0)
		return false;
	return fault_image(f, "clip.png", "image/png", b.data, b.len);
}

static bool forged_size(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
	if (make_png(16, 16, PNG_RGB8, &b) < 0)
		return false;
	forge_png_size(b.data, (uint32_t)f->c->arg, (uint32_t)f->c->arg);
	return fault_image(f, "bomb.png", "image/png", b.data, b.len);
}

static bool other_png(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
	if (make_png(200, 120, (enum png_shape)f->c->arg, &b) < 0)
		return false;
	return fault_image(f, "picture.png", "image/png", b.data, b.len);
}

/* The answer is streamed: a refusal must come before the stream begins. */
static bool sized_stream(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	int width = (int)(f->c->arg & 0xffff);
	int height = (int)(f->c->arg >> 16);
	struct ask how;
	if (make_png(width, height, PNG_RGB8, &b) < 0)
		return false;
	const struct media *images[1] = {fault_media(f, "a.png", "image/png", b.data, b.len)};
	struct sample s = {.id = f->c->id, .question = "What is in this image?",
			   .images = images, .n_images = 1};
	ask_defaults(&how);
	how.max_tokens = 16;
	how.stream = true;
	return images[0] && fault_ask(f, &s, &how);
}

enum { GIF, WEBP, HEIC, AVIF, JP2, MOVING_GIF };

static bool other_format(struct fault *f)
{
	static const char *const names[] = {"gif", "webp", "heic", "avif", "jp2", "gif"};
	const char *name = names[f->c->arg];
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
	if (f->c->arg == GIF || f->c->arg == MOVING_GIF)
		make_gif(f->c->arg == GIF ? 1 : 3, &b);
	else
		make_head_of(name, &f->rng, &b);
	return fault_image(f, arena_fmt(f->scratch, "picture.%s", name),
			   arena_fmt(f->scratch, "image/%s", name), b.data, b.len);
}

static bool cmyk(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
	if (make_cmyk_jpeg(200, 120, &b) < 0)
		return false;
	return fault_image(f, "picture.jpg", "image/jpeg", b.data, b.len);
}

/* A PNG that says it is a JPEG. */
static bool wrong_mime(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
	if (make_png(200, 120, PNG_RGB8, &b) < 0)
		return false;
	return fault_image(f, "picture.jpg", "image/jpeg", b.data, b.len);
}

/* ---- EXIF ---- */

#define SIDE 240

/* Red on the left, blue on the right, once it is turned as the orientation says. */
static bool two_halves(struct fault *f, int orientation, struct sample *ret)
{
	CLEANUP(buf_release) struct buf jpeg = BUF_INIT(1 << 20);
	CLEANUP(buf_release) struct buf turned = BUF_INIT(1 << 20);
	unsigned char *rgb = arena_alloc(f->scratch, 3 * SIDE * SIDE);
	struct err e;
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			/* 2 and 3: its right is at the left; 5 and 8: its top; 6 and 7: its
			 * bottom */
			bool right = orientation == 2 || orientation == 3;
			bool top = orientation == 5 || orientation == 8;
			bool bottom = orientation == 6 || orientation == 7;
			bool red = right    ? x >= SIDE / 2
				   : top    ? y < SIDE / 2
				   : bottom ? y >= SIDE / 2
					    : x < SIDE / 2;
			unsigned char *p = rgb + 3 * ((size_t)y * SIDE + (size_t)x);
			p[0] = red ? 224 : 32;
			p[1] = 32;
			p[2] = red ? 32 : 224;
		}
	if (image_encode_jpeg(rgb, SIDE, SIDE, 95, &jpeg, &e) < 0)
		return false;
	add_exif_orientation(jpeg.data, jpeg.len, orientation, &turned);
	const struct media **list = arena_array(f->scratch, 1, sizeof(const struct media *));
	list[0] = fault_media(f, "photo.jpg", "image/jpeg", turned.data, turned.len);
	*ret = (struct sample){.id = f->c->id,
			       .question = "Which colour is the left half of the picture? Answer "
					   "with one word.",
			       .images = list,
			       .n_images = 1};
	return list[0] != NULL;
}

static bool orientation(struct fault *f)
{
	static const int turns[] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct sample samples[ARRAY_LEN(turns)];
	const char *text[ARRAY_LEN(turns)] = {0};
	struct ask how;
	ask_defaults(&how);
	how.max_tokens = 16;
	how.temperature = 0;
	for (size_t i = 0; i < ARRAY_LEN(turns); i++)
		if (!two_halves(f, turns[i], &samples[i]) ||
		    !fault_ask_text(f, &samples[i], &how, &text[i]))
			return false;
	bool red = text[0] && strcasestr(text[0], "red") && !strcasestr(text[0], "blue");
	for (size_t i = 1; red && i < ARRAY_LEN(turns); i++)
		if (text[i] && strcasestr(text[i], "blue") && !strcasestr(text[i], "red"))
			fault_find(f, "wrong-status", "HTTP 200, but a photo with EXIF orientation "
				   "%d is seen unturned: \"%.60s\" instead of \"%.60s\"", turns[i],
				   text[i], text[0]);
	return true;
}

#define SMALL "an answer, or refuse with a reason"

const struct fault_case fault_image_cases[] = {
	{"I01a", "chat", "a JPEG cut by 128 bytes", "refuse, or answer what is there",
	 "seed: Invalid image; vllm-project/vllm #38253", ALLOW_EITHER, cut_jpeg},
	{"I01b", "chat", "random bytes as a JPEG", "refuse",
	 "seed: Invalid image; vllm-project/vllm #28123", ALLOW_REFUSE, random_image},
	{"I01c", "chat", "half a PNG", "refuse, or answer what is there",
	 "vllm-project/vllm #38253", ALLOW_EITHER, cut_png},
	{"I03a", "chat", "a PNG of 30 bytes of pixels that claims 30000 x 30000",
	 "refuse from the header", "sgl-project/sglang #28587", ALLOW_REFUSE, forged_size, 30000},
	{"I03b", "chat", "a PNG of some KB with 19000 x 19000 black and white pixels",
	 "refuse from the header", "python-pillow/Pillow #515", ALLOW_EITHER | ALLOW_503, sized,
	 SIZE(19000, 19000), 20},
	{"I03c", "chat", "a PNG of 12000 x 12000", "refuse, or bounded memory",
	 "vllm-project/vllm #47010", ALLOW_EITHER | ALLOW_503, sized, SIZE(12000, 12000), 30,
	 .heavy = true},
	{"I03d", "chat", "a PNG that claims 2147483647 x 2147483647", "refuse from the header",
	 "sgl-project/sglang #28587", ALLOW_REFUSE, forged_size, 0x7fffffff},
	{"I03e", "chat", "a PNG that claims 0 x 0", "refuse", "vllm-project/vllm #47010",
	 ALLOW_REFUSE, forged_size, 0},
	{"I04a", "chat", "1 x 1 pixel", SMALL, "CVE-2026-22773", ALLOW_ANY, sized, SIZE(1, 1), 10},
	{"I04b", "chat", "1 x 3 pixels", SMALL, "CVE-2026-22773", ALLOW_ANY, sized, SIZE(1, 3), 10},
	{"I04c", "chat", "3 x 1 pixels", SMALL, "CVE-2026-22773", ALLOW_ANY, sized, SIZE(3, 1), 10},
	{"I04d", "chat", "3 x 3 pixels", SMALL, "CVE-2026-22773", ALLOW_ANY, sized, SIZE(3, 3), 10},
	{"I05", "chat", "a side of 27 pixels", "pad it, or refuse naming the minimum",
	 "vllm-project/vllm #15080", ALLOW_ANY, sized, SIZE(27, 500), 10},
	{"I06a", "chat", "sides of 1 : 199", SMALL, "jundot/omlx #3529", ALLOW_ANY, sized,
	 SIZE(10, 1990), 10},
	{"I06b", "chat", "sides of 1 : 201", SMALL, "jundot/omlx #3529", ALLOW_ANY, sized,
	 SIZE(10, 2010), 10},
	{"I06c", "chat", "sides of 1 : 201, and the answer is streamed",
	 "an answer, or refuse before the stream begins", "jundot/omlx #3529", ALLOW_ANY,
	 sized_stream, SIZE(10, 2010), 10},
	{"I07", "chat", "400 x 800 in one colour", "an answer", "ggml-org/llama.cpp #13827",
	 ALLOW_2XX | ALLOW_EMPTY, sized, SIZE(400, 800), 10},
	{"I10", "chat", "a photo with EXIF orientation 1 to 8", "the same answer",
	 "sgl-project/sglang #33464", ALLOW_ANY, orientation, 0, 20},
	{"I11", "chat", "a transparent PNG", "an answer", "vllm-project/vllm #18508", ALLOW_ANY,
	 other_png, PNG_RGBA8, 10},
	{"I12a", "chat", "a GIF", "an answer, or 415 naming the formats", "cline/cline #8977",
	 ALLOW_ANY, other_format, GIF, 10},
	{"I12b", "chat", "a broken WebP", "refuse", "ollama/ollama #17755", ALLOW_REFUSE,
	 other_format, WEBP},
	{"I12c", "chat", "a broken HEIC", "refuse", "cline/cline #8977", ALLOW_REFUSE,
	 other_format, HEIC},
	{"I12d", "chat", "a broken AVIF", "refuse", "cline/cline #8977", ALLOW_REFUSE,
	 other_format, AVIF},
	{"I12e", "chat", "a PNG that says it is a JPEG", "an answer, or refuse",
	 "cline/cline #8977", ALLOW_ANY, wrong_mime, 0, 10},
	{"I13a", "chat", "a PNG of 16 bits", "an answer, or refuse", "reference: no report known",
	 ALLOW_ANY, other_png, PNG_RGB16, 10},
	{"I13b", "chat", "a PNG with a palette", "an answer, or refuse",
	 "reference: no report known", ALLOW_ANY, other_png, PNG_PALETTE, 10},
	{"I13c", "chat", "a PNG of 1 bit", "an answer, or refuse", "reference: no report known",
	 ALLOW_ANY, other_png, PNG_GRAY1, 10},
	{"I13d", "chat", "a JPEG in CMYK", "an answer, or refuse", "reference: no report known",
	 ALLOW_ANY, cmyk, 0, 10},
	{"I13e", "chat", "a GIF of three pictures", "the first one, or refuse",
	 "reference: no report known", ALLOW_ANY, other_format, MOVING_GIF, 10},
	{"I24", "chat", "a broken JPEG 2000", "refuse", "CVE-2026-22778", ALLOW_REFUSE,
	 other_format, JP2},
	{0},
};
