/* tests/unit/base/test-process.c - children: started, watched, ended with all they started.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"

static void test_output_and_status(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf out = BUF_INIT(1000);
	const char *const argv[] = {"sh", "-c", "echo $WORD; echo oops >&2; exit 3", NULL};
	const char *const env[] = {"WORD=hello", NULL};
	struct err e;
	int status = 0;
	assert_int_equal(process_run(argv, env, 10 * NS_PER_S, true, &out, &status, &e), 0);
	assert_string_equal(out.data, "hello\noops\n");
	char words[64];
	process_status_text(status, words, sizeof(words));
	assert_string_equal(words, "exit status 3");
}

static void test_missing_program_is_named(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf out = BUF_INIT(1000);
	const char *const argv[] = {"no-such-program-here", NULL};
	struct err e;
	int status;
	assert_int_equal(process_run(argv, NULL, NS_PER_S, false, &out, &status, &e), -1);
	assert_string_equal(e.text, "cannot run 'no-such-program-here': No such file or directory");
}

static void test_hanging_program_is_ended(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf out = BUF_INIT(1000);
	const char *const argv[] = {"sh", "-c", "trap '' TERM; while :; do sleep 1; done", NULL};
	struct err e;
	int status;
	uint64_t start = clock_now();
	assert_int_equal(process_run(argv, NULL, 100 * NS_PER_MS, false, &out, &status, &e), -1);
	assert_non_null(strstr(e.text, "did not end within 0.1 s"));
	assert_true(clock_now() - start < 5 * NS_PER_S);
}

static void test_long_output_is_cut_not_blocking(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf out = BUF_INIT(10);
	const char *const argv[] = {"sh", "-c", "head -c 1000000 /dev/zero", NULL};
	struct err e;
	int status = 0;
	assert_int_equal(process_run(argv, NULL, 10 * NS_PER_S, false, &out, &status, &e), 0);
	assert_int_equal(out.len, 10);
}

/* The grandchild writes its pid into a pipe, whose end is seen when it is dead. */
static void test_grandchildren_end_too(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	const char *const argv[] = {"sh", "-c", "sleep 100 & echo started; wait", NULL};
	struct process_spec spec = {.argv = argv, .out = ends[1]};
	struct err e;
	pid_t pid;
	assert_int_equal(process_start(&spec, &pid, &e), 0);
	(void)close(ends[1]);
	char text[16];
	assert_int_equal(read(ends[0], text, 8), 8);
	int status = process_end(pid, 5 * NS_PER_S);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read(ends[0], text, 1), 0);	/* nobody holds the pipe any more */
	(void)close(ends[0]);
}

/* What a yielding child starts yields, too: the policy of both is in /proc/PID/stat, field 41. */
static void test_children_that_yield(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	const char *const argv[] = {"sh", "-c", "sh -c 'cut -d\" \" -f41 /proc/self/stat'", NULL};
	struct process_spec spec = {.argv = argv, .out = ends[1], .yields = true};
	struct err e;
	pid_t pid;
	int status;
	assert_int_equal(process_start(&spec, &pid, &e), 0);
	(void)close(ends[1]);
	char text[8] = "";
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "5\n");	/* SCHED_IDLE */
	assert_int_equal(process_wait(pid, UINT64_MAX, &status), 1);
	(void)close(ends[0]);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status),
		cmocka_unit_test(test_missing_program_is_named),
		cmocka_unit_test(test_hanging_program_is_ended),
		cmocka_unit_test(test_long_output_is_cut_not_blocking),
		cmocka_unit_test(test_grandchildren_end_too),
		cmocka_unit_test(test_children_that_yield),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
