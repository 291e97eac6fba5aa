/* tests/unit/base/test-err.c - texts and exit statuses of our own failures.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "base/err.h"
#include "base/outcome.h"

static void test_texts(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(err_set(&e, ERR_USAGE, "no %s", "cake"), -1);
	assert_string_equal(e.text, "no cake");
	assert_int_equal(err_prefix(&e, "a:%d: ", 3), -1);
	assert_string_equal(e.text, "a:3: no cake");
	assert_int_equal(err_exit_status(&e), 2);
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "cannot open 'x'"), -1);
	assert_string_equal(e.text, "cannot open 'x': No such file or directory");
	assert_int_equal(e.sys_errno, ENOENT);
	assert_int_equal(err_exit_status(&e), 3);
	assert_int_equal(err_set(NULL, ERR_DATA, "nobody listens"), -1);
}

static void test_texts_are_one_line_of_utf8(void **state)
{
	(void)state;
	struct err e;
	(void)err_set(&e, ERR_DATA, "no key '%s'", "a\nb\x1b[31m\xff\xe2\x82");
	assert_string_equal(e.text, "no key 'a b [31m" "?" "?" "?'");
	(void)err_prefix(&e, "%s: ", "\xe4\xbd\xa0\r\x7f");
	assert_string_equal(e.text, "\xe4\xbd\xa0  : no key 'a b [31m" "?" "?" "?'");
	char long_text[600];
	memset(long_text, 'x', sizeof(long_text));
	memcpy(long_text + sizeof(e.text) - 3, "\xe4\xbd\xa0", 4);	/* does not fit whole */
	(void)err_set(&e, ERR_DATA, "%s", long_text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_string_equal(e.text + sizeof(e.text) - 4, "x??");
	errno = ENOENT;
	(void)err_sys(&e, "cannot open '%s'", "\xc3(");
	assert_string_equal(e.text, "cannot open '?(': No such file or directory");
}

static void test_outcomes_have_their_names(void **state)
{
	(void)state;
	assert_string_equal(outcome_name(OUTCOME_HTTP_5XX), "http_5xx");
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		assert_int_equal(outcome_find(outcome_name((enum outcome)i)), i);
		assert_true(strlen(outcome_help((enum outcome)i)) > 10);
	}
	assert_int_equal(outcome_find("http_6xx"), OUTCOME_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_texts_are_one_line_of_utf8),
		cmocka_unit_test(test_outcomes_have_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
