/* src/suite/find.c - see find.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/find.h"

#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "base/yaml.h"
#include "result/result.h"

#define CONCURRENCY_MAX 1000000
#define RATE_MAX 1e7
#define BEYOND 20	/* samples beyond a percentile: the interval of fewer is too wide */
#define ROUNDS 5	/* each slot asks at least so often */

static bool is_pass(const struct find_tried *t)
{
	return t->passes > 0 && t->fails == 0;
}

const struct find_tried *find_lowest_fail(const struct find_search *s)
{
	const struct find_tried *best = NULL;
	for (size_t i = 0; i < s->n; i++)
		if (!is_pass(&s->tried[i]) && (!best || s->tried[i].value < best->value))
			best = &s->tried[i];
	return best;
}

/* A pass above a fail is luck: it does not count. */
const struct find_tried *find_highest_pass(const struct find_search *s)
{
	const struct find_tried *best = NULL, *fail = find_lowest_fail(s);
	for (size_t i = 0; i < s->n; i++) {
		const struct find_tried *t = &s->tried[i];
		if (is_pass(t) && (!fail || t->value < fail->value) &&
		    (!best || t->value > best->value))
			best = t;
	}
	return best;
}

void find_begin(struct find_search *s, const struct find *f)
{
	*s = (struct find_search){.find = *f};
}

void find_tell(struct find_search *s, double value, bool met)
{
	struct find_tried *t = NULL;
	for (size_t i = 0; i < s->n && !t; i++)
		if (s->tried[i].value == value)
			t = &s->tried[i];
	if (!t) {
		t = &s->tried[s->n++];
		*t = (struct find_tried){.value = value};
	}
	t->passes += met;
	t->fails += !met;
}

static bool are_neighbours(const struct find *f, double pass, double fail)
{
	if (f->by_rate)
		return fail / pass <= 1 + FIND_PRECISION;
	return fail - pass <= fmax(1, floor(pass * FIND_PRECISION));
}

static double between(const struct find *f, double pass, double fail)
{
	return f->by_rate ? sqrt(pass * fail) : floor((pass + fail) / 2);
}

static bool once_more(const struct find_tried *t, double *ret)
{
	*ret = t->value;
	return t->passes + t->fails < 2;
}

bool find_next(const struct find_search *s, double *ret)
{
	const struct find_tried *pass = find_highest_pass(s), *fail = find_lowest_fail(s);
	*ret = s->find.lo;
	if (s->n == 0)
		return true;
	if (s->n == FIND_TRIED_MAX)
		return false;
	if (!pass)
		return fail->value > s->find.lo ? true : once_more(fail, ret);
	if (!fail) {
		if (pass->value >= s->find.hi)
			return once_more(pass, ret);
		*ret = fmin(pass->value * 2, s->find.hi);
		return true;
	}
	if (!are_neighbours(&s->find, pass->value, fail->value)) {
		*ret = between(&s->find, pass->value, fail->value);
		return true;
	}
	return once_more(pass, ret) || once_more(fail, ret);
}

static bool read_number(const char *text, size_t len, bool by_rate, double *ret)
{
	char one[32];
	struct err e;
	if (by_rate && len > 2 && strncmp(text + len - 2, "/s", 2) == 0)
		len -= 2;
	if (len == 0 || len >= sizeof(one))
		return false;
	memcpy(one, text, len);
	one[len] = '\0';
	if (str_to_real(one, ret, &e) < 0 || !(*ret > 0))
		return false;
	return by_rate ? *ret <= RATE_MAX : *ret == floor(*ret) && *ret <= CONCURRENCY_MAX;
}

int find_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a, void *field,
		   struct err *e)
{
	struct find *f = field;
	const char *key = NULL, *range = NULL, *dots;
	(void)a;
	if (node->kind == YAML_MAP && node->n == 1 && node->pairs[0].value->kind == YAML_SCALAR) {
		key = node->pairs[0].key;
		range = node->pairs[0].value->text;
	} else if (node->kind == YAML_SCALAR && strchr(node->text, ':')) {
		range = strchr(node->text, ':') + 1;
		key = str_starts(node->text, "rate:") ? "rate" :
		      str_starts(node->text, "concurrency:") ? "concurrency" : "";
	}
	if (!range || (strcmp(key, "rate") != 0 && strcmp(key, "concurrency") != 0))
		return yaml_err(e, node, "%s goes over concurrency or rate: {concurrency: 1..256} "
				"or {rate: 1..100}", o->name);
	while (*range == ' ')
		range++;
	*f = (struct find){.by_rate = strcmp(key, "rate") == 0};
	dots = strstr(range, "..");
	if (!dots || !read_number(range, (size_t)(dots - range), f->by_rate, &f->lo) ||
	    !read_number(dots + 2, strlen(dots + 2), f->by_rate, &f->hi) || f->hi < f->lo)
		return yaml_err(e, node, "%s needs a range of positive %snumbers, such as 1..256",
				o->name, f->by_rate ? "" : "whole ");
	return 0;
}

json_t *find_echo(const void *field)
{
	const struct find *f = field;
	return f->lo > 0 ? json_sprintf("%s:%g..%g", f->by_rate ? "rate" : "concurrency", f->lo,
					f->hi) : NULL;
}

uint64_t find_size_step(const struct targets *targets, struct load_spec *step)
{
	double need = ROUNDS * (double)MAX(step->concurrency, (int64_t)1);
	for (size_t i = 0; i < targets->n; i++) {
		const struct metric_def *def;
		const char *stat;
		double q;
		if (!metric_parse(targets->items[i].metric, &def, &q, &stat))
			continue;
		if (isnan(q) && def->scope == METRIC_REQUEST)
			q = 0.5;
		if (!isnan(q))
			need = fmax(need, BEYOND / fmin(q, 1 - q));
	}
	need = ceil(need);
	if (step->duration_ns == 0)
		step->requests = MAX(step->requests, (int64_t)need);
	else if (load_law(step) != ARRIVAL_CLOSED && step->rate > 0)
		step->duration_ns = MAX(step->duration_ns,
					(uint64_t)(need / step->rate * (double)NS_PER_S));
	return (uint64_t)need;
}
