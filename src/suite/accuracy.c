/* src/suite/accuracy.c - the accuracy suite: error rates of a service, alone or against its
 * reference over the same inputs.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stop.h"
#include "base/str.h"
#include "client/client.h"
#include "stats/bootstrap.h"
#include "suite/answers.h"
#include "suite/closeness.h"
#include "suite/mismatch.h"
#include "suite/recording.h"
#include "suite/suites.h"

#define PAIRS_MAX 10000	/* compare needs all of them */
#define MISMATCHES_TOLD 5

enum { METRIC_AUTO, METRIC_WER, METRIC_CER, METRIC_MIXED, METRIC_JUDGE };

struct settings {
	const char *service, *data, *through, *judge;
	const char *record;
	int metric, normalizer;
	struct gate gate;
	int64_t parallel, max_tokens, seed, repeat, logprobs;
};

static const char *const metrics[] = {"auto", "wer", "cer", "mixed", NULL};
static const char *const normalizers[] = {"none", "basic", "english", "chinese", "auto", NULL};

static int take_gate(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	struct err why;
	(void)a;
	if (node->kind == YAML_SCALAR && gate_parse(node->text, field, &why) == 0)
		return 0;
	return yaml_err(e, node, "%s is written in percentage points, such as 1pp, or as a share "
			"of the reference's rate, such as 3%%", o->name);
}

static json_t *echo_gate(const void *field)
{
	const struct gate *g = field;
	return g->relative ? json_pack("{s:f}", "relative", g->value) : json_real(g->value);
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
	 .parse = take_gate,
	 .echo = echo_gate,
	 .arg = "1pp|3%",
	 .help = "aligned when the rates differ by less than this: percentage points (default: "
		 "1pp), or a share of the reference's rate"},
	{.name = "record",
	 OPT_AT_STRING(struct settings, record),
	 .arg = "DIR",
	 .flags = OPT_CLI_ONLY,
	 .help = "ask the reference (a service without one: itself) and keep its answers here, for "
		 "reference: {answers: DIR} elsewhere"},
	{.name = "repeat",
	 OPT_AT_INT(struct settings, repeat),
	 .def = "2",
	 .min = 1,
	 .max = 100,
	 .help = "with --record: how often the same is asked; two or more show how much the "
		 "reference differs from itself"},
	{.name = "logprobs",
	 OPT_AT_INT(struct settings, logprobs),
	 .def = "0",
	 .max = 20,
	 .help = "chat: ask both sides for the best N tokens of each place and compare them"},
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

static int check_through(const struct settings *s, const struct suite_env *env,
			 const struct service *service, struct err *e)
{
	const struct service *through = s->through ? suite_service(env, s->through, e) : NULL;
	if (s->through && !through)
		return -1;
	if (strcmp(service->kind, "tts") == 0 && !through && !s->record)
		return err_set(e, ERR_USAGE,
			       "the accuracy of speech synthesis is judged by reading "
			       "it back: name an ASR service with through:");
	if (through && strcmp(through->kind, "asr") != 0)
		return err_set(e, ERR_USAGE, "through: '%s' is no ASR service", s->through);
	return 0;
}

