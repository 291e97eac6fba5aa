/* src/load/amount.c - see amount.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "load/amount.h"

#include <math.h>

#include "base/rng.h"

#define DRAWS_MAX 1000	/* a law that gives nothing usable so often is refused when it is read */

static const char *const names[] = {"", "", "uniform:", "normal:", "lognormal:"};

static bool draw_once(const struct amount *m, struct rng *r, int64_t *ret)
{
	double x = m->a;
	if (m->law == AMOUNT_UNIFORM)
		x = m->a + (double)rng_below(r, (uint64_t)(m->b - m->a) + 1);
	else if (m->law == AMOUNT_NORMAL)
		x = rng_normal(r, m->a, m->b);
	else if (m->law == AMOUNT_LOGNORMAL)
		x = m->a * exp(rng_normal(r, 0, m->b));
	*ret = x <= AMOUNT_MAX ? (int64_t)llround(x) : 0;
	return *ret >= 1;
}

int64_t amount_draw(const struct amount *m, uint64_t seed, const char *name, uint64_t index)
{
	struct rng r;
	int64_t n = 0;
	if (m->law == AMOUNT_NONE)
		return 0;
	rng_init_named(&r, seed, name);
	rng_init(&r, rng_next(&r) ^ index);
	for (int i = 0; i < DRAWS_MAX; i++)
		if (draw_once(m, &r, &n))
			return n;
	return 1;
}

static int read_numbers(const char *text, double *a, double *b)
{
	char first[32];
	size_t len = strcspn(text, ",");
	if (len == 0 || len >= sizeof(first) || text[len] != ',')
		return -1;
	memcpy(first, text, len);
	first[len] = '\0';
	return str_to_real(first, a, NULL) == 0 ? str_to_real(text + len + 1, b, NULL) : -1;
}

static bool whole(double x)
{
	return x >= 1 && x <= AMOUNT_MAX && x == floor(x);
}

static bool usable(const struct amount *m)
{
	switch (m->law) {
	case AMOUNT_FIXED:
		return whole(m->a);
	case AMOUNT_UNIFORM:
		return whole(m->a) && whole(m->b) && m->a <= m->b;
	case AMOUNT_NORMAL:
		return m->a >= 1 && m->a <= AMOUNT_MAX && m->b >= 0 && m->b <= AMOUNT_MAX;
	default:
		return m->a >= 1 && m->a <= AMOUNT_MAX && m->b >= 0 && m->b <= 3;
	}
}

int amount_from_yaml(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	struct amount m = {.law = AMOUNT_FIXED};
	int rc = -1;
	(void)a;
	const char *text = node->kind == YAML_SCALAR ? node->text : "";
	for (int law = AMOUNT_UNIFORM; law <= AMOUNT_LOGNORMAL; law++)
		if (str_starts(text, names[law]))
			m.law = law;
	if (m.law == AMOUNT_FIXED)
		rc = str_to_real(text, &m.a, NULL);
	else
		rc = read_numbers(text + strlen(names[m.law]), &m.a, &m.b);
	if (rc != 0 || !usable(&m))
		return yaml_err(e, node, "%s is a number of tokens, or a law for it: 512, "
				"uniform:128,1024, normal:512,100 (mean, deviation) or "
				"lognormal:512,0.8 (median, deviation of the logarithm)", o->name);
	*(struct amount *)field = m;
	return 0;
}

json_t *amount_echo(const void *field)
{
	const struct amount *m = field;
	if (m->law == AMOUNT_NONE)
		return NULL;
	if (m->law == AMOUNT_FIXED)
		return json_integer((json_int_t)m->a);
	return json_sprintf("%s%g,%g", names[m->law], m->a, m->b);
}
