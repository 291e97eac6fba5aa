/* tests/unit/result/test-series.c - readings over time grow and keep their order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "result/series.h"

static void test_add(void **state)
{
	(void)state;
	struct series *s = series_new("host", "host", "cpu", "%");
	assert_non_null(s);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(series_add(s, i * 7, (double)i / 2), 0);
	assert_int_equal(s->n, 1000);
	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(s->at_ns[i], i * 7);
		assert_true(s->values[i] == (double)i / 2);
	}
	assert_null(series_free(s));
	assert_null(series_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