static int check(void *settings, const struct suite_env *env, struct err *e)
{
	struct settings *s = settings;
	if (s->gate.value == 0)
		s->gate.value = 0.01;
	for (size_t i = 0; !s->service && i < env->plan->n_services; i++)
		if (strcmp(env->plan->services[i].kind, "tts") != 0)
			s->service = env->plan->services[i].name;
	if (!s->service)
		return err_set(e, ERR_USAGE, "accuracy needs the key 'service'");
	const struct service *service = suite_service(env, s->service, e);
	if (!service)
		return -1;
	if (s->data && !plan_find_data(env->plan, s->data))
		return err_set(e, ERR_USAGE, "there is no data '%s' in the plan", s->data);
	return check_through(s, env, service, e);
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
	struct recording *recording;	/* of the reference; NULL: none */
	json_t *parameters;	/* with which everything is asked */
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

/* What belongs to no column, as one sentence. */
static void tell_rest(const struct comparison *c, struct buf *text)
{
	const struct accuracy_result *out = c->out;
	size_t judged = 0;
	for (size_t i = 0; i < c->n; i++)
		judged += c->candidate->units[i] > 0;
	if (judged < c->n)
		(void)buf_fmt(text, "; %zu of %zu sample%s without a known answer, not judged",
			      c->n - judged, c->n, str_plural(c->n));
	for (size_t i = 0; i < out->n_figures; i++)
		(void)buf_fmt(text, "%s%s %.4g", i ? ", " : "; ", out->figures[i].name,
			      out->figures[i].value);
	for (size_t i = 0; i < MIN(out->mismatches.n, (size_t)MISMATCHES_TOLD); i++)
		(void)buf_fmt(text, "%s%s", i ? "; " : "; sound and transcript do not fit: ",
			      out->mismatches.items[i]);
	if (out->mismatches.n > MISMATCHES_TOLD)
		(void)buf_fmt(text, "; and %zu more", out->mismatches.n - MISMATCHES_TOLD);
}

static int judge_alone(struct comparison *c, struct err *e)
{
	struct accuracy_result *out = c->out;
	struct bootstrap b;
	if (bootstrap_rate(c->candidate->errors, c->candidate->units, c->n, BOOTSTRAP_DRAWS,
			   (uint64_t)c->settings->seed, &b, e) < 0)
		return -1;
	/* Right or wrong is a share; draws of twelve right answers would never hold a wrong one. */
	if (accuracy_of_answers(out->metric) && out->units > 0)
		b.interval95 = interval_wilson((uint64_t)llround(out->candidate_rate *
								 (double)out->units), out->units);
	out->interval_lo = b.interval95.lo;
	out->interval_hi = b.interval95.hi;
	out->reference_rate = out->difference = out->floor = NAN;
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	(void)buf_str(&text, "no reference service: the rate alone, with its 95 % interval");
	tell_rest(c, &text);
	out->note = arena_strn(c->result->arena, text.data, text.len);
	return 0;
}

static void tell_closeness(struct comparison *c)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	(void)buf_str(&text, c->again	 ? "floor: the reference asked twice"
			     : c->recording ? "no floor: the reference was recorded once (--repeat)"
					    : "no floor");
	if (c->settings->gate.relative)
		(void)buf_fmt(&text, "; gate: %g %% of the reference's rate",
			      100 * c->settings->gate.value);
	if (c->out->floor > c->out->gate)
		(void)buf_str(&text, "; the reference differs from itself by more than the gate: "
				     "no verdict on this gate means anything");
	tell_rest(c, &text);
	c->out->note = arena_strn(c->result->arena, text.data, text.len);
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
	out->gate = gate_absolute(&c->settings->gate, out->reference_rate);
	enum alignment_verdict v = alignment_judge(&b, c->n, out->gate, &needed);
	out->verdict = alignment_verdict_name(v);
	out->needed = v == ALIGNMENT_UNDECIDED && needed != UINT64_MAX ? needed : 0;
	double again = NAN;
	if (c->again)
		sum(c->again, &again);
	out->floor = fabs(out->reference_rate - again);
	tell_closeness(c);
	return 0;
}

struct source {
	const struct service *service;
	size_t repeat;
	struct recorder *recorder;
	const struct recording *from;
};

static int ask_all(struct comparison *c, const struct source *source, struct answers **ret,
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
		.logprobs = s->logprobs,
		.repeat = source->repeat,
		.recorder = source->recorder,
		.from = source->from,
	};
	return answers_collect(source->service, c->samples, c->n, &how, ret, e);
}

/* The reference twice, so that the floor is known before anything is compared. */
static int ask_reference(struct comparison *c, struct err *e)
{
	struct source from = {.service = c->service->reference, .from = c->recording};
	if (c->recording)
		from.service = c->service;
	if (!from.service)
		return 0;
	if (ask_all(c, &from, &c->reference, e) < 0)
		return -1;
	if (c->recording && recording_repeats(c->recording) < 2)
		return 0;
	from.repeat = 1;
	return ask_all(c, &from, &c->again, e);
}

static int judge(struct comparison *c, struct err *e)
{
	struct accuracy_result *out = c->out = result_add_accuracy(c->result);
	struct arena *a = c->result->arena;
	out->service = arena_str(a, c->service->name);
	out->metric = arena_str(a, c->candidate->metric);
	out->normalizer = arena_str(a, c->candidate->normalizer);
	out->utterances = c->n;
	out->gate = c->settings->gate.value;
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
	closeness_add_speakers(c->samples, c->reference, c->candidate, a, out);
	mismatch_find(c->samples, c->reference, c->candidate, a, out);
	if (!c->reference)
		return judge_alone(c, e);
	if (c->again && closeness_add_floor(c->reference, c->again, a, out, e) < 0)
		return -1;
	if (closeness_add(c->reference, c->candidate, a, out, e) < 0)
		return -1;
	return judge_against(c, e);
}

