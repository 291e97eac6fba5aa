/* src/catalog/catalog.c - see catalog.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"

#include <ctype.h>
#include <math.h>

#include "base/file.h"
#include "base/util.h"
#include "catalog/parts.h"

static int read_routes(const struct opt *o, const struct yaml_node *node, struct arena *a,
		       void *field, struct err *e);
static int read_parts(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e);

static const struct opt route_options[] = {
	{.name = "platform", OPT_AT_STRING(struct route, platform), .flags = OPT_REQUIRED},
	{.name = "with", OPT_AT_STRING(struct route, with), .flags = OPT_REQUIRED},
	{.name = "state", OPT_AT_STRING(struct route, state), .flags = OPT_REQUIRED},
	{.name = "note", OPT_AT_STRING(struct route, note)},
	{.name = "checked_on", OPT_AT_STRING(struct route, checked_on), .flags = OPT_REQUIRED},
	{.name = "source", OPT_AT_STRING(struct route, source), .flags = OPT_REQUIRED},
	{0},
};

struct model_text {	/* as the file has it */
	struct model m;
	double published_millions;
};

static const struct opt model_options[] = {
	{.name = "title", OPT_AT_STRING(struct model_text, m.title), .flags = OPT_REQUIRED},
	{.name = "task", OPT_AT_STRING(struct model_text, m.task), .flags = OPT_REQUIRED},
	{.name = "aliases", OPT_AT_STRINGS(struct model_text, m.aliases)},
	{.name = "source", OPT_AT_STRING(struct model_text, m.source), .flags = OPT_REQUIRED},
	{.name = "sizes", OPT_AT_STRING(struct model_text, m.accuracy_of_sizes), .def = "exact"},
	{.name = "published_millions", OPT_AT_REAL(struct model_text, published_millions)},
	{.name = "file_dtype", OPT_AT_STRING(struct model_text, m.file_dtype),
	 .def = "bfloat16"},
	{.name = "recipes", OPT_AT_STRINGS(struct model_text, m.recipes)},
	{.name = "media", OPT_AT_STRING(struct model_text, m.media)},
	{.name = "parts", OPT_AT_NODE(struct model_text, m.parts), .flags = OPT_REQUIRED,
	 .parse = read_parts},
	{.name = "routes", OPT_AT_NODE(struct model_text, m.routes), .flags = OPT_REQUIRED,
	 .parse = read_routes},
	{0},
};

struct chip_text {
	struct chip c;
	double gb_per_s;
};

static const struct opt chip_options[] = {
	{.name = "vendor", OPT_AT_STRING(struct chip_text, c.vendor), .flags = OPT_REQUIRED},
	{.name = "title", OPT_AT_STRING(struct chip_text, c.title)},
	{.name = "aliases", OPT_AT_STRINGS(struct chip_text, c.aliases)},
	{.name = "memory", OPT_AT_SIZE(struct chip_text, c.memory_bytes), .flags = OPT_REQUIRED},
	{.name = "idle", OPT_AT_SIZE(struct chip_text, c.idle_bytes)},
	{.name = "gb_per_s", OPT_AT_REAL(struct chip_text, gb_per_s)},
	{.name = "tflops_16", OPT_AT_REAL(struct chip_text, c.tflops_16)},
	{.name = "bf16", OPT_AT_BOOL(struct chip_text, c.bf16)},
	{.name = "pairs", OPT_AT_BOOL(struct chip_text, c.pairs)},
	{.name = "source", OPT_AT_STRING(struct chip_text, c.source), .flags = OPT_REQUIRED},
	{.name = "note", OPT_AT_STRING(struct chip_text, c.note)},
	{0},
};

static int read_routes(const struct opt *o, const struct yaml_node *node, struct arena *a,
		       void *field, struct err *e)
{
	struct route **routes = field;
	size_t *n = (size_t *)(void *)((char *)field - offsetof(struct model, routes) +
				       offsetof(struct model, n_routes));
	if (node->kind != YAML_LIST)
		return yaml_err(e, node, "%s must be a list", o->name);
	for (size_t i = 0; i < node->n; i++) {
		struct route *r = ARENA_ADD(a, *routes, *n);
		struct optset set = {.rows = route_options, .to = r};
		if (opt_from_yaml(&set, node->pairs[i].value, "a route", a, e) < 0)
			return -1;
	}
	return 0;
}

static int read_field(const struct part_kind *k, const struct yaml_pair *pair, struct part *p,
		      struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(k->fields) && k->fields[i]; i++) {
		size_t len = strcspn(k->fields[i], "?");
		if (strlen(pair->key) != len || strncmp(k->fields[i], pair->key, len) != 0)
			continue;
		const char *text = pair->value->text;
		if (text && strcmp(text, "true") == 0)
			p->v[i] = 1;
		else if (!text || str_to_int(text, &p->v[i], NULL) < 0 || p->v[i] < 0 ||
			 p->v[i] > (int64_t)1 << 50)
			return yaml_err(e, pair->value, "%s must be a whole number", pair->key);
		return 0;
	}
	return yaml_err(e, pair->value, "a part of kind %s has no '%s'", k->name, pair->key);
}

