/* src/cli/command.h - the table of commands.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/opt.h"

struct command {
	const char *name;
	const char *summary;	/* one line of `assay --help` */
	const char *usage;	/* after "assay NAME ": "REF HYP [options]" */
	const char *text;	/* paragraphs of its --help and manual page */
	const char *examples;	/* lines "command  # what it does" */
	/* Option tables in the order of help, for help, manual page and completion; NULL ends. */
	const struct opt *const *tables;
	int (*run)(int argc, char **argv);	/* words after the name; returns the exit status */
};

const struct command *command_find(const char *name);
const struct command *command_at(size_t i);	/* NULL at the end */

/* What every command's run() does first: parse into the sets, answer --help (then *ret_status
 * is 0 and the result is 1), report usage errors (1, status 2). 0: go on. */
struct common_options {
	bool help;
	int format;		/* 0 text, 1 json */
	bool quiet;
	int color;		/* auto, always, never */
};
extern const struct opt common_options[];
int command_begin(const struct command *c, int argc, char **argv, struct optset *sets,
		  size_t n_sets, struct common_options *common, struct strings *operands,
		  struct arena *a, int *ret_status);

/* Print "assay: <text>" to stderr and give the exit status that belongs to it. */
int command_fail(const struct err *e);

#endif
