/* src/cli/cmd_run.c - assay run: all suites of a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/session.h"

static int run(int argc, char **argv);

static const struct opt *const tables[] = {session_options, export_options, NULL};

const struct command command_run = {
	.name = "run",
	.summary = "run all suites of a plan against your services",
	.usage = "PLAN [options]",
	.text = "Tests the services of a plan: performance, functionality, faults, a soak, "
		"accuracy, whatever the plan holds, one after the other, with the host and "
		"its devices watched meanwhile. A part that cannot run is reported, the "
		"rest still runs. Ctrl-C ends the run with a report of what was measured; a "
		"second Ctrl-C ends it at once.\n\nassay plan init writes a commented plan "
		"to start from.",
	.examples = "assay run my.plan.yaml --out report        # then open report/report.html\n"
		    "assay run my.plan.yaml --only performance  # one suite\n"
		    "assay run my.plan.yaml --set services.asr.url=http://npu-2:8001/transcribe",
	.tables = tables,
	.run = run,
};

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct session_options options = {0};
	struct optset sets[] = {{.rows = session_options, .to = &options},
				{.rows = export_options, .to = &options}};
	struct strings words = {0};
	struct err e;
	int status;
	if (command_begin(&command_run, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_run, &words, 1, 1)) != 0)
		return status;
	CLEANUP(session_release)
	struct session s = {.arena = a, .common = &common, .options = &options};
	options.command = command_line(&command_run, argc, argv, a);
	if (session_open(&s, words.items[0], &e) < 0)
		return session_refuse(&s, &e);
	s.view = progress_view_new(&common);
	return session_run(&s);
}
