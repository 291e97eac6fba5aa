/* src/base/yaml.c - see yaml.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <stdarg.h>
#include <yaml.h>

#include "base/file.h"
#include "base/str.h"
#include "base/util.h"

#define FILE_BYTES_MAX ((size_t)16 << 20)
#define DEPTH_MAX 32

struct builder {
	yaml_document_t *doc;
	struct yaml_node **made;	/* by libyaml's index, so that aliases share */
	struct arena *arena;
	const char *file;
};

int yaml_err(struct err *e, const struct yaml_node *at, const char *fmt, ...)
{
	char words[400];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_USAGE, "%s:%d:%d: %s", at->file, at->line, at->column, words);
}

static struct yaml_node *build(struct builder *b, int index, int depth, struct err *e);

static int add_pair(struct builder *b, struct yaml_node *to, int key, int value, int depth,
		    struct err *e)
{
	struct yaml_pair pair = {0};
	if (key) {
		yaml_node_t *k = yaml_document_get_node(b->doc, key);
		struct yaml_node at = {.file = b->file, .line = (int)k->start_mark.line + 1,
				       .column = (int)k->start_mark.column + 1};
		if (k->type != YAML_SCALAR_NODE)
			return yaml_err(e, &at, "a key must be a plain word");
		pair.key = arena_strn(b->arena, (char *)k->data.scalar.value,
				      k->data.scalar.length);
		pair.line = at.line;
		pair.column = at.column;
		if (yaml_find(to, pair.key))
			return yaml_err(e, &at, "'%s' stands twice in the same place", pair.key);
	}
	pair.value = build(b, value, depth + 1, e);
	if (!pair.value)
		return -1;
	*ARENA_ADD(b->arena, to->pairs, to->n) = pair;
	return 0;
}

static struct yaml_node *build(struct builder *b, int index, int depth, struct err *e)
{
	yaml_node_t *from = yaml_document_get_node(b->doc, index);
	if (b->made[index])
		return b->made[index];
	struct yaml_node *to = ARENA_NEW(b->arena, struct yaml_node);
	to->file = b->file;
	to->line = (int)from->start_mark.line + 1;
	to->column = (int)from->start_mark.column + 1;
	if (depth > DEPTH_MAX) {
		(void)yaml_err(e, to, "nested more than %d deep", DEPTH_MAX);
		return NULL;
	}
	if (from->type == YAML_SCALAR_NODE) {
		to->kind = YAML_SCALAR;
		to->text = arena_strn(b->arena, (char *)from->data.scalar.value,
				      from->data.scalar.length);
		to->quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		if (strlen(to->text) != from->data.scalar.length) {
			(void)yaml_err(e, to, "a NUL character inside a text");
			return NULL;
		}
	} else if (from->type == YAML_SEQUENCE_NODE) {
		to->kind = YAML_LIST;
		for (yaml_node_item_t *i = from->data.sequence.items.start;
		     i < from->data.sequence.items.top; i++)
			if (add_pair(b, to, 0, *i, depth, e) < 0)
				return NULL;
	} else {
		to->kind = YAML_MAP;
		for (yaml_node_pair_t *p = from->data.mapping.pairs.start;
		     p < from->data.mapping.pairs.top; p++)
			if (add_pair(b, to, p->key, p->value, depth, e) < 0)
				return NULL;
	}
	b->made[index] = to;
	return to;
}

static int parse_error(struct err *e, const char *file, const yaml_parser_t *p)
{
	return err_set(e, ERR_USAGE, "%s:%zu:%zu: %s%s%s", file, p->problem_mark.line + 1,
		       p->problem_mark.column + 1, p->problem ? p->problem : "not YAML",
		       p->context ? ", " : "", p->context ? p->context : "");
}

