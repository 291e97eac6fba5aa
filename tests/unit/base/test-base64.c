/* tests/unit/base/test-base64.c - strict base64 through OpenSSL.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/base64.h"

static void test_known_pairs(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {	/* RFC 4648, section 10 */
		{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
		{"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		CLEANUP(buf_release) struct buf out = BUF_INIT(100);
		assert_int_equal(base64_encode(pairs[i][0], strlen(pairs[i][0]), &out), 0);
		assert_string_equal(out.data ? out.data : "", pairs[i][1]);
		buf_clear(&out);
		assert_int_equal(base64_decode(pairs[i][1], strlen(pairs[i][1]), &out), 0);
		assert_string_equal(out.data ? out.data : "", pairs[i][0]);
	}
}

static void test_long_data_survives_both_ways(void **state)
{
	(void)state;
	size_t len = ((size_t)3 << 20) + 100001;	/* more than one piece */
	CLEANUP(free_ptr) unsigned char *data = malloc(len);
	for (size_t i = 0; i < len; i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf back = BUF_INIT(BUF_UNLIMITED);
	assert_int_equal(base64_encode(data, len, &text), 0);
	assert_int_equal(text.len, (len + 2) / 3 * 4);
	assert_int_equal(base64_decode(text.data, text.len, &back), 0);
	assert_int_equal(back.len, len);
	assert_memory_equal(back.data, data, len);
}

static void test_sloppy_text_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"Zg", "Zg=", "Z", "Zg==\n", " Zg==", "Z=g=", "====", "Zm9v!mFy", "Zm9-", "Zg==Zg==",
		"data:;base64,Zg==", "Zh==", "Zm9=", /* bits that belong to no byte */
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(buf_release) struct buf out = BUF_INIT(100);
		assert_int_equal(base64_decode(bad[i], strlen(bad[i]), &out), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_pairs),
		cmocka_unit_test(test_long_data_survives_both_ways),
		cmocka_unit_test(test_sloppy_text_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
