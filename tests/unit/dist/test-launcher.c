/* tests/unit/dist/test-launcher.c - which launcher's environment is which.
 * SPDX-License-Identifier: Apache-2.0 */
#include "dist/dist.h"
#include "dist/launcher.h"
#include "tests/unit/unit.h"

static const char *const names[] = {
	"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE",
	"PMI_FD", "PMI_PORT", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_STEP_NUM_TASKS",
};

/* Of these alone: "NAME=value" up to a NULL. */
static struct launcher with(const char *const *set)
{
	struct launcher l;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unsetenv(names[i]);
	for (; *set; set++) {
		char name[64];
		const char *value = strchr(*set, '=') + 1;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(value - 1 - *set), *set);
		assert_int_equal(setenv(name, value, 1), 0);
	}
	launcher_find(&l);
	assert_int_equal(dist_launched(), l.name != NULL);
	return l;
}

#define WITH(...) with((const char *const[]){__VA_ARGS__, NULL})

static void test_none(void **state)
{
	(void)state;
	assert_null(with((const char *const[]){NULL}).name);
	/* the script of a batch job is no task of a step, whatever the job's size */
	assert_null(WITH("SLURM_PROCID=0", "SLURM_NTASKS=8").name);
	assert_null(WITH("SLURM_PROCID=0", "SLURM_STEP_NUM_TASKS=1").name);
	assert_null(WITH("PMI_RANK=0").name);	/* nobody to talk to */
}

static void test_open_mpi(void **state)
{
	(void)state;
	struct launcher l = WITH("OMPI_COMM_WORLD_RANK=3", "OMPI_COMM_WORLD_SIZE=4", "PMIX_RANK=3");
	assert_string_equal(l.mpi, "openmpi");
	assert_int_equal(l.size, 4);
}

static void test_mpich(void **state)
{
	(void)state;
	struct launcher l = WITH("PMI_RANK=1", "PMI_SIZE=2", "PMI_FD=9");
	assert_string_equal(l.mpi, "mpich");
	assert_int_equal(l.size, 2);
	assert_int_equal(WITH("PMI_RANK=1", "PMI_SIZE=garbage", "PMI_PORT=h:1").size, 0);
}

static void test_slurm(void **state)
{
	(void)state;
	struct launcher l = WITH("SLURM_PROCID=1", "SLURM_STEP_NUM_TASKS=4", "PMIX_RANK=1");
	assert_null(l.mpi);
	assert_int_equal(l.size, 4);
	assert_false(l.no_pmi);
	l = WITH("SLURM_PROCID=1", "SLURM_STEP_NUM_TASKS=4", "PMI_RANK=1", "PMI_FD=5",
		 "PMI_SIZE=4");
	assert_null(l.mpi);
	assert_int_equal(l.size, 4);
	l = WITH("SLURM_PROCID=1", "SLURM_STEP_NUM_TASKS=4");
	assert_true(l.no_pmi);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_open_mpi),
		cmocka_unit_test(test_mpich),
		cmocka_unit_test(test_slurm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
