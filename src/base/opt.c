/* src/base/opt.c - see opt.h: values, defaults, plan maps and command lines.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/opt.h"

#include <assert.h>

#include "base/clock.h"

static void *field_of(const struct optset *set, const struct opt *o)
{
	return (char *)set->to + o->offset;
}

static int check_range(const struct opt *o, double value, const char *text, struct err *e)
{
	bool any = o->min == 0 && o->max == 0;
	if (any ? value < 0 : value < o->min || (o->max > o->min && value > o->max)) {
		if (any || o->max <= o->min)
			return err_set(e, ERR_USAGE, "%s must be at least %g, not %s", o->name,
				       o->min, text);
		return err_set(e, ERR_USAGE, "%s must be from %g to %g, not %s", o->name, o->min,
			       o->max, text);
	}
	return 0;
}

static const char *next_choice(size_t i, const void *ctx)
{
	const struct opt *o = ctx;
	return o->choices[i];
}

static int set_choice(const struct opt *o, const char *text, int *to, struct err *e)
{
	char all[200];
	for (int i = 0; o->choices[i]; i++)
		if (strcmp(o->choices[i], text) == 0) {
			*to = i;
			return 0;
		}
	const char *near = str_nearest(text, next_choice, o);
	(void)opt_arg(o, all, sizeof(all));
	return err_set(e, ERR_USAGE, "%s must be one of %s, not '%s'%s%s%s", o->name, all, text,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int set_bool(const struct opt *o, const char *text, bool *to, struct err *e)
{
	static const char *const yes[] = {"true", "yes", "on", "1"};
	static const char *const no[] = {"false", "no", "off", "0"};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*to = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, "%s must be true or false, not '%s'", o->name, text);
}

static int set_number(const struct opt *o, const char *text, void *to, struct err *e)
{
	int64_t whole = 0;
	double real = 0;
	uint64_t amount = 0;
	int rc;
	if (o->type == OPT_INT)
		rc = str_to_int(text, &whole, e);
	else if (o->type == OPT_REAL)
		rc = str_to_real(text, &real, e);
	else if (o->type == OPT_DURATION)
		rc = clock_parse_duration(text, &amount, e);
	else
		rc = str_to_size(text, &amount, e);
	if (rc < 0)
		return err_prefix(e, "%s: ", o->name);
	double value = o->type == OPT_INT ? (double)whole :
		       o->type == OPT_REAL ? real :
		       o->type == OPT_DURATION ? ns_to_s(amount) : (double)amount;
	if (check_range(o, value, text, e) < 0)
		return -1;
	if (o->type == OPT_INT)
		*(int64_t *)to = whole;
	else if (o->type == OPT_REAL)
		*(double *)to = real;
	else
		*(uint64_t *)to = amount;
	return 0;
}

static int set_list(const char *text, struct strings *to, struct arena *a)
{
	while (*text) {
		size_t n = strcspn(text, ",");
		if (n > 0)
			strings_add(to, a, arena_strn(a, text, n));
		text += n + (text[n] == ',');
	}
	return 0;
}

static int set_node(const struct opt *o, const char *text, struct arena *a, void *to,
		    struct err *e)
{
	char where[80];
	(void)snprintf(where, sizeof(where), "--%s", opt_cli_name(o));
	struct yaml_node *node = yaml_parse(text, strlen(text), where, a, e);
	return node ? o->parse(o, node, a, to, e) : -1;
}

static int set_value(const struct opt *o, const char *text, void *to, struct arena *a,
		     struct err *e)
{
	switch (o->type) {
	case OPT_BOOL:
		return set_bool(o, text, to, e);
	case OPT_INT:
	case OPT_REAL:
	case OPT_DURATION:
	case OPT_SIZE:
		return set_number(o, text, to, e);
	case OPT_STRING:
		*(const char **)to = a ? arena_str(a, text) : text;
		return 0;
	case OPT_CHOICE:
		return set_choice(o, text, to, e);
	case OPT_STRINGS:
		return set_list(text, to, a);
	case OPT_NODE:
		return set_node(o, text, a, to, e);
	}
	return -1;
}

void opt_defaults(const struct opt *rows, void *to)
{
	for (const struct opt *o = rows; o->name; o++) {
		if (!o->def)
			continue;
		struct err e;
		int rc = set_value(o, o->def, (char *)to + o->offset, NULL, &e);
		assert(rc == 0 && "a default in an option table is wrong");
		(void)rc;
	}
}

static const struct opt *find_row(const struct opt *rows, const char *name, bool cli)
{
	for (const struct opt *o = rows; o->name; o++) {
		if (o->flags & (cli ? OPT_PLAN_ONLY : OPT_CLI_ONLY))
			continue;
		if (strcmp(cli ? opt_cli_name(o) : o->name, name) == 0)
			return o;
	}
	return NULL;
}

bool opt_given(const struct optset *set, const char *name)
{
	for (const struct opt *o = set->rows; o->name; o++)
		if (strcmp(o->name, name) == 0)
			return set->given >> (o - set->rows) & 1;
	assert(!"opt_given() asked for a name that the table does not have");
	return false;
}

static void mark(struct optset *set, const struct opt *o)
{
	assert(o - set->rows < 64);
	set->given |= (uint64_t)1 << (o - set->rows);
}

int opt_set(struct optset *set, const char *name, const char *text, struct arena *a,
	    struct err *e)
{
	const struct opt *o = find_row(set->rows, name, false);
	if (!o)
		return err_set(e, ERR_USAGE, "there is no option '%s'", name);
	mark(set, o);
	return set_value(o, text, field_of(set, o), a, e);
}

static int list_from_yaml(const struct yaml_node *node, struct strings *to, struct arena *a,
			  struct err *e)
{
	if (node->kind == YAML_SCALAR)
		return set_list(node->text, to, a);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *v = node->pairs[i].value;
		if (node->kind != YAML_LIST || v->kind != YAML_SCALAR)
			return yaml_err(e, v, "expected a list of words");
		strings_add(to, a, v->text);
	}
	return 0;
}

static int from_node(struct optset *set, const struct opt *o, const struct yaml_node *node,
		     struct arena *a, struct err *e)
{
	void *to = field_of(set, o);
	if (o->type == OPT_NODE)
		return o->parse(o, node, a, to, e);
	if (o->type == OPT_STRINGS)
		return list_from_yaml(node, to, a, e);
	if (node->kind != YAML_SCALAR)
		return yaml_err(e, node, "%s must be one value, not a %s", o->name,
				node->kind == YAML_LIST ? "list" : "map");
	struct err why;
	if (set_value(o, node->text, to, a, &why) < 0)
		return yaml_err(e, node, "%s", why.text);
	return 0;
}

/* Looking a name up in several tables: keys of a plan, or options of a command line. */
struct tables {
	const struct optset *sets;
	size_t n_sets;
	bool cli;
};

