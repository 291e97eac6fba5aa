/* tests/unit/base/test-late.c - libraries that are bound on first use.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <pthread.h>

#include "base/late.h"

struct table {
	double (*cosine)(double x);
	double (*root)(double x);
};

static void test_fills_the_table(void **state)
{
	(void)state;
	static const char *const names[] = {"cos", "sqrt", NULL};
	struct table table = {0};
	struct late_library l = {.file = "libm.so.6", .package = "libc6", .functions = names,
				 .table = &table};
	struct err e;
	assert_int_equal(late_bind(&l, &e), 0);
	assert_true(table.cosine(0.0) == 1.0);
	assert_true(table.root(9.0) == 3.0);
	table.root = NULL;
	assert_int_equal(late_bind(&l, &e), 0);	/* bound once: the table is left alone */
	assert_null(table.root);
}

static void test_says_what_is_missing(void **state)
{
	(void)state;
	static const char *const names[] = {"cos", "no_such_function", NULL};
	struct table table = {0};
	struct late_library l = {.file = "libm.so.6", .package = "libc6", .functions = names,
				 .table = &table};
	struct err e;
	assert_int_equal(late_bind(&l, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "libm.so.6 has no function no_such_function"));
	l.file = "libthere-is-none.so.1";
	l.package = "libthere1";
	assert_int_equal(late_bind(&l, &e), -1);
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(e.text, "libthere-is-none.so.1"));
	assert_non_null(strstr(e.text, "install the package libthere1"));
}

static const char *const shared_names[] = {"cos", "sqrt", NULL};
static struct table shared;
static struct late_library shared_library = {.file = "libm.so.6", .package = "libc6",
					     .functions = shared_names, .table = &shared};

static void *bind_and_call(void *good)
{
	bool ok = late_bind(&shared_library, NULL) == 0 && shared.root(16.0) == 4.0;
	*(bool *)good = ok;
	return NULL;
}

static void test_many_threads_at_once(void **state)
{
	(void)state;
	pthread_t threads[8];
	bool good[8] = {false};
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, bind_and_call, &good[i]), 0);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(good[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fills_the_table),
		cmocka_unit_test(test_says_what_is_missing),
		cmocka_unit_test(test_many_threads_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