static int read_part(const struct yaml_node *node, struct arena *a, struct part *p, struct err *e)
{
	const struct yaml_node *kind = yaml_find(node, "kind");
	(void)a;
	p->kind = kind && kind->text ? part_kind_find(kind->text) : NULL;
	if (!p->kind)
		return yaml_err(e, kind ? kind : node, "a part needs a kind that is known");
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_pair *pair = &node->pairs[i];
		if (strcmp(pair->key, "kind") == 0)
			continue;
		if (strcmp(pair->key, "note") == 0)
			p->note = pair->value->text;
		else if (read_field(p->kind, pair, p, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(p->kind->fields) && p->kind->fields[i]; i++)
		if (p->v[i] == 0 && !strchr(p->kind->fields[i], '?'))
			return yaml_err(e, node, "a part of kind %s needs '%s'", p->kind->name,
					p->kind->fields[i]);
	return 0;
}

static int read_parts(const struct opt *o, const struct yaml_node *node, struct arena *a,
		      void *field, struct err *e)
{
	struct part **parts = field;
	size_t *n = (size_t *)(void *)((char *)field - offsetof(struct model, parts) +
				       offsetof(struct model, n_parts));
	if (node->kind != YAML_LIST)
		return yaml_err(e, node, "%s must be a list", o->name);
	for (size_t i = 0; i < node->n; i++) {
		const struct yaml_node *v = node->pairs[i].value;
		if (v->kind != YAML_MAP)
			return yaml_err(e, v, "a part is a map: {kind: …}");
		if (read_part(v, a, ARENA_ADD(a, *parts, *n), e) < 0)
			return -1;
	}
	return 0;
}

static int read_models(const struct yaml_node *map, struct arena *a, struct catalog *c,
		       struct err *e)
{
	for (size_t i = 0; i < map->n; i++) {
		struct model_text t = {.published_millions = NAN};
		opt_defaults(model_options, &t);
		struct optset set = {.rows = model_options, .to = &t};
		if (opt_from_yaml(&set, map->pairs[i].value, "a model", a, e) < 0)
			return -1;
		t.m.name = map->pairs[i].key;
		t.m.published = t.published_millions * 1e6;
		struct model *old = (struct model *)catalog_model(c, t.m.name);
		if (old)
			*old = t.m;
		else
			*ARENA_ADD(a, c->models, c->n_models) = t.m;
	}
	return 0;
}

static int read_chips(const struct yaml_node *map, struct arena *a, struct catalog *c,
		      struct err *e)
{
	for (size_t i = 0; i < map->n; i++) {
		struct chip_text t = {.gb_per_s = NAN, .c.tflops_16 = NAN};
		struct optset set = {.rows = chip_options, .to = &t};
		if (opt_from_yaml(&set, map->pairs[i].value, "a chip", a, e) < 0)
			return -1;
		t.c.name = map->pairs[i].key;
		t.c.bandwidth = t.gb_per_s * 1e9;
		struct chip *old = (struct chip *)catalog_chip(c, t.c.name);
		if (old)
			*old = t.c;
		else
			*ARENA_ADD(a, c->chips, c->n_chips) = t.c;
	}
	return 0;
}

static int read_catalog(const char *path, struct arena *a, struct catalog *c, struct err *e)
{
	const struct yaml_node *root = yaml_read(path, a, e);
	if (!root)
		return -1;
	if (root->kind != YAML_MAP)
		return yaml_err(e, root, "expected a map with models and chips");
	for (size_t i = 0; i < root->n; i++) {
		const struct yaml_node *v = root->pairs[i].value;
		const char *key = root->pairs[i].key;
		if (strcmp(key, "assay") == 0)
			continue;
		bool models = strcmp(key, "models") == 0;
		if (!models && strcmp(key, "chips") != 0)
			return yaml_err(e, v, "'%s' is neither models nor chips", key);
		if (v->kind != YAML_MAP)
			return yaml_err(e, v, "%s must be a map of names", key);
		if ((models ? read_models : read_chips)(v, a, c, e) < 0)
			return -1;
	}
	return 0;
}

int catalog_load(const struct strings *files, struct arena *a, struct catalog *ret,
		 struct err *e)
{
	static const char *const own[] = {"models.yaml", "chips.yaml"};
	struct catalog c = {0};
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		CLEANUP(free_ptr) char *path = file_find_share(own[i]);
		if (!path)
			return err_set(e, ERR_SYSTEM, "%s of the installation is missing; "
				       "ASSAY_SHARE names its folder", own[i]);
		if (read_catalog(path, a, &c, e) < 0)
			return -1;
	}
	for (size_t i = 0; files && i < files->n; i++)
		if (read_catalog(files->items[i], a, &c, e) < 0)
			return -1;
	*ret = c;
	return 0;
}

static bool same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		int x = *a == '_' || *a == ' ' ? '-' : tolower((unsigned char)*a);
		int y = *b == '_' || *b == ' ' ? '-' : tolower((unsigned char)*b);
		if (x != y)
			return false;
		if (!x)
			return true;
	}
}

static bool is_named(const char *name, const struct strings *aliases, const char *typed)
{
	for (size_t i = 0; i < aliases->n; i++)
		if (same_name(aliases->items[i], typed))
			return true;
	return same_name(name, typed);
}

const struct model *catalog_model(const struct catalog *c, const char *name)
{
	for (size_t i = 0; i < c->n_models; i++)
		if (is_named(c->models[i].name, &c->models[i].aliases, name))
			return &c->models[i];
	return NULL;
}

const struct chip *catalog_chip(const struct catalog *c, const char *name)
{
	for (size_t i = 0; i < c->n_chips; i++)
		if (is_named(c->chips[i].name, &c->chips[i].aliases, name))
			return &c->chips[i];
	return NULL;
}

static const char *next_model(size_t i, const void *ctx)
{
	const struct catalog *c = ctx;
	return i < c->n_models ? c->models[i].name : NULL;
}

static const char *next_chip(size_t i, const void *ctx)
{
	const struct catalog *c = ctx;
	return i < c->n_chips ? c->chips[i].name : NULL;
}

const char *catalog_nearest_model(const struct catalog *c, const char *name)
{
	return str_nearest(name, next_model, c);
}

const char *catalog_nearest_chip(const struct catalog *c, const char *name)
{
	return str_nearest(name, next_chip, c);
}
