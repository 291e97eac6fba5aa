/* tests/fuzz/fuzz-timeline.c - what a rank tells of its timeline: taken, it is written as it was.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/timeline.h"
#include "tests/fuzz/fuzz.h"

#define WIDTH 1000000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = {0};
	struct timeline *t = NULL;
	struct timeline *again = NULL;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct buf twice = BUF_INIT(BUF_UNLIMITED);
	FUZZ_CHECK(timeline_new(0, WIDTH, &t, &e) == 0 && timeline_new(0, WIDTH, &again, &e) == 0);
	if (timeline_read(t, (const char *)data, len, &e) < 0) {
		fuzz_check_error(e.text, sizeof(e.text));
	} else {
		FUZZ_CHECK(timeline_write(t, &text, &e) == 0);
		FUZZ_CHECK(timeline_read(again, text.data, text.len, &e) == 0);
		FUZZ_CHECK(timeline_write(again, &twice, &e) == 0);
		FUZZ_CHECK(text.len == twice.len && memcmp(text.data, twice.data, text.len) == 0);
		FUZZ_CHECK(timeline_join(again, t));
	}
	buf_release(&text);
	buf_release(&twice);
	timeline_free(t);
	timeline_free(again);
	return 0;
}
