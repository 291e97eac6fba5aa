/* src/load/options.c - what a plan or a command line can say about a load.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/util.h"
#include "load/load.h"
#include "load/observe.h"

#define CONCURRENCY_MAX 1000000
#define RATE_MAX 1e7
#define THREADS_MAX 256

static const char *const law_names[] = {
	[ARRIVAL_CLOSED] = "closed",
	[ARRIVAL_CONSTANT] = "constant",
	[ARRIVAL_POISSON] = "poisson",
	[ARRIVAL_GAMMA] = "gamma",
	[ARRIVAL_RAMP] = "ramp",
	[ARRIVAL_RAMP_EXP] = "ramp-exp",
	[ARRIVAL_STEPS] = "steps",
	[ARRIVAL_TRACE] = "trace",
};

/* "4", "4/s", "240/min", "100/h" → requests per second. */
static int read_rate(const char *text, double *ret)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"", 1}, {"/s", 1}, {"/min", 60}, {"/m", 60}, {"/h", 3600}};
	char *end;
	double value = strtod(text, &end);
	while (*end == ' ')
		end++;
	if (end == text || !isfinite(value) || value <= 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(end, units[i].unit) == 0) {
			*ret = value / units[i].seconds;
			return *ret <= RATE_MAX ? 0 : -1;
		}
	return -1;
}

static int bad_rate(const struct yaml_node *node, struct err *e)
{
	return yaml_err(e, node, "'%s' is not a rate: write 4/s, 240/min or 0.5",
			node->text ? node->text : "…");
}

static int parse_rate(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e)
{
	(void)o;
	(void)a;
	if (node->kind != YAML_SCALAR || read_rate(node->text, field) != 0)
		return bad_rate(node, e);
	return 0;
}

static int bad_arrival(const struct yaml_node *node, struct err *e)
{
	return yaml_err(e, node, "arrival is closed, constant, poisson or gamma:SHAPE (with rate), "
			"ramp:FROM,TO, ramp-exp:FROM,TO, steps:R,R,… or trace:FILE, or a map such "
			"as {poisson: 4/s}, {gamma: {rate: 4/s, shape: 0.5}}, {ramp: [1/s, 20/s]}, "
			"{steps: [1/s, 2/s]} or {trace: FILE}");
}

static int find_law(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(law_names); i++)
		if (strcmp(law_names[i], name) == 0)
			return (int)i;
	return -1;
}

static int read_shape(const char *text, double *ret)
{
	return str_to_real(text, ret, NULL) == 0 && *ret > 0.001 && *ret <= 1e6 ? 0 : -1;
}

static bool is_profile(int law)
{
	return law == ARRIVAL_RAMP || law == ARRIVAL_RAMP_EXP || law == ARRIVAL_STEPS;
}

static int add_step(struct load_spec *s, const char *text)
{
	if (s->n_steps == LOAD_STEPS_MAX || read_rate(text, &s->steps[s->n_steps]) != 0)
		return -1;
	s->n_steps++;
	return 0;
}

static int check_profile(const struct yaml_node *node, const struct load_spec *s, struct err *e)
{
	if (s->arrival != ARRIVAL_STEPS && s->n_steps != 2)
		return yaml_err(e, node, "a ramp has two rates: the first and the last, such as "
				"ramp:1/s,20/s");
	return s->n_steps > 0 ? 0 : bad_arrival(node, e);
}

/* ramp:1/s,20/s | steps:1/s,2/s,4/s */
static int profile_from_word(const struct yaml_node *node, const char *rates, struct load_spec *s,
			     struct err *e)
{
	char one[32];
	s->n_steps = 0;
	while (rates) {
		size_t len = strcspn(rates, ",");
		if (len >= sizeof(one))
			return bad_rate(node, e);
		memcpy(one, rates, len);
		one[len] = '\0';
		if (add_step(s, one) != 0)
			return bad_rate(node, e);
		rates = rates[len] == ',' ? rates + len + 1 : NULL;
	}
	return check_profile(node, s, e);
}

static int profile_from_list(const struct yaml_node *list, struct load_spec *s, struct err *e)
{
	s->n_steps = 0;
	if (list->kind != YAML_LIST)
		return bad_arrival(list, e);
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *v = list->pairs[i].value;
		if (v->kind != YAML_SCALAR || add_step(s, v->text) != 0)
			return bad_rate(v, e);
	}
	return check_profile(list, s, e);
}

