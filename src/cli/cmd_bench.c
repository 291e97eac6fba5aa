/* src/cli/cmd_bench.c - assay bench: the performance of one service.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/session.h"
#include "load/load.h"
#include "suite/suites.h"

static int run(int argc, char **argv);

struct bench_options {
	const char *protocol, *model, *data, *api_key_env;
	const struct yaml_node *protocol_keys;
	uint64_t timeout_ns;
	bool no_targets;
};

static int parse_keys(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e)
{
	(void)a;
	if (node->kind != YAML_MAP)
		return yaml_err(e, node, "%s must be a map of keys and values", o->name);
	*(const struct yaml_node **)field = node;
	return 0;
}

static const struct opt options[] = {
	{.name = "protocol",
	 OPT_AT_STRING(struct bench_options, protocol),
	 .arg = "NAME",
	 .help = "by default transcribe, synthesize or openai-chat"},
	{.name = "model",
	 OPT_AT_STRING(struct bench_options, model),
	 .arg = "NAME",
	 .help = "model name sent to the service"},
	{.name = "protocol_keys",
	 OPT_AT_NODE(struct bench_options, protocol_keys),
	 .arg = "{KEY: VALUE}",
	 .help = "the protocol's own keys, as in '{mode: online}'",
	 .parse = parse_keys},
	{.name = "data",
	 OPT_AT_STRING(struct bench_options, data),
	 .arg = "MANIFEST",
	 .help = "JSONL corpus; without it inputs are made"},
	{.name = "api_key_env",
	 OPT_AT_STRING(struct bench_options, api_key_env),
	 .arg = "VARIABLE",
	 .help = "environment variable that holds the service's key"},
	{.name = "timeout",
	 OPT_AT_DURATION(struct bench_options, timeout_ns),
	 .def = "120s",
	 .help = "limit of one request"},
	{.name = "no_targets",
	 OPT_AT_BOOL(struct bench_options, no_targets),
	 .help = "only measure: do not judge by the kind's default targets"},
	{0},
};

static const struct opt *const tables[] = {
	options, load_options, ask_options, performance_options, session_options,
	export_options, NULL};

const struct command command_bench = {
	.name = "bench",
	.summary = "measure the performance of one service",
	.usage = "asr|tts|chat URL [options]",
	.text = "Puts a load on one service and reports latency, time to first token, "
		"throughput, real-time factor and how trustworthy the numbers are. A closed "
		"loop by default (--concurrency); with --rate requests arrive on a "
		"schedule, whatever the service does.\n\nThe numbers are judged by the "
		"default targets of the kind of service, or by --targets.",
	.examples =
		"assay bench asr http://127.0.0.1:8001/transcribe --requests 50\n"
		"assay bench chat http://npu-1:8003/v1 --model Qwen2-VL-7B-Instruct "
		"--concurrency 8 --max-tokens 128 --duration 60s\n"
		"assay bench chat http://npu-1:8003/v1 --rate 4 --arrival poisson --duration 5m",
	.tables = tables,
	.run = run,
};

static int open_service(struct session *s, const char *kind, const char *url,
			const struct bench_options *o, struct err *e)
{
	struct url_options urls = {.protocol = o->protocol, .model = o->model,
				   .protocol_keys = o->protocol_keys};
	if (strcmp(kind, "asr") == 0)
		urls.asr = url;
	else if (strcmp(kind, "tts") == 0)
		urls.tts = url;
	else if (strcmp(kind, "chat") == 0)
		urls.chat = url;
	else
		return err_set(e, ERR_USAGE, "bench does asr, tts or chat, not '%s'", kind);
	if (session_open_urls(s, &urls, e) < 0)
		return -1;
	struct service *service = &s->plan.services[0];
	service->timeout_ns = o->timeout_ns;
	service->api_key_env = o->api_key_env;
	if (service_check(service, s->arena, e) < 0)
		return -1;
	if (strcmp(service->kind, kind) != 0)
		return err_set(e, ERR_USAGE, "the protocol %s is for %s services, not for %s",
			       service->protocol_name, service->kind, kind);
	if (o->data) {
		s->plan.data = ARENA_NEW(s->arena, struct plan_data);
		*s->plan.data = (struct plan_data){.name = "data", .manifest = o->data};
		s->plan.n_data = 1;
	}
	return 0;
}

static int prepare(struct session *s, struct session_item *item, const char *kind,
		   const struct bench_options *o, struct err *e)
{
	struct optset *own = &item->sets[0];
	if (opt_set(own, "service", kind, s->arena, e) < 0 ||
	    opt_set(own, "name", arena_fmt(s->arena, "bench %s", kind), s->arena, e) < 0 ||
	    (o->data && opt_set(own, "data", "data", s->arena, e) < 0) ||
	    (o->no_targets && opt_set(own, "judge", "false", s->arena, e) < 0))
		return -1;
	return session_check_item(s, item, e);
}

static int run(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct common_options common;
	struct session_options session_opts = {0};
	struct bench_options bench = {0};
	CLEANUP(session_release)
	struct session s = {.arena = a, .common = &common, .options = &session_opts};
	struct session_item *item = session_add_item(&s, &suite_performance);
	struct optset sets[SUITE_SETS_MAX + 3] = {
		{.rows = options, .to = &bench},
		{.rows = session_options, .to = &session_opts},
		{.rows = export_options, .to = &session_opts},
	};
	struct strings words = {0};
	struct err e;
	int status;
	for (size_t i = 0; i < item->n_sets; i++)
		sets[3 + i] = item->sets[i];
	if (command_begin(&command_bench, argc, argv, sets, item->n_sets + 3, &common, &words, a,
			  &status))
		return status;
	if ((status = command_operands(&command_bench, &words, 2, 2)) != 0)
		return status;
	for (size_t i = 0; i < item->n_sets; i++)
		item->sets[i].given = sets[3 + i].given;
	session_opts.title = arena_fmt(a, "bench %s", words.items[0]);
	session_opts.command = command_line(&command_bench, argc, argv, a);
	if (open_service(&s, words.items[0], words.items[1], &bench, &e) < 0 ||
	    prepare(&s, item, words.items[0], &bench, &e) < 0)
		return session_refuse(&s, &e);
	s.view = progress_view_new(&common);
	return session_run(&s);
}
