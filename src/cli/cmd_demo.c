/* src/cli/cmd_demo.c - assay demo: three services of our own, tested four ways.
 * SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "deploy/deploy.h"

static int run(int argc, char **argv);

static const struct opt *const tables[] = {session_options, NULL};

const struct command command_demo = {
	.name = "demo",
	.summary = "three services of its own, tested four ways, a report",
	.usage = "[--out DIR] [options]",
	.text = "Starts a speech recognition, a speech synthesis and a vision chat service "
		"on free ports of 127.0.0.1, runs the acceptance plan on them with the host "
		"watched, writes a report (by default into assay-demo) and stops what it "
		"started. Everything is real: the services recognise, speak and see on the "
		"CPU.",
	.examples = "assay demo --out assay-demo   # then open assay-demo/report.html",
	.tables = tables,
	.run = run,
};

struct demo_service {
	const char *name, *worker, *route, *workers;
};

/* In the order of the services in demo.plan.yaml. */
static const struct demo_service services[] = {
	{"asr", "pocketsphinx", "/transcribe", "2"},
	{"tts", "flite", "/synthesize", "2"},
	{"chat", "vision", "/v1", "2"},
};
#define N_SERVICES ARRAY_LEN(services)

static int start_one(const struct demo_service *d, const char *self, const char *out,
		     struct arena *a, struct deployed **ret, struct err *e)
{
	const char *argv[] = {self,	"serve",  d->name,     "--worker",  d->worker, "--port",
			      "{port}", "--workers", d->workers, NULL};
	struct deploy_spec spec = {.name = d->name,
				   .argv = argv,
				   .ready_path = "/health",
				   .ready_timeout_ns = 60 * NS_PER_S,
				   /* On one small machine the services must not take the
				    * tester's moments away: with two cores filled by two
				    * recognisers even a lower priority makes it wait. */
				   .yields = true,
				   .log_path = arena_fmt(a, "%s/%s.log", out, d->name)};
	return deploy_start(&spec, ret, e);
}

static int start_all(struct session *s, struct deployed **deployed, struct err *e)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return err_sys(e, "cannot find this program");
	self[n] = '\0';
	for (size_t i = 0; i < N_SERVICES; i++)
		if (start_one(&services[i], self, s->options->out, s->arena, &deployed[i], e) < 0)
			return -1;
	for (size_t i = 0; i < N_SERVICES; i++) {
		if (deploy_wait(deployed[i], e) < 0)
			return -1;
		progress_say(s->view, "%s (%s) is ready on 127.0.0.1:%d", services[i].name,
			     services[i].worker, deploy_port(deployed[i]));
	}
	return 0;
}

static int demo(struct session *s, struct session_options *options, struct deployed **deployed,
		struct err *e)
{
	CLEANUP(free_ptr) char *plan = file_find_share("plans/demo.plan.yaml");
	if (!plan)
		return err_set(e, ERR_SYSTEM,
			       "plans/demo.plan.yaml is not where this program was "
			       "installed; set ASSAY_SHARE to the folder share/ of assay");
	if (file_make_dirs(options->out, e) < 0)
		return -1;
	progress_say(s->view, "starting three services");
	if (start_all(s, deployed, e) < 0)
		return -1;
	for (size_t i = 0; i < N_SERVICES; i++)
		strings_add(&options->set, s->arena,
			    arena_fmt(s->arena, "services.%s.url=http://127.0.0.1:%d%s",
				      services[i].name, deploy_port(deployed[i]),
				      services[i].route));
	return session_open(s, plan, e);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct session_options options = {0};
	struct optset sets[] = {{.rows = session_options, .to = &options}};
	struct deployed *deployed[N_SERVICES] = {0};
	struct strings words = {0};
	struct err e;
	int status;
	if (command_begin(&command_demo, argc, argv, sets, ARRAY_LEN(sets), &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_demo, &words, 0, 0)) != 0)
		return status;
	if (!options.out)
		options.out = "assay-demo";
	options.command = command_line(&command_demo, argc, argv, a);
	options.demo = "assay demo";
	for (size_t i = 0; i < options.set.n; i++)
		options.demo = arena_fmt(a, "%s --set %s", options.demo,
					 str_shell(options.set.items[i], a));
	CLEANUP(session_release) struct session s = {.arena = a, .common = &common,
						     .options = &options, .deployed = deployed,
						     .view = progress_view_new(&common)};
	int rc = demo(&s, &options, deployed, &e);
	if (rc == 0)
		status = session_run(&s);
	s.view = progress_view_free(s.view);
	for (size_t i = 0; i < N_SERVICES; i++)
		deployed[i] = deploy_stop(deployed[i]);
	return rc < 0 ? command_fail(&e) : status;
}