static int compare(struct comparison *c, struct err *e)
{
	const struct source candidate = {.service = c->service};
	if (ask_reference(c, e) < 0)
		return err_prefix(e, "reference: ");
	if (ask_all(c, &candidate, &c->candidate, e) < 0)
		return -1;
	return judge(c, e);
}

/* ---- recording ---- */

/* What the answers hang on beside the inputs. */
static json_t *parameters_of(const struct settings *s, const struct service *service)
{
	bool chat = strcmp(service->kind, "chat") == 0;
	json_t *j = json_pack("{s:s, s:f}", "kind", service->kind, "temperature", 0.0);
	if (chat)
		json_put_int(j, "max_tokens", s->max_tokens);
	if (chat && s->logprobs > 0)
		json_put_int(j, "logprobs", s->logprobs);
	if (service->body)
		json_put(j, "body", json_deep_copy(service->body));
	if (service->protocol_options)
		json_put(j, "protocol_options", json_deep_copy(service->protocol_options));
	return j;
}

/* Who answers: as named by itself. */
static json_t *head_of(const struct service *service)
{
	json_t *j = json_pack("{s:s, s:s, s:s*, s:s*}", "tool", "assay " ASSAY_VERSION, "service",
			      service->name, "protocol", service->protocol_name, "model",
			      service->model);
	CLEANUP(buf_release) struct buf body = BUF_INIT((size_t)1 << 16);
	struct client *client = NULL;
	struct get_reply reply = {0};
	struct err e;
	if (client_new(service, &client, &e) == 0 &&
	    client_get(client, "/v1/models", 5 * NS_PER_S, &body, &reply, &e) == 0 &&
	    reply.status == 200 && !body.failed)
		json_put(j, "models", json_read(body.data, body.len, JSON_DEPTH_MAX, &e));
	(void)client_free(client);
	return j;
}

static int record(struct comparison *c, struct err *e)
{
	const struct settings *s = c->settings;
	struct source from = {.service = c->service->reference ? c->service->reference
								 : c->service};
	int rc = recorder_new(s->record, c->service->name, head_of(from.service), c->parameters,
			      c->n * (size_t)s->repeat, &from.recorder, e);
	for (; rc == 0 && from.repeat < (size_t)s->repeat; from.repeat++) {
		struct answers **to = from.repeat == 0 ? &c->candidate : &c->again;
		c->again = answers_free(c->again);
		rc = ask_all(c, &from, to, e);
	}
	if (rc == 0)
		rc = recorder_close(from.recorder, e);
	(void)recorder_free(from.recorder);
	if (rc == 0)
		rc = judge(c, e);
	if (rc == 0)
		c->out->note = arena_fmt(c->result->arena,
					 "%zu answer%s to each of %zu sample%s recorded in %s",
					 (size_t)s->repeat, str_plural((uint64_t)s->repeat), c->n,
					 str_plural(c->n), s->record);
	return rc;
}

/* Recorded answers are refused before anything is asked. */
static int open_recording(struct comparison *c, struct err *e)
{
	const char *dir = c->service->reference_answers;
	if (!dir || c->settings->record)
		return 0;
	if (c->env->plan->path && dir[0] != '/') {
		CLEANUP(free_ptr) char *path = file_beside(c->env->plan->path, dir);
		dir = arena_str(c->env->arena, path);
	}
	if (recording_read(dir, c->service->name, c->env->arena, &c->recording, e) < 0)
		return -1;
	return recording_check(c->recording, c->samples, c->n, c->parameters, e);
}

static int measure(void *settings, const struct suite_env *env, struct result *r, struct err *e)
{
	struct comparison c = {.settings = settings, .env = env, .result = r};
	c.service = suite_service(env, c.settings->service, e);
	if (!c.service || suite_samples(env, c.service, c.settings->data, &c.samples, &c.n, e) < 0)
		return -1;
	c.parameters = parameters_of(c.settings, c.service);
	int rc = open_recording(&c, e);
	if (rc == 0)
		rc = c.settings->record ? record(&c, e) : compare(&c, e);
	json_decref(c.parameters);
	(void)recording_free(c.recording);
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