/* A law with its argument behind a colon: -1 none of these, with *ret_rest untouched. */
static int law_with_argument(const char *text, const char **ret_rest)
{
	for (int law = ARRIVAL_RAMP; law <= ARRIVAL_TRACE; law++) {
		size_t len = strlen(law_names[law]);
		if (strncmp(text, law_names[law], len) == 0 && text[len] == ':') {
			*ret_rest = text + len + 1;
			return law;
		}
	}
	return -1;
}

/* constant | poisson | gamma:SHAPE | ramp:A,B | ramp-exp:A,B | steps:A,B,C | trace:FILE */
static int arrival_from_word(const struct yaml_node *node, struct load_spec *s, struct arena *a,
			     struct err *e)
{
	if (str_starts(node->text, "gamma:")) {
		s->arrival = ARRIVAL_GAMMA;
		return read_shape(node->text + 6, &s->gamma_shape) == 0 ? 0 : bad_arrival(node, e);
	}
	const char *rest = NULL;
	int law = law_with_argument(node->text, &rest);
	if (law >= 0) {
		s->arrival = law;
		if (law != ARRIVAL_TRACE)
			return profile_from_word(node, rest, s, e);
		s->trace = arena_str(a, rest);
		return rest[0] ? 0 : bad_arrival(node, e);
	}
	law = find_law(node->text);
	if (law < 0 || law >= ARRIVAL_GAMMA)
		return bad_arrival(node, e);
	s->arrival = law;
	return 0;
}

/* {poisson: 4/s} | {gamma: {rate: 4/s, shape: 0.5}} */
static int arrival_from_map(const struct yaml_node *node, struct load_spec *s, struct arena *a,
			    struct err *e)
{
	const struct yaml_pair *p = &node->pairs[0];
	int law = node->n == 1 ? find_law(p->key) : -1;
	if (law <= ARRIVAL_CLOSED)
		return bad_arrival(node, e);
	const struct yaml_node *rate = p->value;
	s->arrival = law;
	if (is_profile(law))
		return profile_from_list(p->value, s, e);
	if (law == ARRIVAL_TRACE) {
		s->trace = arena_str(a, rate->kind == YAML_SCALAR ? rate->text : "");
		return s->trace[0] ? 0 : bad_arrival(node, e);
	}
	if (law == ARRIVAL_GAMMA) {
		const struct yaml_node *shape = yaml_find(p->value, "shape");
		rate = yaml_find(p->value, "rate");
		if (p->value->kind != YAML_MAP || p->value->n != 2 || !rate || !shape ||
		    shape->kind != YAML_SCALAR || read_shape(shape->text, &s->gamma_shape) != 0)
			return bad_arrival(node, e);
	}
	if (rate->kind != YAML_SCALAR || read_rate(rate->text, &s->rate) != 0)
		return bad_rate(rate, e);
	return 0;
}

static int parse_arrival(const struct opt *o, const struct yaml_node *node, struct arena *a,
			 void *field, struct err *e)
{
	struct load_spec *s = (struct load_spec *)((char *)field -
						   offsetof(struct load_spec, arrival));
	(void)o;
	if (node->kind == YAML_SCALAR)
		return arrival_from_word(node, s, a, e);
	if (node->kind == YAML_MAP && node->n > 0)
		return arrival_from_map(node, s, a, e);
	return bad_arrival(node, e);
}

static json_t *echo_arrival(const void *field)
{
	const struct load_spec *s = (const struct load_spec *)((const char *)field -
							       offsetof(struct load_spec, arrival));
	int law = load_law(s);
	if (law == ARRIVAL_GAMMA)
		return json_sprintf("gamma:%g", s->gamma_shape);
	if (law == ARRIVAL_TRACE)
		return json_sprintf("trace:%s", s->trace);
	if (is_profile(law)) {
		json_t *rates = json_array();
		for (int64_t i = 0; i < s->n_steps; i++)
			(void)json_array_append_new(rates, json_real(s->steps[i]));
		return json_pack("{so}", law_names[law], rates);
	}
	return json_string(law_names[law]);
}

static json_t *echo_rate(const void *field)
{
	double rate = *(const double *)field;
	return rate > 0 ? json_real(rate) : NULL;
}

