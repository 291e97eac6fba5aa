/* tests/fuzz/fuzz-json.c - JSON that was read can be written and read back; a result that was
 * read can be judged and written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "result/result.h"
#include "tests/fuzz/fuzz.h"

static void check_result(const json_t *j)
{
	struct err e = {0};
	struct result *r = result_from_json(j, &e);
	if (!r) {
		fuzz_check_error(e.text, sizeof(e.text));
		return;
	}
	result_judge(r);
	(void)result_exit_status(r);
	json_t *again = result_to_json(r);
	FUZZ_CHECK(again);
	struct result *twice = result_from_json(again, &e);
	FUZZ_CHECK(twice);
	json_decref(again);
	(void)result_free(twice);
	(void)result_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = {0};
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	json_t *j = json_read((const char *)data, len, JSON_DEPTH_MAX, &e);
	if (!j) {
		fuzz_check_error(e.text, sizeof(e.text));
		return 0;
	}
	FUZZ_CHECK(json_write(j, len % 2, &text) == 0);
	json_t *again = json_read(text.data, text.len, JSON_DEPTH_MAX, &e);
	FUZZ_CHECK(again);
	FUZZ_CHECK(json_typeof(again) == json_typeof(j) && json_object_size(again) ==
		   json_object_size(j));
	json_decref(again);
	buf_release(&text);
	if (json_is_object(j))
		check_result(j);
	json_decref(j);
	return 0;
}
