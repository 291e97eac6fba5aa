/* src/suite/faults.c - the fault suite: every case of a service, with canaries beside it.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/stop.h"
#include "protocols/protocol.h"
#include "suite/canary.h"
#include "suite/fault.h"
#include "suite/suites.h"

#define COME_BACK_NS (30 * NS_PER_S)
#define HEALTH_NS    (2 * NS_PER_S)

struct settings {
	struct strings services, only, skip;
	int64_t seed;
};

const struct opt faults_options[] = {
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
	{.name = "case_seed",
	 OPT_AT_INT(struct settings, seed),
	 .def = "1",
	 .arg = "N",
	 .help = "another seed makes other bad inputs"},
	{0},
};

static const struct fault_case *const families[] = {
	fault_audio_cases,
	fault_image_cases,
	fault_text_cases,
	fault_http_cases,
};

static const struct fault_case *case_at(size_t i)
{
	for (size_t f = 0; f < ARRAY_LEN(families); f++)
		for (const struct fault_case *c = families[f]; c->id; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

static const char *next_id(size_t i, const void *ctx)
{
	(void)ctx;
	const struct fault_case *c = case_at(i);
	return c ? c->id : NULL;
}

static size_t bind(void *settings, struct optset sets[SUITE_SETS_MAX])
{
	sets[0] = (struct optset){.rows = faults_options, .to = settings};
	return 1;
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

/* What a service's cases share. */
struct bench {
	const struct suite_env *env;
	const struct settings *settings;
	const struct service *service;
	struct client *client;
	struct canary *canary;
	struct result *result;
	size_t done, all;
};

static bool healthy(struct bench *b)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT(4096);
	struct get_reply reply = {0};
	struct err e;
	const char *path = b->service->protocol->health;
	return client_get(b->client, path ? path : "/health", HEALTH_NS, &body, &reply, &e) == 0 &&
	       reply.status == 200;
}

/* The service fell: wait until canaries are answered again, or start it anew. */
static void bring_back(struct bench *b, struct fault *f)
{
	uint64_t until = clock_now() + COME_BACK_NS;
	struct deployed *d = suite_deployed(b->env, b->service);
	struct canary_report r = {0};
	struct err e;
	if (d && !deploy_alive(d, NULL)) {
		fault_find(f, "dead", "the service ended; it was started again");
		(void)deploy_restart(d, &e);
		return;
	}
	while (clock_now() < until && !stop_requested()) {
		if (canary_ask(b->canary, &r))
			return;
		(void)clock_sleep_until(clock_now() + NS_PER_S / 2);
	}
	fault_find(f, "dead", "no good request was answered for %.0f s", ns_to_s(COME_BACK_NS));
	if (d)
		(void)deploy_restart(d, &e);
}

/* R4 and R5, when the fault is over. */
static void judge_canaries(struct bench *b, struct fault *f, const struct canary_report *beside)
{
	struct canary_report after = {0};
	if (beside->wrong)
		fault_find(f, "collateral",
			   "%llu of %llu good requests beside it got a wrong answer: "
			   "%s",
			   (unsigned long long)beside->wrong, (unsigned long long)beside->sent,
			   beside->detail);
	else if (beside->failed)
		fault_find(f, "collateral", "%llu of %llu good requests beside it failed: %s",
			   (unsigned long long)beside->failed, (unsigned long long)beside->sent,
			   beside->detail);
	bool health = healthy(b);
	if (canary_ask(b->canary, &after)) {
		if (!health)
			fault_find(f, "lied", "a good request is answered, but health says no");
		return;
	}
	if (after.outcome == OUTCOME_CONNECT || after.outcome == OUTCOME_RESET)
		fault_find(f, "dead", "afterwards a good request fails: %s", after.detail);
	else if (health)
		fault_find(f, "lied", "health says 200, but a good request fails: %s",
			   after.detail);
	else
		fault_find(f, "collateral", "afterwards a good request fails: %s", after.detail);
	bring_back(b, f);
}

