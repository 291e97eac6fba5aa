/* src/suite/performance.c - the performance suite: one run per item, or per step of a sweep.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/stop.h"
#include "load/keeper.h"
#include "load/load.h"
#include "suite/find.h"
#include "suite/image_encode.h"
#include "suite/sweep.h"
#include "suite/suites.h"

#define FIND_ERRORS_MAX 0.01	/* a step with more failures is no pass */

struct settings {
	const char *name, *service, *data;
	struct targets targets;
	struct sweep sweep;
	struct find find;
	bool judge, unique_prompts, unique_images;
	int64_t image_pairs, images;
	const char *image_size;
	int image_format;
	struct load_spec load;
	struct ask ask;
};

static const char *const image_formats[] = {"jpeg", "png", NULL};

const struct opt performance_options[] = {
	{.name = "name",
	 OPT_AT_STRING(struct settings, name),
	 .flags = OPT_PLAN_ONLY,
	 .help = "name of the run in the report"},
	{.name = "service",
	 OPT_AT_STRING(struct settings, service),
	 .flags = OPT_PLAN_ONLY | OPT_REQUIRED,
	 .help = "which service"},
	{.name = "data",
	 OPT_AT_STRING(struct settings, data),
	 .flags = OPT_PLAN_ONLY,
	 .help = "a name under data:; without it samples are made that fit the service"},
	{.name = "targets",
	 OPT_AT_NODE(struct settings, targets),
	 .parse = targets_from_yaml,
	 .echo = targets_echo,
	 .arg = "{METRIC: LIMIT}",
	 .help = "what must be reached, such as {rtf.p50: '< 0.3'}; by default those of the kind "
		 "of service"},
	{.name = "sweep",
	 OPT_AT_NODE(struct settings, sweep),
	 .parse = sweep_from_yaml,
	 .echo = sweep_echo,
	 .arg = "{concurrency: [N, …]}",
	 .help = "one run for each of these values of concurrency or rate: a list, 1..64 (each the "
		 "double of the one before) or 10..50 by 10"},
	{.name = "find",
	 OPT_AT_NODE(struct settings, find),
	 .parse = find_from_yaml,
	 .echo = find_echo,
	 .arg = "concurrency:LOW..HIGH",
	 .help = "look for the highest concurrency or rate that still meets the targets: one run "
		 "for each value tried, the best one twice; {concurrency: 1..256} or "
		 "{rate: 1..100}"},
	{.name = "judge",
	 OPT_AT_BOOL(struct settings, judge),
	 .def = "true",
	 .flags = OPT_PLAN_ONLY,
	 .help = "judge by the default targets of the kind when targets names none"},
	{.name = "unique_prompts",
	 OPT_AT_BOOL(struct settings, unique_prompts),
	 .def = "true",
	 .help = "chat: a nonce in every request, so that no prefix cache is measured"},
	{.name = "unique_images",
	 OPT_AT_BOOL(struct settings, unique_images),
	 .def = "true",
	 .help = "chat: other pixels in every request, so that no image cache is measured (JPEG "
		 "and PNG; other formats go as they are)"},
	{.name = "images",
	 OPT_AT_INT(struct settings, images),
	 .def = "0",
	 .max = 32,
	 .help = "chat without data: pictures in each request (0: one)"},
	{.name = "image_size",
	 OPT_AT_STRING(struct settings, image_size),
	 .arg = "WxH",
	 .help = "chat without data: size of the pictures, such as 1280x720 (512x512)"},
	{.name = "image_format",
	 OPT_AT_CHOICE(struct settings, image_format),
	 .choices = image_formats,
	 .def = "jpeg",
	 .help = "chat without data: as what the pictures are sent"},
	{.name = "image_encode",
	 OPT_AT_INT(struct settings, image_pairs),
	 .def = "0",
	 .max = 1000,
	 .arg = "PAIRS",
	 .help = "chat: measure image_encode too, with so many pairs of requests"},
	{0},
};

