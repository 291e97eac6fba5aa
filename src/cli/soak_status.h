/* src/cli/soak_status.h - where the soak of a report folder stands.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SOAK_STATUS_H
#define CLI_SOAK_STATUS_H

#include <stdbool.h>

/* Print it, as text or JSON; gives the exit status. Reads only, also while the soak runs. */
int soak_status(const char *dir, bool json);

#endif