static const char *next_name(size_t i, const void *ctx)
{
	const struct tables *t = ctx;
	for (size_t s = 0; s < t->n_sets; s++)
		for (const struct opt *o = t->sets[s].rows; o->name; o++)
			if (!(o->flags & (t->cli ? OPT_PLAN_ONLY : OPT_CLI_ONLY)) && i-- == 0)
				return t->cli ? opt_cli_name(o) : o->name;
	return NULL;
}

static int unknown_key(const struct tables *t, const struct yaml_pair *p, const char *what,
		       struct err *e)
{
	struct yaml_node at = *p->value;
	at.line = p->line;
	at.column = p->column;
	const char *near = str_nearest(p->key, next_name, t);
	return yaml_err(e, &at, "%s has no key '%s'%s%s%s", what, p->key,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int opt_from_yaml_sets(struct optset *sets, size_t n_sets, const struct yaml_node *map,
		       const char *what, struct arena *a, struct err *e)
{
	struct tables tables = {sets, n_sets, false};
	if (map->kind != YAML_MAP)
		return yaml_err(e, map, "%s must be a map of keys and values", what);
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_pair *p = &map->pairs[i];
		const struct opt *o = NULL;
		size_t s = 0;
		while (s < n_sets && !(o = find_row(sets[s].rows, p->key, false)))
			s++;
		if (!o)
			return unknown_key(&tables, p, what, e);
		if (from_node(&sets[s], o, p->value, a, e) < 0)
			return -1;
		mark(&sets[s], o);
	}
	for (size_t s = 0; s < n_sets; s++)
		for (const struct opt *o = sets[s].rows; o->name; o++)
			if (o->flags & OPT_REQUIRED && !opt_given(&sets[s], o->name))
				return yaml_err(e, map, "%s needs the key '%s' (%s)", what, o->name,
						o->help);
	return 0;
}

int opt_from_yaml(struct optset *set, const struct yaml_node *map, const char *what,
		  struct arena *a, struct err *e)
{
	return opt_from_yaml_sets(set, 1, map, what, a, e);
}

/* ---- the command line ---- */

struct args {
	struct optset *sets;
	size_t n_sets;
	int argc;
	char **argv;
	int next;
	struct arena *arena;
};

static const struct opt *find_in_sets(const struct args *p, const char *name, char letter,
				      struct optset **ret_set)
{
	for (size_t i = 0; i < p->n_sets; i++) {
		const struct opt *o = NULL;
		if (name)
			o = find_row(p->sets[i].rows, name, true);
		for (const struct opt *r = p->sets[i].rows; !name && r->name && !o; r++)
			if (r->letter == letter && !(r->flags & OPT_PLAN_ONLY))
				o = r;
		if (o) {
			*ret_set = &p->sets[i];
			return o;
		}
	}
	return NULL;
}

static int unknown_option(const struct args *p, const char *name, struct err *e)
{
	struct tables tables = {p->sets, p->n_sets, true};
	const char *near = str_nearest(name, next_name, &tables);
	return err_set(e, ERR_USAGE, "there is no option --%s%s%s%s; --help lists them", name,
		       near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
}

static int take(struct args *p, struct optset *set, const struct opt *o, const char *value,
		struct err *e)
{
	if (!value) {
		if (p->next >= p->argc)
			return err_set(e, ERR_USAGE, "--%s needs a value", opt_cli_name(o));
		value = p->argv[p->next++];
	}
	mark(set, o);
	return set_value(o, value, field_of(set, o), p->arena, e);
}

static int long_option(struct args *p, const char *word, struct err *e)
{
	char name[64];
	size_t n = strcspn(word, "=");
	if (n >= sizeof(name))
		return err_set(e, ERR_USAGE, "there is no option --%.60s…", word);
	memcpy(name, word, n);
	name[n] = '\0';
	const char *value = word[n] == '=' ? word + n + 1 : NULL;
	struct optset *set = NULL;
	const struct opt *o = find_in_sets(p, name, 0, &set);
	bool negated = false;
	if (!o && str_starts(name, "no-")) {
		o = find_in_sets(p, name + 3, 0, &set);
		negated = o && o->type == OPT_BOOL;
		o = negated ? o : NULL;
	}
	if (!o)
		return unknown_option(p, name, e);
	if (o->type == OPT_BOOL && !value)
		value = negated ? "false" : "true";
	return take(p, set, o, value, e);
}

static int short_options(struct args *p, const char *letters, struct err *e)
{
	for (const char *l = letters; *l; l++) {
		struct optset *set = NULL;
		const struct opt *o = find_in_sets(p, NULL, *l, &set);
		if (!o)
			return err_set(e, ERR_USAGE, "there is no option -%c; --help lists them",
				       *l);
		if (o->type != OPT_BOOL)
			return take(p, set, o, l[1] ? l + 1 : NULL, e);
		if (take(p, set, o, "true", e) < 0)
			return -1;
	}
	return 0;
}

int opt_from_args(struct optset *sets, size_t n_sets, int argc, char **argv,
		  struct strings *operands, struct arena *a, struct err *e)
{
	struct args p = {sets, n_sets, argc, argv, 0, a};
	bool only_operands = false;
	while (p.next < argc) {
		const char *word = argv[p.next++];
		int rc = 0;
		if (only_operands || word[0] != '-' || word[1] == '\0')
			strings_add(operands, a, word);
		else if (strcmp(word, "--") == 0)
			only_operands = true;
		else if (word[1] == '-')
			rc = long_option(&p, word + 2, e);
		else
			rc = short_options(&p, word + 1, e);
		if (rc < 0)
			return -1;
	}
	return 0;
}
