/* tests/unit/base/test-buf.c - a byte buffer that never exceeds its maximum.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/buf.h"

static void test_grows_up_to_its_maximum(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(10);
	assert_int_equal(buf_str(&b, "12345"), 0);
	assert_int_equal(buf_str(&b, "67890"), 0);
	assert_int_equal(buf_char(&b, 'x'), -1);
	assert_true(b.failed);
	assert_int_equal(b.len, 10);
	assert_string_equal(b.data, "1234567890");
	buf_clear(&b);
	assert_false(b.failed);
	assert_int_equal(buf_fmt(&b, "%05d", 42), 0);
	assert_string_equal(b.data, "00042");
	assert_int_equal(buf_fmt(&b, "%s", "123456"), -1);
	assert_string_equal(b.data, "00042");
}

static void test_consume_and_take(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_fmt(&b, "%d,", i), 0);
	buf_consume(&b, 4);
	assert_memory_equal(b.data, "2,3,", 4);
	buf_consume(&b, b.len);
	assert_int_equal(b.len, 0);
	CLEANUP(free_ptr) char *empty = buf_take(&b);
	assert_string_equal(empty, "");
	CLEANUP(free_ptr) char *never = buf_take(&b);
	assert_string_equal(never, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_up_to_its_maximum),
		cmocka_unit_test(test_consume_and_take),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
