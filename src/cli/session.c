/* src/cli/session.c - see session.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "cli/compare_limits.h"
#include "cli/environment.h"
#include "cli/fetch.h"
#include "cli/live_page.h"
#include "cli/outputs.h"
#include "cli/ranks.h"
#include "monitor/monitor.h"
#include "report/writer.h"

#define STATUS_INTERRUPTED 4	/* of a rank; rank 0's is the verdict's */
#define SECTIONS_MAX 16
#define NO_PLAN "command line"	/* path of the plan that the options make */

const struct opt session_options[] = {
	{.name = "out",
	 .letter = 'o',
	 OPT_AT_STRING(struct session_options, out),
	 .arg = "DIR",
	 .help = "write the report there: report.html, result.json, junit.xml, results.db"},
	{.name = "set",
	 OPT_AT_STRINGS(struct session_options, set),
	 .arg = "A.B=C",
	 .help = "change a key of the plan; may be repeated"},
	{.name = "only",
	 OPT_AT_STRINGS(struct session_options, only),
	 .arg = "SUITE,…",
	 .help = "run only these: performance, functional, faults, soak, accuracy"},
	{.name = "long",
	 OPT_AT_BOOL(struct session_options, long_cases),
	 .help = "also cases that take minutes (30 minutes of speech)"},
	{.name = "monitor",
	 OPT_AT_BOOL(struct session_options, monitor),
	 .def = "true",
	 .help = "watch host, processes and devices meanwhile"},
	{.name = "lang",
	 OPT_AT_STRING(struct session_options, lang),
	 .arg = "en|zh|auto",
	 .def = "auto",
	 .help = "language of the report"},
	{.name = "ui",
	 OPT_AT_BOOL(struct session_options, ui),
	 .flags = OPT_CLI_ONLY,
	 .help = "serve a live page of the run on a free port of 127.0.0.1"},
	{.name = "ui_port",
	 OPT_AT_INT(struct session_options, ui_port),
	 .arg = "N",
	 .def = "-1",
	 .min = -1,
	 .max = 65535,
	 .flags = OPT_CLI_ONLY,
	 .help = "serve it on this port"},
	{0},
};

const struct opt export_options[] = {
	{.name = "export",
	 OPT_AT_STRINGS(struct session_options, exports),
	 .arg = "FORM:FILE",
	 .flags = OPT_CLI_ONLY,
	 .help = "keep every request of the performance runs: csv:FILE, one line per request; "
		 "vllm:FILE, as vllm bench serve saves a run; vllm-detailed:FILE, with the lists "
		 "of its --save-detailed; may be repeated"},
	{0},
};

