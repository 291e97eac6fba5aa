/* src/cli/cmd_accuracy.c - assay accuracy: the accuracy suite alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/suite_command.h"
#include "suite/suites.h"

static int run(int argc, char **argv);

static const struct opt *const tables[] = {accuracy_options, suite_command_options, session_options,
					   url_options, NULL};

const struct command command_accuracy = {
	.name = "accuracy",
	.summary = "error rates, and whether a candidate answers as its reference",
	.usage = "[PLAN] [--asr URL] [--tts URL] [--chat URL] [options]",
	.text = "Asks the services of a plan for transcripts or answers to inputs with "
		"known ones, and gives error rates with intervals. With a reference "
		"(another service, or its recorded answers) it tells whether both are "
		"aligned: the 95 % interval of the difference of their rates lies inside "
		"the gate, outside, or the data do not decide.",
	.examples = "assay accuracy my.plan.yaml --out report\n"
		    "assay accuracy --asr http://127.0.0.1:8001/transcribe --metric wer",
	.tables = tables,
	.run = run,
};

static int run(int argc, char **argv)
{
	return suite_command(&command_accuracy, &suite_accuracy, argc, argv);
}
