/* src/cli/cmd_doctor.c - assay doctor: is this machine ready to serve?
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "cli/commands.h"
#include "monitor/preflight.h"

struct doctor_options {
	int platform;		/* enum platform */
	const char *root, *model, *image;
	int64_t port;
	struct strings files;
};

static const char *const platforms[] = {"auto", "ascend", "nvidia", "cpu", NULL};

static const struct opt own_options[] = {
	{.name = "platform", OPT_AT_CHOICE(struct doctor_options, platform), .choices = platforms,
	 .def = "auto", .help = "what to check for"},
	{.name = "model", OPT_AT_STRING(struct doctor_options, model), .arg = "DIR",
	 .help = "also check that this model is whole, fits, and suits the chip"},
	{.name = "port", OPT_AT_INT(struct doctor_options, port), .max = 65535,
	 .help = "also check that this port is free"},
	{.name = "image", OPT_AT_STRING(struct doctor_options, image), .arg = "IMAGE",
	 .help = "also check that this container image is here"},
	{.name = "file", OPT_AT_STRINGS(struct doctor_options, files), .arg = "FILE",
	 .help = "add chips of your own (the form of share/chips.yaml)"},
	{.name = "root", OPT_AT_STRING(struct doctor_options, root), .arg = "DIR",
	 .help = "look at /dev, /proc, /sys, /etc and /usr below DIR (a container's root)"},
	{0},
};

static int run(int argc, char **argv);

const struct command command_doctor = {
	.name = "doctor",
	.summary = "preflight: is this machine ready to serve a model?",
	.usage = "[--model DIR] [--port N] [options]",
	.text = "Checks device nodes, driver, firmware and CANN, environment, health and use of "
		"the devices, memory and number types for a model, limits, space, ports, tuning, "
		"model files and tools. Each finding says what is wrong, how it was seen and what "
		"to do. It changes nothing and needs no root.\n\n"
		"Exit status 0: nothing failed (there may be warnings), 1: something failed.",
	.examples = "assay doctor\n"
		    "assay doctor --model /data/models/qwen2-vl --port 8003 --format json",
	.tables = (const struct opt *const[]){own_options, NULL},
	.run = run,
};

static int print_text(const struct preflight *p, bool quiet, bool color)
{
	static const char *const colors[] = {"\033[32m", "\033[33m", "\033[31m", "\033[36m"};
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	(void)buf_fmt(&out, "platform: %s\n", platforms[p->platform]);
	for (size_t i = 0; i < p->n; i++) {
		const struct finding *f = &p->findings[i];
		if (quiet && f->state != FINDING_FAIL)
			continue;
		(void)buf_fmt(&out, "%s%-7s%s %2d %s: %s\n", color ? colors[f->state] : "",
			      finding_state_name(f->state), color ? "\033[0m" : "", f->point,
			      f->title, f->what);
		if (f->state != FINDING_OK)
			(void)buf_fmt(&out, "           seen in: %s\n", f->seen);
		if (f->todo)
			(void)buf_fmt(&out, "           do: %s\n", f->todo);
	}
	return command_print(out.data, out.len);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct doctor_options o = {0};
	struct optset sets[] = {{.rows = own_options, .to = &o}};
	struct strings words = {0};
	struct catalog catalog;
	struct preflight p;
	struct err e;
	int status;
	if (command_begin(&command_doctor, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_doctor, &words, 0, 0)) != 0)
		return status;
	if (catalog_load(&o.files, a, &catalog, &e) < 0)
		return command_fail(&e);
	struct preflight_spec spec = {
		.root = o.root, .platform = (enum platform)o.platform, .model = o.model,
		.catalog = &catalog, .port = o.port, .image = o.image,
	};
	if (preflight_run(&spec, a, &p, &e) < 0)
		return command_fail(&e);
	CLEANUP(json_unref) json_t *j = preflight_to_json(&p);
	status = common.format == FORMAT_JSON ? command_print_json(j) :
		 print_text(&p, common.quiet, command_color(&common, 1));
	preflight_release(&p);
	return status ? status : json_is_true(json_object_get(j, "ok")) ? 0 : 1;
}
