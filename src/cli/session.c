/* src/cli/session.c - see session.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "client/client.h"
#include "monitor/monitor.h"
#include "report/writer.h"

#define SECTIONS_MAX 16

const struct opt session_options[] = {
	{.name = "out", .letter = 'o', OPT_AT_STRING(struct session_options, out), .arg = "DIR",
	 .help = "write the report there: report.html, result.json, junit.xml, results.db"},
	{.name = "set", OPT_AT_STRINGS(struct session_options, set), .arg = "A.B=C",
	 .help = "change a key of the plan; may be repeated"},
	{.name = "only", OPT_AT_STRINGS(struct session_options, only), .arg = "SUITE,…",
	 .help = "run only these: performance, functional, faults, soak, accuracy"},
	{.name = "long", OPT_AT_BOOL(struct session_options, long_cases),
	 .help = "also cases that take minutes (30 minutes of speech)"},
	{.name = "monitor", OPT_AT_BOOL(struct session_options, monitor), .def = "true",
	 .help = "watch host, processes and devices meanwhile"},
	{.name = "lang", OPT_AT_STRING(struct session_options, lang), .arg = "en|zh|auto",
	 .def = "auto", .help = "language of the report"},
	{0},
};

const struct opt url_options[] = {
	{.name = "asr", OPT_AT_STRING(struct url_options, asr), .arg = "URL",
	 .help = "speech recognition service"},
	{.name = "tts", OPT_AT_STRING(struct url_options, tts), .arg = "URL",
	 .help = "speech synthesis service"},
	{.name = "chat", OPT_AT_STRING(struct url_options, chat), .arg = "URL",
	 .help = "chat service (base URL that ends in /v1)"},
	{.name = "protocol", OPT_AT_STRING(struct url_options, protocol), .arg = "NAME",
	 .help = "protocol of the service when only one is named; by default transcribe, "
		 "synthesize or openai-chat"},
	{.name = "model", OPT_AT_STRING(struct url_options, model), .arg = "NAME",
	 .help = "model name sent to the service"},
	{0},
};

const struct plan_section *session_sections(void)
{
	static struct plan_section all[SECTIONS_MAX];
	const struct suite *suite;
	for (size_t i = 0; i + 1 < SECTIONS_MAX && (suite = suite_at(i)); i++)
		all[i] = suite->section;
	return all;
}

/* One item of a plan, read and checked. */
static int open_item(const struct session *s, const struct suite *suite,
		     const struct yaml_node *node, void **ret_settings, struct optset *sets,
		     size_t *ret_n, struct err *e)
{
	struct suite_env env = {.arena = s->arena, .plan = &s->plan};
	void *settings = arena_alloc(s->arena, suite->settings_size);
	size_t n = suite->bind(settings, sets);
	for (size_t i = 0; i < n; i++)
		opt_defaults(sets[i].rows, sets[i].to);
	if (opt_from_yaml_sets(sets, n, node, suite->section.path, s->arena, e) < 0)
		return -1;
	struct err why;
	if (suite->check(settings, &env, &why) < 0)
		return yaml_err(e, node, "%s: %s", suite->section.path, why.text);
	*ret_settings = settings;
	*ret_n = n;
	return 0;
}

static bool wanted(const struct session *s, const struct suite *suite)
{
	return s->options->only.n == 0 || strings_has(&s->options->only, suite->name);
}

int session_check(const struct session *s, struct err *e)
{
	const struct suite *suite;
	struct optset sets[SUITE_SETS_MAX];
	void *settings;
	size_t n;
	for (size_t i = 0; (suite = suite_at(i)); i++) {
		const struct yaml_node *node;
		for (size_t k = 0; (node = plan_item(&s->plan, &suite->section, k)); k++)
			if (open_item(s, suite, node, &settings, sets, &n, e) < 0)
				return -1;
	}
	for (size_t i = 0; i < s->options->only.n; i++)
		if (!suite_find(s->options->only.items[i]))
			return err_set(e, ERR_USAGE, "there is no suite '%s'",
				       s->options->only.items[i]);
	struct monitor_spec spec;
	monitor_defaults(&spec);
	struct optset set = {.rows = monitor_options, .to = &spec};
	return s->plan.monitor ? opt_from_yaml(&set, s->plan.monitor, "monitor", s->arena, e) : 0;
}

