/* src/cli/cmd_normalize.c - assay normalize: what the normalisers make of a text.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "cli/commands.h"
#include "text/normalize.h"
#include "text/unicode.h"

#define LINE_MAX_BYTES ((size_t)64 << 20)

struct settings {
	bool drop_erhua, drop_fillers, version;
};

static const struct opt options[] = {
	{.name = "drop_erhua", OPT_AT_BOOL(struct settings, drop_erhua),
	 .help = "Chinese: leave out er (erhua) where it only colours the sound"},
	{.name = "drop_fillers", OPT_AT_BOOL(struct settings, drop_fillers),
	 .help = "Chinese: leave out fillers; English always does"},
	{.name = "version", OPT_AT_BOOL(struct settings, version),
	 .help = "print the name and version of the rules and do nothing else"},
	{0},
};
static const struct opt *const tables[] = {options, NULL};

static int run(int argc, char **argv);

const struct command command_normalize = {
	.name = "normalize",
	.summary = "bring lines of text to the form that is scored",
	.usage = "english|chinese|basic|auto|none < lines > lines",
	.text = "Prints one normalised line per line of standard input, as score does before it "
		"counts errors. auto decides line by line, by script.",
	.examples = "assay normalize english < transcript.txt  # numbers, contractions, spelling\n"
		    "assay normalize chinese --drop-erhua < zh.txt",
	.tables = tables,
	.run = run,
};

static int find_kind(const char *name, struct err *e)
{
	for (int i = 0; normalize_names[i]; i++)
		if (strcmp(normalize_names[i], name) == 0)
			return i;
	return err_set(e, ERR_USAGE, "there is no normaliser '%s'; there are none, basic, english, "
		       "chinese and auto", name);
}

static void free_normalizer(struct normalizer **n)
{
	normalizer_free(*n);
}

static void free_line(char **line)
{
	free(*line);
}

static int normalize_lines(struct normalizer *n, struct err *e)
{
	CLEANUP(free_line) char *line = NULL;
	CLEANUP(buf_release) struct buf out = BUF_INIT(LINE_MAX_BYTES * 16);
	size_t room = 0, number = 0;
	ssize_t got;
	while ((got = getline(&line, &room, stdin)) >= 0) {
		size_t len = (size_t)got;
		number++;
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		if (len > LINE_MAX_BYTES)
			return err_set(e, ERR_DATA, "line %zu is longer than 64 MiB", number);
		buf_clear(&out);
		if (unicode_check(line, len, e) < 0 ||
		    normalizer_apply(n, line, len, NULL, 0, &out, e) < 0)
			return err_prefix(e, "line %zu: ", number);
		if (fwrite(out.data ? out.data : "", 1, out.len, stdout) != out.len ||
		    putchar('\n') == EOF)
			return err_sys(e, "cannot write to standard output");
	}
	if (ferror(stdin))
		return err_sys(e, "cannot read standard input");
	if (fflush(stdout) != 0)
		return err_sys(e, "cannot write to standard output");
	return 0;
}

static void free_arena(struct arena **a)
{
	arena_free(*a);
}

static int run(int argc, char **argv)
{
	CLEANUP(free_arena) struct arena *a = arena_new();
	CLEANUP(free_normalizer) struct normalizer *n = NULL;
	struct settings s = {0};
	struct optset set = {.rows = options, .to = &s};
	struct common_options common;
	struct strings words = {0};
	struct err e;
	int status;
	if (command_begin(&command_normalize, argc, argv, &set, 1, &common, &words, a, &status))
		return status;
	status = command_operands(&command_normalize, &words, 1, 1);
	if (status)
		return status;
	int kind = find_kind(words.items[0], &e);
	struct normalize_options how = {s.drop_erhua, s.drop_fillers};
	if (kind < 0 || normalizer_new(&n, (enum normalize_kind)kind, &how, &e) < 0)
		return command_fail(&e);
	if (s.version) {
		const char *text = arena_fmt(a, "%s\n", normalizer_name(n));
		return command_print(text, strlen(text));
	}
	return normalize_lines(n, &e) < 0 ? command_fail(&e) : 0;
}
