/* tests/unit/base/test-file.c - files as a whole.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char dir[] = "/tmp/assay-file-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	struct err e;
	return file_remove_tree(dir, &e);
}

static void test_write_then_read(void **state)
{
	(void)state;
	struct err e;
	char path[100];
	(void)snprintf(path, sizeof(path), "%s/a/b/c", dir);
	assert_int_equal(file_make_dirs(path, &e), 0);
	(void)snprintf(path, sizeof(path), "%s/a/b/c/file", dir);
	assert_int_equal(file_write(path, "hello", 5, &e), 0);
	assert_int_equal(file_write(path, "hello!", 6, &e), 0);
	CLEANUP(buf_release) struct buf text = BUF_INIT(6);
	assert_int_equal(file_read(path, &text, &e), 0);
	assert_string_equal(text.data, "hello!");
	CLEANUP(buf_release) struct buf small = BUF_INIT(5);
	assert_int_equal(file_read(path, &small, &e), -1);
	assert_non_null(strstr(e.text, "larger than 5 bytes"));
	assert_int_equal(file_make_dirs(path, &e), -1);
	assert_int_equal(file_write("/no/such/dir/x", "", 0, &e), -1);
	CLEANUP(free_ptr) char *beside = file_beside(path, "other");
	assert_true(strlen(beside) > 20 && strcmp(beside + strlen(beside) - 7, "c/other") == 0);
}

static void test_full_disk_is_an_error(void **state)
{
	(void)state;
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	assert_int_equal(file_write_all(fileno(full), "x", 1), -1);
	(void)fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_then_read),
		cmocka_unit_test(test_full_disk_is_an_error),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
