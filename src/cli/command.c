/* src/cli/command.c - the one list of commands, in the order of the help.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include "cli/commands.h"

static const struct command *const commands[] = {
	&command_demo,
	&command_run,
	&command_plan,
	&command_bench,
	&command_check,
	&command_faults,
	&command_soak,
	&command_accuracy,
	&command_score,
	&command_normalize,
	&command_make_data,
	&command_serve,
	&command_up,
	&command_ps,
	&command_logs,
	&command_down,
	&command_models,
	&command_fit,
	&command_doctor,
	&command_monitor,
	&command_report,
	&command_compare,
	&command_completion,
	&command_manual,
};

const struct command *command_at(size_t i)
{
	return i < ARRAY_LEN(commands) ? commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}
