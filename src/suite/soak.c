/* src/suite/soak.c - the soak suite: hours of mixed requests, and what only time shows.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/stop.h"
#include "suite/soak_in.h"
#include "suite/suites.h"

static int parse_mix(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	struct soak_settings *s = (void *)((char *)field - offsetof(struct soak_settings, mix));
	(void)a;
	if (node->kind != YAML_MAP || node->n == 0 || node->n > SOAK_SERVICES_MAX)
		return yaml_err(e, node, "%s is a map of services and weights: {asr: 4, tts: 1}",
				o->name);
	s->n_mix = 0;
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *v = node->pairs[i].value;
		double weight = 0;
		if (v->kind != YAML_SCALAR || str_to_real(v->text, &weight, NULL) < 0 ||
		    weight <= 0)
			return yaml_err(e, v, "the weight of a service must be above 0");
		s->mix[s->n_mix++] = (struct soak_share){node->pairs[i].key, weight};
	}
	return 0;
}

static json_t *echo_mix(const void *field)
{
	const struct soak_settings *s =
		(const void *)((const char *)field - offsetof(struct soak_settings, mix));
	json_t *mix = s->n_mix ? json_object() : NULL;
	for (size_t i = 0; i < s->n_mix; i++)
		json_put_real(mix, s->mix[i].service, s->mix[i].weight);
	return mix;
}

const struct opt soak_options[] = {
	{.name = "duration",
	 OPT_AT_DURATION(struct soak_settings, duration_ns),
	 .def = "10m",
	 .min = 0.1,
	 .max = 86400 * 365.0,
	 .help = "how long"},
	{.name = "mix",
	 OPT_AT_NODE(struct soak_settings, mix),
	 .parse = parse_mix,
	 .echo = echo_mix,
	 .arg = "{SERVICE: WEIGHT}",
	 .help = "which services, and how often each; by default all "
		 "evenly"},
	{.name = "pause",
	 OPT_AT_DURATION(struct soak_settings, pause_ns),
	 .def = "0s",
	 .help = "of each slot between an answer and its next request"},
	{.name = "concurrency",
	 OPT_AT_INT(struct soak_settings, concurrency),
	 .def = "1",
	 .min = 1,
	 .max = 256,
	 .help = "slots that send at the same time"},
	{.name = "rate",
	 OPT_AT_REAL(struct soak_settings, rate),
	 .def = "0",
	 .arg = "PER_S",
	 .help = "requests per second over all services on a schedule, instead of pauses"},
	{.name = "window",
	 OPT_AT_DURATION(struct soak_settings, window_ns),
	 .def = "60s",
	 .min = 0.1,
	 .max = 3600,
	 .help = "what is counted is saved this often: 60 s by default, shorter in short soaks"},
	{.name = "idle",
	 OPT_AT_DURATION(struct soak_settings, idle_ns),
	 .def = "60s",
	 .help = "watched without requests at the end: what leaked stays, a cache drains; shorter "
		 "in short soaks unless it is given"},
	{.name = "max_tokens",
	 OPT_AT_INT(struct soak_settings, max_tokens),
	 .def = "64",
	 .help = "chat: length of an answer at most"},
	{.name = "soak_seed",
	 OPT_AT_INT(struct soak_settings, seed),
	 .def = "1",
	 .arg = "N",
	 .help = "order of the requests"},
	{.name = "targets",
	 OPT_AT_NODE(struct soak_settings, targets),
	 .parse = targets_from_yaml,
	 .echo = targets_echo,
	 .arg = "{METRIC: LIMIT}",
	 .help = "what must be reached: error_rate over all requests, other metrics by each "
		 "service; by default error_rate < 0.1 %"},
	{.name = "listen",
	 OPT_AT_STRING(struct soak_settings, listen),
	 .arg = "[HOST:]PORT",
	 .help = "offer counts and readings meanwhile as a Prometheus page at /metrics"},
	{.name = "resume",
	 OPT_AT_STRING(struct soak_settings, resume),
	 .flags = OPT_CLI_ONLY,
	 .arg = "DIR",
	 .help = "go on with the soak of this report folder that was killed or ended"},
	{.name = "detach",
	 OPT_AT_BOOL(struct soak_settings, detach),
	 .flags = OPT_CLI_ONLY,
	 .help = "run in the background, beyond the end of this terminal; needs --out"},
	{.name = "status",
	 OPT_AT_STRING(struct soak_settings, status),
	 .flags = OPT_CLI_ONLY,
	 .arg = "DIR",
	 .help = "tell where the soak of this report folder stands, and run nothing"},
	{0},
};

static size_t bind(void *settings, struct optset sets[SUITE_SETS_MAX])
{
	sets[0] = (struct optset){.rows = soak_options, .to = settings};
	return 1;
}

static void settle(void *settings, const struct optset *sets, const struct suite_env *env)
{
	struct soak_settings *s = settings;
	(void)env;
	if (!opt_given(&sets[0], "window"))
		s->window_ns = MIN(60 * NS_PER_S, MAX(s->duration_ns / 10, NS_PER_S));
	if (!opt_given(&sets[0], "idle"))
		s->idle_ns = MIN(60 * NS_PER_S, s->duration_ns / 10);
}

static int check(void *settings, const struct suite_env *env, struct err *e)
{
	struct soak_settings *s = settings;
	for (size_t i = 0; i < s->n_mix; i++)
		if (!suite_service(env, s->mix[i].service, e))
			return -1;
	if (env->plan->n_services > SOAK_SERVICES_MAX)
		return err_set(e, ERR_USAGE, "a soak takes at most %d services", SOAK_SERVICES_MAX);
	return 0;
}

static int add_service(struct soak *s, const char *name, double weight, struct err *e)
{
	struct soak_service *v = &s->services[s->n_services++];
	struct result *r = s->result;
	v->service = suite_service(s->env, name, e);
	v->share = weight;
	v->p50 = v->p99 = v->recent_from_s = (double)NAN;
	if (!v->service ||
	    suite_samples(s->env, v->service, NULL, &v->samples, &v->n_samples, e) < 0)
		return -1;
	v->run = result_add_run(r, arena_fmt(r->arena, "soak %s", name), "soak");
	v->run->service = suite_service_ref(v->service);
	v->run->settings = opt_echo(soak_options, s->settings);
	v->run->first_request_s = (double)NAN;
	(void)run_metric(r, v->run, "latency", true);
	if (soak_count_new(&v->now, e) < 0 || soak_count_new(&v->closing, e) < 0)
		return -1;
	return hist_new(&v->first, e) < 0 || hist_new(&v->recent[0], e) < 0
		       ? -1 : hist_new(&v->recent[1], e);
}

static int add_services(struct soak *s, struct err *e)
{
	const struct soak_settings *o = s->settings;
	double sum = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < o->n_mix; i++)
		rc = add_service(s, o->mix[i].service, o->mix[i].weight, e);
	for (size_t i = 0; rc == 0 && o->n_mix == 0 && i < s->env->plan->n_services; i++)
		rc = add_service(s, s->env->plan->services[i].name, 1, e);
	for (size_t i = 0; i < s->n_services; i++)
		sum += s->services[i].share;
	for (size_t i = 0; i < s->n_services; i++)
		s->services[i].share /= sum;
	return rc;
}

static int begin(struct soak *s, struct err *e)
{
	if (soak_watch_new(s, e) < 0 || add_services(s, e) < 0 || soak_keep_begin(s, e) < 0 ||
	    soak_watch_begin(s, e) < 0)
		return -1;
	double left = ns_to_s(s->settings->duration_ns) - s->measured_s - s->before_s;
	s->start_ns = s->window_from_ns = s->part.start_ns;
	s->end_ns = s->start_ns + (uint64_t)(left * 1e9);
	s->base = s->next;
	for (size_t i = 0; i < s->n_services; i++) {
		s->services[i].run->start_ns = s->first_start_ns;
		s->services[i].run->start_wall_ns = s->first_start_wall_ns;
	}
	return 0;
}

/* Nothing is sent: what stays now was leaked, what goes was kept for a while. */
static int idle(struct soak *s, struct err *e)
{
	struct progress_state p = {.phase = "soak, idle", .done = 1, .rate = (double)NAN,
				   .p50_s = (double)NAN, .p99_s = (double)NAN};
	if (s->settings->idle_ns == 0 || stop_requested())
		return 0;
	for (size_t i = 0; i < s->n_services; i++) {
		p.ok += s->services[i].ok;
		p.failed += s->services[i].failed;
	}
	progress_tell(s->env->progress, &p);
	soak_watch_idle(s);
	(void)soak_wait_until(clock_now() + s->settings->idle_ns);
	return soak_close(s, true, e);
}

