/* src/cli/cmd_plan.c - assay plan: write, check and explain plans.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/session.h"

static int run(int argc, char **argv);

static const struct opt *const tables[] = {session_options, NULL};

const struct command command_plan = {
	.name = "plan",
	.summary = "write a commented plan, check one, explain one",
	.usage = "init | check PLAN | explain PLAN [options]",
	.text = "init prints a commented plan for a speech recognition, a speech synthesis "
		"and a vision-language service.\n\ncheck reads a plan as run would, without "
		"sending anything, and names file, line and column of what is wrong.\n\n"
		"explain prints what a plan means, every default filled in, as JSON.",
	.examples = "assay plan init > my.plan.yaml\n"
		    "assay plan check my.plan.yaml && assay run my.plan.yaml",
	.tables = tables,
	.run = run,
};

static int init(void)
{
	CLEANUP(free_ptr) char *path = file_find_share("plans/first.plan.yaml");
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)1 << 20);
	struct err e;
	if (!path) {
		(void)err_set(&e, ERR_SYSTEM,
			      "plans/first.plan.yaml is not where this program was "
			      "installed; set ASSAY_SHARE to the folder share/ of assay");
		return command_fail(&e);
	}
	if (file_read(path, &text, &e) < 0)
		return command_fail(&e);
	return command_print(text.data, text.len);
}

static int check_or_explain(struct session *s, const char *verb, const char *path)
{
	struct err e;
	if (session_open(s, path, &e) < 0)
		return command_fail(&e);
	if (strcmp(verb, "explain") == 0) {
		CLEANUP(json_unref) json_t *j = session_explain(s);
		return command_print_json(j);
	}
	if (s->common->format == FORMAT_JSON) {
		CLEANUP(json_unref)
		json_t *j = json_pack("{sb,si}", "valid", 1, "services", (int)s->plan.n_services);
		return command_print_json(j);
	}
	(void)printf("%s: good, %zu service%s\n", path, s->plan.n_services,
		     str_plural(s->plan.n_services));
	return 0;
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct session_options options = {0};
	struct optset sets[] = {{.rows = session_options, .to = &options}};
	struct strings words = {0};
	struct err e;
	int status;
	if (command_begin(&command_plan, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	const char *verb = words.n ? words.items[0] : "";
	bool is_init = strcmp(verb, "init") == 0;
	if (!is_init && strcmp(verb, "check") != 0 && strcmp(verb, "explain") != 0) {
		(void)err_set(&e, ERR_USAGE, "plan does not know '%s'; say init, check or explain",
			      verb);
		return command_fail(&e);
	}
	size_t n = is_init ? 1 : 2;
	if ((status = command_operands(&command_plan, &words, n, n)) != 0)
		return status;
	CLEANUP(session_release)
	struct session s = {.arena = a, .common = &common, .options = &options};
	return is_init ? init() : check_or_explain(&s, verb, words.items[1]);
}
