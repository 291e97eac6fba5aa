/* tests/fuzz/fuzz-scan.c - what the scanner of events takes, the JSON library takes, and strings
 * are the same to both.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "protocols/scan.h"
#include "tests/fuzz/fuzz.h"

static void same_string(const json_t *j, struct span raw)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	uint32_t chars;
	FUZZ_CHECK(scan_unescape(raw, &text, &chars) == 0);
	FUZZ_CHECK(text.len == json_string_length(j) && chars <= text.len);
	FUZZ_CHECK(text.len == 0 || memcmp(text.data, json_string_value(j), text.len) == 0);
	FUZZ_CHECK(str_utf8_valid(text.data ? text.data : "", text.len) == text.len);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct scan s = {(const char *)data, (const char *)data + len};
	struct span raw = {0};
	struct span text;
	int64_t whole = 0;
	bool value = scan_value(&s, &raw) && scan_at_end(&s);
	s.at = (const char *)data;
	bool string = scan_string(&s, &text) && scan_at_end(&s);
	s.at = (const char *)data;
	char first = scan_peek(&s);
	bool number = scan_int(&s, &whole) && scan_at_end(&s);
	FUZZ_CHECK(value || (!string && !number));
	if (!value)
		return 0;
	FUZZ_CHECK(raw.len > 0 && raw.data >= (const char *)data && raw.len <= len);
	json_t *j = json_loadb((const char *)data, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	FUZZ_CHECK(j);
	FUZZ_CHECK(string == (bool)json_is_string(j));
	if (string)
		same_string(j, text);
	if (number && first != 'n')
		FUZZ_CHECK(json_is_integer(j) && json_integer_value(j) == whole);
	json_decref(j);
	return 0;
}
