/* src/suite/functional.c - the functional suite: every case of a service's kind.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include "base/stop.h"
#include "suite/functional_make.h"
#include "suite/functional_rows.h"
#include "suite/maker.h"
#include "suite/suites.h"
#include "suite/voices.h"

#include <math.h>

struct settings {
	struct strings services, only, skip, speakers;
	int64_t seed;
};

const struct opt functional_options[] = {
	{.name = "services",
	 OPT_AT_STRINGS(struct settings, services),
	 .arg = "NAME,…",
	 .help = "which services; all without it",
	 .flags = OPT_PLAN_ONLY},
	{.name = "cases",
	 OPT_AT_STRINGS(struct settings, only),
	 .arg = "ID,…",
	 .help = "only these cases; an id may end in '*'"},
	{.name = "skip",
	 OPT_AT_STRINGS(struct settings, skip),
	 .arg = "ID,…",
	 .help = "all but these"},
	{.name = "speakers",
	 OPT_AT_STRINGS(struct settings, speakers),
	 .arg = "A,B",
	 .help = "tts: two speakers of the service; by default what it tells itself"},
	{.name = "case_seed",
	 OPT_AT_INT(struct settings, seed),
	 .def = "1",
	 .arg = "N",
	 .help = "another seed makes other inputs with other answers"},
	{0},
};

static const struct functional_case *const families[] = {asr_cases, tts_cases, chat_cases,
							      sound_cases};

const struct functional_case *functional_case_at(size_t i)
{
	for (size_t f = 0; f < ARRAY_LEN(families); f++)
		for (const struct functional_case *c = families[f]; c->id; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

bool case_listed(const struct strings *list, const char *id)
{
	for (size_t i = 0; i < list->n; i++) {
		size_t n = strlen(list->items[i]);
		if (strcmp(list->items[i], id) == 0)
			return true;
		if (n > 0 && list->items[i][n - 1] == '*' &&
		    strncmp(list->items[i], id, n - 1) == 0)
			return true;
	}
	return false;
}

static size_t bind(void *settings, struct optset sets[SUITE_SETS_MAX])
{
	sets[0] = (struct optset){.rows = functional_options, .to = settings};
	return 1;
}

int case_check_listed(const struct strings *list, const char *(*next)(size_t i, const void *ctx),
		      struct err *e)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *id;
		bool found = false;
		struct strings one = {.items = &list->items[i], .n = 1};
		for (size_t k = 0; !found && (id = next(k, NULL)); k++)
			found = case_listed(&one, id);
		if (found)
			continue;
		const char *near = str_nearest(list->items[i], next, NULL);
		return err_set(e, ERR_USAGE, "there is no case '%s'%s%s%s; --list shows them",
			       list->items[i], near ? "; did you mean '" : "", near ? near : "",
			       near ? "'?" : "");
	}
	return 0;
}

static const char *next_id(size_t i, const void *ctx)
{
	(void)ctx;
	const struct functional_case *c = functional_case_at(i);
	return c ? c->id : NULL;
}

static int check(void *settings, const struct suite_env *env, struct err *e)
{
	struct settings *s = settings;
	for (size_t i = 0; i < s->services.n; i++)
		if (!suite_service(env, s->services.items[i], e))
			return -1;
	if (case_check_listed(&s->only, next_id, e) < 0)
		return -1;
	return case_check_listed(&s->skip, next_id, e);
}

static void tell(const struct suite_env *env, const struct service *service, const char *id,
		 size_t done, size_t all, const struct result *r)
{
	char phase[80];
	struct progress_state p = {.phase = phase,
				   .done = (double)done / (double)MAX(all, (size_t)1),
				   .rate = NAN,
				   .p50_s = NAN,
				   .p99_s = NAN,
				   .note = id};
	(void)snprintf(phase, sizeof(phase), "functional %.50s", service->name);
	for (size_t i = 0; i < r->n_cases; i++) {
		p.ok += r->cases[i].verdict == VERDICT_PASS;
		p.failed += r->cases[i].verdict == VERDICT_FAIL;
	}
	progress_tell(env->progress, &p);
}

static void run_case(const struct functional_case *c, struct check *k, int64_t seed,
		     struct result *r)
{
	uint64_t start = clock_now();
	k->arena = r->arena;
	k->kind = c->kind;
	k->owned = json_array();
	k->scratch = arena_new();
	k->decided = false;
	k->result = result_add_case(r);
	*k->result = (struct case_result){
		.id = c->id,
		.suite = "functional",
		.name = c->name,
		.source = c->source,
		.service = k->service ? arena_str(r->arena, k->service->name) : NULL,
	};
	rng_init_named(&k->rng, (uint64_t)seed, c->id);
	if (k->service)
		k->result->again = suite_again(k->env, k->service,
					       &(struct case_ref){"check", c->id, seed,
								  c->takes_minutes});
	if (c->takes_minutes && !k->env->long_cases)
		check_skip(k, "takes minutes: run with --long");
	else
		c->run(k);
	if (!k->decided)
		check_fail(k, "error", "the case came to no verdict");
	k->result->seconds = ns_to_s(clock_now() - start);
	k->scratch = arena_free(k->scratch);
	json_decref(k->owned);
	k->owned = NULL;
}

static bool chosen(const struct settings *s, const struct functional_case *c,
		   const struct service *service)
{
	return strcmp(c->kind, service->kind) == 0 && !case_listed(&s->skip, c->id) &&
	       (s->only.n == 0 || case_listed(&s->only, c->id));
}

static int run_service(const struct service *service, const struct settings *s,
		       const struct suite_env *env, struct result *r, struct err *e)
{
	const struct functional_case *c;
	struct check k = {.env = env,
			  .service = service,
			  .voices = voice_trust_new(),
			  .speakers = s->speakers};
	size_t all = 0;
	size_t done = 0;
	if (client_new(service, &k.client, e) < 0) {
		(void)voice_trust_free(k.voices);
		return -1;
	}
	for (size_t i = 0; (c = functional_case_at(i)); i++)
		all += chosen(s, c, service);
	for (size_t i = 0; (c = functional_case_at(i)) && !stop_requested(); i++) {
		if (!chosen(s, c, service))
			continue;
		tell(env, service, c->id, done++, all, r);
		run_case(c, &k, s->seed, r);
		if (env->store && store_save_case(env->store, k.result, e) < 0)
			break;
	}
	(void)client_free(k.client);
	(void)voice_trust_free(k.voices);
	return 0;
}

static int measure(void *settings, const struct suite_env *env, struct result *r, struct err *e)
{
	struct settings *s = settings;
	int rc = 0;
	for (size_t i = 0; i < env->plan->n_services && !stop_requested(); i++) {
		const struct service *service = &env->plan->services[i];
		if (s->services.n == 0 || strings_has(&s->services, service->name))
			rc |= run_service(service, s, env, r, e);
	}
	return rc;
}

static json_t *list(void)
{
	const struct functional_case *c;
	json_t *all = json_array();
	for (size_t i = 0; (c = functional_case_at(i)); i++)
		(void)json_array_append_new(all, json_pack("{ss,ss,ss,ss,ss,sb}", "id", c->id,
							   "service", c->kind, "name", c->name,
							   "judged", c->judged, "source", c->source,
							   "long", c->takes_minutes));
	return all;
}

int functional_make(const struct functional_making *how, const struct suite_env *env,
		    struct strings *ret_left_out, size_t *ret_n, struct err *e)
{
	const struct functional_case *c;
	struct check k = {.env = env, .voices = voice_trust_new()};
	struct result *r = result_new();
	int rc = maker_new(how->dir, env->speaker, &k.maker, e);
	for (size_t i = 0; rc == 0 && (c = functional_case_at(i)) && !stop_requested(); i++) {
		if (how->kinds.n > 0 && !strings_has(&how->kinds, c->kind))
			continue;
		/* What a service is told at its first clip belongs to the first case of a kind. */
		if (k.kind && strcmp(k.kind, c->kind) != 0) {
			(void)voice_trust_free(k.voices);
			k.voices = voice_trust_new();
		}
		run_case(c, &k, how->seed, r);
		if (k.result->verdict == VERDICT_SKIPPED)
			strings_add(ret_left_out, env->arena,
				    arena_fmt(env->arena, "%s: %s", c->id, k.result->detail));
	}
	if (rc == 0)
		rc = maker_close(k.maker, ret_n, e);
	(void)maker_free(k.maker);
	(void)voice_trust_free(k.voices);
	(void)result_free(r);
	return rc;
}

const struct suite suite_functional = {
	.name = "functional",
	.section = {"functional", false},
	.summary = "does every function work",
	.settings_size = sizeof(struct settings),
	.bind = bind,
	.check = check,
	.run = measure,
	.list = list,
};
