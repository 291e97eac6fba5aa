/* src/cli/commands.h - the rows of the command table, one per cmd_*.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command command_accuracy;
extern const struct command command_bench;
extern const struct command command_check;
extern const struct command command_compare;
extern const struct command command_completion;
extern const struct command command_demo;
extern const struct command command_faults;
extern const struct command command_make_data;
extern const struct command command_logs;
extern const struct command command_manual;
extern const struct command command_doctor;
extern const struct command command_down;
extern const struct command command_fit;
extern const struct command command_models;
extern const struct command command_monitor;
extern const struct command command_normalize;
extern const struct command command_plan;
extern const struct command command_ps;
extern const struct command command_report;
extern const struct command command_run;
extern const struct command command_score;
extern const struct command command_serve;
extern const struct command command_soak;
extern const struct command command_up;

#endif
