/* src/suite/accuracy.c - the accuracy suite: error rates of a service, alone or against its
 * reference over the same inputs.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/stop.h"
#include "client/client.h"
#include "stats/bootstrap.h"
#include "suite/answers.h"
#include "suite/suites.h"

#define PAIRS_MAX 200

enum { METRIC_AUTO, METRIC_WER, METRIC_CER, METRIC_MIXED, METRIC_JUDGE };

struct settings {
	const char *service, *data, *through, *judge;
	int metric, normalizer;
	double gate;
	int64_t parallel, max_tokens, seed;
};

static const char *const metrics[] = {"auto", "wer", "cer", "mixed", NULL};
static const char *const normalizers[] = {"none", "basic", "english", "chinese", "auto", NULL};

/* "1pp" or "0.01": percentage points, or a share. */
static int parse_gate(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e)
{
	double value = 0;
	(void)a;
	if (node->kind == YAML_SCALAR) {
		bool points = str_ends(node->text, "pp");
		CLEANUP(free_ptr)
		char *number = strndup(node->text, strlen(node->text) - (points ? 2 : 0));
		if (number && str_to_real(number, &value, NULL) == 0 && value > 0) {
			*(double *)field = points ? value / 100 : value;
			return 0;
		}
	}
	return yaml_err(e, node, "%s is written in percentage points, such as 1pp", o->name);
}

static json_t *echo_gate(const void *field)
{
	return json_real(*(const double *)field);
}

const struct opt accuracy_options[] = {
	{.name = "service",
	 OPT_AT_STRING(struct settings, service),
	 .arg = "NAME",
	 .help = "which service; by default the first that is not speech synthesis"},
	{.name = "data",
	 OPT_AT_STRING(struct settings, data),
	 .flags = OPT_PLAN_ONLY,
	 .help = "a name under data:"},
	{.name = "metric",
	 OPT_AT_CHOICE(struct settings, metric),
	 .choices = metrics,
	 .def = "auto",
	 .help = "auto: cer where the reference is written in Han characters, else wer"},
	{.name = "normalize",
	 OPT_AT_CHOICE(struct settings, normalizer),
	 .choices = normalizers,
	 .def = "auto",
	 .help = "how both texts are brought to one form"},
	{.name = "judge",
	 OPT_AT_STRING(struct settings, judge),
	 .arg = "keyword|exact|…",
	 .help = "chat: how an answer is judged when the sample does not say"},
	{.name = "through",
	 OPT_AT_STRING(struct settings, through),
	 .arg = "NAME",
	 .help = "tts: the ASR service that reads the speech back"},
	{.name = "gate",
	 OPT_AT_NODE(struct settings, gate),
	 .parse = parse_gate,
	 .echo = echo_gate,
	 .arg = "POINTS",
	 .help = "aligned when the rates differ by less than this (default: 1pp)"},
	{.name = "parallel",
	 OPT_AT_INT(struct settings, parallel),
	 .def = "2",
	 .min = 1,
	 .max = 256,
	 .help = "requests at a time"},
	{.name = "answer_tokens",
	 OPT_AT_INT(struct settings, max_tokens),
	 .def = "128",
	 .help = "chat: length of an answer at most"},
	{.name = "draw_seed",
	 OPT_AT_INT(struct settings, seed),
	 .def = "1",
	 .help = "of the bootstrap"},
	{0},
};

static size_t bind(void *settings, struct optset sets[SUITE_SETS_MAX])
{
	sets[0] = (struct optset){.rows = accuracy_options, .to = settings};
	return 1;
}

static int check(void *settings, const struct suite_env *env, struct err *e)
{
	struct settings *s = settings;
	if (s->gate == 0)
		s->gate = 0.01;
	for (size_t i = 0; !s->service && i < env->plan->n_services; i++)
		if (strcmp(env->plan->services[i].kind, "tts") != 0)
			s->service = env->plan->services[i].name;
	if (!s->service)
		return err_set(e, ERR_USAGE, "accuracy needs the key 'service'");
	const struct service *service = suite_service(env, s->service, e);
	const struct service *through = s->through ? suite_service(env, s->through, e) : NULL;
	if (!service || (s->through && !through))
		return -1;
	if (s->data && !plan_find_data(env->plan, s->data))
		return err_set(e, ERR_USAGE, "there is no data '%s' in the plan", s->data);
	if (strcmp(service->kind, "tts") == 0 && !through)
		return err_set(e, ERR_USAGE,
			       "the accuracy of speech synthesis is judged by reading "
			       "it back: name an ASR service with through:");
	if (through && strcmp(through->kind, "asr") != 0)
		return err_set(e, ERR_USAGE, "through: '%s' is no ASR service", s->through);
	if (service->reference_answers)
		return err_set(e, ERR_UNSUPPORTED,
			       "recorded reference answers cannot be read yet by "
			       "this version; name the reference's url");
	return 0;
}

struct comparison {
	const struct settings *settings;
	const struct suite_env *env;
	struct result *result;
	struct accuracy_result *out;
	const struct service *service;
	const struct sample *samples;
	size_t n;
	struct answers *candidate, *reference, *again;
};

/* Rates of one side; errors and units per sample. */
static void sum(const struct answers *a, double *ret_rate)
{
	double errors = 0;
	double units = 0;
	for (size_t i = 0; i < a->n; i++) {
		errors += a->errors[i];
		units += a->units[i];
	}
	*ret_rate = units > 0 ? errors / units : NAN;
}

