/* tests/fuzz/fuzz-foreign.c - result files of other tools: read twice they are the same, and what
 * was read can be compared.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "bridge/readers.h"
#include "report/compare.h"
#include "tests/fuzz/fuzz.h"

static void look(const struct result *base, const struct result *now)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct compare_options o = {.same = 0.05, .same_share = 0.005};
	struct comparison c;
	struct err e = {0};
	FUZZ_CHECK(compare_results(base, now, &o, a, &c, &e) == 0);
	c.base_path = c.now_path = "file";
	for (size_t i = 0; i < c.n; i++)
		FUZZ_CHECK(c.items[i].change != CHANGE_BETTER && c.items[i].change != CHANGE_WORSE);
	compare_terminal(&c, false, false, 80, &out);
	FUZZ_CHECK(str_utf8_valid(out.data, out.len) == out.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const char *path = fuzz_file(data, len);
	const struct result_reader *reader = result_reader_find(path, a);
	for (size_t i = 0; result_reader_at(i); i++) {
		struct err e = {0};
		struct result *r = result_reader_read(result_reader_at(i), path, &e);
		struct result *again = r ? result_reader_read(result_reader_at(i), path, &e) : NULL;
		if (!r) {
			fuzz_check_error(e.text, sizeof(e.text));
			continue;
		}
		FUZZ_CHECK(again);
		CLEANUP(json_unref) json_t *first = result_to_json(r);
		CLEANUP(json_unref) json_t *second = result_to_json(again);
		FUZZ_CHECK(json_equal(first, second));
		if (reader == result_reader_at(i))
			look(r, again);
		(void)result_free(r);
		(void)result_free(again);
	}
	return 0;
}
