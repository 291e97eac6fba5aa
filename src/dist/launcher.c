/* src/dist/launcher.c - see launcher.h.
 *
 * Open MPI's mpirun sets OMPI_COMM_WORLD_*, whatever speaks PMIx PMIX_RANK, Hydra (MPICH) and
 * Slurm's pmi2 PMI_RANK and PMI_FD or PMI_PORT. srun sets SLURM_STEP_NUM_TASKS for each step; a
 * batch script itself has no step's size, so a program in it is not taken for a rank.
 * SPDX-License-Identifier: Apache-2.0 */
#include "dist/launcher.h"

#include <stdlib.h>

#include "base/str.h"

static int number(const char *name)
{
	const char *text = getenv(name);
	int64_t n = 0;
	return text && str_to_int(text, &n, NULL) == 0 && n > 0 && n < 1000000 ? (int)n : 0;
}

void launcher_find(struct launcher *ret)
{
	bool slurm = getenv("SLURM_PROCID") && number("SLURM_STEP_NUM_TASKS") > 0;
	*ret = (struct launcher){0};
	if (getenv("OMPI_COMM_WORLD_RANK"))
		*ret = (struct launcher){"mpirun of Open MPI", "openmpi",
					 number("OMPI_COMM_WORLD_SIZE"), false};
	else if (getenv("PMIX_RANK"))
		*ret = (struct launcher){"a launcher with PMIx", NULL,
					 slurm ? number("SLURM_STEP_NUM_TASKS") : 0, false};
	else if (getenv("PMI_RANK") && (getenv("PMI_FD") || getenv("PMI_PORT")))
		*ret = (struct launcher){"a launcher with PMI (mpirun of MPICH, srun)",
					 slurm ? NULL : "mpich", number("PMI_SIZE"), false};
	else if (slurm && number("SLURM_STEP_NUM_TASKS") > 1)
		*ret = (struct launcher){"srun", NULL, number("SLURM_STEP_NUM_TASKS"), true};
}
