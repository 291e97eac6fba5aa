/* src/deploy/recipe.c - see recipe.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy/recipe.h"

#include "base/clock.h"
#include "base/file.h"

int recipe_parse_map(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	struct strings *list = field;
	if (node->kind != YAML_MAP)
		return yaml_err(e, node, "%s must be a map of names and values", o->name);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *v = node->pairs[i].value;
		if (v->kind != YAML_SCALAR)
			return yaml_err(e, v, "%s: '%s' must be one value", o->name,
					node->pairs[i].key);
		strings_add(list, a, arena_fmt(a, "%s=%s", node->pairs[i].key, v->text));
	}
	return 0;
}

static const struct opt config_options[] = {
	{.name = "from", OPT_AT_STRING(struct recipe_config, from), .flags = OPT_REQUIRED},
	{.name = "to", OPT_AT_STRING(struct recipe_config, to), .flags = OPT_REQUIRED},
	{.name = "set", OPT_AT_NODE(struct recipe_config, set), .parse = recipe_parse_map},
	{0},
};

static int parse_config(const struct opt *o, const struct yaml_node *node, struct arena *a,
			void *field, struct err *e)
{
	struct optset set = {.rows = config_options, .to = field};
	return opt_from_yaml(&set, node, o->name, a, e);
}

static int parse_devices(const struct opt *o, const struct yaml_node *node, struct arena *a,
			 void *field, struct err *e)
{
	(void)a;
	if (node->kind != YAML_SCALAR || strcmp(node->text, "cpu") != 0)
		return yaml_err(e, node, "%s of a recipe is cpu or not given", o->name);
	*(bool *)field = true;
	return 0;
}

static const char *const models[] = {"required", "optional", "none", NULL};
#define R struct recipe

static const struct opt recipe_options[] = {
	{.name = "title", OPT_AT_STRING(R, title), .flags = OPT_REQUIRED},
	{.name = "kind", OPT_AT_STRING(R, kind), .flags = OPT_REQUIRED},
	{.name = "protocol", OPT_AT_STRING(R, protocol), .flags = OPT_REQUIRED},
	{.name = "route", OPT_AT_STRING(R, route), .flags = OPT_REQUIRED},
	{.name = "health", OPT_AT_STRING(R, health)},
	{.name = "asks", OPT_AT_STRINGS(R, asks)},
	{.name = "devices", OPT_AT_NODE(R, cpu_only), .parse = parse_devices},
	{.name = "model", OPT_AT_CHOICE(R, model), .choices = models, .def = "required"},
	{.name = "platforms", OPT_AT_STRINGS(R, platforms), .flags = OPT_REQUIRED},
	{.name = "ready", OPT_AT_DURATION(R, ready_ns), .def = "120s", .min = 0.1,
	 .max = 86400},
	{.name = "env", OPT_AT_NODE(R, env), .parse = recipe_parse_map},
	{.name = "command", OPT_AT_STRINGS(R, command), .flags = OPT_REQUIRED},
	{.name = "config", OPT_AT_NODE(R, config), .parse = parse_config},
	{0},
};

static int read_file(const char *path, struct arena *a, struct recipes *r, struct err *e)
{
	const struct yaml_node *root = yaml_read(path, a, e);
	if (!root)
		return -1;
	const struct yaml_node *map = yaml_find(root, "recipes");
	if (!map || map->kind != YAML_MAP)
		return yaml_err(e, map ? map : root, "expected a map 'recipes' of names");
	for (size_t i = 0; i < map->n; i++) {
		struct recipe one = {0};
		struct optset set = {.rows = recipe_options, .to = &one};
		opt_defaults(recipe_options, &one);
		if (opt_from_yaml(&set, map->pairs[i].value, "a recipe", a, e) < 0)
			return -1;
		one.name = map->pairs[i].key;
		struct recipe *old = (struct recipe *)recipe_find(r, one.name);
		if (old)
			*old = one;
		else
			*ARENA_ADD(a, r->items, r->n) = one;
	}
	return 0;
}

int recipes_load(const struct strings *files, struct arena *a, struct recipes *ret,
		 struct err *e)
{
	struct recipes r = {0};
	CLEANUP(free_ptr) char *own = file_find_share("recipes.yaml");
	if (!own)
		return err_set(e, ERR_SYSTEM, "recipes.yaml is not where this program was "
			       "installed; set ASSAY_SHARE to the folder share/ of assay");
	if (read_file(own, a, &r, e) < 0)
		return -1;
	for (size_t i = 0; files && i < files->n; i++)
		if (read_file(files->items[i], a, &r, e) < 0)
			return -1;
	*ret = r;
	return 0;
}

bool recipe_has(const struct recipe *r, const char *text)
{
	for (size_t i = 0; i < r->command.n; i++)
		if (strstr(r->command.items[i], text))
			return true;
	return false;
}

const struct recipe *recipe_find(const struct recipes *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->items[i].name, name) == 0)
			return &r->items[i];
	return NULL;
}

static const char *next_name(size_t i, const void *ctx)
{
	const struct recipes *r = ctx;
	return i < r->n ? r->items[i].name : NULL;
}

const char *recipe_nearest(const struct recipes *r, const char *name)
{
	return str_nearest(name, next_name, r);
}
