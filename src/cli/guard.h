/* src/cli/guard.h - between a launcher and the process that measures.
 *
 * A launcher ends its ranks roughly when one of them dies: mpirun of MPICH with SIGKILL at once,
 * that of Open MPI two seconds after a first signal. So the process that it started only keeps:
 * it hands on signals and the exit status, and a child, in a session of its own, measures. When
 * the guard is killed the child gets SIGTERM and has all the time that saving takes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GUARD_H
#define CLI_GUARD_H

#include <stdbool.h>

#include "base/err.h"

/* Returns in the child; the guard stays inside and exits as the child does, or with 4 when that
 * is ended by a signal. on_cont: SIGCONT too means the end (Open MPI sends it first). Before any
 * thread was started. -1 when there can be no child. */
int guard_start(bool on_cont, struct err *e);

#endif
