/* src/cli/cmd_completion.c - assay completion: shell completion made from the option tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

static int run(int argc, char **argv);

const struct command command_completion = {
	.name = "completion",
	.summary = "print shell completion (bash)",
	.usage = "bash",
	.text = "Prints a completion script, made from the command and option tables. The build "
		"installs it; without installing: source <(assay completion bash)",
	.examples = "source <(assay completion bash)   # for this shell",
	.run = run,
};

static void put_rows(const struct opt *rows, struct buf *out)
{
	for (const struct opt *o = rows; o->name; o++)
		if (!(o->flags & OPT_PLAN_ONLY))
			(void)buf_fmt(out, " --%s", opt_cli_name(o));
}

static void put_choices(const struct opt *rows, struct buf *out)
{
	for (const struct opt *o = rows; o->name; o++) {
		if (o->type != OPT_CHOICE || o->flags & OPT_PLAN_ONLY)
			continue;
		(void)buf_fmt(out, "\t\t--%s) words='", opt_cli_name(o));
		for (int i = 0; o->choices[i]; i++)
			(void)buf_fmt(out, "%s%s", i ? " " : "", o->choices[i]);
		(void)buf_str(out, "' ;;\n");
	}
}

static void put_command(const struct command *c, struct buf *out)
{
	(void)buf_fmt(out, "\t%s)\n\t\toptions='", c->name);
	for (size_t i = 0; c->tables && c->tables[i]; i++)
		put_rows(c->tables[i], out);
	put_rows(common_options, out);
	(void)buf_str(out, "'\n\t\tcase $before in\n");
	for (size_t i = 0; c->tables && c->tables[i]; i++)
		put_choices(c->tables[i], out);
	put_choices(common_options, out);
	(void)buf_str(out, "\t\tesac ;;\n");
}

static void put_bash(struct buf *out)
{
	const struct command *c;
	(void)buf_str(out, "_assay() {\n"
			   "\tlocal here=${COMP_WORDS[COMP_CWORD]}\n"
			   "\tlocal before=${COMP_WORDS[COMP_CWORD-1]}\n"
			   "\tlocal options= words=\n"
			   "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W 'help --help --version");
	for (size_t i = 0; (c = command_at(i)); i++)
		(void)buf_fmt(out, " %s", c->name);
	(void)buf_str(out, "' -- \"$here\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; (c = command_at(i)); i++)
		put_command(c, out);
	(void)buf_str(out, "\tesac\n"
			   "\tif [ -n \"$words\" ]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$here\"))\n"
			   "\telif [ \"${here#-}\" != \"$here\" ]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$here\"))\n"
			   "\telse\n"
			   "\t\tCOMPREPLY=($(compgen -f -- \"$here\"))\n"
			   "\tfi\n}\ncomplete -o filenames -F _assay assay\n");
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct strings words = {0};
	int status;
	if (command_begin(&command_completion, argc, argv, NULL, 0, &common, &words, a, &status))
		return status;
	if ((status = command_operands(&command_completion, &words, 1, 1)) != 0)
		return status;
	if (strcmp(words.items[0], "bash") != 0) {
		struct err e;
		(void)err_set(&e, ERR_USAGE, "there is completion for bash, not for '%s'",
			      words.items[0]);
		return command_fail(&e);
	}
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	put_bash(&out);
	return command_print(out.data, out.len);
}
