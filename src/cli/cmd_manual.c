/* src/cli/cmd_manual.c - assay manual: manual pages made from the command and option tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

static int run(int argc, char **argv);

const struct command command_manual = {
	.name = "manual",
	.summary = "print a manual page (mdoc), made from the option tables",
	.usage = "[COMMAND]",
	.text = "Prints the manual page of a command, or of assay itself, in mdoc format. The "
		"build installs them; to read one as it is: assay manual run | mandoc -l -",
	.examples = "assay manual run | mandoc -l -   # read the page of assay run",
	.run = run,
};

/* mdoc takes a dot or quote at a line's start, and backslashes anywhere, as its own. */
static void put_plain(const char *text, struct buf *out)
{
	bool line_start = true;
	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			(void)buf_str(out, "\\&");
		if (*text == '\\')
			(void)buf_str(out, "\\e");
		else
			(void)buf_char(out, *text);
		line_start = *text == '\n';
	}
}

static void put_paragraphs(const char *text, struct buf *out)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);
		char *piece = strndup(text, len);
		if (piece)
			put_plain(piece, out);
		free(piece);
		(void)buf_str(out, end ? "\n.Pp\n" : "\n");
		text += len + (end ? 2 : 0);
	}
}

static void put_option(const struct opt *o, struct buf *out)
{
	char arg[200];
	if (o->flags & OPT_PLAN_ONLY)
		return;
	(void)opt_arg(o, arg, sizeof(arg));
	(void)buf_str(out, ".It ");
	if (o->letter)
		(void)buf_fmt(out, "Fl %c , ", o->letter);
	(void)buf_fmt(out, "Fl Fl %s", opt_cli_name(o));
	if (*arg)
		(void)buf_fmt(out, " Ar %s", arg);
	(void)buf_char(out, '\n');
	put_plain(o->help, out);
	(void)buf_str(out, ".");
	if (o->def && *o->def)
		(void)buf_fmt(out, "\nDefault: %s.", o->def);
	(void)buf_char(out, '\n');
}

static void put_options(const struct opt *rows, struct buf *out)
{
	for (const struct opt *o = rows; o->name; o++)
		put_option(o, out);
}

static void put_examples(const char *examples, struct buf *out)
{
	(void)buf_str(out, ".Sh EXAMPLES\n.Bd -literal\n");
	put_plain(examples, out);
	(void)buf_str(out, "\n.Ed\n");
}

static const char exit_status[] =
	".Sh EXIT STATUS\n"
	".Bl -tag -width 3n -compact\n"
	".It 0\npass\n.It 1\na target or case failed\n.It 2\nusage or plan wrong\n"
	".It 3\ncould not run\n.It 4\nresults not trustworthy, or ended early by a signal\n"
	".It 5\nundecided: more data would decide\n.El\n";

static void page_of_command(const struct command *c, struct buf *out)
{
	(void)buf_fmt(out, ".Dd $Mdocdate$\n.Dt ASSAY-%s 1\n.Os\n.Sh NAME\n.Nm assay-%s\n.Nd %s\n",
		      c->name, c->name, c->summary);
	(void)buf_fmt(out, ".Sh SYNOPSIS\n.Nm assay %s\n", c->name);
	put_plain(c->usage, out);
	(void)buf_str(out, "\n.Sh DESCRIPTION\n");
	put_paragraphs(c->text, out);
	(void)buf_str(out, ".Pp\nOptions:\n.Bl -tag -width Ds\n");
	for (size_t i = 0; c->tables && c->tables[i]; i++)
		put_options(c->tables[i], out);
	put_options(common_options, out);
	(void)buf_str(out, ".El\n");
	(void)buf_str(out, exit_status);
	if (c->examples)
		put_examples(c->examples, out);
	(void)buf_str(out, ".Sh SEE ALSO\n.Xr assay 1\n");
}

static void page_of_assay(struct buf *out)
{
	const struct command *c;
	(void)buf_str(out, ".Dd $Mdocdate$\n.Dt ASSAY 1\n.Os\n.Sh NAME\n.Nm assay\n"
			   ".Nd deploy and test audio and multimodal inference services\n"
			   ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op words and options\n"
			   ".Sh DESCRIPTION\n"
			   "Tests performance, reliability, functionality and accuracy of speech\n"
			   "recognition, speech synthesis and vision-language\n"
			   "services, and watches the accelerator meanwhile.\n"
			   ".Pp\nCommands:\n.Bl -tag -width Ds\n");
	for (size_t i = 0; (c = command_at(i)); i++)
		(void)buf_fmt(out, ".It Cm %s\n%s;\nsee\n.Xr assay-%s 1\n", c->name, c->summary,
			      c->name);
	(void)buf_str(out, ".El\n");
	(void)buf_str(out, exit_status);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct strings words = {0};
	int status;
	if (command_begin(&command_manual, argc, argv, NULL, 0, &common, &words, a, &status))
		return status;
	if ((status = command_operands(&command_manual, &words, 0, 1)) != 0)
		return status;
	const struct command *c = words.n ? command_find(words.items[0]) : NULL;
	if (words.n && !c) {
		struct err e;
		(void)err_set(&e, ERR_USAGE, "there is no command '%s'", words.items[0]);
		return command_fail(&e);
	}
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	if (c)
		page_of_command(c, &out);
	else
		page_of_assay(&out);
	return command_print(out.data, out.len);
}
