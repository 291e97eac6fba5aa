/* tests/unit/dist/test-dist.c - a process alone, and why a launcher's ranks cannot join.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "dist/dist.h"
#include "tests/unit/unit.h"

static void test_alone(void **state)
{
	struct dist *d = NULL;
	struct err e;
	struct buf part = BUF_INIT(100), word = BUF_INIT(100);
	struct dist_start start;
	(void)state;
	assert_false(dist_launched());
	assert_int_equal(dist_open(&d, &e), 0);
	assert_int_equal(dist_rank(d), 0);
	assert_int_equal(dist_size(d), 1);
	assert_string_equal(dist_via(d), "local");
	assert_int_equal(dist_before_on_host(d), 0);
	assert_false(dist_is_lost(d, 0));
	assert_int_equal(dist_gather(d, "abc", 3, &part, &e), 0);
	assert_string_equal(part.data, "abc");
	assert_int_equal(dist_broadcast(d, &part, &e), 0);
	assert_int_equal(dist_barrier(d, &e), 0);
	assert_int_equal(dist_agree(d, 0, &e), 0);
	assert_int_equal(dist_agree(d, err_set(&e, ERR_DATA, "no plan"), &e), -1);
	assert_string_equal(e.text, "no plan");
	uint64_t before = clock_now();
	assert_int_equal(dist_start(d, NS_PER_S, &start, &e), 0);
	assert_true(start.at_ns >= before + NS_PER_S && start.at_ns <= clock_now() + NS_PER_S);
	assert_int_equal(start.bound_ns, 0);
	dist_tell(d, "x", 1);
	assert_false(dist_hear(d, &word));
	assert_null(dist_close(d));
	buf_release(&part);
}

static void refused(enum err_code code, const char *words)
{
	struct dist *d = NULL;
	struct err e = {0};
	assert_true(dist_launched());
	assert_int_equal(dist_open(&d, &e), -1);
	assert_int_equal(e.code, code);
	if (!strstr(e.text, words))
		fail_msg("'%s' does not say '%s'", e.text, words);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(setenv("ASSAY_LIBEXEC", "/nonexistent", 1), 0);
	assert_int_equal(setenv("OMPI_COMM_WORLD_RANK", "1", 1), 0);
	refused(ERR_UNSUPPORTED, "built without its MPI, openmpi");
	/* a name with a path in it is none */
	assert_int_equal(setenv("ASSAY_MPI", "../../../bin/true", 1), 0);
	refused(ERR_UNSUPPORTED, "built without its MPI");
	(void)unsetenv("ASSAY_MPI");
	(void)unsetenv("OMPI_COMM_WORLD_RANK");
	assert_int_equal(setenv("SLURM_PROCID", "1", 1), 0);
	assert_int_equal(setenv("SLURM_STEP_NUM_TASKS", "3", 1), 0);
	refused(ERR_USAGE, "--mpi=pmix");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
