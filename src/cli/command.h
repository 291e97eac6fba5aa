/* src/cli/command.h - the table of commands, and what all of them do first and last.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/opt.h"

struct command {
	const char *name;
	const char *summary;	/* one line of `assay --help` */
	const char *usage;	/* after "assay NAME ": "REF HYP [options]" */
	const char *text;	/* paragraphs of its --help and manual page, parted by "\n\n" */
	const char *examples;	/* lines "assay score a b  # what it does"; NULL: none */
	/* Option tables in the order of help, without common_options; NULL ends. */
	const struct opt *const *tables;
	int (*run)(int argc, char **argv);	/* words after the name; returns the exit status */
};

const struct command *command_find(const char *name);
const struct command *command_at(size_t i);	/* NULL at the end */

enum output_format { FORMAT_TEXT, FORMAT_JSON };
enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Options of every command. */
struct common_options {
	bool help;
	int format;	/* enum output_format */
	bool quiet;
	int color;	/* enum color_mode; see command_color() */
};
extern const struct opt common_options[];

/* What every run() does first. sets[] bind the command's own tables (defaults are filled in
 * here); common_options is added by this function.
 * 0: go on. 1: the command is done (--help was answered, or usage was wrong and said so) and
 * *ret_status is its exit status. */
int command_begin(const struct command *c, int argc, char **argv, struct optset *sets,
		  size_t n_sets, struct common_options *common, struct strings *operands,
		  struct arena *a, int *ret_status);

/* The command as it was typed, in words of a shell. */
const char *command_line(const struct command *c, int argc, char **argv, struct arena *a);

/* Exactly this many operands? Otherwise says so and gives 2; else 0. */
int command_operands(const struct command *c, const struct strings *operands, size_t min,
		     size_t max);

/* Print "assay: <text>" to stderr; gives the exit status that belongs to it. */
int command_fail(const struct err *e);

/* May this stream be coloured? By the option, NO_COLOR, and whether it is a terminal. */
bool command_color(const struct common_options *common, int fd);

/* Columns of the terminal on this fd; 80 when it is none. */
size_t command_width(int fd);

/* Write a document to stdout and flush; 0, or 3 with a message (full disk, closed pipe). */
int command_print(const char *text, size_t len);
int command_print_json(const json_t *j);

/* The whole help of a command, as --help prints it. */
void command_help(const struct command *c, size_t width, struct buf *out);

#endif