static struct yaml_node *load(yaml_parser_t *parser, const char *file, struct arena *a,
			      struct err *e)
{
	yaml_document_t doc;
	if (!yaml_parser_load(parser, &doc)) {
		(void)parse_error(e, file, parser);
		return NULL;
	}
	struct yaml_node *root;
	yaml_node_t *top = yaml_document_get_root_node(&doc);
	if (top) {
		size_t count = (size_t)(doc.nodes.top - doc.nodes.start);
		struct builder b = {&doc, arena_array(a, count + 1, sizeof(*b.made)), a,
				    arena_str(a, file)};
		root = build(&b, (int)(top - doc.nodes.start) + 1, 0, e);
	} else {
		root = ARENA_NEW(a, struct yaml_node);
		*root = (struct yaml_node){.kind = YAML_MAP, .file = arena_str(a, file),
					   .line = 1, .column = 1};
	}
	yaml_document_delete(&doc);
	if (!root || !top)
		return root;
	yaml_document_t rest;
	if (!yaml_parser_load(parser, &rest)) {
		(void)parse_error(e, file, parser);
		return NULL;
	}
	bool more = yaml_document_get_root_node(&rest) != NULL;
	yaml_document_delete(&rest);
	if (more) {
		err_set(e, ERR_USAGE, "%s: holds more than one YAML document", file);
		return NULL;
	}
	return root;
}

struct yaml_node *yaml_parse(const char *text, size_t len, const char *file, struct arena *a,
			     struct err *e)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser)) {
		err_set(e, ERR_SYSTEM, "no memory to read '%s'", file);
		return NULL;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	struct yaml_node *root = load(&parser, file, a, e);
	yaml_parser_delete(&parser);
	return root;
}

struct yaml_node *yaml_read(const char *path, struct arena *a, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(FILE_BYTES_MAX);
	if (file_read(path, &text, e) < 0)
		return NULL;
	return yaml_parse(text.data ? text.data : "", text.len, path, a, e);
}

struct yaml_node *yaml_find(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++)
		if (strcmp(map->pairs[i].key, key) == 0)
			return map->pairs[i].value;
	return NULL;
}

static struct yaml_pair *child(struct yaml_node *in, const char *key)
{
	for (size_t i = 0; i < in->n; i++) {
		char number[24];
		(void)snprintf(number, sizeof(number), "%zu", i);
		if (in->kind == YAML_LIST ? strcmp(number, key) == 0
					  : strcmp(in->pairs[i].key, key) == 0)
			return &in->pairs[i];
	}
	return NULL;
}

int yaml_set(struct yaml_node *root, const char *assignment, struct arena *a, struct err *e)
{
	const char *equals = strchr(assignment, '=');
	if (!equals || equals == assignment)
		return err_set(e, ERR_USAGE, "--set needs key=value, not '%s'", assignment);
	struct yaml_node *value = yaml_parse(equals + 1, strlen(equals + 1), "--set", a, e);
	if (!value)
		return -1;
	struct yaml_node *here = root;
	const char *p = assignment;
	for (;;) {
		size_t n = strcspn(p, ".=");
		const char *key = arena_strn(a, p, n);
		bool last = p[n] == '=';
		struct yaml_pair *pair = child(here, key);
		if (!pair && here->kind != YAML_MAP)
			return err_set(e, ERR_USAGE, "--set %s: there is no '%s'", assignment, key);
		if (!pair) {
			struct yaml_node *made = ARENA_NEW(a, struct yaml_node);
			*made = (struct yaml_node){.kind = YAML_MAP, .file = "--set", .line = 1,
						   .column = 1};
			pair = ARENA_ADD(a, here->pairs, here->n);
			*pair = (struct yaml_pair){key, 1, 1, made};
		}
		if (last) {
			pair->value = value;
			return 0;
		}
		here = pair->value;
		p += n + 1;
	}
}

static json_t *scalar_json(const struct yaml_node *node)
{
	double real;
	int64_t whole;
	const char *t = node->text;
	if (!node->quoted) {
		if (!*t || strcmp(t, "null") == 0 || strcmp(t, "~") == 0)
			return json_null();
		if (strcmp(t, "true") == 0 || strcmp(t, "false") == 0)
			return json_boolean(t[0] == 't');
		if (str_to_int(t, &whole, NULL) == 0)
			return json_integer(whole);
		if (str_to_real(t, &real, NULL) == 0)
			return json_real(real);
	}
	return json_string(t);
}

/* The depth was limited when the tree was read. */
json_t *yaml_to_json(const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR)
		return scalar_json(node);
	json_t *j = node->kind == YAML_LIST ? json_array() : json_object();
	for (size_t i = 0; i < node->n; i++) {
		json_t *value = yaml_to_json(node->pairs[i].value);
		if (node->kind == YAML_LIST)
			(void)json_array_append_new(j, value);
		else
			(void)json_object_set_new(j, node->pairs[i].key, value);
	}
	return j;
}
