/* src/cli/suite_command.h - commands that run one suite: from a plan, or on services named by URL.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SUITE_COMMAND_H
#define CLI_SUITE_COMMAND_H

#include "cli/command.h"
#include "suite/suite.h"

/* Options of these commands beside the suite's own: --list. */
extern const struct opt suite_command_options[];

/* run() of soak, faults, check, accuracy. Options given beside a plan override its settings. */
int suite_command(const struct command *c, const struct suite *suite, int argc, char **argv);

#endif