/* {latency.p99: 5%} | latency.p99:5% */
static int parse_until(const struct opt *o, const struct yaml_node *node, struct arena *a,
		       void *field, struct err *e)
{
	struct until *u = field;
	const char *name = NULL, *share = NULL;
	const struct metric_def *def;
	double quantile, percent;
	const char *stat;
	char *end;
	if (node->kind == YAML_MAP && node->n == 1 && node->pairs[0].value->kind == YAML_SCALAR) {
		name = node->pairs[0].key;
		share = node->pairs[0].value->text;
	} else if (node->kind == YAML_SCALAR && strchr(node->text, ':')) {
		share = strchr(node->text, ':') + 1;
		name = arena_fmt(a, "%.*s", (int)(share - 1 - node->text), node->text);
	}
	percent = share ? strtod(share, &end) : 0;
	if (!share || end == share || (strcmp(end, "%") != 0 && strcmp(end, " %") != 0) ||
	    !(percent > 0 && percent <= 100))
		return yaml_err(e, node, "%s names a percentile and how well it must be known, "
				"such as {latency.p99: 5%%}", o->name);
	if (!metric_parse(name, &def, &quantile, &stat) || isnan(quantile) ||
	    observed_find(def->name) < 0)
		return yaml_err(e, node, "'%s' is no percentile of requests, such as latency.p99 "
				"or ttft.p50", name);
	*u = (struct until){arena_str(a, name), percent / 100};
	return 0;
}

static json_t *echo_until(const void *field)
{
	const struct until *u = field;
	return u->metric ? json_sprintf("%s:%g%%", u->metric, u->within * 100) : NULL;
}

const struct opt load_options[] = {
	{.name = "concurrency", .letter = 'c', OPT_AT_INT(struct load_spec, concurrency),
	 .def = "0", .max = CONCURRENCY_MAX, .arg = "N",
	 .help = "closed loop: requests in flight at all times (1 when not given); with a rate: at "
		 "most so many in flight (0: no limit)"},
	{.name = "rate", .letter = 'r', OPT_AT_NODE(struct load_spec, rate), .arg = "R",
	 .parse = parse_rate, .echo = echo_rate,
	 .help = "open loop: requests per second, whether or not earlier ones have been answered"},
	{.name = "arrival", OPT_AT_NODE(struct load_spec, arrival), .arg = "LAW",
	 .parse = parse_arrival, .echo = echo_arrival,
	 .help = "how requests of a rate are spaced: constant, poisson (the default) or "
		 "gamma:SHAPE (a shape below 1 makes bursts); without a rate, over the duration: "
		 "ramp:FROM,TO (evenly), ramp-exp:FROM,TO (by equal factors), steps:R,R,… (each "
		 "equally long), or trace:FILE (JSONL: timestamp in s, prompt_tokens, "
		 "output_tokens)"},
	{.name = "until", OPT_AT_NODE(struct load_spec, until), .arg = "METRIC:SHARE",
	 .parse = parse_until, .echo = echo_until,
	 .help = "end when half of the 95 % interval of a percentile is within this share of it, "
		 "such as latency.p99:5% (at the latest after requests or duration)"},
	{.name = "cooldown", OPT_AT_DURATION(struct load_spec, cooldown_ns), .def = "0",
	 .max = 3600, .help = "with a duration: go on sending for so long behind the window, so "
	 "that its last requests end under the same load; not measured"},
	{.name = "requests", .letter = 'n', OPT_AT_INT(struct load_spec, requests), .def = "0",
	 .max = 1e12, .arg = "N", .help = "measure so many requests"},
	{.name = "duration", .letter = 'd', OPT_AT_DURATION(struct load_spec, duration_ns),
	 .def = "0", .max = 31 * 86400.0, .arg = "T",
	 .help = "measure the requests of so much time; those under way at its end are waited for"},
	{.name = "warmup", OPT_AT_INT(struct load_spec, warmup), .def = "0", .max = 1e9,
	 .arg = "N", .help = "requests before the measured ones, kept apart"},
	{.name = "pause", OPT_AT_DURATION(struct load_spec, pause_ns), .def = "0", .max = 86400,
	 .help = "closed loop: time between an answer and the next request"},
	{.name = "threads", .letter = 't', OPT_AT_INT(struct load_spec, threads), .def = "0",
	 .max = THREADS_MAX, .arg = "N", .help = "load threads (1 when not given)"},
	{.name = "seed", OPT_AT_INT(struct load_spec, seed), .def = "1", .max = 9e15, .arg = "N",
	 .help = "gives the moments of an open loop and the order of the samples"},
	{.name = "window", OPT_AT_DURATION(struct load_spec, window_ns), .def = "1s", .min = 0.1,
	 .max = 86400, .help = "width of the steps of the timeline"},
	{.name = "pin", OPT_AT_BOOL(struct load_spec, pin), .def = "false",
	 .help = "bind every load thread to a CPU of its own"},
	{.name = "prompt_tokens", OPT_AT_NODE(struct load_spec, prompt_tokens), .arg = "N|LAW",
	 .parse = amount_from_yaml, .echo = amount_echo,
	 .help = "chat: length of each prompt, filled up with words of about one token each: 512, "
		 "uniform:128,1024, normal:512,100 or lognormal:512,0.8"},
	{.name = "output_tokens", OPT_AT_NODE(struct load_spec, output_tokens), .arg = "N|LAW",
	 .parse = amount_from_yaml, .echo = amount_echo,
	 .help = "chat: longest answer of each request, drawn by such a law instead of max_tokens; "
		 "with ignore_eos, where the service has it, its very length"},
	{.name = "turns", OPT_AT_INT(struct load_spec, turns), .def = "1", .min = 1, .max = 1000,
	 .arg = "N", .help = "chat, closed loop: sessions of so many requests, each of which sends "
	 "all questions and answers before it again"},
	{.name = "gather", OPT_AT_DURATION(struct load_spec, gather_ns), .def = "0", .max = 0.01,
	 .help = "let events gather for so long (such as 2ms) before they are read, where no next "
		 "request waits for it: less CPU per event; moments stay the kernel's"},
	{0},
};