static void fill_pairs(struct comparison *c)
{
	struct arena *a = c->result->arena;
	struct accuracy_result *out = c->out;
	for (size_t i = 0; i < c->n && i < PAIRS_MAX; i++) {
		const struct sample *s = &c->samples[i];
		const struct answers *ref = c->reference;
		*ARENA_ADD(a, out->pairs, out->n_pairs) = (struct accuracy_pair){
			.id = arena_str(a, s->id),
			.reference = arena_str(a, answers_expected(s)),
			.candidate_text = arena_str(a, c->candidate->texts[i]),
			.reference_text = ref ? arena_str(a, ref->texts[i]) : NULL,
			.candidate_rate = c->candidate->units[i] > 0
						  ? c->candidate->errors[i] / c->candidate->units[i]
						  : NAN,
			.reference_rate =
				ref && ref->units[i] > 0 ? ref->errors[i] / ref->units[i] : NAN,
		};
	}
}

static int judge_alone(struct comparison *c, struct err *e)
{
	struct accuracy_result *out = c->out;
	struct bootstrap b;
	if (bootstrap_rate(c->candidate->errors, c->candidate->units, c->n, BOOTSTRAP_DRAWS,
			   (uint64_t)c->settings->seed, &b, e) < 0)
		return -1;
	out->interval_lo = b.interval95.lo;
	out->interval_hi = b.interval95.hi;
	out->reference_rate = out->difference = out->floor = NAN;
	out->note = "no reference service: the rate alone, with its 95 % interval";
	return 0;
}

static int judge_against(struct comparison *c, struct err *e)
{
	struct accuracy_result *out = c->out;
	struct bootstrap b;
	uint64_t needed;
	if (bootstrap_difference(c->reference->errors, c->candidate->errors, c->candidate->units,
				 c->n, BOOTSTRAP_DRAWS, (uint64_t)c->settings->seed, &b, e) < 0)
		return -1;
	sum(c->reference, &out->reference_rate);
	out->difference = b.estimate;
	out->interval_lo = b.interval95.lo;
	out->interval_hi = b.interval95.hi;
	enum alignment_verdict v = alignment_judge(&b, c->n, out->gate, &needed);
	out->verdict = alignment_verdict_name(v);
	out->needed = v == ALIGNMENT_UNDECIDED && needed != UINT64_MAX ? needed : 0;
	double first;
	double second;
	sum(c->reference, &first);
	sum(c->again, &second);
	out->floor = fabs(first - second);
	out->note = "floor: the reference asked twice";
	return 0;
}

static int ask_all(struct comparison *c, const struct service *service, struct answers **ret,
		   struct err *e)
{
	const struct settings *s = c->settings;
	struct answers_how how = {
		.parallel = (size_t)s->parallel,
		.max_tokens = s->max_tokens,
		.judge = s->judge,
		.normalizer = (enum normalize_kind)s->normalizer,
		.metric = s->metric == METRIC_AUTO ? NULL : metrics[s->metric],
		.through = s->through ? suite_service(c->env, s->through, e) : NULL,
		.progress = c->env->progress,
	};
	return answers_collect(service, c->samples, c->n, &how, ret, e);
}

static int compare(struct comparison *c, struct err *e)
{
	const struct service *reference = c->service->reference;
	if (reference && (ask_all(c, reference, &c->reference, e) < 0 ||
			  ask_all(c, reference, &c->again, e) < 0))
		return err_prefix(e, "reference: ");
	if (ask_all(c, c->service, &c->candidate, e) < 0)
		return -1;
	struct accuracy_result *out = c->out = result_add_accuracy(c->result);
	struct arena *a = c->result->arena;
	out->service = arena_str(a, c->service->name);
	out->metric = arena_str(a, c->candidate->metric);
	out->normalizer = arena_str(a, c->candidate->normalizer);
	out->utterances = c->n;
	out->gate = c->settings->gate;
	out->hits = c->candidate->counts.hits;
	out->substitutions = c->candidate->counts.substitutions;
	out->deletions = c->candidate->counts.deletions;
	out->insertions = c->candidate->counts.insertions;
	for (size_t i = 0; i < c->n; i++) {
		out->units += (uint64_t)c->candidate->units[i];
		if (c->candidate->missing[i])
			strings_add(&out->missing, a, c->samples[i].id);
	}
	sum(c->candidate, &out->candidate_rate);
	fill_pairs(c);
	return c->reference ? judge_against(c, e) : judge_alone(c, e);
}

static int measure(void *settings, const struct suite_env *env, struct result *r, struct err *e)
{
	struct comparison c = {.settings = settings, .env = env, .result = r};
	c.service = suite_service(env, c.settings->service, e);
	if (!c.service || suite_samples(env, c.service, c.settings->data, &c.samples, &c.n, e) < 0)
		return -1;
	int rc = compare(&c, e);
	c.candidate = answers_free(c.candidate);
	c.reference = answers_free(c.reference);
	c.again = answers_free(c.again);
	return rc;
}

const struct suite suite_accuracy = {
	.name = "accuracy",
	.section = {"accuracy", true},
	.summary = "error rates, and candidate against reference",
	.settings_size = sizeof(struct settings),
	.bind = bind,
	.check = check,
	.run = measure,
};