static void end(struct soak *s)
{
	soak_watch_free(s);
	for (size_t i = 0; i < s->n_services; i++) {
		struct soak_service *v = &s->services[i];
		v->now = soak_count_free(v->now);
		v->closing = soak_count_free(v->closing);
		v->first = hist_free(v->first);
		v->recent[0] = hist_free(v->recent[0]);
		v->recent[1] = hist_free(v->recent[1]);
	}
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static int measure(void *settings, const struct suite_env *env, struct result *r, struct err *e)
{
	struct soak *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, ERR_SYSTEM, "no memory for the soak");
	(void)pthread_mutex_init(&s->lock, NULL);
	s->settings = settings;
	s->env = env;
	s->result = r;
	int rc = begin(s, e);
	bool begun = rc == 0;
	if (begun)
		rc = soak_send(s, e);
	if (rc == 0)
		rc = idle(s, e);
	if (s->watch)
		soak_watch_end(s);
	if (begun && s->measured_s > 0)
		soak_judge(s);
	soak_keep_end(s);
	end(s);
	return rc;
}

const struct suite suite_soak = {
	.name = "soak",
	.section = {"reliability.soak", false},
	.summary = "hours of mixed requests",
	.settings_size = sizeof(struct soak_settings),
	.bind = bind,
	.settle = settle,
	.check = check,
	.run = measure,
};
