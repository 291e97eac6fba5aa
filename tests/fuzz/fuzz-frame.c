/* tests/fuzz/fuzz-frame.c - frames of a worker: the same in any pieces, and writable again.
 * SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>

#include "base/json.h"
#include "tests/fuzz/fuzz.h"
#include "worker/frame.h"

#define PAYLOAD_MAX ((size_t)1 << 14)

static void note(struct buf *all, const struct frame *f)
{
	struct err e;
	FUZZ_CHECK(f->type[0] && f->id >= -1 && f->payload_len <= PAYLOAD_MAX);
	json_t *copy = json_deep_copy(f->header);
	FUZZ_CHECK(frame_put(all, copy, f->payload, f->payload_len, &e) == 0);
	json_decref(copy);
}

/* All frames that the bytes hold, written again; returns the last word of the reader. */
static int feed(const uint8_t *data, size_t len, size_t round, struct buf *all, struct err *e)
{
	int ends[2];
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	struct frame_reader *r = frame_reader_new(PAYLOAD_MAX);
	struct frame f;
	int rc = 0;
	for (size_t at = 0, n; at < len && rc >= 0; at += n) {
		n = MIN(fuzz_piece(data, len, at, round), (size_t)32768);
		FUZZ_CHECK(send(ends[0], data + at, n, MSG_NOSIGNAL) == (ssize_t)n);
		if (round > 0) {
			(void)frame_fill(r, ends[1], NULL);
			(void)frame_waits(r, "done", 1);
		}
		while ((rc = frame_read(r, ends[1], &f, e)) > 0)
			note(all, &f);
	}
	(void)close(ends[0]);
	if (rc == 0)
		while ((rc = frame_read(r, ends[1], &f, e)) > 0)
			note(all, &f);
	(void)frame_reader_free(r);
	(void)close(ends[1]);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole = BUF_INIT(BUF_UNLIMITED);
	struct err want = {0};
	struct err e = {0};
	FUZZ_CHECK(feed(data, len, 0, &whole, &want) == -1);	/* its end is an error, too */
	fuzz_check_error(want.text, sizeof(want.text));
	for (size_t round = len > 600 ? 2 : 1; round < 3; round++) {
		struct buf cut = BUF_INIT(BUF_UNLIMITED);
		FUZZ_CHECK(feed(data, len, round, &cut, &e) == -1);
		FUZZ_CHECK(cut.len == whole.len && strcmp(e.text, want.text) == 0);
		FUZZ_CHECK(cut.len == 0 || memcmp(cut.data, whole.data, cut.len) == 0);
		buf_release(&cut);
	}
	buf_release(&whole);
	return 0;
}
