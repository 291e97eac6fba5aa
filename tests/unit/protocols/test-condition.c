/* tests/unit/protocols/test-condition.c - JSON pointers and conditions over a document.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "protocols/condition.h"
#include "protocols/pointer.h"

/* The examples of RFC 6901, section 5. */
static const char rfc[] = "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, "
	"\"e^f\": 3, \"g|h\": 4, \"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, \"m~n\": 8}";

static void expect_at(const json_t *root, const char *pointer, const char *want)
{
	assert_null(pointer_wrong(span_of(pointer)));
	const json_t *j = pointer_get(root, span_of(pointer));
	if (!want) {
		assert_null(j);
		return;
	}
	char *got = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);
	assert_string_equal(got, want);
	free(got);
}

static void test_pointer(void **state)
{
	(void)state;
	CLEANUP(json_unref) json_t *j = json_read(rfc, strlen(rfc), 8, NULL);
	assert_non_null(j);
	assert_ptr_equal(pointer_get(j, span_of("")), j);
	expect_at(j, "/foo", "[\"bar\",\"baz\"]");
	expect_at(j, "/foo/0", "\"bar\"");
	expect_at(j, "/", "0");
	expect_at(j, "/a~1b", "1");
	expect_at(j, "/c%d", "2");
	expect_at(j, "/e^f", "3");
	expect_at(j, "/g|h", "4");
	expect_at(j, "/i\\j", "5");
	expect_at(j, "/k\"l", "6");
	expect_at(j, "/ ", "7");
	expect_at(j, "/m~0n", "8");
	static const char *const nowhere[] = {"/foo/2", "/foo/-", "/foo/00", "/foo/1x", "/foo/",
					      "/foo/0/x", "/bar", "/foo/99999999999"};
	for (size_t i = 0; i < ARRAY_LEN(nowhere); i++)
		expect_at(j, nowhere[i], NULL);
	assert_non_null(pointer_wrong(span_of("foo")));
	assert_non_null(pointer_wrong(span_of("/a~2")));
	assert_non_null(pointer_wrong(span_of("/a~")));
}

static const char doc[] = "{\"code\": 0, \"msg\": \"ok\", \"list\": [1, 2], \"none\": null, "
	"\"yes\": true, \"no\": false, \"x\": {\"n\": 1.5}, \"a b\": 7, \"other\": [1, 2]}";

static bool judge(const char *text)
{
	struct arena *a = arena_new();
	const struct condition *c = NULL;
	struct err e;
	CLEANUP(json_unref) json_t *j = json_read(doc, strlen(doc), 8, NULL);
	if (condition_parse(text, a, &c, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	bool r = condition_holds(c, j);
	arena_free(a);
	return r;
}

static void test_conditions(void **state)
{
	static const char *const yes[] = {
		"/code == 0", "/code==0", "/code == 0.0", "/msg == 'ok'", "/msg == \"ok\"", "/list",
		"!/none", "/missing == null", "/none == null", "!/missing", "/yes", "/yes == true",
		"!/no", "/code", "/x/n > 1", "/x/n >= 1.5", "/x/n <= 1.5", "/x/n < 2",
		"/code != 1", "/msg != 0", "/missing != 0", "'a' < 'b'", "'a' < 'ab'",
		"/code == 1 || /msg == 'ok'", "/code == 1 || /code == 0 && /yes",
		"(/code == 1 || /code == 0) && /yes", "!(/code == 1 && /yes)", "!!/yes",
		"@\"/a b\" == 7", "/list == /other", "/list/1 == 2", "-1 < /code", "true",
		"! /code == 1", "(((/yes)))",
	};
	static const char *const no[] = {
		"/code == 1", "/code == '0'", "/code == false", "/code == null", "/no", "/none",
		"/missing", "/missing < 1", "/msg > 1", "/msg == 'OK'", "!/yes", "/x/n > 1.5",
		"/yes && /no", "/no || /none", "/code == 0 && /code == 1 || /no", "false", "null",
		"/list == /x", "/list < /other", "/list != /other", "!(/yes || /no)", "'ab' < 'a'",
		"! /code == 0",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (!judge(yes[i]))
			fail_msg("%s does not hold", yes[i]);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (judge(no[i]))
			fail_msg("%s holds", no[i]);
}

static void test_wrong(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"", "column 1: the condition ends"}, {"/code ==", "column 9: the condition ends"},
		{"/code = 0", "column 7: here =="}, {"/code == 0 0", "column 12: here =="},
		{"/code == zero", "column 10: here a pointer"}, {"(/code == 0", "a ')' is missing"},
		{"/code == 0)", "column 11: this ')'"}, {"/a == 1 == 2", "column 9: only two"},
		{"(/a) == 1", "column 6: only two"}, {"/msg == 'ok", "column 9: the closing quote"},
		{"/a~2 == 1", "column 1: in a JSON pointer"}, {"@/a", "in double quotes"},
		{"code == 0", "column 1: here a pointer"}, {"&& /a", "column 1"}, {"!", "column 2"},
		{"/a || ", "column 7"}, {"()", "column 2"}, {"/a == nan", "column 7"},
	};
	(void)state;
	struct arena *a = arena_new();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct condition *c = NULL;
		struct err e;
		assert_int_equal(condition_parse(rows[i].text, a, &c, &e), -1);
		if (!strstr(e.text, rows[i].words))
			fail_msg("%s: %s", rows[i].text, e.text);
	}
	char deep[400];
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	struct err e;
	const struct condition *c = NULL;
	assert_int_equal(condition_parse(deep, a, &c, &e), -1);
	assert_non_null(strstr(e.text, "nested too deeply"));
	/* cut at every byte: an error or a condition, never a crash */
	static const char whole[] = "!(/a == 'x' && @\"/b c\" >= -1.5e3) || /d/0 != null";
	for (size_t n = 0; n <= strlen(whole); n++)
		(void)condition_parse(arena_strn(a, whole, n), a, &c, &e);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_wrong),
	};
	return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
