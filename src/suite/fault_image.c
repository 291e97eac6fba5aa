/* src/suite/fault_image.c - fault cases: images as input.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault.h"

/* The canary's own picture, cut. */
static const struct media *picture(struct fault *f)
{
	if (f->canary->n_images == 0) {
		fault_skip(f, "the canary has no picture");
		return NULL;
	}
	return f->canary->images[0];
}

static bool cut_jpeg(struct fault *f)
{
	const struct media *m = picture(f);
	return m && fault_image(f, "cut.jpg", "image/jpeg", m->data,
				m->len > 256 ? m->len - 128 : m->len / 2);
}

static bool random_image(struct fault *f)
{
	unsigned char bytes[8192];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)rng_below(&f->rng, 256);
	return fault_image(f, "noise.jpg", "image/jpeg", bytes, sizeof(bytes));
}

static bool broken_base64(struct fault *f)
{
	static const char body[] =
		"{\"model\":\"x\",\"max_tokens\":8,\"messages\":[{\"role\":\"user\",\"content\":["
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,"
		"iVBORw0KGgo!!!!XMARKERX\"}},{\"type\":\"text\",\"text\":\"what?\"}]}]}";
	return fault_post(f, "application/json", body, sizeof(body) - 1);
}

/* A model that can see must answer without a picture too. */
static bool text_only(struct fault *f)
{
	struct sample s = {.id = f->c->id, .question = "Repeat: the old bridge is painted green."};
	struct ask how;
	ask_defaults(&how);
	how.max_tokens = 32;
	return fault_ask(f, &s, &how);
}

const struct fault_case fault_image_cases[] = {
	{"I02", "chat", "broken base64", "refuse", "seed: Invalid image; sgl-project/sglang #31944",
	 ALLOW_4XX, 0, broken_base64},
	{"I01", "chat", "a JPEG cut by 128 bytes", "refuse, or answer what is there",
	 "vllm-project/vllm #38253", ALLOW_4XX | ALLOW_2XX, 0, cut_jpeg},
	{"I01b", "chat", "random bytes as a JPEG", "refuse",
	 "seed: Invalid image; vllm-project/vllm #28123", ALLOW_4XX, 0, random_image},
	{"I16n", "chat", "text without an image", "an answer", "seed: No image input", ALLOW_2XX, 0,
	 text_only},
	{0},
};
