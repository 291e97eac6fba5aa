/* src/cli/cmd_check.c - assay check: the functional suite alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/suite_command.h"
#include "suite/suites.h"

static int run(int argc, char **argv);

static const struct opt *const tables[] = {functional_options, suite_command_options,
					   session_options, url_options, NULL};

const struct command command_check = {
	.name = "check",
	.summary = "does every function work: languages, times, streaming, images",
	.usage = "[PLAN] [--asr URL] [--tts URL] [--chat URL] [options]",
	.text = "Asks each service what it must be able to do, with made inputs whose "
		"answers are known, and judges the answers. Cases that a service cannot "
		"answer (a language that it does not have) are skipped, with the reason.",
	.examples = "assay check --list                 # all cases\n"
		    "assay check --asr http://127.0.0.1:8001/transcribe\n"
		    "assay check my.plan.yaml --long   # 30 minutes of speech too",
	.tables = tables,
	.run = run,
};

static int run(int argc, char **argv)
{
	return suite_command(&command_check, &suite_functional, argc, argv);
}
