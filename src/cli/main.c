/* src/cli/main.c - see main.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/main.h"

#include "base/util.h"

int cli_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)printf("assay %s\n", ASSAY_VERSION);
	return 0;
}
