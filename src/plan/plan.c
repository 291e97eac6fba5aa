/* src/plan/plan.c - see plan.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"
#include "base/str.h"

#define SIDE_MIN 16
#define SIDE_MAX 8192

static const char *const made_kinds[] = {"", "speech", "sentences", "pictures", "prompts", NULL};

static const char *const formats[] = {"jpeg", "png", NULL};

struct data_settings {
	struct plan_data data;
	int made, format;
	const char *size;
};

int plan_picture_size(const char *text, int *ret_width, int *ret_height)
{
	char one[8];
	const char *x = strchr(text, 'x');
	int64_t width = 0, height = 0;
	size_t len = x ? (size_t)(x - text) : 0;
	if (len == 0 || len >= sizeof(one))
		return -1;
	memcpy(one, text, len);
	one[len] = '\0';
	if (str_to_int(one, &width, NULL) < 0 || str_to_int(x + 1, &height, NULL) < 0 ||
	    width < SIDE_MIN || height < SIDE_MIN || width > SIDE_MAX || height > SIDE_MAX)
		return -1;
	*ret_width = (int)width;
	*ret_height = (int)height;
	return 0;
}

const struct opt plan_data_options[] = {
	{.name = "manifest",
	 OPT_AT_STRING(struct data_settings, data.manifest),
	 .arg = "FILE",
	 .help = "JSONL corpus: one sample per line"},
	{.name = "made",
	 OPT_AT_CHOICE(struct data_settings, made),
	 .choices = made_kinds,
	 .def = "",
	 .help = "make the samples from a seed instead"},
	{.name = "count",
	 OPT_AT_INT(struct data_settings, data.count),
	 .def = "10",
	 .min = 1,
	 .max = 100000,
	 .help = "how many samples to make"},
	{.name = "seed",
	 OPT_AT_INT(struct data_settings, data.seed),
	 .def = "1",
	 .help = "the same seed makes the same samples"},
	{.name = "language",
	 OPT_AT_STRING(struct data_settings, data.language),
	 .def = "en",
	 .help = "language of made speech and sentences: en, zh"},
	{.name = "voice",
	 OPT_AT_STRING(struct data_settings, data.voice),
	 .help = "voice of made speech, such as flite/slt; by default one of the language"},
	{.name = "images",
	 OPT_AT_INT(struct data_settings, data.images),
	 .def = "1",
	 .min = 1,
	 .max = 32,
	 .help = "pictures: so many in each request; the last is the one that is asked about"},
	{.name = "size",
	 OPT_AT_STRING(struct data_settings, size),
	 .arg = "WxH",
	 .def = "512x512",
	 .help = "pictures: their size in pixels, 16 to 8192 a side"},
	{.name = "format",
	 OPT_AT_CHOICE(struct data_settings, format),
	 .choices = formats,
	 .def = "jpeg",
	 .help = "pictures: as what they are sent"},
	{0},
};

static int read_services(struct plan *p, const struct yaml_node *map, struct arena *a,
			 struct err *e)
{
	if (map->kind != YAML_MAP || map->n == 0)
		return yaml_err(e, map, "services must be a map with at least one service");
	p->services = arena_array(a, map->n, sizeof(*p->services));
	for (size_t i = 0; i < map->n; i++) {
		struct service *s = &p->services[i];
		const char *name = map->pairs[i].key;
		struct err why;
		p->n_services++;
		if (service_from_yaml(s, name, map->pairs[i].value, a, e) < 0)
			return -1;
		if (service_check(s, a, &why) < 0)
			return yaml_err(e, map->pairs[i].value, "service '%s': %s", name, why.text);
	}
	return 0;
}

static int read_data(struct plan *p, const struct yaml_node *map, struct arena *a, struct err *e)
{
	if (map->kind != YAML_MAP)
		return yaml_err(e, map, "data must be a map of names");
	p->data = arena_array(a, map->n + 1, sizeof(*p->data));
	for (size_t i = 0; i < map->n; i++) {
		struct data_settings d = {0};
		char what[96];
		(void)snprintf(what, sizeof(what), "data '%.60s'", map->pairs[i].key);
		opt_defaults(plan_data_options, &d);
		struct optset set = {.rows = plan_data_options, .to = &d};
		const struct yaml_node *node = map->pairs[i].value;
		if (opt_from_yaml(&set, node, what, a, e) < 0)
			return -1;
		if ((d.data.manifest != NULL) == (d.made != 0))
			return yaml_err(e, node, "%s needs either manifest: or made:", what);
		if (plan_picture_size(d.size, &d.data.width, &d.data.height) < 0)
			return yaml_err(e, node, "%s: size is written 1024x768, with 16 to 8192 "
					"pixels a side", what);
		d.data.format = formats[d.format];
		d.data.name = map->pairs[i].key;
		d.data.made = d.made ? made_kinds[d.made] : NULL;
		if (d.data.manifest) {
			CLEANUP(free_ptr) char *full = file_beside(p->path, d.data.manifest);
			d.data.manifest = arena_str(a, full);
		}
		p->data[p->n_data++] = d.data;
	}
	return 0;
}

/* "reliability.faults" → the node there, or NULL. */
static const struct yaml_node *node_at(const struct yaml_node *root, const char *path)
{
	const struct yaml_node *here = root;
	while (here && *path) {
		size_t len = strcspn(path, ".");
		CLEANUP(free_ptr) char *key = strndup(path, len);
		here = key ? yaml_find(here, key) : NULL;
		path += len + (path[len] == '.');
	}
	return here;
}

struct known {
	const struct plan_section *sections;
	const char *prefix; /* "" or "reliability." */
};