const struct opt url_options[] = {
	{.name = "asr",
	 OPT_AT_STRING(struct url_options, asr),
	 .arg = "URL",
	 .help = "speech recognition service"},
	{.name = "tts",
	 OPT_AT_STRING(struct url_options, tts),
	 .arg = "URL",
	 .help = "speech synthesis service"},
	{.name = "chat",
	 OPT_AT_STRING(struct url_options, chat),
	 .arg = "URL",
	 .help = "chat service (base URL that ends in /v1)"},
	{.name = "protocol",
	 OPT_AT_STRING(struct url_options, protocol),
	 .arg = "NAME",
	 .help = "protocol of the service when only one is named; by default transcribe, "
		 "synthesize or openai-chat"},
	{.name = "model",
	 OPT_AT_STRING(struct url_options, model),
	 .arg = "NAME",
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

struct session_item *session_add_item(struct session *s, const struct suite *suite)
{
	struct session_item *item = ARENA_ADD(s->arena, s->items, s->n_items);
	item->suite = suite;
	item->settings = arena_alloc(s->arena, suite->settings_size);
	item->n_sets = suite->bind(item->settings, item->sets);
	for (size_t i = 0; i < item->n_sets; i++)
		opt_defaults(item->sets[i].rows, item->sets[i].to);
	return item;
}

int session_check_item(const struct session *s, const struct session_item *item, struct err *e)
{
	struct suite_env env = {.arena = s->arena, .plan = &s->plan};
	if (item->suite->settle)
		item->suite->settle(item->settings, item->sets, &env);
	return item->suite->check(item->settings, &env, e);
}

static int open_item(struct session *s, const struct suite *suite, const struct yaml_node *node,
		     struct err *e)
{
	struct session_item *item = session_add_item(s, suite);
	if (opt_from_yaml_sets(item->sets, item->n_sets, node, suite->section.path, s->arena, e) <
	    0)
		return -1;
	struct err why;
	if (session_check_item(s, item, &why) < 0)
		return yaml_err(e, node, "%s: %s", suite->section.path, why.text);
	return 0;
}

static const char *next_suite(size_t i, const void *ctx)
{
	(void)ctx;
	const struct suite *suite = suite_at(i);
	return suite ? suite->name : NULL;
}

static int check_only(const struct strings *only, struct err *e)
{
	for (size_t i = 0; i < only->n; i++) {
		if (suite_find(only->items[i]))
			continue;
		const char *near = str_nearest(only->items[i], next_suite, NULL);
		return err_set(e, ERR_USAGE, "there is no suite '%s'%s%s%s", only->items[i],
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	return 0;
}

static int check_monitor(const struct session *s, struct err *e)
{
	struct monitor_spec spec;
	monitor_defaults(&spec);
	struct optset set = {.rows = monitor_options, .to = &spec};
	return s->plan.monitor ? opt_from_yaml(&set, s->plan.monitor, "monitor", s->arena, e) : 0;
}

int session_open(struct session *s, const char *plan_path, struct err *e)
{
	const struct suite *suite;
	if (plan_read(plan_path, &s->options->set, session_sections(), s->arena, &s->plan, e) < 0)
		return -1;
	for (size_t i = 0; (suite = suite_at(i)); i++) {
		const struct yaml_node *node;
		for (size_t k = 0; (node = plan_item(&s->plan, &suite->section, k)); k++)
			if (open_item(s, suite, node, e) < 0)
				return -1;
	}
	if (check_only(&s->options->only, e) < 0 || check_monitor(s, e) < 0)
		return -1;
	return s->plan.compare ? compare_limits_check(s->plan.compare, s->arena, e) : 0;
}

void session_release(struct session *s)
{
	plan_release(&s->plan);
}

static int add_service(struct session *s, const char *name, const char *url, const char *protocol,
		       const struct url_options *urls, struct err *e)
{
	const char *model = urls->model;
	struct service *service = &s->plan.services[s->plan.n_services];
	struct optset set = {.rows = service_options, .to = service};
	service_defaults(service);
	service->name = name;
	service->protocol_keys = urls->protocol_keys;
	s->plan.n_services++;
	if (opt_set(&set, "protocol", protocol, s->arena, e) < 0 ||
	    opt_set(&set, "url", url, s->arena, e) < 0 ||
	    (model && opt_set(&set, "model", model, s->arena, e) < 0) ||
	    service_check(service, s->arena, e) < 0)
		return err_prefix(e, "%s service: ", name);
	return 0;
}

int session_open_urls(struct session *s, const struct url_options *urls, struct err *e)
{
	const struct {
		const char *name, *url, *protocol;
	} kinds[] = {
		{"asr", urls->asr, "transcribe"},
		{"tts", urls->tts, "synthesize"},
		{"chat", urls->chat, "openai-chat"},
	};
	size_t named = (urls->asr != NULL) + (urls->tts != NULL) + (urls->chat != NULL);
	if (named == 0)
		return err_set(e, ERR_USAGE,
			       "name a plan, or a service: --asr URL, --tts URL, "
			       "--chat URL");
	if (urls->protocol && named > 1)
		return err_set(e, ERR_USAGE,
			       "--protocol goes with one service; write a plan for "
			       "several (assay plan init)");
	s->plan.path = NO_PLAN;
	s->plan.services = arena_array(s->arena, ARRAY_LEN(kinds), sizeof(*s->plan.services));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].url && add_service(s, kinds[i].name, kinds[i].url,
						urls->protocol ? urls->protocol : kinds[i].protocol,
						urls, e) < 0)
			return -1;
	return 0;
}

json_t *session_explain(const struct session *s)
{
	json_t *all = json_object();
	for (size_t i = 0; i < s->n_items; i++) {
		const struct session_item *item = &s->items[i];
		const char *path = item->suite->section.path;
		json_t *settings = json_object();
		for (size_t j = 0; j < item->n_sets; j++) {
			CLEANUP(json_unref)
			json_t *part = opt_echo(item->sets[j].rows, item->sets[j].to);
			(void)json_object_update(settings, part);
		}
		if (!json_object_get(all, path))
			json_put(all, path, json_array());
		(void)json_array_append_new(json_object_get(all, path), settings);
	}
	json_t *services = json_object();
	for (size_t i = 0; i < s->plan.n_services; i++)
		json_put(services, s->plan.services[i].name,
			 opt_echo(service_options, &s->plan.services[i]));
	json_put(all, "services", services);
	return all;
}

/* ---- running ---- */

/* Who else wants the readings as they come. */
struct watchers {
	struct progress_view *view;
	bool live;
	struct monitor_listener page;
};

static void on_reading(void *ctx, const struct reading *r)
{
	struct watchers *w = ctx;
	progress_view_reading(w->view, r);
	if (w->live)
		w->page.reading(w->page.ctx, r);
}

static struct monitor *start_monitor(const struct session *s, struct live_page *live,
				     struct result *r)
{
	struct monitor_spec spec;
	struct monitor *m = NULL;
	struct err e;
	const struct plan *p = &s->plan;
	if (!s->options->monitor || !dist_first_on_host(s->dist))
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
	spec.fetch = cli_fetch;
	struct watchers *w = ARENA_NEW(s->arena, struct watchers);
	*w = (struct watchers){.view = s->view, .live = live != NULL};
	if (live)
		w->page = live_page_listener(live);
	spec.listener = (struct monitor_listener){.reading = on_reading, .ctx = w};
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

/* False: what the plan asks for does not fit to what there is (recorded answers to other inputs):
 * that is a plan to be corrected, not a measurement that failed. */
static bool run_item(const struct session *s, const struct session_item *item,
		     const struct suite_env *env, struct result *r)
{
	const char *name = item->suite->name;
	const char *skipped = NULL;
	size_t before = r->errors.n;
	struct err e = {0};
	if (stop_requested())
		skipped = "the run was ended";
	else if (s->options->only.n && !strings_has(&s->options->only, name))
		skipped = "not asked for (--only)";
	const char *why = skipped ? arena_fmt(r->arena, "%s: %s", name, skipped) : NULL;
	if (why && !strings_has(&r->skipped, why))	/* said once, not for each of its items */
		strings_add(&r->skipped, r->arena, why);
	if (!why && ranks_take(s, item, r) && item->suite->run(item->settings, env, r, &e) < 0)
		strings_add(&r->errors, r->arena, arena_fmt(r->arena, "%s: %s", name, e.text));
	return e.code != ERR_USAGE || r->errors.n == before;
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
	const struct writer *w =
		writer_find(s->common->format == FORMAT_JSON ? "json" : "terminal");
	if (w->write(r, &o, &text, &e) < 0)
		return command_fail(&e);
	int printed = command_print(text.data ? text.data : "", text.len);
	if (s->options->out && s->common->format != FORMAT_JSON)
		(void)printf("\nreport: %s/report.html\n", s->options->out);
	return printed ? printed : status;
}

/* What is known of a result before anything runs. */
static void begin_result(const struct session *s, struct result *r)
{
	r->tool_version = ASSAY_VERSION;
	r->title = arena_str(r->arena, s->options->title ? s->options->title : s->plan.title);
	r->command = arena_str(r->arena, s->options->command);
	r->start_wall_ns = clock_wall();
	r->start_ns = clock_now();
	json_decref(r->environment);
	r->environment = environment_of(&s->plan);
	ranks_note(s, r);
}

/* The plan and what changed it, for commands that repeat one case; NULL: there is no plan. */
static const char *plan_words(const struct session *s)
{
	if (strcmp(s->plan.path, NO_PLAN) == 0)
		return NULL;
	const char *words = str_shell(s->plan.path, s->arena);
	for (size_t i = 0; i < s->options->set.n; i++)
		words = arena_fmt(s->arena, "%s --set %s", words,
				  str_shell(s->options->set.items[i], s->arena));
	return words;
}

static bool run_items(const struct session *s, const struct suite_env *env, struct result *r)
{
	bool fits = true;
	for (size_t i = 0; i < s->n_items; i++)
		fits &= run_item(s, &s->items[i], env, r);
	(void)monitor_stop(env->monitor, r);
	for (size_t i = 0; i < s->n_items; i++)
		if (s->items[i].suite->after && ranks_take(s, &s->items[i], NULL))
			s->items[i].suite->after(s->items[i].settings, r);
	r->duration_s = ns_to_s(clock_now() - r->start_ns);
	r->interrupted |= stop_requested();
	result_judge(r);
	return fits;
}

int session_refuse(struct session *s, struct err *e)
{
	(void)ranks_join(s, -1, e);
	return ranks_fail(s, e);
}

int session_run(struct session *s)
{
	struct err e = {0};
	CLEANUP(result_freep) struct result *r = result_new();
	CLEANUP(result_freep) struct result *own = NULL;
	struct outputs o = {0};
	int status = 0;
	if (ranks_join(s, 0, &e) < 0 ||
	    dist_agree(s->dist, outputs_open(s, &o, &e), &e) < 0) {
		(void)outputs_close(s, &o, NULL, &e);
		return ranks_fail(s, &e);
	}
	begin_result(s, r);
	if (dist_size(s->dist) > 1 && dist_rank(s->dist) == 0) {
		own = result_new();
		begin_result(s, own);
		own->start_ns = r->start_ns;
	}
	struct suite_env env = {
		.arena = r->arena,
		.plan = &s->plan,
		.deployed = s->deployed,
		.speaker = speaker_new(),
		.painter = painter_new(),
		.progress = o.live ? live_page_progress(o.live) : progress_view_hooks(s->view),
		.store = o.store,
		.keeper = o.keeper,
		.long_cases = s->options->long_cases,
		.dist = s->dist,
		.own = own,
		.words = plan_words(s),
		.demo = s->options->demo,
	};
	env.samples = samples_new(env.speaker, env.painter);
	env.monitor = start_monitor(s, o.live, r);
	bool fits = run_items(s, &env, r);
	const struct strings *passed = samples_notes(env.samples);
	for (size_t i = 0; i < passed->n; i++)
		strings_add(&r->skipped, r->arena, arena_str(r->arena, passed->items[i]));
	s->view = progress_view_free(s->view);
	if (ranks_save(s, own ? own : r, &e) < 0)
		status = command_fail(&e);
	int written = dist_rank(s->dist) == 0 ? write_out(s, r, o.store)
					      : r->interrupted ? STATUS_INTERRUPTED : 0;
	o.live = live_page_end(o.live, r);
	if (outputs_close(s, &o, r, &e) < 0 && dist_rank(s->dist) == 0)
		status = command_fail(&e);
	(void)samples_free(env.samples);
	(void)painter_free(env.painter);
	(void)speaker_free(env.speaker);
	ranks_leave(s);
	return !fits ? 2 : status ? status : written;
}
