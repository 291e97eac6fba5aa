/* tests/unit/base/test-clock.c - durations as people write them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/clock.h"

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{"500ms", 500000000}, {"3s", 3000000000}, {"3", 3000000000}, {"1.5m", 90000000000},
		{"12h", 43200000000000}, {"250us", 250000}, {"2d", 172800000000000}, {"0", 0},
		{"10 min", 600000000000}, {"1e-3s", 1000000},
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		uint64_t ns = 1;
		struct err e;
		assert_int_equal(clock_parse_duration(good[i].text, &ns, &e), 0);
		assert_int_equal(ns, good[i].ns);
	}
	static const char *const bad[] = {"", "s", "-1s", "3 weeks", "nan", "inf", "1e30h", "3s4"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint64_t ns = 77;
		struct err e;
		assert_int_equal(clock_parse_duration(bad[i], &ns, &e), -1);
		assert_int_equal(ns, 77);
		assert_int_equal(err_exit_status(&e), 2);
	}
}

static void test_formats(void **state)
{
	(void)state;
	char out[32];
	clock_format_duration(out, sizeof(out), 1500000000);
	assert_string_equal(out, "1.5 s");
	clock_format_duration(out, sizeof(out), 90 * NS_PER_S);
	assert_string_equal(out, "1 min 30 s");
	clock_format_duration(out, sizeof(out), 12 * 3600 * NS_PER_S);
	assert_string_equal(out, "12 h 00 min");
	clock_format_wall(out, sizeof(out), 1000000000 * NS_PER_S);
	assert_string_equal(out, "2001-09-09T01:46:40Z");
}

static void test_sleep_ends_after_its_moment(void **state)
{
	(void)state;
	uint64_t until = clock_now() + 2 * NS_PER_MS;
	assert_int_equal(clock_sleep_until(until), 0);
	assert_true(clock_now() >= until);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_sleep_ends_after_its_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