void load_defaults(struct load_spec *spec)
{
	*spec = (struct load_spec){0};
	opt_defaults(load_options, spec);
}

int load_law(const struct load_spec *spec)
{
	return spec->arrival == ARRIVAL_CLOSED && spec->rate > 0 ? ARRIVAL_POISSON : spec->arrival;
}

int load_check(const struct load_spec *spec, struct err *e)
{
	int law = load_law(spec);
	bool open = law != ARRIVAL_CLOSED;
	if (is_profile(law) && spec->duration_ns == 0)
		return err_set(e, ERR_USAGE, "arrival '%s' changes its rate over the duration: "
			       "give one, such as 60s", law_names[law]);
	if ((is_profile(law) || law == ARRIVAL_TRACE) && spec->rate > 0)
		return err_set(e, ERR_USAGE, "arrival '%s' has rates of its own: leave out rate",
			       law_names[law]);
	if (spec->cooldown_ns > 0 && spec->duration_ns == 0)
		return err_set(e, ERR_USAGE, "a cooldown follows a duration: give one");
	if (open && !is_profile(law) && law != ARRIVAL_TRACE && !(spec->rate > 0))
		return err_set(e, ERR_USAGE, "arrival '%s' needs a rate, such as 4/s",
			       law_names[spec->arrival]);
	if (open && spec->turns > 1)
		return err_set(e, ERR_USAGE, "turns belong to a closed loop, in which a question "
			       "waits for the answer before it: leave out rate and arrival");
	if (open && spec->pause_ns > 0)
		return err_set(e, ERR_USAGE, "pause belongs to a closed loop: leave out rate and "
			       "arrival, or leave out pause");
	if (spec->requests > 0 && spec->duration_ns > 0)
		return err_set(e, ERR_USAGE, "requests and duration exclude each other: keep one");
	if (spec->requests == 0 && spec->duration_ns == 0 && law != ARRIVAL_TRACE)
		return err_set(e, ERR_USAGE, "how long? give requests (such as 50) or duration "
			       "(such as 60s)");
	int64_t most = open && spec->concurrency == 0 ? THREADS_MAX : MAX(spec->concurrency, 1);
	if (spec->threads > most)
		return err_set(e, ERR_USAGE, "%lld threads for %lld request%s at once: the other "
			       "threads would have nothing to do", (long long)spec->threads,
			       (long long)most, str_plural((uint64_t)most));
	return 0;
}
