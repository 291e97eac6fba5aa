/* src/suite/faults.c - the fault suite: every case of a service, with canaries beside it.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/stop.h"
#include "protocols/protocol.h"
#include "suite/fault_run.h"
#include "suite/suites.h"

struct settings {
	struct strings services, only, skip;
	int64_t seed;
	uint64_t recover_ns;
};

/* The cases of one service. */
struct run_of {
	struct settings *settings;
	struct result *result;
	struct bench bench;
	size_t index;		/* of the service among those tested */
	size_t done, all;
};

const struct opt faults_options[] = {
	{.name = "services",
	 OPT_AT_STRINGS(struct settings, services),
	 .arg = "NAME,…",
	 .help = "which services of the plan; all without it"},
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
	{.name = "recover_time",
	 OPT_AT_DURATION(struct settings, recover_ns),
	 .def = "30s",
	 .min = 0.1,
	 .max = 3600,
	 .help = "so long a service that fell is waited for"},
	{0},
};

static const struct fault_case *const families[] = {
	fault_audio_cases, fault_audio_long_cases, fault_image_cases, fault_image_many_cases,
	fault_text_cases,  fault_json_cases,	   fault_http_cases,  fault_form_cases,
	fault_stream_cases, fault_fetch_cases, fault_together_cases,
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

/* Is the word one of the list? */
static bool applies(const struct fault_case *c, const char *kind)
{
	size_t n = strlen(kind);
	for (const char *at = c->kinds; (at = strstr(at, kind)); at += n)
		if ((at == c->kinds || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
			return true;
	return strcmp(c->kinds, "all") == 0;
}

/* What a service said may hold anything; a report is text. */
static const char *plain(struct arena *a, const char *text)
{
	char *copy = arena_str(a, text);
	size_t len = strlen(copy);
	for (size_t bad; (bad = str_utf8_valid(copy, len)) < len;)
		copy[bad] = '?';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)copy[i] < ' ')
			copy[i] = ' ';
	return copy;
}

static void note(const struct run_of *r, const struct fault *f, struct case_result *to)
{
	struct arena *a = r->result->arena;
	*to = (struct case_result){
		.id = f->c->id,
		.suite = "faults",
		.service = arena_str(a, r->bench.service->name),
		.name = f->c->name,
		.source = f->c->source,
		.again = suite_again(r->bench.env, r->bench.service,
				     &(struct case_ref){"faults", f->c->id, r->settings->seed,
							f->c->heavy}),
		.seconds = ns_to_s((f->end_ns ? f->end_ns : clock_now()) - f->start_ns),
	};
	if (f->finding) {
		to->verdict = VERDICT_FAIL;
		to->finding = f->finding;
		to->detail = arena_fmt(a, "must: %s. %s", f->c->must, plain(a, f->detail));
	} else if (f->skipped[0]) {
		to->verdict = VERDICT_SKIPPED;
		to->detail = plain(a, f->skipped);
	} else {
		to->verdict = VERDICT_PASS;
		to->detail = plain(a, f->seen);
	}
}

static bool chosen(const struct run_of *r, const struct fault_case *c)
{
	const struct settings *s = r->settings;
	const struct service *service = r->bench.service;
	bool named = s->only.n > 0 && case_listed(&s->only, c->id);
	if (!applies(c, service->kind) || case_listed(&s->skip, c->id) ||
	    (s->only.n > 0 && !named) || (c->once && r->index > 0))
		return false;
	return !c->heavy || r->bench.env->long_cases || strings_has(&s->only, c->id);
}

static void tell(struct run_of *r, const char *id)
{
	char phase[80];
	struct progress_state p = {.phase = phase,
				   .rate = NAN,
				   .p50_s = NAN,
				   .p99_s = NAN,
				   .done = (double)r->done / (double)MAX(r->all, (size_t)1),
				   .note = id};
	(void)snprintf(phase, sizeof(phase), "faults %.50s", r->bench.service->name);
	for (size_t i = 0; i < r->result->n_cases; i++) {
		p.ok += r->result->cases[i].verdict == VERDICT_PASS;
		p.failed += r->result->cases[i].verdict == VERDICT_FAIL;
	}
	progress_tell(r->bench.env->progress, &p);
}

/* The next cases that go together, from *at on; returns how many. */
static size_t choose_group(const struct run_of *r, size_t *at,
			   const struct fault_case *group[BENCH_GROUP])
{
	const struct fault_case *c;
	size_t n = 0;
	for (; n < BENCH_GROUP && (c = case_at(*at)); ++*at) {
		if (!chosen(r, c))
			continue;
		if (n > 0 && !bench_is_cheap(c))
			break;
		group[n++] = c;
		if (!bench_is_cheap(c)) {
			++*at;
			break;
		}
	}
	return n;
}

static int run_group(struct run_of *r, const struct fault_case *const *group, size_t n,
		     struct err *e)
{
	struct fault f[BENCH_GROUP] = {0};
	const struct suite_env *env = r->bench.env;
	int rc = n == 1 ? bench_run(&r->bench, group[0], &f[0], e)
			: bench_run_some(&r->bench, group, n, f, e);
	for (size_t i = 0; i < n; i++) {
		if (f[i].c && rc == 0) {
			struct case_result *to = result_add_case(r->result);
			note(r, &f[i], to);
			if (env->store)
				rc = store_save_case(env->store, to, e);
		}
		(void)arena_free(f[i].scratch);
	}
	return rc;
}

static int run_service(struct run_of *r, struct err *e)
{
	const struct fault_case *c;
	for (size_t i = 0; (c = case_at(i)); i++)
		r->all += chosen(r, c);
	int rc = r->all ? bench_open(&r->bench, e) : 0;
	const struct fault_case *group[BENCH_GROUP];
	size_t at = 0;
	size_t n;
	while (rc == 0 && !stop_requested() && (n = choose_group(r, &at, group)) > 0) {
		tell(r, group[0]->id);
		r->done += n;
		rc = run_group(r, group, n, e);
	}
	bench_close(&r->bench);
	return rc < 0 ? err_prefix(e, "%s: ", r->bench.service->name) : 0;
}

static int measure(void *settings, const struct suite_env *env, struct result *result,
		   struct err *e)
{
	struct settings *s = settings;
	size_t index = 0;
	int rc = 0;
	for (size_t i = 0; i < env->plan->n_services && !stop_requested(); i++) {
		const struct service *service = &env->plan->services[i];
		struct run_of r = {.settings = s,
				   .result = result,
				   .bench = {.env = env,
					     .seed = s->seed,
					     .recover_ns = s->recover_ns,
					     .service = service,
					     .deployed = suite_deployed(env, service)}};
		if (s->services.n && !strings_has(&s->services, service->name))
			continue;
		r.index = index++;
		struct err why;
		if (run_service(&r, &why) < 0) {	/* the other services are still tested */
			*e = why;
			rc = -1;
		}
	}
	return rc;
}

static json_t *list(void)
{
	const struct fault_case *c;
	json_t *all = json_array();
	for (size_t i = 0; (c = case_at(i)); i++)
		(void)json_array_append_new(all, json_pack("{ss,ss,ss,ss,ss,sb}", "id", c->id,
							   "service", c->kinds, "name", c->name,
							   "judged", c->must, "source", c->source,
							   "long", (int)c->heavy));
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
