/* tests/fuzz/fuzz-image.c - the head of a picture.
 * SPDX-License-Identifier: Apache-2.0 */
#include "image/probe.h"
#include "tests/fuzz/fuzz.h"

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
	return 0;
}