static size_t bind(void *settings, struct optset sets[SUITE_SETS_MAX])
{
	struct settings *s = settings;
	sets[0] = (struct optset){.rows = performance_options, .to = s};
	sets[1] = (struct optset){.rows = load_options, .to = &s->load};
	sets[2] = (struct optset){.rows = ask_options, .to = &s->ask};
	load_defaults(&s->load);
	ask_defaults(&s->ask);
	return 3;
}

/* A chat answer is streamed unless the user says otherwise: what it costs before its first token
 * is what users wait for. */
static void settle(void *settings, const struct optset *sets, const struct suite_env *env)
{
	struct settings *s = settings;
	const struct service *service = s->service ? plan_service(env->plan, s->service) : NULL;
	if (service && strcmp(service->kind, "chat") == 0 && !opt_given(&sets[2], "stream"))
		s->ask.stream = true;
}

/* The targets of a plan's item, or else those of the kind of service. */
static const struct targets *targets_of(const struct settings *s, const struct service *service)
{
	return s->targets.n == 0 && s->judge ? targets_default(service->kind) : &s->targets;
}

static void set_step(struct load_spec *load, bool by_rate, double value)
{
	if (by_rate)
		load->rate = value;
	else
		load->concurrency = (int64_t)value;
}

static int check_find(const struct settings *s, const struct service *service, struct err *e)
{
	struct load_spec step = s->load;
	if (s->sweep.n > 0)
		return err_set(e, ERR_USAGE, "find and sweep exclude each other: keep one");
	if (targets_of(s, service)->n == 0)
		return err_set(e, ERR_USAGE, "find needs targets: what must still be met?");
	if (!s->find.by_rate && load_law(&step) != ARRIVAL_CLOSED)
		return err_set(e, ERR_USAGE, "find goes over concurrency: leave out rate and "
			       "arrival, or let it go over rate");
	set_step(&step, s->find.by_rate, s->find.lo);
	return load_check(&step, e);
}

static bool asks_for_pictures(const struct settings *s)
{
	return s->images > 0 || s->image_size || s->image_format != 0;
}

static int check_pictures(const struct settings *s, const struct service *service, struct err *e)
{
	int width, height;
	if (!asks_for_pictures(s))
		return 0;
	if (strcmp(service->kind, "chat") != 0 || s->data)
		return err_set(e, ERR_USAGE, "images, image_size and image_format are for chat "
			       "without data; pictures of a plan's data have images, size and "
			       "format of their own");
	if (s->image_size && plan_picture_size(s->image_size, &width, &height) < 0)
		return err_set(e, ERR_USAGE, "image_size is written 1280x720, with 16 to 8192 "
			       "pixels a side");
	return 0;
}

static int check(void *settings, const struct suite_env *env, struct err *e)
{
	struct settings *s = settings;
	const struct service *service = suite_service(env, s->service, e);
	if (!service)
		return -1;
	if (s->data && !plan_find_data(env->plan, s->data))
		return err_set(e, ERR_USAGE, "there is no data '%s' in the plan", s->data);
	if (s->image_pairs && strcmp(service->kind, "chat") != 0)
		return err_set(e, ERR_USAGE, "image_encode is for chat services, '%s' is %s",
			       s->service, service->kind);
	if (!s->name)
		s->name = s->service;
	if (check_pictures(s, service, e) < 0)
		return -1;
	if (s->find.lo > 0)
		return check_find(s, service, e);
	for (size_t i = 0; i < s->sweep.n; i++) {
		struct load_spec step = s->load;
		if (s->sweep.by_rate)
			step.rate = s->sweep.steps[i];
		else
			step.concurrency = (int64_t)s->sweep.steps[i];
		if (load_check(&step, e) < 0)
			return -1;
	}
	return s->sweep.n ? 0 : load_check(&s->load, e);
}

static json_t *settings_echo(const struct settings *s, const struct load_spec *load)
{
	json_t *echo = opt_echo(load_options, load);
	json_t *ask = opt_echo(ask_options, &s->ask);
	(void)json_object_update(echo, ask);
	json_decref(ask);
	json_put_text(echo, "data", s->data);
	return echo;
}

/* What came of a step of a search. */
enum step { STEP_MET = 'y', STEP_MISSED = 'n', STEP_TOO_FEW = 'f' };

