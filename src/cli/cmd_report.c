/* src/cli/cmd_report.c - assay report: show a result again, in any form.
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "cli/commands.h"
#include "cli/result_file.h"
#include "report/writer.h"
#include "store/store.h"

static int run(int argc, char **argv);

struct report_options {
	const char *as;
	const char *out;
	const char *lang;
};

static const struct opt report_rows[] = {
	{.name = "as", OPT_AT_STRING(struct report_options, as), .arg = "WRITER",
	 .help = "print in this form: terminal, json, junit, markdown, csv or html",
	 .def = "terminal", .flags = OPT_CLI_ONLY},
	{.name = "out", .letter = 'o', OPT_AT_STRING(struct report_options, out), .arg = "DIR",
	 .help = "write all files of a report into this folder instead of printing",
	 .flags = OPT_CLI_ONLY},
	{.name = "lang", OPT_AT_STRING(struct report_options, lang), .arg = "en|zh|auto",
	 .help = "language of the report; auto follows the reader's", .def = "auto",
	 .flags = OPT_CLI_ONLY},
	{0},
};

static const struct opt *const tables[] = {report_rows, NULL};

const struct command command_report = {
	.name = "report",
	.summary = "show a result again, in any form",
	.usage = "DIR|result.json|results.db [options]",
	.text = "Reads what a run has left (result.json, or results.db where a run was killed "
		"before it could write more) and prints it, or writes the whole report folder anew "
		"with --out. Nothing is measured or judged again.\n\n"
		"The exit status says whether the report could be made, not what it says.",
	.examples = "assay report assay-demo                          # in the terminal\n"
		    "assay report assay-demo --as markdown > out.md   # for a pull request\n"
		    "assay report results.db --lang zh --out anew     # all files, in Chinese",
	.tables = tables,
	.run = run,
};

static int write_dir(const struct result *r, const char *dir, const struct writer_options *o,
		     struct arena *a, struct err *e)
{
	struct store *store = NULL;
	if (report_write_dir(r, dir, o, e) < 0 ||
	    store_open(arena_fmt(a, "%s/results.db", dir), &store, e) < 0)
		return -1;
	int ret = store_save(store, r, e);
	(void)store_close(store);
	return ret;
}

static const char *next_writer(size_t i, const void *ctx)
{
	(void)ctx;
	return writer_at(i) ? writer_at(i)->name : NULL;
}

static int check(const struct report_options *o, struct err *e)
{
	const char *near = str_nearest(o->as, next_writer, NULL);
	if (!writer_find(o->as))
		return err_set(e, ERR_USAGE, "--as: there is no writer '%s'%s%s%s", o->as,
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	if (strcmp(o->lang, "en") != 0 && strcmp(o->lang, "zh") != 0 &&
	    strcmp(o->lang, "auto") != 0)
		return err_set(e, ERR_USAGE, "--lang: '%s' is none of en, zh, auto", o->lang);
	return 0;
}

static int show(const struct report_options *o, const struct common_options *common,
		const char *path, struct arena *a)
{
	struct err e;
	if (check(o, &e) < 0)
		return command_fail(&e);
	CLEANUP(result_freep) struct result *r = result_file_open(path, a, &e);
	if (!r)
		return command_fail(&e);
	const struct writer_options w = {.lang = o->lang,
					 .color = command_color(common, STDOUT_FILENO),
					 .width = command_width(STDOUT_FILENO)};
	if (o->out)
		return write_dir(r, o->out, &w, a, &e) < 0 ? command_fail(&e) : 0;
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	const char *as = common->format == FORMAT_JSON ? "json" : o->as;
	if (writer_find(as)->write(r, &w, &text, &e) < 0)
		return command_fail(&e);
	return command_print(text.data ? text.data : "", text.len);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct report_options o = {0};
	struct optset sets[] = {{.rows = report_rows, .to = &o}};
	struct common_options common;
	struct strings operands = {0};
	int status = 0;
	if (command_begin(&command_report, argc, argv, sets, ARRAY_LEN(sets), &common, &operands, a,
			  &status))
		return status;
	status = command_operands(&command_report, &operands, 1, 1);
	return status ? status : show(&o, &common, operands.items[0], a);
}
