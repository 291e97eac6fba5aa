/* src/cli/cmd_soak.c - assay soak: the soak suite alone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/suite_command.h"
#include "suite/suites.h"

static int run(int argc, char **argv);

static const struct opt *const tables[] = {soak_options, suite_command_options, session_options,
					   url_options, NULL};

const struct command command_soak = {
	.name = "soak",
	.summary = "hours of mixed requests: outages, error rates, leaks, drift",
	.usage = "[PLAN] [--asr URL] [--tts URL] [--chat URL] [options]",
	.text = "Sends a mix of requests for hours and judges what only time shows: "
		"outages, error rates with their intervals, leaks of memory, files and "
		"threads, and drift of the latency.",
	.examples = "assay soak my.plan.yaml --duration 12h --out soak\n"
		    "assay soak --asr http://127.0.0.1:8001/transcribe --duration 10m",
	.tables = tables,
	.run = run,
};

static int run(int argc, char **argv)
{
	return suite_command(&command_soak, &suite_soak, argc, argv);
}
