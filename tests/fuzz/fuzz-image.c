/* tests/fuzz/fuzz-image.c - the head of a picture, and its pieces (image/mint.h).
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/mint.h"
#include "image/probe.h"
#include "tests/fuzz/fuzz.h"

#define PIXELS_MAX ((int64_t)1 << 20)	/* more would measure the library's patience */

static void take_apart(const uint8_t *data, size_t len)
{
	struct image_mint *m = NULL;
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err e = {0};
	if (image_mint_new(data, len, &m, &e) < 0) {
		fuzz_check_error(e.text, sizeof(e.text));
		return;
	}
	FUZZ_CHECK(image_mint_bits(m) >= 0 && image_mint_bits(m) <= 32);
	FUZZ_CHECK(image_mint_tail(m, 0, &out) > 0);
	FUZZ_CHECK(image_mint_tail(m, UINT32_MAX, &out) > 0);
	buf_release(&out);
	image_mint_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = {0};
	struct image_info i = {0};
	if (image_probe(data, len, &i, &e) < 0) {
		fuzz_check_error(e.text, sizeof(e.text));
		FUZZ_CHECK(!i.format);
		return 0;
	}
	FUZZ_CHECK(i.format && strncmp(i.mime, "image/", 6) == 0);
	FUZZ_CHECK(i.width > 0 && i.height > 0);
	if ((int64_t)i.width * i.height <= PIXELS_MAX)
		take_apart(data, len);
	return 0;
}
