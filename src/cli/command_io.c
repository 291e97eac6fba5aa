/* src/cli/command_io.c - what all commands do first and last: options, help, messages, output.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/command.h"

static const char *const formats[] = {"text", "json", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

const struct opt common_options[] = {
	{.name = "format", OPT_AT_CHOICE(struct common_options, format), .choices = formats,
	 .def = "text", .help = "what to print on standard output"},
	{.name = "quiet", .letter = 'q', OPT_AT_BOOL(struct common_options, quiet),
	 .help = "no progress, only results and errors"},
	{.name = "color", OPT_AT_CHOICE(struct common_options, color), .choices = colors,
	 .def = "auto", .help = "colour; auto: on a terminal, unless NO_COLOR is set"},
	{.name = "help", .letter = 'h', OPT_AT_BOOL(struct common_options, help),
	 .help = "show this help"},
	{0},
};

size_t command_width(int fd)
{
	struct winsize size;
	if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return MIN((size_t)size.ws_col, (size_t)120);
	return 80;
}

bool command_color(const struct common_options *common, int fd)
{
	if (common->color != COLOR_AUTO)
		return common->color == COLOR_ALWAYS;
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	return isatty(fd) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

/* Paragraphs wrapped to the width. */
static void put_text(const char *text, size_t width, struct buf *out)
{
	size_t at = 0;
	while (*text) {
		if (text[0] == '\n') {
			(void)buf_str(out, at ? "\n" : "");
			at = 0;
			if (text[1] == '\n')
				(void)buf_char(out, '\n');
			while (*text == '\n')
				text++;
			continue;
		}
		size_t len = strcspn(text, " \n");
		if (at > 0 && at + 1 + len > width) {
			(void)buf_char(out, '\n');
			at = 0;
		}
		(void)buf_fmt(out, "%s%.*s", at ? " " : "", (int)len, text);
		at += len + (at > 0);
		text += len + (text[len] == ' ');
	}
	(void)buf_str(out, "\n");
}

static void put_examples(const char *examples, struct buf *out)
{
	(void)buf_str(out, "\nExamples:\n");
	while (*examples) {
		size_t len = strcspn(examples, "\n");
		(void)buf_fmt(out, "  %.*s\n", (int)len, examples);
		examples += len + (examples[len] == '\n');
	}
}

void command_help(const struct command *c, size_t width, struct buf *out)
{
	(void)buf_fmt(out, "Usage: assay %s %s\n\n", c->name, c->usage);
	put_text(c->text, width, out);
	(void)buf_str(out, "\nOptions:\n");
	for (size_t i = 0; c->tables && c->tables[i]; i++)
		opt_help(c->tables[i], width, out);
	opt_help(common_options, width, out);
	if (c->examples)
		put_examples(c->examples, out);
}

int command_fail(const struct err *e)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "assay: %s\n", e->text);
	return err_exit_status(e);
}

int command_print(const char *text, size_t len)
{
	(void)fflush(stdout);
	if (file_write_all(STDOUT_FILENO, text, len) == 0)
		return 0;
	struct err e;
	(void)err_sys(&e, "cannot write to standard output");
	return command_fail(&e);
}

int command_print_json(const json_t *j)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	if (json_write(j, true, &out) < 0 || buf_char(&out, '\n') < 0) {
		struct err e;
		(void)err_set(&e, ERR_SYSTEM, "no memory to write the result");
		return command_fail(&e);
	}
	return command_print(out.data, out.len);
}

int command_begin(const struct command *c, int argc, char **argv, struct optset *sets,
		  size_t n_sets, struct common_options *common, struct strings *operands,
		  struct arena *a, int *ret_status)
{
	struct optset all[8];
	struct err e;
	for (size_t i = 0; i < n_sets; i++) {
		opt_defaults(sets[i].rows, sets[i].to);
		all[i] = sets[i];
	}
	memset(common, 0, sizeof(*common));
	opt_defaults(common_options, common);
	all[n_sets] = (struct optset){.rows = common_options, .to = common};
	int rc = opt_from_args(all, n_sets + 1, argc, argv, operands, a, &e);
	for (size_t i = 0; i < n_sets; i++)
		sets[i] = all[i];
	if (common->help) {
		CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
		command_help(c, command_width(STDOUT_FILENO), &out);
		*ret_status = command_print(out.data, out.len);
		return 1;
	}
	if (rc < 0) {
		*ret_status = command_fail(&e);
		(void)fprintf(stderr, "usage: assay %s %s\n", c->name, c->usage);
		return 1;
	}
	return 0;
}

const char *command_line(const struct command *c, int argc, char **argv, struct arena *a)
{
	const char *line = arena_fmt(a, "assay %s", c->name);
	for (int i = 0; i < argc; i++)
		line = arena_fmt(a, "%s %s", line, str_shell(argv[i], a));
	return line;
}

int command_operands(const struct command *c, const struct strings *operands, size_t min,
		     size_t max)
{
	if (operands->n >= min && operands->n <= max)
		return 0;
	struct err e;
	if (operands->n < min)
		(void)err_set(&e, ERR_USAGE, "%s needs %zu word%s after its name, %zu given",
			      c->name, min, str_plural(min), operands->n);
	else
		(void)err_set(&e, ERR_USAGE, "%s does not know what to do with '%s'", c->name,
			      operands->items[max]);
	int status = command_fail(&e);
	(void)fprintf(stderr, "usage: assay %s %s\n", c->name, c->usage);
	return status;
}
