/* tests/unit/protocols/test-scan.c - the JSON walker and the event reader against the JSON library.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/util.h"
#include "protocols/scan.h"
#include "protocols/stream_event.h"

/* The whole text is one value? On memory of its exact size. */
static bool accepts(const char *text, size_t len)
{
	char *exact = malloc(len + (len == 0));
	memcpy(exact, text, len);
	struct scan s = {exact, exact + len};
	bool ok = scan_value(&s, NULL) && scan_at_end(&s);
	free(exact);
	return ok;
}

static void test_values(void **state)
{
	(void)state;
	static const char *const good[] = {
		"{}", "[]", " [ 1 , -2.5 , 1e5, 0 ] ", "\"\"", "\"\\u00e9\\ud83d\\ude00\\\\\"",
		"true",
		"{\"a\":{\"b\":[null,false,{\"c\":\"d\"}]},\"e\":[[]]}", "-0", "0.5E-3",
		"\"\xe4\xb8\xad\"",
	};
	static const char *const bad[] = {
		"", "{", "[1,]", "{\"a\":1,}", "{,}", "[,1]", "{\"a\"}", "{a:1}", "01", "-", "1.",
		".5",
		"+1", "tru", "nul", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"",
		"\"\\ud800\\u0041\"", "\"\n\"", "\"\xff\"", "\"\xc0\xaf\"", "[1 2]",
		"{\"a\":1 \"b\":2}",
		"1 1", "]", "[1}", "{\"a\":[}",
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!accepts(good[i], strlen(good[i])))
			fail_msg("refuses %s", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (accepts(bad[i], strlen(bad[i])))
			fail_msg("takes %s", bad[i]);
	/* what is rare is left to the library */
	assert_false(accepts("1234567890123456789", 19));
	assert_false(accepts("1e400", 5));
	assert_false(accepts("{\"\\u0061\":1}", 12));
	char deep[200];
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	assert_false(accepts(deep, 200));
	assert_true(accepts(deep + 50, 100));
	assert_false(accepts("[\0]", 3));
}

static void test_unescape(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf out = BUF_INIT(64);
	uint32_t chars = 0;
	static const char raw[] = "a\\n\\t\\\"\\/\\b\\f\\r\\\\\\u0041\\u00e9\\u4e2d\\ud83d\\ude00"
		"\\u0000";
	assert_int_equal(scan_unescape(span_of(raw), &out, &chars), 0);
	assert_int_equal(chars, 14);
	static const char want[] = "a\n\t\"/\b\f\r\\A\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80";
	assert_int_equal(out.len, sizeof(want));
	assert_memory_equal(out.data, want, sizeof(want));	/* the NUL at the end as well */
	assert_int_equal(scan_unescape(span_of(raw), &out, &chars), -1);	/* no room */
}

/* Both readers, asked about the same bytes. */
static bool in_place(const char *data, size_t len, struct buf *text, struct stream_event *ev)
{
	uint32_t chars;
	if (!stream_event_read(data, len, ev))
		return false;
	if (ev->content.data)
		assert_int_equal(stream_event_text(ev, ev->content, text, &chars), 0);
	return true;
}

static void compare(const char *data, size_t len)
{
	struct stream_event a, b;
	CLEANUP(buf_release) struct buf one = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf two = BUF_INIT(BUF_UNLIMITED);
	char *exact = malloc(len + (len == 0));
	memcpy(exact, data, len);
	CLEANUP(json_unref) json_t *tree = json_read(exact, len, JSON_DEPTH_MAX, NULL);
	bool taken = in_place(exact, len, &one, &a);
	bool by_tree = tree && stream_event_from_tree(tree, "delta", &b);
	/* the walker does not see equal keys in one object; the library refuses them */
	if (taken && !tree) {
		json_t *again = json_loadb(exact, len, JSON_ALLOW_NUL, NULL);
		assert_non_null(again);
		json_decref(again);
	} else if (taken && by_tree && !a.error.data && !b.error.data) {
		uint32_t chars;
		if (b.content.data)
			assert_int_equal(stream_event_text(&b, b.content, &two, &chars), 0);
		assert_int_equal(one.len, two.len);
		if (one.len > 0)
			assert_memory_equal(one.data, two.data, one.len);
		assert_int_equal(a.choices, b.choices);
		assert_int_equal(a.output_tokens, b.output_tokens);
		assert_int_equal(a.cached_tokens, b.cached_tokens);
		assert_int_equal(!a.finish_reason.data, !b.finish_reason.data);
	}
	assert_true(!a.error.data || taken);
	if (by_tree && !taken)
		fail_msg("refused what the library takes: %.*s", (int)len, data);
	if (taken)
		stream_event_release(&a);
	free(exact);
}

static const char *const seeds[] = {
	"{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
	"\"choices\":[{\"index\":0,"
	"\"delta\":{\"role\":\"assistant\",\"content\":\"a\\u00e9\\ud83d\\ude00\\n\"},"
	"\"logprobs\":null,"
	"\"finish_reason\":null}],\"usage\":null}",
	"{\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,"
	"\"prompt_tokens_details\":{\"cached_tokens\":8},\"completion_tokens_details\":null}}",
	"{\"type\":\"transcript.text.delta\",\"delta\":\"x\",\"x\":[1,2.5,{\"y\":[true,false]}]}",
	"{\"error\":{\"message\":\"no\",\"code\":500}}",
	"{\"choices\":[{\"delta\":{\"content\":\"b\",\"tool_calls\":[]},\"finish_reason\":\"stop\","
	"\"index\":1},{\"index\":0,\"delta\":{\"reasoning\":\"c\"},\"finish_reason\":\"length\"}]}",
};

static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		size_t len = strlen(seeds[i]);
		for (size_t n = 0; n <= len; n++) {
			struct stream_event ev;
			char *exact = malloc(n + 1);
			memcpy(exact, seeds[i], n);
			bool taken = stream_event_read(exact, n, &ev);
			assert_int_equal(taken, n == len);
			if (taken)
				stream_event_release(&ev);
			free(exact);
		}
		compare(seeds[i], len);
	}
}

/* Seeded changes of real events: whatever comes out, both readers agree. */
static void test_mutations(void **state)
{
	(void)state;
	static const char alphabet[] = "{}[]\",:\\u0n1e-. tfax\xc3\xa9\x00\n";
	struct rng r;
	rng_init(&r, 20240607);
	for (int round = 0; round < 60000; round++) {
		const char *seed = seeds[rng_below(&r, ARRAY_LEN(seeds))];
		char text[512];
		size_t len = strlen(seed);
		memcpy(text, seed, len);
		for (uint64_t k = rng_below(&r, 3) + 1; k > 0; k--) {
			size_t at = (size_t)rng_below(&r, len);
			size_t n = (size_t)rng_below(&r, 4);
			switch (rng_below(&r, 3)) {
			case 0:
				text[at] = alphabet[rng_below(&r, sizeof(alphabet) - 1)];
				break;
			case 1:
				n = MIN(n, len - at - 1);
				memmove(text + at, text + at + n, len - at - n);
				len -= n;
				break;
			default:
				memmove(text + at + 1, text + at, len - at);
				text[at] = alphabet[rng_below(&r, sizeof(alphabet) - 1)];
				len++;
			}
		}
		compare(text, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_mutations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
