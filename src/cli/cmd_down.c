/* src/cli/cmd_down.c - assay down: end a deployment, and show that nothing is left.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/deployment.h"
#include "deploy/up.h"

struct down_options {
	const char *state;
};

static const struct opt own_options[] = {
	{.name = "state", OPT_AT_STRING(struct down_options, state), .arg = "DIR",
	 .help = "where what runs is remembered; else $XDG_STATE_HOME/assay"},
	{0},
};

static int run(int argc, char **argv);

const struct command command_down = {
	.name = "down",
	.summary = "end the services of a deployment",
	.usage = "FILE|NAME [options]",
	.text = "Ends every process of the deployment, whoever of its watchers has crashed: all of "
		"them carry a mark in their environment. Then looks whether the memory of its "
		"devices is free again, and says so when it is not. Logs stay.\n\n"
		"Exit status 0: nothing is left; 1: processes or device memory are; 3: there is no "
		"such deployment.",
	.examples = "assay down deploy.yaml",
	.tables = (const struct opt *const[]){own_options, NULL},
	.run = run,
};

static int show(const struct down_report *r, const struct common_options *common)
{
	CLEANUP(json_unref) json_t *j = json_object();
	json_t *notes = json_array();
	json_put_int(j, "assay", 1);
	json_put_int(j, "processes", (int64_t)r->found);
	json_put_int(j, "left", (int64_t)r->left);
	json_put_real(j, "seconds", r->seconds);
	for (size_t i = 0; i < r->notes.n; i++)
		(void)json_array_append_new(notes, json_string(r->notes.items[i]));
	json_put(j, "notes", notes);
	if (common->format == FORMAT_JSON)
		return command_print_json(j);
	for (size_t i = 0; i < r->notes.n; i++)
		(void)fprintf(stderr, "assay: %s\n", r->notes.items[i]);
	CLEANUP(buf_release) struct buf out = BUF_INIT(4096);
	if (!common->quiet)
		(void)buf_fmt(&out, "%zu %s ended in %.3g s, %zu left\n", r->found - r->left,
			      r->found - r->left == 1 ? "process" : "processes", r->seconds,
			      r->left);
	return command_print(out.data ? out.data : "", out.len);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct down_options o = {0};
	struct optset sets[] = {{.rows = own_options, .to = &o}};
	struct strings words = {0};
	struct down_report report;
	struct err e;
	int status;
	if (command_begin(&command_down, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_down, &words, 1, 1)) != 0)
		return status;
	const char *dir = deployment_find(o.state, words.items[0], a, &e);
	if (!dir || down_all(dir, a, &report, &e) < 0)
		return command_fail(&e);
	status = show(&report, &common);
	return status ? status : report.left > 0 || report.notes.n > 0 ? 1 : 0;
}
