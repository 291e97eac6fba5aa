/* src/cli/cmd_completion.c - assay completion: shell completion made from the option tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

static int run(int argc, char **argv);

const struct command command_completion = {
	.name = "completion",
	.summary = "print shell completion (bash, zsh, fish)",
	.usage = "bash|zsh|fish",
	.text = "Prints a completion script, made from the command and option tables: commands, "
		"options, and the values of options that have a fixed set of them. make install "
		"puts the one of bash where bash looks.",
	.examples = "source <(assay completion bash)        # for this shell\n"
		    "source <(assay completion zsh)         # behind compinit\n"
		    "assay completion fish | source",
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

/* The words that a command wants first, where its usage has a fixed set of them: "asr|tts|chat". */
static struct span first_words(const struct command *c)
{
	size_t len = strspn(c->usage, "abcdefghijklmnopqrstuvwxyz|");
	bool set = (c->usage[len] == ' ' || !c->usage[len]) && memchr(c->usage, '|', len);
	return (struct span){c->usage, set ? len : 0};
}

static void put_words(struct span words, struct buf *out)
{
	for (size_t i = 0; i < words.len; i++)
		(void)buf_char(out, words.data[i] == '|' ? ' ' : words.data[i]);
}

static void put_command(const struct command *c, struct buf *out)
{
	struct span words = first_words(c);
	(void)buf_fmt(out, "\t%s)\n", c->name);
	if (words.len > 0) {
		(void)buf_str(out, "\t\t[ \"$COMP_CWORD\" = 2 ] && words='");
		put_words(words, out);
		(void)buf_str(out, "'\n");
	}
	(void)buf_str(out, "\t\toptions='");
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
			   "\tif [ -n \"$words\" ] && [ \"${here#-}\" = \"$here\" ]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$here\"))\n"
			   "\telif [ \"${here#-}\" != \"$here\" ]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$here\"))\n"
			   "\telse\n"
			   "\t\tCOMPREPLY=($(compgen -f -- \"$here\"))\n"
			   "\tfi\n}\ncomplete -o filenames -F _assay assay\n");
}

static void put_zsh(struct buf *out)
{
	(void)buf_str(out, "autoload -U +X bashcompinit && bashcompinit\n");
	put_bash(out);
}

/* Within single quotes. */
static void put_quoted(const char *text, size_t len, struct buf *out)
{
	(void)buf_char(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'' || text[i] == '\\')
			(void)buf_char(out, '\\');
		(void)buf_char(out, text[i]);
	}
	(void)buf_char(out, '\'');
}

static void put_fish_row(const struct command *c, const struct opt *o, struct buf *out)
{
	(void)buf_fmt(out, "complete -c assay -n '__fish_seen_subcommand_from %s' -l %s", c->name,
		      opt_cli_name(o));
	if (o->letter)
		(void)buf_fmt(out, " -s %c", o->letter);
	if (o->type == OPT_CHOICE) {
		(void)buf_str(out, " -x -a '");
		for (int i = 0; o->choices[i]; i++)
			(void)buf_fmt(out, "%s%s", i ? " " : "", o->choices[i]);
		(void)buf_char(out, '\'');
	} else if (o->type != OPT_BOOL) {
		(void)buf_str(out, " -r");
	}
	(void)buf_str(out, " -d ");
	put_quoted(o->help, strcspn(o->help, ";:"), out);
	(void)buf_char(out, '\n');
}

static void put_fish(struct buf *out)
{
	const struct command *c;
	(void)buf_str(out, "complete -c assay -n __fish_use_subcommand -f\n");
	for (size_t i = 0; (c = command_at(i)); i++) {
		struct span words = first_words(c);
		(void)buf_fmt(out, "complete -c assay -n __fish_use_subcommand -a %s -d ", c->name);
		put_quoted(c->summary, strlen(c->summary), out);
		(void)buf_char(out, '\n');
		if (words.len > 0) {
			(void)buf_fmt(out, "complete -c assay -n '__fish_seen_subcommand_from %s' "
				      "-f -a '", c->name);
			put_words(words, out);
			(void)buf_str(out, "'\n");
		}
		for (size_t k = 0; c->tables && c->tables[k]; k++)
			for (const struct opt *o = c->tables[k]; o->name; o++)
				if (!(o->flags & OPT_PLAN_ONLY))
					put_fish_row(c, o, out);
		for (const struct opt *o = common_options; o->name; o++)
			put_fish_row(c, o, out);
	}
}

static const struct {
	const char *name;
	void (*put)(struct buf *out);
} shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};

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
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (strcmp(words.items[0], shells[i].name) != 0)
			continue;
		shells[i].put(&out);
		return command_print(out.data, out.len);
	}
	(void)err_set(&e, ERR_USAGE, "there is completion for bash, zsh and fish, not for '%s'",
		      words.items[0]);
	return command_fail(&e);
}
