/* tests/unit/base/test-json.c - JSON within limits.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/json.h"

static void test_reads_and_walks(void **state)
{
	(void)state;
	static const char text[] = "{\"choices\":[{\"m\":{\"content\":\"hi\"}}],\"n\":3,\"x\":1.5}";
	struct err e;
	CLEANUP(json_unref) json_t *j = json_read(text, strlen(text), 64, &e);
	assert_non_null(j);
	assert_string_equal(json_text(j, "choices.0.m.content", ""), "hi");
	assert_string_equal(json_text(j, "choices.1.m.content", "none"), "none");
	assert_string_equal(json_text(j, "n", "none"), "none");
	int64_t n = 0;
	double x = 0;
	assert_true(json_whole(j, "n", &n));
	assert_int_equal(n, 3);
	assert_true(json_number(j, "n", &x));
	assert_false(json_whole(j, "x", &n));
	assert_null(json_at(j, "choices.x"));
}

static void test_every_cut_is_refused(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":[1,2,{\"b\":\"\\u00e9\"}],\"c\":null}";
	for (size_t n = 0; n < strlen(text); n++) {
		CLEANUP(free_ptr) char *cut = malloc(n ? n : 1);	/* ASan sees over-reads */
		memcpy(cut, text, n);
		struct err e;
		json_t *j = json_read(cut, n, 64, &e);
		assert_null(j);
		assert_null(strstr(e.text, "\\u00"));
	}
}

static void test_limits(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf deep = BUF_INIT(BUF_UNLIMITED);
	for (int i = 0; i < 65; i++)
		(void)buf_char(&deep, '[');
	for (int i = 0; i < 65; i++)
		(void)buf_char(&deep, ']');
	struct err e;
	assert_null(json_read(deep.data, deep.len, 64, &e));
	CLEANUP(json_unref) json_t *fits = json_read(deep.data, deep.len, 65, &e);
	assert_non_null(fits);
	static const char tricky[] = "[\"[[[[\\\"[[[[\"]";
	CLEANUP(json_unref) json_t *j = json_read(tricky, strlen(tricky), 1, &e);
	assert_non_null(j);
	assert_null(json_read("{\"a\":1,\"a\":2}", 13, 64, &e));
	assert_null(json_read("{\"secret\":tru}", 14, 64, &e));
	assert_null(strstr(e.text, "secret"));
	assert_null(strstr(e.text, "tru"));
}

static void test_unknown_is_absent(void **state)
{
	(void)state;
	CLEANUP(json_unref) json_t *j = json_object();
	json_put_real(j, "nan", (double)NAN);
	json_put_real(j, "inf", (double)INFINITY);
	json_put_text(j, "null", NULL);
	json_put_real(j, "x", 0.25);
	CLEANUP(buf_release) struct buf out = BUF_INIT(1000);
	assert_int_equal(json_write(j, false, &out), 0);
	assert_string_equal(out.data, "{\"x\":0.25}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_and_walks),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_unknown_is_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
