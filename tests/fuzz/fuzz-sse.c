/* tests/fuzz/fuzz-sse.c - a stream of events reads the same however it was cut into pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/sse.h"
#include "tests/fuzz/fuzz.h"

#define SMALL_EVENT 64	/* a limit that inputs do reach */

static int on_event(void *ctx, const struct sse_event *ev)
{
	struct buf *all = ctx;
	FUZZ_CHECK(ev->data.data && ev->name.data);
	FUZZ_CHECK(ev->name.len == 0 || !memchr(ev->name.data, '\n', ev->name.len));
	(void)buf_fmt(all, "%zu %zu ", ev->name.len, ev->data.len);
	(void)buf_add(all, ev->name.data, ev->name.len);
	(void)buf_add(all, ev->data.data, ev->data.len);
	return 0;
}

static int feed(const uint8_t *data, size_t len, size_t round, size_t max, struct buf *all)
{
	struct sse s;
	sse_init(&s, max);
	int rc = 0;
	for (size_t at = 0, n; at < len && rc == 0; at += n) {
		n = fuzz_piece(data, len, at, round);
		rc = sse_push(&s, (const char *)data + at, n, on_event, all);
	}
	FUZZ_CHECK(rc == 0 || rc == -1);
	if (rc == 0)
		(void)buf_str(all, sse_unfinished(&s) ? "+" : ".");
	sse_release(&s);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole = BUF_INIT(BUF_UNLIMITED);
	FUZZ_CHECK(feed(data, len, 0, SSE_EVENT_MAX, &whole) == 0 || whole.len > 0);
	for (size_t round = 1; round < 3; round++) {
		struct buf cut = BUF_INIT(BUF_UNLIMITED);
		(void)feed(data, len, round, SSE_EVENT_MAX, &cut);
		FUZZ_CHECK(cut.len == whole.len);
		FUZZ_CHECK(memcmp(cut.data, whole.data, cut.len) == 0);
		buf_release(&cut);
	}
	struct buf small = BUF_INIT(BUF_UNLIMITED);
	(void)feed(data, len, 0, SMALL_EVENT, &small);
	buf_release(&small);
	buf_release(&whole);
	return 0;
}
