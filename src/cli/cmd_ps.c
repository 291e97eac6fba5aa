/* src/cli/cmd_ps.c - assay ps: what is up.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/deployment.h"
#include "deploy/state.h"
#include "deploy/up.h"

struct ps_options {
	const char *state;
};

static const struct opt own_options[] = {
	{.name = "state", OPT_AT_STRING(struct ps_options, state), .arg = "DIR",
	 .help = "where what runs is remembered; else $XDG_STATE_HOME/assay"},
	{0},
};

static int run(int argc, char **argv);

const struct command command_ps = {
	.name = "ps",
	.summary = "show deployments that are up",
	.usage = "[FILE|NAME] [options]",
	.text = "Shows each service of a deployment, or of all of them: its state, process, "
		"address, first and warm request, restarts and whether its device is used.\n\n"
		"Exit status 0: all are ready; 1: one is not; 3: there is no such deployment.",
	.examples = "assay ps\n"
		    "assay ps deploy.yaml --format json",
	.tables = (const struct opt *const[]){own_options, NULL},
	.run = run,
};

static int show(const struct strings *dirs, const struct common_options *common)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(json_unref) json_t *all = json_pack("{s:i, s:[]}", "assay", 1, "deployments");
	bool ready = true;
	struct err e;
	for (size_t i = 0; i < dirs->n; i++) {
		json_t *state = up_state(dirs->items[i], &e);
		if (!state)
			return command_fail(&e);
		json_put_text(state, "state", up_summary(state));
		ready &= strcmp(up_summary(state), "ready") == 0;
		deployment_table(state, &out);
		(void)json_array_append_new(json_object_get(all, "deployments"), state);
	}
	if (dirs->n == 0)
		(void)buf_str(&out, "nothing is up\n");
	int status = common->format == FORMAT_JSON ? command_print_json(all) :
		     command_print(out.data, out.len);
	return status ? status : ready ? 0 : 1;
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct ps_options o = {0};
	struct optset sets[] = {{.rows = own_options, .to = &o}};
	struct strings words = {0}, dirs = {0};
	struct err e;
	int status;
	if (command_begin(&command_ps, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_ps, &words, 0, 1)) != 0)
		return status;
	if (words.n == 1) {
		const char *dir = deployment_find(o.state, words.items[0], a, &e);
		if (!dir)
			return command_fail(&e);
		strings_add(&dirs, a, dir);
	} else {
		state_list(state_root(o.state, a), &dirs, a);
	}
	return show(&dirs, &common);
}
