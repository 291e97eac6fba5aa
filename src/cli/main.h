/* src/cli/main.h - from the words of a command line to an exit status.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_MAIN_H
#define CLI_MAIN_H

int cli_main(int argc, char **argv);

#endif
