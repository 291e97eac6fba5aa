/* tests/unit/base/test-str.c - numbers, sizes, suggestions and UTF-8.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/str.h"

static void test_numbers(void **state)
{
	(void)state;
	int64_t i = 0;
	double x = 0;
	uint64_t size = 0;
	assert_int_equal(str_to_int("-12", &i, NULL), 0);
	assert_int_equal(i, -12);
	static const char *const bad[] = {"", " 1", "1 ", "0x10", "1.5", "99999999999999999999"};
	for (size_t k = 0; k < ARRAY_LEN(bad); k++)
		assert_int_equal(str_to_int(bad[k], &i, NULL), -1);
	assert_int_equal(str_to_real("1e-3", &x, NULL), 0);
	assert_true(x == 0.001);
	assert_int_equal(str_to_real("nan", &x, NULL), -1);
	assert_int_equal(str_to_real("inf", &x, NULL), -1);
	assert_int_equal(str_to_size("128MiB", &size, NULL), 0);
	assert_int_equal(size, 134217728);
	assert_int_equal(str_to_size("25 MB", &size, NULL), 0);
	assert_int_equal(size, 25000000);
	assert_int_equal(str_to_size("-1", &size, NULL), -1);
	assert_int_equal(str_to_size("1 furlong", &size, NULL), -1);
}

static const char *const names[] = {"concurrency", "requests", "duration", NULL};

static const char *next(size_t i, const void *ctx)
{
	(void)ctx;
	return names[i];
}

static void test_nearest(void **state)
{
	(void)state;
	assert_string_equal(str_nearest("concurency", next, NULL), "concurrency");
	assert_string_equal(str_nearest("durtaion", next, NULL), "duration");
	assert_null(str_nearest("xyz", next, NULL));
}

static void test_utf8(void **state)
{
	(void)state;
	assert_int_equal(str_utf8_valid("a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80", 10), 10);
	static const struct {
		const char *text;
		size_t at;
	} bad[] = {
		{"a\x80", 1}, {"\xc0\x80", 0}, {"\xe0\x80\x80", 0}, {"\xed\xa0\x80", 0},
		{"ab\xf5\x80\x80\x80", 2}, {"\xf4\x90\x80\x80", 0}, {"\xe4\xb8", 0}, {"\xff", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(str_utf8_valid(bad[i].text, strlen(bad[i].text)), bad[i].at);
	assert_int_equal(str_utf8_cut("a\xe4\xb8\xad", 4, 3), 1);
	assert_int_equal(str_utf8_cut("a\xe4\xb8\xad", 4, 4), 4);
}

static void test_trim(void **state)
{
	(void)state;
	assert_true(span_is(span_trim(span_of(" \t a b \r\n")), "a b"));
	assert_true(span_is(span_trim(span_of("  ")), ""));
	assert_true(str_starts("data: x", "data:"));
	assert_false(str_ends("x", "xx"));
}

/* What a shell must not read otherwise is quoted. */
static void test_shell(void **state)
{
	static const char *const words[][2] = {
		{"http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"}, {"", "''"},
		{"my plan.yaml", "'my plan.yaml'"}, {"it's", "'it'\\''s'"}, {"'", "''\\'''"},
		{"$(rm x)", "'$(rm x)'"}, {"a\nb", "'a\nb'"}, {"语", "'语'"}};
	(void)state;
	struct arena *a = arena_new();
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		assert_string_equal(str_shell(words[i][0], a), words[i][1]);
	arena_free(a);
}

static void test_plural(void **state)
{
	static const struct {
		uint64_t n;
		const char *end;
	} rows[] = {{0, "s"}, {1, ""}, {2, "s"}, {UINT64_MAX, "s"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(str_plural(rows[i].n), rows[i].end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_plural),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
