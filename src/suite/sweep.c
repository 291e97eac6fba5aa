/* src/suite/sweep.c - see sweep.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/sweep.h"

#include <math.h>

static bool is_step(const struct sweep *s, double x)
{
	return x > 0 && isfinite(x) && (s->by_rate || x == floor(x));
}

static int add(struct sweep *s, double x)
{
	if (s->n == SWEEP_STEPS_MAX || !is_step(s, x))
		return -1;
	s->steps[s->n++] = x;
	return 0;
}

/* "1" … of "1..64 by 2": up to this word, blanks taken off. Returns what stands behind it. */
static const char *take_number(const char *text, const char *word, double *ret)
{
	char one[32];
	const char *end = word ? strstr(text, word) : text + strlen(text);
	struct span x = end ? span_trim((struct span){text, (size_t)(end - text)})
			    : (struct span){"", 0};
	if (x.len == 0 || x.len >= sizeof(one))
		return NULL;
	memcpy(one, x.data, x.len);
	one[x.len] = '\0';
	return str_to_real(one, ret, NULL) == 0 ? end + (word ? strlen(word) : 0) : NULL;
}

/* LOW..HIGH | LOW..HIGH by STEP */
static int read_range(struct sweep *s, const char *text)
{
	double low = 0, high = 0, by = 0;
	const char *rest = take_number(text, "..", &low);
	bool even = rest && strstr(rest, " by ");
	if (even)
		rest = take_number(rest, " by ", &high);
	if (!rest || !take_number(rest, NULL, even ? &by : &high) || !is_step(s, low) ||
	    !is_step(s, high) || high < low || (even && !is_step(s, by)))
		return -1;
	for (size_t i = 0; s->n == 0 || s->steps[s->n - 1] < high; i++) {
		double x = even ? low + (double)i * by : low * exp2((double)i);
		if (add(s, fmin(x, high)) != 0)
			return -1;
	}
	return 0;
}

int sweep_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a,
		    void *field, struct err *e)
{
	struct sweep s = {.n = 0};
	(void)a;
	if (node->kind != YAML_MAP || node->n != 1)
		return yaml_err(e, node, "%s is written {concurrency: [1, 2, 4]} or {rate: 1..64}",
				o->name);
	const struct yaml_pair *p = &node->pairs[0];
	const struct yaml_node *v = p->value;
	s.by_rate = strcmp(p->key, "rate") == 0;
	if (!s.by_rate && strcmp(p->key, "concurrency") != 0)
		return yaml_err(e, node, "%s goes over concurrency or rate, not '%s'", o->name,
				p->key);
	if (v->kind == YAML_SCALAR && read_range(&s, v->text) != 0)
		return yaml_err(e, v, "%s: a range is written 1..64 (each step the double of the "
				"one before) or 10..50 by 10, with %snumbers and at most %d steps",
				o->name, s.by_rate ? "" : "whole ", SWEEP_STEPS_MAX);
	if (v->kind == YAML_MAP || (v->kind == YAML_LIST &&
				    (v->n == 0 || v->n > SWEEP_STEPS_MAX)))
		return yaml_err(e, v, "%s needs a range or a list of 1 to %d numbers", o->name,
				SWEEP_STEPS_MAX);
	for (size_t i = 0; v->kind == YAML_LIST && i < v->n; i++) {
		const struct yaml_node *x = v->pairs[i].value;
		double value = 0;
		if (x->kind != YAML_SCALAR || str_to_real(x->text, &value, NULL) < 0 ||
		    add(&s, value) != 0)
			return yaml_err(e, x, "a step of %s must be a positive %snumber", o->name,
					s.by_rate ? "" : "whole ");
	}
	*(struct sweep *)field = s;
	return 0;
}

json_t *sweep_echo(const void *field)
{
	const struct sweep *s = field;
	json_t *steps = s->n ? json_array() : NULL;
	for (size_t i = 0; i < s->n; i++)
		(void)json_array_append_new(steps, json_real(s->steps[i]));
	return steps ? json_pack("{so}", s->by_rate ? "rate" : "concurrency", steps) : NULL;
}
