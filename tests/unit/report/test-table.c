/* tests/unit/report/test-table.c - widths of wide characters, cutting, and aligned columns.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "report/table.h"
#include "report/width.h"

static const char *cut(const char *text, size_t max)
{
	static char kept[256];
	struct buf b = BUF_INIT(1024);
	size_t n = width_add(&b, text, max);
	(void)snprintf(kept, sizeof(kept), "%zu:%s", n, b.data ? b.data : "");
	buf_release(&b);
	return kept;
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(width_of(""), 0);
	assert_int_equal(width_of("abc"), 3);
	assert_int_equal(width_of("语音识别"), 8);
	assert_int_equal(width_of("a语b"), 4);
	assert_int_equal(width_of("e\u0301"), 1);
	assert_int_equal(width_of("µs ✓ …"), 6);
	assert_int_equal(width_of("\xff\xfe"), 2);
	assert_string_equal(cut("abcdef", 6), "6:abcdef");
	assert_string_equal(cut("abcdef", 4), "4:abc…");
	assert_string_equal(cut("语音识别", 8), "8:语音识别");
	assert_string_equal(cut("语音识别", 6), "5:语音…");
	assert_string_equal(cut("语音识别", 1), "1:…");
	assert_string_equal(cut("abc", 0), "0:");
	/* What a service replied must not steer the terminal. */
	assert_string_equal(cut("a\033[31mb\r\n\x80", 20), "10:a?[31mb???");
}

static void test_align(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct buf b = BUF_INIT(4096);
	struct table t;
	table_init(&t, a, "lr");
	table_row(&t);
	table_cell(&t, "名称", NULL);
	table_cell(&t, "n", NULL);
	table_row(&t);
	table_cell(&t, "x", NULL);
	table_cell(&t, "1234", NULL);
	table_print(&t, 2, 80, false, &b);
	assert_string_equal(b.data, "  名称     n\n  x     1234\n");
	buf_clear(&b);
	table_markdown(&t, &b);
	assert_string_equal(b.data, "| 名称 | n |\n| --- | ---: |\n| x | 1234 |\n\n");
	buf_release(&b);
	arena_free(a);
}

/* Every line fits whatever the width, as long as numbers leave room. */
static void test_fit(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct table t;
	table_init(&t, a, "lrl");
	for (int i = 0; i < 3; i++) {
		table_row(&t);
		table_cell(&t, "一个很长的名字,长到一行放不下,必须截短", "\033[31m");
		table_cell(&t, "123456", NULL);
		table_cell(&t, "a detail that goes on for quite some while before it ends", NULL);
	}
	for (size_t width = 30; width < 140; width++) {
		struct buf b = BUF_INIT(1 << 16);
		table_print(&t, 2, width, false, &b);
		char *rest = b.data;
		while (rest && *rest) {
			char *end = strchr(rest, '\n');
			*end = '\0';
			assert_true(width_of(rest) <= width);
			assert_non_null(strstr(rest, "123456"));
			rest = end + 1;
		}
		buf_release(&b);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
