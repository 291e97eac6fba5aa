/* src/cli/cmd_up.c - assay up: start the services of a file and wait until they answer.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "cli/commands.h"
#include "cli/deployment.h"
#include "deploy/render.h"
#include "deploy/state.h"
#include "deploy/up.h"

#define LOOK_EVERY_NS (50 * NS_PER_MS)

struct up_options {
	const char *state, *out, *resource;
	int render;
	bool no_wait, keep;
};

static const char *const forms[] = {"none", "systemd", "compose", "kubernetes", NULL};
#define O struct up_options

static const struct opt own_options[] = {
	{.name = "state", OPT_AT_STRING(O, state), .arg = "DIR",
	 .help = "where what runs is remembered; else $XDG_STATE_HOME/assay"},
	{.name = "start_only", OPT_AT_BOOL(O, no_wait),
	 .help = "do not wait until the services are ready"},
	{.name = "keep", OPT_AT_BOOL(O, keep),
	 .help = "when one fails, let the others run"},
	{.name = "render", OPT_AT_CHOICE(O, render), .choices = forms, .def = "none",
	 .help = "start nothing; write the files that let these run the services"},
	{.name = "out", OPT_AT_STRING(O, out), .arg = "DIR",
	 .help = "with --render: write into this folder, else to standard output"},
	{.name = "resource", OPT_AT_STRING(O, resource), .arg = "NAME",
	 .help = "with --render kubernetes: name of the devices (huawei.com/ascend-1980 on CCE)"},
	{0},
};

static int run(int argc, char **argv);

const struct command command_up = {
	.name = "up",
	.summary = "start the services of a deploy.yaml, wait until they answer",
	.usage = "FILE [options]",
	.text = "Starts every service of FILE on the devices it names (or on those with the most "
		"free memory), waits until it answers a real request, warms it up with each kind "
		"of request it will get, and proves that its device is used: a service that fell "
		"back to the CPU is an error. A supervisor stays behind, which starts a service "
		"again when it ends.\n\n"
		"Exit status 0: all are ready; 3: one failed, and all were ended again (see "
		"--keep).",
	.examples = "assay up deploy.yaml\n"
		    "assay up deploy.yaml --render systemd --out units",
	.tables = (const struct opt *const[]){own_options, NULL},
	.run = run,
};

/* Say what changed since the last look. */
static void tell(const json_t *state, json_t *told, bool quiet)
{
	const json_t *services = json_object_get(state, "services");
	for (size_t i = 0; i < json_array_size(services) && !quiet; i++) {
		char key[32];
		const json_t *s = json_array_get(services, i);
		const char *now = json_text(s, "state", "");
		(void)snprintf(key, sizeof(key), "%zu", i);
		if (strcmp(json_text(told, key, ""), now) == 0 || strcmp(now, "ready") == 0)
			continue;
		json_put_text(told, key, now);
		int64_t replica = 0;
		(void)json_whole(s, "replica", &replica);
		(void)fprintf(stderr, "assay: %s.%lld: %s%s%s\n", json_text(s, "service", ""),
			      (long long)replica, now, json_text(s, "reason", NULL) ? ": " : "",
			      json_text(s, "reason", ""));
	}
}

static bool is_settled(const json_t *state)
{
	const json_t *services = json_object_get(state, "services");
	for (size_t i = 0; i < json_array_size(services); i++) {
		const char *now = json_text(json_array_get(services, i), "state", "");
		if (strcmp(now, "ready") != 0 && strcmp(now, "failed") != 0)
			return false;
	}
	return json_array_size(services) > 0;
}

static bool one_failed(const json_t *state)
{
	const json_t *services = json_object_get(state, "services");
	for (size_t i = 0; i < json_array_size(services); i++)
		if (strcmp(json_text(json_array_get(services, i), "state", ""), "failed") == 0)
			return true;
	return false;
}

