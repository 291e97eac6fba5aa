/* src/cli/cmd_compare.c - assay compare: is the new result better or worse?
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/compare_limits.h"
#include "cli/result_file.h"
#include "report/compare.h"
#include "report/writer.h"
#include "report/writers.h"

static int run(int argc, char **argv);

struct own_options {
	const char *plan, *junit, *html, *lang;
};

static const struct opt rows[] = {
	{.name = "plan", OPT_AT_STRING(struct own_options, plan), .arg = "FILE",
	 .help = "take the limits from the section compare of this plan", .flags = OPT_CLI_ONLY},
	{.name = "junit", OPT_AT_STRING(struct own_options, junit), .arg = "FILE",
	 .help = "write what is judged as JUnit test cases", .flags = OPT_CLI_ONLY},
	{.name = "html", OPT_AT_STRING(struct own_options, html), .arg = "FILE",
	 .help = "write a page; with a plot of each number when there are more than two results",
	 .flags = OPT_CLI_ONLY},
	{.name = "lang", OPT_AT_STRING(struct own_options, lang), .arg = "en|zh|auto",
	 .def = "auto", .help = "language of the page and of what is printed",
	 .flags = OPT_CLI_ONLY},
	{0},
};

static const struct opt *const tables[] = {compare_limits_options, rows, NULL};

const struct command command_compare = {
	.name = "compare",
	.summary = "is a new result better or worse than an earlier one",
	.usage = "BASE [BETWEEN…] NEW [options]",
	.text = "Sets two results side by side: report folders, result.json or results.db. What "
		"differs between the environments comes first. Every difference has a 95 % "
		"interval: by order statistics for percentiles, Wilson and Newcombe for shares, "
		"a paired bootstrap over utterances for accuracy, windows drawn anew for rates. "
		"A number is worse when its whole interval lies beyond the limit, the same when "
		"it lies within, and undecided when more requests would be needed to tell.\n\n"
		"Without limits (--max, or the section compare of a --plan) the numbers that have "
		"targets are judged, error rates, accuracy, and every case. More than two results "
		"give a history; the first is compared with the last.\n\n"
		"Result files of vllm bench serve and of evalscope perf are read too "
		"(docs/bridges.md). Where they hold the single requests, their numbers have "
		"intervals; where they hold statistics only, a difference stays undecided.\n\n"
		"Exit status: 0 not worse, 1 worse beyond a limit, "
		"5 undecided.",
	.examples = "assay compare base/ new/\n"
		    "assay compare base/ new/ --max 'latency.p99 +10%' --max 'cer +0.5pp'\n"
		    "assay compare base/ new/ --plan acceptance.yaml   # its section compare\n"
		    "assay compare base/ new/ --junit compare.xml --html compare.html\n"
		    "assay compare monday/ tuesday/ wednesday/ --html week.html\n"
		    "assay compare vllm-bench.json report/      # what another tool measured",
	.tables = tables,
	.run = run,
};

static int check_used(const struct compare_options *o, struct err *e)
{
	for (size_t i = 0; i < o->n_limits; i++)
		if (!o->limits[i].used)
			return err_set(e, ERR_USAGE, "--max '%s %s': no run of both results has "
				       "this number", o->limits[i].metric, o->limits[i].text);
	return 0;
}

static int write_files(const struct own_options *own, const struct comparison *c,
		       const struct history *h, struct err *e)
{
	CLEANUP(buf_release) struct buf junit = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf html = BUF_INIT(BUF_UNLIMITED);
	if (own->junit && (compare_junit(c, &junit, e) < 0 ||
			   file_write(own->junit, junit.data, junit.len, e) < 0))
		return -1;
	if (own->html && (compare_html(c, h->n > 2 ? h : NULL, own->lang, &html, e) < 0 ||
			  file_write(own->html, html.data, html.len, e) < 0))
		return -1;
	return 0;
}

static int print(const struct own_options *own, const struct common_options *common,
		 const struct comparison *c, const struct history *h)
{
	const struct writer_options w = {.lang = own->lang};
	if (common->format == FORMAT_JSON) {
		CLEANUP(json_unref) json_t *j = compare_json(c);
		if (h->n > 2)
			json_put(j, "history", history_json(h, c->a));
		return command_print_json(j);
	}
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	size_t width = isatty(STDOUT_FILENO) ? command_width(STDOUT_FILENO) : 130;
	compare_terminal(c, writer_chinese(&w), command_color(common, STDOUT_FILENO),
			 width, &out);
	if (h->n > 2)
		history_terminal(h, c->a, writer_chinese(&w), width, &out);
	return command_print(out.data ? out.data : "", out.len);
}

static int compare(const struct own_options *own, const struct compare_limits *limits,
		   const struct common_options *common, const struct history *h, struct arena *a)
{
	struct compare_options o;
	struct comparison c;
	struct err e;
	if (strcmp(own->lang, "en") != 0 && strcmp(own->lang, "zh") != 0 &&
	    strcmp(own->lang, "auto") != 0) {
		(void)err_set(&e, ERR_USAGE, "--lang: '%s' is none of en, zh, auto", own->lang);
		return command_fail(&e);
	}
	if (compare_limits_read(limits, a, &o, &e) < 0 ||
	    compare_results(h->results[0], h->results[h->n - 1], &o, a, &c, &e) < 0 ||
	    check_used(&o, &e) < 0)
		return command_fail(&e);
	c.base_path = h->paths[0];
	c.now_path = h->paths[h->n - 1];
	if (write_files(own, &c, h, &e) < 0)
		return command_fail(&e);
	int status = print(own, common, &c, h);
	return status ? status : compare_exit_status(&c);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct own_options own = {0};
	struct compare_limits limits = {0};
	struct optset sets[] = {{.rows = compare_limits_options, .to = &limits},
				{.rows = rows, .to = &own}};
	struct common_options common;
	struct strings words = {0};
	struct err e;
	int status = 0;
	if (command_begin(&command_compare, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_compare, &words, 2, 1000)) != 0)
		return status;
	if (own.plan && compare_limits_from_plan(own.plan, &sets[0], a, &e) < 0)
		return command_fail(&e);
	struct result **results = arena_array(a, words.n, sizeof(struct result *));
	size_t n = 0;
	while (n < words.n && (results[n] = result_file_open_any(words.items[n], a, &e)))
		n++;
	if (n == words.n)
		status = compare(&own, &limits, &common,
				 &(struct history){.results = (const struct result *const *)results,
						   .paths = words.items, .n = n}, a);
	else
		status = command_fail(&e);
	for (size_t i = 0; i < n; i++)
		(void)result_free(results[i]);
	return status;
}
