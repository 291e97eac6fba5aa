/* tests/fuzz/fuzz-event.c - an event of a stream says the same to the reader in place and to the
 * one that goes through the JSON library.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "protocols/stream_event.h"
#include "tests/fuzz/fuzz.h"

static void same_text(const struct stream_event *a, struct span in_a, const struct stream_event *b,
		      struct span in_b)
{
	struct buf one = BUF_INIT(BUF_UNLIMITED);
	struct buf two = BUF_INIT(BUF_UNLIMITED);
	uint32_t chars_one = 0;
	uint32_t chars_two = 0;
	FUZZ_CHECK(!in_a.data == !in_b.data);
	if (in_a.data) {
		FUZZ_CHECK(stream_event_text(a, in_a, &one, &chars_one) == 0);
		FUZZ_CHECK(stream_event_text(b, in_b, &two, &chars_two) == 0);
	}
	FUZZ_CHECK(chars_one == chars_two && one.len == two.len);
	FUZZ_CHECK(one.len == 0 || memcmp(one.data, two.data, one.len) == 0);
	buf_release(&one);
	buf_release(&two);
}

static void compare(const struct stream_event *a, const json_t *tree)
{
	struct stream_event b;
	bool ok = stream_event_from_tree(tree, "delta", &b);
	FUZZ_CHECK(!a->error.data == !(ok && b.error.data));
	if (a->error.data)
		return;		/* what else is in such an event does not count */
	FUZZ_CHECK(ok);
	FUZZ_CHECK(a->choices == b.choices && a->tool_calls == b.tool_calls);
	FUZZ_CHECK(a->output_tokens == b.output_tokens && a->prompt_tokens == b.prompt_tokens);
	FUZZ_CHECK(a->cached_tokens == b.cached_tokens);
	FUZZ_CHECK(a->reasoning_tokens == b.reasoning_tokens);
	same_text(a, a->content, &b, b.content);
	same_text(a, a->reasoning, &b, b.reasoning);
	same_text(a, a->finish_reason, &b, b.finish_reason);
	same_text(a, a->type, &b, b.type);
	same_text(a, a->delta, &b, b.delta);
	same_text(a, a->text, &b, b.text);
	same_text(a, a->audio, &b, b.audio);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct stream_event ev;
	struct answer a;
	answer_init(&a);
	json_t *tree = json_read((const char *)data, len, JSON_DEPTH_MAX, NULL);
	if (stream_event_read((const char *)data, len, &ev)) {
		stream_event_usage(&ev, &a);
		if (ev.error.data)
			stream_event_note_error(&ev, &a);
		(void)finish_reason_static(ev.finish_reason);
		/* Keys that come twice are all that only the reader in place lets pass. */
		if (tree && !ev.tree)
			compare(&ev, tree);
		stream_event_release(&ev);
	}
	json_decref(tree);
	answer_release(&a);
	return 0;
}