/* The last state before it was settled, or the supervisor ended, or the user had enough. */
static json_t *wait_settled(const char *dir, pid_t supervisor, const struct up_options *o,
			    bool quiet, struct err *e)
{
	CLEANUP(json_unref) json_t *told = json_object();
	json_t *state = NULL;
	for (;;) {
		json_decref(state);
		state = up_state(dir, e);
		if (state)
			tell(state, told, quiet);
		if (state && (o->no_wait || is_settled(state) || (!o->keep && one_failed(state))))
			return state;
		if (stop_requested()) {
			(void)err_set(e, ERR_INTERRUPTED, "ended while services were starting");
			break;
		}
		if (waitpid(supervisor, NULL, WNOHANG) != 0) {
			CLEANUP(buf_release) struct buf log = BUF_INIT(4096);
			char path[4096];
			(void)snprintf(path, sizeof(path), "%s/supervisor.log", dir);
			(void)file_read(path, &log, NULL);
			(void)err_set(e, ERR_SYSTEM, "the supervisor ended: %.*s",
				      (int)MIN(log.len, (size_t)300), log.data ? log.data : "");
			break;
		}
		(void)clock_sleep_until(clock_now() + LOOK_EVERY_NS);
	}
	json_decref(state);
	return NULL;
}

static void first_failure(const json_t *state, struct err *e)
{
	const json_t *services = json_object_get(state, "services");
	for (size_t i = 0; i < json_array_size(services); i++) {
		const json_t *s = json_array_get(services, i);
		int64_t replica = 0;
		if (strcmp(json_text(s, "state", ""), "failed") != 0)
			continue;
		(void)json_whole(s, "replica", &replica);
		(void)err_set(e, ERR_SYSTEM, "service %s.%lld: %s (log: %s)",
			      json_text(s, "service", ""), (long long)replica,
			      json_text(s, "reason", "failed"), json_text(s, "log", ""));
		return;
	}
}

static int show(const json_t *state, const struct common_options *common)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	if (common->format == FORMAT_JSON)
		return command_print_json(state);
	deployment_table(state, &out);
	return command_print(out.data ? out.data : "", out.len);
}

static int bring_up(const struct up_plan *p, const struct up_options *o,
		    const struct common_options *common, struct arena *a, struct err *e)
{
	pid_t supervisor;
	if (up_start(p, &supervisor, e) < 0)
		return command_fail(e);
	CLEANUP(json_unref) json_t *state = wait_settled(p->dir, supervisor, o, common->quiet, e);
	bool failed = !state || (!o->no_wait && one_failed(state));
	if (!failed)
		return show(state, common);
	if (state)
		first_failure(state, e);
	struct err why;
	struct down_report report = {0};
	if (state && o->keep)
		(void)show(state, common);
	else if (down_all(p->dir, a, &report, &why) < 0)
		(void)fprintf(stderr, "assay: %s\n", why.text);
	for (size_t i = 0; i < report.notes.n; i++)
		(void)fprintf(stderr, "assay: %s\n", report.notes.items[i]);
	return command_fail(e);
}

static int write_files(const struct rendering *r, const char *out, struct arena *a,
		       struct err *e)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct rendered *f = &r->files[i];
		if (out && (file_make_dirs(out, e) < 0 ||
			    file_write(arena_fmt(a, "%s/%s", out, f->name), f->text,
				       strlen(f->text), e) < 0))
			return command_fail(e);
		if (out)
			continue;
		const char *head = r->n > 1 ? arena_fmt(a, "# %s\n", f->name) : "";
		int status = command_print(head, strlen(head));
		if (status || (status = command_print(f->text, strlen(f->text))))
			return status;
	}
	return 0;
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct up_options o = {0};
	struct optset sets[] = {{.rows = own_options, .to = &o}};
	struct strings words = {0};
	struct manifest m;
	struct up_plan p;
	struct rendering r;
	struct err e = {0};
	int status;
	if (command_begin(&command_up, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_up, &words, 1, 1)) != 0)
		return status;
	if (manifest_read(words.items[0], a, &m, &e) < 0)
		return command_fail(&e);
	if (o.render) {
		if (up_make(&m, NULL, a, &p, &e) < 0 ||
		    render(forms[o.render], &p, o.resource, a, &r, &e) < 0)
			return command_fail(&e);
		return write_files(&r, o.out, a, &e);
	}
	const char *dir = deployment_dir(o.state, m.name, a, &e);
	if (!dir || up_make(&m, dir, a, &p, &e) < 0)
		return command_fail(&e);
	return bring_up(&p, &o, &common, a, &e);
}
