/* src/cli/cmd_faults.c - assay faults: the faults suite alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/suite_command.h"
#include "suite/suites.h"

static int run(int argc, char **argv);

static const struct opt *const tables[] = {faults_options, suite_command_options, session_options,
					   url_options, NULL};

const struct command command_faults = {
	.name = "faults",
	.summary = "bad inputs and broken connections: does the service survive",
	.usage = "[PLAN] [--asr URL] [--tts URL] [--chat URL] [options]",
	.text = "Sends what breaks inference services: corrupt, empty, huge and hostile "
		"inputs, and broken connections. Each case is judged by status, deadline, "
		"error text, canary requests with known answers before, during and after "
		"it, and the service's health.",
	.examples = "assay faults --list\n"
		    "assay faults --asr http://127.0.0.1:8001/transcribe --only A17,A18\n"
		    "assay faults my.plan.yaml --out report",
	.tables = tables,
	.run = run,
};

static int run(int argc, char **argv)
{
	return suite_command(&command_faults, &suite_faults, argc, argv);
}