json_t *session_explain(const struct session *s, struct err *e)
{
	json_t *all = json_object();
	const struct suite *suite;
	for (size_t i = 0; (suite = suite_at(i)); i++) {
		const struct yaml_node *node;
		json_t *items = json_array();
		for (size_t k = 0; (node = plan_item(&s->plan, &suite->section, k)); k++) {
			struct optset sets[SUITE_SETS_MAX];
			void *settings;
			size_t n;
			if (open_item(s, suite, node, &settings, sets, &n, e) < 0) {
				json_decref(items);
				json_decref(all);
				return NULL;
			}
			json_t *item = json_object();
			for (size_t j = 0; j < n; j++) {
				CLEANUP(json_unref) json_t *part = opt_echo(sets[j].rows, sets[j].to);
				(void)json_object_update(item, part);
			}
			(void)json_array_append_new(items, item);
		}
		if (json_array_size(items))
			json_put(all, suite->section.path, items);
		else
			json_decref(items);
	}
	json_t *services = json_object();
	for (size_t i = 0; i < s->plan.n_services; i++)
		json_put(services, s->plan.services[i].name,
			 opt_echo(service_options, &s->plan.services[i]));
	json_put(all, "services", services);
	return all;
}

int session_open(struct session *s, const char *plan_path, struct err *e)
{
	if (plan_read(plan_path, &s->options->set, session_sections(), s->arena, &s->plan, e) < 0)
		return -1;
	return session_check(s, e);
}

/* ---- running ---- */

static json_t *environment(const struct session *s)
{
	json_t *env = monitor_environment();
	json_t *services = json_object();
	if (!env)
		env = json_object();
	for (size_t i = 0; i < s->plan.n_services; i++) {
		const struct service *sv = &s->plan.services[i];
		json_t *one = json_object();
		json_put_text(one, "url", sv->url);
		json_put_text(one, "model", sv->model);
		json_put_text(one, "protocol", sv->protocol_name);
		json_put(services, sv->name, one);
	}
	json_put(env, "services", services);
	json_put_text(env, "plan_sha256", s->plan.sha256);
	return env;
}

static int fetch(const char *url, uint64_t timeout_ns, struct buf *body, struct err *e)
{
	struct get_reply reply = {0};
	if (client_get_url(url, timeout_ns, body, &reply, e) < 0)
		return -1;
	if (reply.outcome != OUTCOME_OK || reply.status != 200)
		return err_set(e, ERR_DATA, "%s: %s %d", url, outcome_name(reply.outcome),
			       reply.status);
	return 0;
}

static struct monitor *start_monitor(const struct session *s, struct result *r)
{
	struct monitor_spec spec;
	struct monitor *m = NULL;
	struct err e;
	const struct plan *p = &s->plan;
	if (!s->options->monitor)
		return NULL;
	monitor_defaults(&spec);
	struct optset set = {.rows = monitor_options, .to = &spec};
	struct monitor_target *targets = arena_array(s->arena, p->n_services + 1, sizeof(*targets));
	for (size_t i = 0; i < p->n_services; i++) {
		const struct deployed *d = s->deployed ? s->deployed[i] : NULL;
		targets[i] = (struct monitor_target){
			.name = p->services[i].name,
			.pid = d ? deploy_pid(d) : p->services[i].pid,
			.metrics_url = p->services[i].monitor,
		};
	}
	spec.targets = targets;
	spec.n_targets = p->n_services;
	spec.fetch = fetch;
	if ((p->monitor && opt_from_yaml(&set, p->monitor, "monitor", s->arena, &e) < 0) ||
	    monitor_start(&spec, &m, &e) < 0) {
		strings_add(&r->errors, r->arena, arena_fmt(r->arena, "monitor: %s", e.text));
		return NULL;
	}
	struct strings why_not = {0};
	monitor_why_not(m, &why_not, s->arena);
	for (size_t i = 0; i < why_not.n; i++)
		strings_add(&r->skipped, r->arena, why_not.items[i]);
	return m;
}

