/* tests/fuzz/fuzz-base64.c - base64: what is taken is exactly what the encoder writes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct buf back = BUF_INIT(BUF_UNLIMITED);
	FUZZ_CHECK(base64_encode(data, len, &text) == 0);
	FUZZ_CHECK(text.len == (len + 2) / 3 * 4);
	FUZZ_CHECK(base64_decode(text.data ? text.data : "", text.len, &back) == 0);
	FUZZ_CHECK(back.len == len && (len == 0 || memcmp(back.data, data, len) == 0));
	buf_clear(&text);
	buf_clear(&back);
	if (base64_decode((const char *)data, len, &back) == 0) {
		FUZZ_CHECK(base64_encode(back.data ? back.data : "", back.len, &text) == 0);
		FUZZ_CHECK(text.len == len && (len == 0 || memcmp(text.data, data, len) == 0));
	} else {
		FUZZ_CHECK(back.len == 0);	/* nothing of it was added */
	}
	/* No room: refused, and nothing added. */
	struct buf tiny = BUF_INIT(2);
	if (len > 2)
		FUZZ_CHECK(base64_encode(data, len, &tiny) == -1 && tiny.len == 0);
	buf_release(&tiny);
	buf_release(&text);
	buf_release(&back);
	return 0;
}