/* Does the load of all ranks meet the targets? Rank 0 has it and tells the others. */
static enum step judge_step(struct dist *dist, const struct run *run, uint64_t least)
{
	CLEANUP(buf_release) struct buf word = BUF_INIT(16);
	bool met = run_verdict(run) == VERDICT_PASS && run_error_rate(run) <= FIND_ERRORS_MAX;
	enum step s = met ? STEP_MET : run->attempted < least ? STEP_TOO_FEW : STEP_MISSED;
	if (dist_size(dist) == 1)
		return s;
	(void)buf_char(&word, (char)s);
	if (dist_broadcast(dist, &word, NULL) != 0 || word.len != 1)
		return STEP_MISSED;
	return (enum step)word.data[0];
}

/* The first target that was not met; of numbers that are not trusted, why: then it is not the
 * service that missed them. */
static void say_missed(json_t *step, const struct run *run, struct arena *a)
{
	if (!run->trust.trustworthy && run->trust.reasons.n > 0)
		json_put_text(step, "not_trustworthy", run->trust.reasons.items[0]);
	for (size_t i = 0; i < run->n_targets; i++)
		if (run->targets[i].verdict != VERDICT_PASS) {
			json_put_text(step, "first_missed",
				      arena_fmt(a, "%s %s", run->targets[i].metric,
						run->targets[i].text));
			return;
		}
}

/* A step that does not meet the targets is what a search looks for, no failure of the service: its
 * targets are taken off, and its settings say what came of them. Only where the low end of the
 * range does not meet them, they were missed. 1: it had too few requests to say. */
static int note_step(struct find_search *search, double value, uint64_t least,
		     const struct suite_env *env, struct result *r, struct run *run)
{
	enum step came = judge_step(env->dist, run, least);
	bool met = came == STEP_MET, few = came == STEP_TOO_FEW;
	json_t *step = json_pack("{sfss}", "value", value, "targets",
				 met ? "met" : few ? "too few requests" : "missed");
	if (!met)
		say_missed(step, run, r->arena);
	(void)json_object_set_new(run->settings, "find", step);
	if (!met && (few || value > search->find.lo))
		run->n_targets = 0;
	if (few)
		return 1;
	find_tell(search, value, met);
	const struct find_tried *best = find_highest_pass(search);
	if (!met || !best || best->value != value || best->passes < 2)
		return 0;
	struct metric *m = run_metric(r, run, search->find.by_rate ? "highest_rate" :
				      "highest_concurrency", false);
	const struct find_tried *fail = find_lowest_fail(search);
	m->value = value;
	m->note = fail ? arena_fmt(r->arena, "met twice; the lowest that missed: %g", fail->value)
		       : "met twice; the end of the range was reached";
	return 0;
}

/* The data that is named; else made ones, with pictures as they are asked for. */
static int find_samples(const struct settings *s, const struct service *service,
			const struct suite_env *env, struct load_work *work, struct err *e)
{
	struct plan_data made = {.made = "pictures", .count = 10, .seed = 1, .language = "en",
				 .images = s->images, .format = image_formats[s->image_format]};
	char name[64];
	if (!asks_for_pictures(s))
		return suite_samples(env, service, s->data, &work->samples, &work->n_samples, e);
	if (s->image_size)
		(void)plan_picture_size(s->image_size, &made.width, &made.height);
	(void)snprintf(name, sizeof(name), "%lld %s of %dx%d", (long long)made.images, made.format,
		       made.width, made.height);
	made.name = name;
	return samples_get(env->samples, &made, service->kind, &work->samples, &work->n_samples,
			   e);
}

/* search: NULL, or what asked for this value and needs so many requests at least to judge it. 1: it
 * had fewer. */