static void run_suite(const struct session *s, const struct suite *suite,
		      const struct suite_env *env, struct result *r)
{
	const struct yaml_node *node;
	for (size_t k = 0; (node = plan_item(&s->plan, &suite->section, k)); k++) {
		struct optset sets[SUITE_SETS_MAX];
		void *settings;
		size_t n;
		struct err e = {0};
		if (stop_requested()) {
			strings_add(&r->skipped, r->arena,
				    arena_fmt(r->arena, "%s: the run was ended", suite->name));
			return;
		}
		if (!wanted(s, suite)) {
			strings_add(&r->skipped, r->arena,
				    arena_fmt(r->arena, "%s: not asked for (--only)", suite->name));
			return;
		}
		if (open_item(s, suite, node, &settings, sets, &n, &e) < 0 ||
		    suite->run(settings, env, r, &e) < 0)
			strings_add(&r->errors, r->arena,
				    arena_fmt(r->arena, "%s: %s", suite->name, e.text));
	}
}

static int write_out(const struct session *s, const struct result *r, struct store *store)
{
	struct writer_options o = {.lang = s->options->lang,
				   .color = command_color(s->common, STDOUT_FILENO),
				   .width = command_width(STDOUT_FILENO)};
	struct err e;
	int status = result_exit_status(r);
	if (store && store_save(store, r, &e) < 0)
		status = command_fail(&e);
	if (s->options->out && report_write_dir(r, s->options->out, &o, &e) < 0)
		status = command_fail(&e);
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	const struct writer *w = writer_find(s->common->format == FORMAT_JSON ? "json" : "terminal");
	if (w->write(r, &o, &text, &e) < 0)
		return command_fail(&e);
	int printed = command_print(text.data ? text.data : "", text.len);
	if (s->options->out && s->common->format != FORMAT_JSON)
		(void)printf("\nreport: %s/report.html\n", s->options->out);
	return printed ? printed : status;
}

static struct store *open_store(const struct session *s, struct err *e)
{
	struct store *store = NULL;
	char *path = NULL;
	if (file_make_dirs(s->options->out, e) < 0)
		return NULL;
	if (asprintf(&path, "%s/results.db", s->options->out) < 0)
		return NULL;
	(void)store_open(path, &store, e);
	free(path);
	return store;
}

int session_run(struct session *s)
{
	struct err e = {0};
	CLEANUP(result_freep) struct result *r = result_new();
	struct store *store = NULL;
	const struct suite *suite;
	if (s->options->out && !(store = open_store(s, &e)))
		return command_fail(&e);
	r->tool_version = ASSAY_VERSION;
	r->title = arena_str(r->arena, s->options->title ? s->options->title : s->plan.title);
	r->command = arena_str(r->arena, s->options->command);
	r->start_wall_ns = clock_wall();
	r->start_ns = clock_now();
	json_decref(r->environment);
	r->environment = environment(s);
	struct suite_env env = {
		.arena = r->arena, .plan = &s->plan, .deployed = s->deployed,
		.speaker = speaker_new(), .painter = painter_new(),
		.progress = progress_view_hooks(s->view), .store = store,
		.long_cases = s->options->long_cases, .again = s->options->command,
	};
	env.samples = samples_new(env.speaker, env.painter);
	struct monitor *monitor = start_monitor(s, r);
	for (size_t i = 0; (suite = suite_at(i)); i++)
		run_suite(s, suite, &env, r);
	(void)monitor_stop(monitor, r);
	r->duration_s = ns_to_s(clock_now() - r->start_ns);
	r->interrupted |= stop_requested();
	result_judge(r);
	s->view = progress_view_free(s->view);
	int status = write_out(s, r, store);
	(void)store_close(store);
	(void)samples_free(env.samples);
	(void)painter_free(env.painter);
	(void)speaker_free(env.speaker);
	return status;
}
