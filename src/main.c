/* src/main.c - the program: hands over to the table of commands.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/main.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
