/* src/result/target.c - see target.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/target.h"

#include <math.h>

#include "base/json.h"
#include "base/util.h"
#include "result/result.h"

const char *target_op_text(enum target_op op)
{
	static const char *const texts[] = {"<", "<=", ">", ">="};
	return texts[op];
}

bool target_met(const struct target *t, double value)
{
	switch (t->op) {
	case TARGET_LT:
		return value < t->limit;
	case TARGET_LE:
		return value <= t->limit;
	case TARGET_GT:
		return value > t->limit;
	case TARGET_GE:
		return value >= t->limit;
	}
	return false;
}

/* Units that a limit may be written in: how many of the metric's unit one of them is. */
static const struct limit_unit {
	const char *metric_unit, *text;
	double factor;
} limit_units[] = {
	{"s", "s", 1}, {"s", "ms", 1e-3}, {"s", "us", 1e-6}, {"s", "µs", 1e-6},
	{"s", "m", 60}, {"s", "min", 60}, {"s", "h", 3600},
	{"ratio", "%", 1e-2}, {"ratio", "x", 1},
	{"1/s", "/s", 1}, {"1/s", "1/s", 1}, {"1/s", "/min", 1.0 / 60},
	{"tokens/s", "/s", 1}, {"tokens/s", "tokens/s", 1},
};

static const char *next_metric(size_t i, const void *ctx)
{
	(void)ctx;
	const struct metric_def *def = metric_at(i);
	return def ? def->name : NULL;
}

static int check_metric(const char *metric, const struct metric_def **ret_def, struct err *e)
{
	double quantile;
	const char *stat;
	if (metric_parse(metric, ret_def, &quantile, &stat))
		return 0;
	char name[64];
	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(metric, "."), metric);
	if (metric_find(name))
		return err_set(e, ERR_USAGE,
			       "target '%s': after the '.' goes a percentile (p50, p99, "
			       "p999), mean, min or max; a number of a whole run takes none",
			       metric);
	const char *near = str_nearest(name, next_metric, NULL);
	if (near)
		return err_set(e, ERR_USAGE, "target '%s': no such metric; did you mean '%s'?",
			       metric, near);
	return err_set(e, ERR_USAGE, "target '%s': no such metric (see 'assay help metrics')",
		       metric);
}

static const char *read_op(const char *p, enum target_op *ret)
{
	if (*p != '<' && *p != '>')
		return NULL;
	bool less = *p++ == '<';
	bool equal = *p == '=';
	*ret = less ? (equal ? TARGET_LE : TARGET_LT) : (equal ? TARGET_GE : TARGET_GT);
	p += equal;
	return p + strspn(p, " \t");
}

/* A plain decimal number: strtod() alone would take "inf", "nan" and hexadecimal. */
static const char *read_number(const char *p, double *ret)
{
	size_t digits = strspn(p, "0123456789.");
	char *end;
	double value = strtod(p, &end);
	if (digits == 0 || end == p || strspn(p, "0123456789.eE+-") != (size_t)(end - p) ||
	    !isfinite(value))
		return NULL;
	*ret = value;
	return end;
}

static int read_unit(const char *text, const struct metric_def *def, double *ret_factor)
{
	*ret_factor = 1;
	if (!*text)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(limit_units); i++) {
		const struct limit_unit *u = &limit_units[i];
		if (strcmp(u->metric_unit, def->unit) == 0 && strcmp(u->text, text) == 0) {
			*ret_factor = u->factor;
			return 0;
		}
	}
	return -1;
}

int target_parse(const char *metric, const char *limit, struct arena *a, struct target *ret,
		 struct err *e)
{
	const struct metric_def *def;
	if (check_metric(metric, &def, e) < 0)
		return -1;

	struct span text = span_trim(span_of(limit));
	const char *whole = arena_strn(a, text.data, text.len);
	struct target t = {.metric = arena_str(a, metric), .text = whole,
			   .value = NAN, .lo = NAN, .hi = NAN, .verdict = VERDICT_UNDECIDED};
	const char *p = read_op(whole, &t.op);
	if (!p)
		return err_set(e, ERR_USAGE, "target '%s': '%s' must begin with <, <=, > or >=, "
			       "as in '< 2s'", metric, whole);
	double number, factor;
	p = read_number(p, &number);
	if (!p)
		return err_set(e, ERR_USAGE, "target '%s': '%s' has no number after its %s", metric,
			       whole, target_op_text(t.op));
	p += strspn(p, " \t");
	if (read_unit(p, def, &factor) < 0)
		return err_set(e, ERR_USAGE, "target '%s': '%s' is no unit of this metric "
			       "(its unit: %s)", metric, p, def->unit);
	t.limit = number * factor;
	*ret = t;
	return 0;
}

int targets_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e)
{
	if (node->kind != YAML_MAP)
		return yaml_err(e, node, "%s must be a map, as in {rtf.p50: \"< 0.3\"}", o->name);
	struct targets list = {0};
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_pair *pair = &node->pairs[i];
		if (pair->value->kind != YAML_SCALAR)
			return yaml_err(e, pair->value,
					"%s: the limit of '%s' must be a text, as in "
					"\"< 2s\"",
					o->name, pair->key);
		struct target t;
		struct err why;
		if (target_parse(pair->key, pair->value->text, a, &t, &why) < 0)
			return yaml_err(e, pair->value, "%s", why.text);
		*ARENA_ADD(a, list.items, list.n) = t;
	}
	*(struct targets *)field = list;
	return 0;
}

json_t *targets_echo(const void *field)
{
	const struct targets *list = field;
	json_t *j = json_object();
	for (size_t i = 0; i < list->n; i++)
		json_put_text(j, list->items[i].metric, list->items[i].text);
	return j;
}

#define STANDARD(metric_, text_, op_, limit_) \
	{ .metric = metric_, .text = text_, .op = op_, .limit = limit_, .standard = true, \
	  .value = NAN, .lo = NAN, .hi = NAN, .verdict = VERDICT_UNDECIDED }

static struct target targets_asr[] = {
	STANDARD("rtf", "< 0.3", TARGET_LT, 0.3),
	STANDARD("latency_per_10s", "< 2s", TARGET_LT, 2),
	STANDARD("audio_rate", "> 3", TARGET_GT, 3),
};
static struct target targets_tts[] = {
	STANDARD("rtf", "< 1", TARGET_LT, 1),
};
static struct target targets_chat[] = {
	STANDARD("ttft", "< 2s", TARGET_LT, 2),
	STANDARD("tpot", "< 60ms", TARGET_LT, 0.06),
	STANDARD("image_encode", "< 500ms", TARGET_LT, 0.5),
};
static struct target targets_soak[] = {
	STANDARD("error_rate", "< 0.1%", TARGET_LT, 0.001),
};

const struct targets *targets_default(const char *kind)
{
	static const struct standard {
		const char *kind;
		struct targets targets;
	} standards[] = {
		{"asr", {targets_asr, ARRAY_LEN(targets_asr)}},
		{"tts", {targets_tts, ARRAY_LEN(targets_tts)}},
		{"chat", {targets_chat, ARRAY_LEN(targets_chat)}},
		{"soak", {targets_soak, ARRAY_LEN(targets_soak)}},
	};
	static const struct targets none;
	for (size_t i = 0; i < ARRAY_LEN(standards); i++)
		if (strcmp(standards[i].kind, kind) == 0)
			return &standards[i].targets;
	return &none;
}
