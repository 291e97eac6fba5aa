/* tests/fuzz/fuzz-hist.c - the text form of a histogram: taken, it is written as it was.
 * SPDX-License-Identifier: Apache-2.0 */
#include "stats/hist.h"
#include "tests/fuzz/fuzz.h"

static uint64_t in_buckets(const struct hist *h)
{
	uint64_t low, high, count;
	uint64_t sum = 0;
	size_t pos = 0;
	while (hist_next(h, &pos, &low, &high, &count)) {
		FUZZ_CHECK(count > 0 && low <= high);
		sum += count;
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = {0};
	struct hist *h = NULL;
	struct hist *again = NULL;
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct buf twice = BUF_INIT(BUF_UNLIMITED);
	FUZZ_CHECK(hist_new(&h, &e) == 0 && hist_new(&again, &e) == 0);
	if (hist_read(h, (const char *)data, len, &e) < 0) {
		fuzz_check_error(e.text, sizeof(e.text));
		FUZZ_CHECK(hist_count(h) == 0);
	} else {
		FUZZ_CHECK(in_buckets(h) == hist_count(h));
		FUZZ_CHECK(hist_count(h) == 0 || hist_min(h) <= hist_quantile(h, 0.5));
		FUZZ_CHECK(hist_quantile(h, 1) <= hist_max(h));
		FUZZ_CHECK(hist_write(h, &text) == 0);
		FUZZ_CHECK(hist_read(again, text.data, text.len, &e) == 0);
		FUZZ_CHECK(hist_write(again, &twice) == 0);
		FUZZ_CHECK(text.len == twice.len && memcmp(text.data, twice.data, text.len) == 0);
	}
	buf_release(&text);
	buf_release(&twice);
	(void)hist_free(h);
	(void)hist_free(again);
	return 0;
}
