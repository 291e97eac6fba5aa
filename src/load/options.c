/* src/load/options.c - what a plan or a command line can say about a load.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "load/load.h"

#define CONCURRENCY_MAX 1000000
#define RATE_MAX 1e7
#define THREADS_MAX 256

static const char *const law_names[] = {
	[ARRIVAL_CLOSED] = "closed",
	[ARRIVAL_CONSTANT] = "constant",
	[ARRIVAL_POISSON] = "poisson",
	[ARRIVAL_GAMMA] = "gamma",
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
			"or a map such as {poisson: 4/s} or {gamma: {rate: 4/s, shape: 0.5}}");
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

/* constant | poisson | gamma:SHAPE */
static int arrival_from_word(const struct yaml_node *node, struct load_spec *s, struct err *e)
{
	if (str_starts(node->text, "gamma:")) {
		s->arrival = ARRIVAL_GAMMA;
		return read_shape(node->text + 6, &s->gamma_shape) == 0 ? 0 : bad_arrival(node, e);
	}
	int law = find_law(node->text);
	if (law < 0 || law == ARRIVAL_GAMMA)
		return bad_arrival(node, e);
	s->arrival = law;
	return 0;
}

/* {poisson: 4/s} | {gamma: {rate: 4/s, shape: 0.5}} */
static int arrival_from_map(const struct yaml_node *node, struct load_spec *s, struct err *e)
{
	const struct yaml_pair *p = &node->pairs[0];
	int law = node->n == 1 ? find_law(p->key) : -1;
	if (law <= ARRIVAL_CLOSED)
		return bad_arrival(node, e);
	const struct yaml_node *rate = p->value;
	if (law == ARRIVAL_GAMMA) {
		const struct yaml_node *shape = yaml_find(p->value, "shape");
		rate = yaml_find(p->value, "rate");
		if (p->value->kind != YAML_MAP || p->value->n != 2 || !rate || !shape ||
		    shape->kind != YAML_SCALAR || read_shape(shape->text, &s->gamma_shape) != 0)
			return bad_arrival(node, e);
	}
	if (rate->kind != YAML_SCALAR || read_rate(rate->text, &s->rate) != 0)
		return bad_rate(rate, e);
	s->arrival = law;
	return 0;
}

static int parse_arrival(const struct opt *o, const struct yaml_node *node, struct arena *a,
			 void *field, struct err *e)
{
	struct load_spec *s = (struct load_spec *)((char *)field -
						   offsetof(struct load_spec, arrival));
	(void)o;
	(void)a;
	if (node->kind == YAML_SCALAR)
		return arrival_from_word(node, s, e);
	if (node->kind == YAML_MAP && node->n > 0)
		return arrival_from_map(node, s, e);
	return bad_arrival(node, e);
}

static json_t *echo_arrival(const void *field)
{
	const struct load_spec *s = (const struct load_spec *)((const char *)field -
							       offsetof(struct load_spec, arrival));
	int law = load_law(s);
	if (law == ARRIVAL_GAMMA)
		return json_sprintf("gamma:%g", s->gamma_shape);
	return json_string(law_names[law]);
}

static json_t *echo_rate(const void *field)
{
	double rate = *(const double *)field;
	return rate > 0 ? json_real(rate) : NULL;
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
		 "gamma:SHAPE (a shape below 1 makes bursts)"},
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
	bool open = load_law(spec) != ARRIVAL_CLOSED;
	if (open && !(spec->rate > 0))
		return err_set(e, ERR_USAGE, "arrival '%s' needs a rate, such as 4/s",
			       law_names[spec->arrival]);
	if (open && spec->pause_ns > 0)
		return err_set(e, ERR_USAGE, "pause belongs to a closed loop: leave out rate and "
			       "arrival, or leave out pause");
	if (spec->requests > 0 && spec->duration_ns > 0)
		return err_set(e, ERR_USAGE, "requests and duration exclude each other: keep one");
	if (spec->requests == 0 && spec->duration_ns == 0)
		return err_set(e, ERR_USAGE, "how long? give requests (such as 50) or duration "
			       "(such as 60s)");
	int64_t most = open && spec->concurrency == 0 ? THREADS_MAX : MAX(spec->concurrency, 1);
	if (spec->threads > most)
		return err_set(e, ERR_USAGE, "%lld threads for %lld requests at once: the other "
			       "threads would have nothing to do", (long long)spec->threads,
			       (long long)most);
	return 0;
}
