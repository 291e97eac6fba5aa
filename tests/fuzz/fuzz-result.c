/* tests/fuzz/fuzz-result.c - result.json: what was accepted is written the same way again, and each
 * writer of reports can show it, and it can be compared.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "report/compare.h"
#include "report/writer.h"
#include "result/result.h"
#include "tests/fuzz/fuzz.h"

static json_t *again(const json_t *j)
{
	struct err e = {0};
	struct result *r = result_from_json(j, &e);
	FUZZ_CHECK(r);
	json_t *ret = result_to_json(r);
	FUZZ_CHECK(ret);
	(void)result_free(r);
	return ret;
}

static void show(const struct result *r)
{
	static const struct writer_options options = {.lang = "en", .width = 80};
	const struct writer *w;
	for (size_t i = 0; (w = writer_at(i)); i++) {
		CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
		struct err e = {0};
		if (w->write(r, &options, &out, &e) < 0)
			fuzz_check_error(e.text, sizeof(e.text));
	}
}

static void compare(const struct result *r)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct compare_options o = {.same = 0.05, .same_share = 0.005};
	struct comparison c;
	struct err e = {0};
	if (compare_results(r, r, &o, a, &c, &e) < 0)
		fuzz_check_error(e.text, sizeof(e.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = {0};
	CLEANUP(json_unref) json_t *j = json_read((const char *)data, len, JSON_DEPTH_MAX, &e);
	struct result *r = j ? result_from_json(j, &e) : NULL;
	if (!r) {
		fuzz_check_error(e.text, sizeof(e.text));
		return 0;
	}
	CLEANUP(json_unref) json_t *once = result_to_json(r);
	FUZZ_CHECK(once);
	CLEANUP(json_unref) json_t *twice = again(once);
	FUZZ_CHECK(json_equal(once, twice));
	show(r);
	compare(r);
	(void)result_free(r);
	return 0;
}