/* Names that may stand at one level, for "did you mean". */
static const char *next_known(size_t i, const void *ctx)
{
	static const char *const own[] = {"assay", "title", "services", "data", "monitor",
					    "compare"};
	static _Thread_local char name[64];
	const struct known *k = ctx;
	size_t prefix = strlen(k->prefix);
	if (prefix == 0) {
		if (i < ARRAY_LEN(own))
			return own[i];
		i -= ARRAY_LEN(own);
	}
	for (const struct plan_section *s = k->sections; s->path; s++) {
		if (strncmp(s->path, k->prefix, prefix) != 0 || i-- != 0)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(s->path + prefix, "."),
			       s->path + prefix);
		return name;
	}
	return NULL;
}

static int check_keys(const struct yaml_node *map, const char *prefix,
		      const struct plan_section *sections, struct err *e)
{
	struct known known = {sections, prefix};
	for (size_t i = 0; i < map->n; i++) {
		const char *name;
		bool found = false;
		for (size_t k = 0; !found && (name = next_known(k, &known)); k++)
			found = strcmp(name, map->pairs[i].key) == 0;
		if (found)
			continue;
		struct yaml_node at = {.file = map->file,
				       .line = map->pairs[i].line,
				       .column = map->pairs[i].column};
		const char *near = str_nearest(map->pairs[i].key, next_known, &known);
		return yaml_err(e, &at, "a plan has no '%s%s'%s%s%s", prefix, map->pairs[i].key,
				near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	return 0;
}

static int check_shape(const struct plan *p, const struct plan_section *s, struct err *e)
{
	const struct yaml_node *node = node_at(p->root, s->path);
	if (!node || (s->list && node->kind == YAML_LIST) || (!s->list && node->kind == YAML_MAP))
		return 0;
	return yaml_err(e, node, "%s must be a %s", s->path,
			s->list ? "list: one item per run, each behind a '-'" : "map");
}

static int check_sections(const struct plan *p, const struct plan_section *sections, struct err *e)
{
	if (check_keys(p->root, "", sections, e) < 0)
		return -1;
	for (const struct plan_section *s = sections; s->path; s++) {
		const char *dot = strchr(s->path, '.');
		char prefix[64];
		(void)snprintf(prefix, sizeof(prefix), "%.*s", dot ? (int)(dot - s->path + 1) : 0,
			       s->path);
		CLEANUP(free_ptr)
		char *group = dot ? strndup(s->path, (size_t)(dot - s->path)) : NULL;
		const struct yaml_node *map = group ? yaml_find(p->root, group) : NULL;
		if (map && map->kind != YAML_MAP)
			return yaml_err(e, map, "%s must be a map", group);
		if (map && check_keys(map, prefix, sections, e) < 0)
			return -1;
		if (check_shape(p, s, e) < 0)
			return -1;
	}
	return 0;
}

static int check_version(const struct plan *p, struct err *e)
{
	const struct yaml_node *v = yaml_find(p->root, "assay");
	if (p->root->kind != YAML_MAP)
		return yaml_err(e, p->root,
				"a plan is a map of sections; assay plan init makes one");
	if (!v)
		return yaml_err(e, p->root, "a plan begins with 'assay: 1'");
	if (v->kind != YAML_SCALAR || strcmp(v->text, "1") != 0)
		return yaml_err(e, v, "this program reads plans of version 1");
	return 0;
}

static int hash_plan(struct plan *p, struct err *e)
{
	CLEANUP(json_unref) json_t *j = yaml_to_json(p->root);
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	if (json_write(j, false, &text) < 0)
		return err_set(e, ERR_SYSTEM, "no memory to read '%s'", p->path);
	hash_sha256(text.data, text.len, p->sha256);
	return 0;
}

int plan_read(const char *path, const struct strings *sets, const struct plan_section *sections,
	      struct arena *a, struct plan *ret, struct err *e)
{
	struct plan p = {.path = arena_str(a, path)};
	p.root = yaml_read(path, a, e);
	if (!p.root || check_version(&p, e) < 0)
		return -1;
	for (size_t i = 0; sets && i < sets->n; i++)
		if (yaml_set(p.root, sets->items[i], a, e) < 0)
			return -1;
	if (check_sections(&p, sections, e) < 0 || hash_plan(&p, e) < 0)
		return -1;
	const struct yaml_node *services = yaml_find(p.root, "services");
	const struct yaml_node *data = yaml_find(p.root, "data");
	const struct yaml_node *title = yaml_find(p.root, "title");
	if (!services)
		return yaml_err(e, p.root, "a plan needs 'services:'");
	if (title && title->kind != YAML_SCALAR)
		return yaml_err(e, title, "title must be a text");
	if (read_services(&p, services, a, e) < 0 || (data && read_data(&p, data, a, e) < 0)) {
		plan_release(&p);
		return -1;
	}
	p.title = title ? title->text : NULL;
	p.monitor = yaml_find(p.root, "monitor");
	p.compare = yaml_find(p.root, "compare");
	*ret = p;
	return 0;
}

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->n_services; i++)
		service_release(&p->services[i]);
	p->n_services = 0;
}

const struct yaml_node *plan_item(const struct plan *p, const struct plan_section *s, size_t i)
{
	const struct yaml_node *node = node_at(p->root, s->path);
	if (!node || (!s->list && i > 0) || (s->list && i >= node->n))
		return NULL;
	return s->list ? node->pairs[i].value : node;
}

struct service *plan_service(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_services; i++)
		if (strcmp(p->services[i].name, name) == 0)
			return &p->services[i];
	return NULL;
}

const struct plan_data *plan_find_data(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_data; i++)
		if (strcmp(p->data[i].name, name) == 0)
			return &p->data[i];
	return NULL;
}