static int run_step(const struct settings *s, const struct load_spec *load, const char *name,
		    struct find_search *search, double value, uint64_t least,
		    const struct suite_env *env, struct result *r, struct err *e)
{
	int rc = 0;
	const struct service *service = suite_service(env, s->service, e);
	struct load_work work = {
		.service = service, .ask = s->ask, .unique_prompts = s->unique_prompts,
		.unique_images = s->unique_images, .keeper = env->keeper, .dist = env->dist,
		.own = env->own};
	if (!service || find_samples(s, service, env, &work, e) < 0)
		return -1;
	struct run *run = result_add_run(r, result_unique_name(r, name), "performance");
	run->service = suite_service_ref(service);
	run->settings = settings_echo(s, load);
	if (env->keeper && keeper_begin_run(env->keeper, r->n_runs - 1, e) < 0)
		return -1;
	run_add_targets(r, run, targets_of(s, service));
	if (load_run(load, &work, r, run, env->progress, e) < 0) {
		run->error = arena_str(r->arena, e->text);
		return -1;
	}
	if (dist_rank(env->dist) != 0)	/* targets are for the load of all */
		run->n_targets = 0;
	if (s->image_pairs && dist_rank(env->dist) == 0 && !stop_requested() &&
	    image_encode_measure(service, &work, (size_t)s->image_pairs, env, r, run, e) < 0)
		strings_add(&r->errors, r->arena,
			    arena_fmt(r->arena, "%s: image_encode: %s", name, e->text));
	run_judge(r, run);
	if (search)
		rc = note_step(search, value, least, env, r, run);
	if (env->store && store_save_run(env->store, run, e) < 0)
		return -1;
	return rc;
}

static const char *step_name(const struct settings *s, bool by_rate, double value,
			     struct arena *a)
{
	return arena_fmt(a, by_rate ? "%s @ %.4g/s" : "%s @ %.0f", s->name, value);
}

/* One value of a search. A closed loop by time may end with too few requests to judge: then it goes
 * by their number. */
static int find_step(const struct settings *s, const struct service *service,
		     struct find_search *search, double value, const struct suite_env *env,
		     struct result *r, struct err *e)
{
	struct load_spec step = s->load;
	const char *name = step_name(s, s->find.by_rate, value, r->arena);
	for (size_t i = 0; i < search->n; i++)
		if (search->tried[i].value == value)
			name = arena_fmt(r->arena, "%s again", name);
	set_step(&step, s->find.by_rate, value);
	uint64_t need = find_size_step(targets_of(s, service), &step);
	bool by_time = load_law(&step) == ARRIVAL_CLOSED && step.duration_ns > 0;
	int rc = run_step(s, &step, name, search, value, by_time ? need : 0, env, r, e);
	if (rc <= 0 || stop_requested())
		return MIN(rc, 0);
	step.duration_ns = step.cooldown_ns = 0;
	step.requests = (int64_t)need;
	return run_step(s, &step, arena_fmt(r->arena, "%s, longer", name), search, value, 0, env, r,
			e);
}

static int run_find(const struct settings *s, const struct suite_env *env, struct result *r,
		    struct err *e)
{
	struct find_search search;
	double value;
	const struct service *service = suite_service(env, s->service, e);
	if (!service)
		return -1;
	find_begin(&search, &s->find);
	while (find_next(&search, &value) && !stop_requested())
		if (find_step(s, service, &search, value, env, r, e) < 0)
			return -1;
	return 0;
}

static int measure(void *settings, const struct suite_env *env, struct result *r, struct err *e)
{
	struct settings *s = settings;
	if (s->find.lo > 0)
		return run_find(s, env, r, e);
	if (s->sweep.n == 0)
		return run_step(s, &s->load, s->name, NULL, 0, 0, env, r, e);
	int failures = 0;
	for (size_t i = 0; i < s->sweep.n && !stop_requested(); i++) {
		struct load_spec step = s->load;
		double value = s->sweep.steps[i];
		set_step(&step, s->sweep.by_rate, value);
		failures += run_step(s, &step, step_name(s, s->sweep.by_rate, value, r->arena),
				     NULL, value, 0, env, r, e) < 0;
	}
	return failures ? -1 : 0;
}

const struct suite suite_performance = {
	.name = "performance",
	.section = {"performance", true},
	.summary = "latency, throughput and real-time factor under a given load",
	.settings_size = sizeof(struct settings),
	.spread = true,
	.bind = bind,
	.settle = settle,
	.check = check,
	.run = measure,
};