static void note(struct bench *b, struct fault *f, struct case_result *to)
{
	struct arena *a = b->result->arena;
	*to = (struct case_result){
		.id = f->c->id,
		.suite = "faults",
		.service = arena_str(a, b->service->name),
		.name = f->c->name,
		.source = f->c->source,
		.seconds = ns_to_s(clock_now() - f->start_ns),
	};
	if (b->env->again)
		to->again = arena_fmt(a, "%s --cases %s --case-seed %lld", b->env->again, f->c->id,
				      (long long)b->settings->seed);
	if (f->finding) {
		to->verdict = VERDICT_FAIL;
		to->finding = f->finding;
		to->detail = arena_fmt(a, "must: %s. %s", f->c->must, f->detail);
	} else if (f->skipped[0]) {
		to->verdict = VERDICT_SKIPPED;
		to->detail = arena_str(a, f->skipped);
	} else {
		to->verdict = VERDICT_PASS;
		to->detail = arena_str(a, f->seen);
	}
}

static int run_case(const struct fault_case *c, struct bench *b, struct err *e)
{
	struct fault f = {.c = c,
			  .env = b->env,
			  .service = b->service,
			  .client = b->client,
			  .scratch = arena_new(),
			  .canary = canary_sample(b->canary),
			  .marker = "XMARKERX",
			  .start_ns = clock_now()};
	struct canary_report beside = {0};
	rng_init_named(&f.rng, (uint64_t)b->settings->seed, c->id);
	int rc = canary_start(b->canary, e);
	if (rc == 0) {
		(void)c->send(&f);
		canary_stop(b->canary, &beside);
		judge_canaries(b, &f, &beside);
	}
	struct case_result *to = result_add_case(b->result);
	note(b, &f, to);
	if (rc == 0 && b->env->store)
		rc = store_save_case(b->env->store, to, e);
	(void)arena_free(f.scratch);
	return rc;
}

static bool chosen(const struct settings *s, const struct fault_case *c,
		   const struct service *service)
{
	return (strcmp(c->kind, service->kind) == 0 || strcmp(c->kind, "all") == 0) &&
	       !case_listed(&s->skip, c->id) && (s->only.n == 0 || case_listed(&s->only, c->id));
}

static void tell(struct bench *b, const char *id)
{
	char phase[80];
	struct progress_state p = {.phase = phase,
				   .rate = NAN,
				   .p50_s = NAN,
				   .p99_s = NAN,
				   .done = (double)b->done / (double)MAX(b->all, (size_t)1),
				   .note = id};
	(void)snprintf(phase, sizeof(phase), "faults %.50s", b->service->name);
	for (size_t i = 0; i < b->result->n_cases; i++) {
		p.ok += b->result->cases[i].verdict == VERDICT_PASS;
		p.failed += b->result->cases[i].verdict == VERDICT_FAIL;
	}
	progress_tell(b->env->progress, &p);
}

static int run_service(struct bench *b, struct err *e)
{
	const struct fault_case *c;
	int rc = client_new(b->service, &b->client, e);
	if (rc == 0)
		rc = canary_new(b->service, b->env, &b->canary, e);
	for (size_t i = 0; (c = case_at(i)); i++)
		b->all += chosen(b->settings, c, b->service);
	for (size_t i = 0; rc == 0 && (c = case_at(i)) && !stop_requested(); i++) {
		if (!chosen(b->settings, c, b->service))
			continue;
		tell(b, c->id);
		b->done++;
		rc = run_case(c, b, e);
	}
	(void)canary_free(b->canary);
	(void)client_free(b->client);
	return rc < 0 ? err_prefix(e, "%s: ", b->service->name) : 0;
}

static int measure(void *settings, const struct suite_env *env, struct result *r, struct err *e)
{
	struct settings *s = settings;
	int rc = 0;
	for (size_t i = 0; i < env->plan->n_services && !stop_requested(); i++) {
		struct bench b = {
			.env = env, .settings = s, .result = r, .service = &env->plan->services[i]};
		if (s->services.n == 0 || strings_has(&s->services, b.service->name))
			rc |= run_service(&b, e);
	}
	return rc;
}

static json_t *list(void)
{
	const struct fault_case *c;
	json_t *all = json_array();
	for (size_t i = 0; (c = case_at(i)); i++)
		(void)json_array_append_new(all, json_pack("{ss,ss,ss,ss,ss}", "id", c->id,
							   "service", c->kind, "name", c->name,
							   "judged", c->must, "source", c->source));
	return all;
}

const struct suite suite_faults = {
	.name = "faults",
	.section = {"reliability.faults", false},
	.summary = "bad inputs and broken connections",
	.settings_size = sizeof(struct settings),
	.bind = bind,
	.check = check,
	.run = measure,
	.list = list,
};
