/* src/cli/soak_status.h - where the soak of a report folder stands.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SOAK_STATUS_H
#define CLI_SOAK_STATUS_H

#include <stdbool.h>

#include "base/err.h"

/* Print it, as text or JSON; gives the exit status. Reads only, also while the soak runs. */
int soak_status(const char *dir, bool json);

/* May a soak be written there: a new one, or (resume) the one that is there? Asked before anything
 * is changed. -1 when one is running there, or when it has come to its end. */
int soak_may_write(const char *dir, bool resume, struct err *e);

#endif
