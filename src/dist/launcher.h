/* src/dist/launcher.h - which launcher started this process, by its environment.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DIST_LAUNCHER_H
#define DIST_LAUNCHER_H

#include <stdbool.h>

struct launcher {
	const char *name;	/* "mpirun of Open MPI"; NULL: none */
	const char *mpi;	/* whose library fits: "openmpi", "mpich"; NULL: any */
	int size;		/* ranks that it says it has started; 0: it does not say */
	bool no_pmi;		/* it started ranks that cannot find each other */
};

/* Reads the environment and nothing else. */
void launcher_find(struct launcher *ret);

#endif
