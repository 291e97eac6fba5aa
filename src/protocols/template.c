/* src/protocols/template.c - see template.h: what a plan says, read once into a list of pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/template_parts.h"

#include "base/json.h"
#include "base/util.h"

const struct place_def template_places[PLACES] = {
	[PLACE_TEXT] = {"text", .needed = true},
	[PLACE_QUESTION] = {"question", .needed = true},
	[PLACE_PROMPT_TEXT] = {"prompt_text"},
	[PLACE_LANGUAGE] = {"language"},
	[PLACE_SPEAKER] = {"speaker"},
	[PLACE_MODEL] = {"model"},
	[PLACE_ID] = {"id"},
	[PLACE_SPEED] = {"speed", .number = true},
	[PLACE_MAX_TOKENS] = {"max_tokens", .number = true},
	[PLACE_TEMPERATURE] = {"temperature", .number = true},
	[PLACE_AUDIO] = {"audio", .needed = true, .media = true},
	[PLACE_PROMPT_WAV] = {"prompt_wav", .media = true},
	[PLACE_IMAGE] = {"image", .needed = true, .media = true},
};

struct maker {
	struct template *t;
	struct arena *a;
	struct err *e;
};

static void add(struct maker *m, enum piece_kind kind, enum place place, const char *text)
{
	*ARENA_ADD(m->a, m->t->pieces, m->t->n) = (struct piece){kind, place, text};
}

static const char *next_place(size_t i, const void *ctx)
{
	(void)ctx;
	return i + 1 < PLACES ? template_places[i + 1].name : NULL;
}

/* "{name}" at text: the place and its length; 0: wrong. */
static size_t read_place(struct maker *m, const struct yaml_node *node, const char *text,
			 enum place *ret)
{
	const char *end = strchr(text, '}');
	char name[40];
	size_t len = end ? (size_t)(end - text) - 1 : 0;
	if (!end || len >= sizeof(name)) {
		(void)yaml_err(m->e, node, "'{' without '}': write {{ for a brace itself");
		return 0;
	}
	memcpy(name, text + 1, len);
	name[len] = '\0';
	for (size_t i = 1; i < PLACES; i++)
		if (strcmp(template_places[i].name, name) == 0) {
			*ret = (enum place)i;
			return len + 2;
		}
	const char *near = str_nearest(name, next_place, NULL);
	(void)yaml_err(m->e, node, "there is no place {%s}%s%s%s; write {{ for a brace itself",
		       name, near ? "; did you mean {" : "", near ? near : "", near ? "}?" : "");
	return 0;
}

/* Constant text of a value; in JSON escaped. */
static void add_constant(struct maker *m, const char *text, size_t len)
{
	if (len == 0)
		return;
	if (m->t->form) {
		add(m, PIECE_RAW, PLACE_NONE, arena_strn(m->a, text, len));
		return;
	}
	json_t *j = json_stringn(text, len);
	char *quoted = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL;
	size_t n = quoted ? strlen(quoted) : 0;
	if (n >= 2)
		add(m, PIECE_RAW, PLACE_NONE, arena_strn(m->a, quoted + 1, n - 2));
	free(quoted);
	json_decref(j);
}

static int add_text(struct maker *m, const struct yaml_node *node)
{
	const char *at = node->text;
	while (*at) {
		size_t len = strcspn(at, "{}");
		add_constant(m, at, len);
		at += len;
		if (!*at)
			break;
		if (at[1] == at[0]) {
			add_constant(m, at, 1);
			at += 2;
			continue;
		}
		if (*at == '}')
			return yaml_err(m->e, node, "'}' without '{': write }} for a brace "
					"itself");
		enum place place = PLACE_NONE;
		len = read_place(m, node, at, &place);
		if (len == 0)
			return -1;
		add(m, PIECE_PLACE, place, NULL);
		at += len;
	}
	return 0;
}

/* The one place that a value consists of, or PLACE_NONE. */
static enum place alone(const char *text)
{
	size_t len = strlen(text);
	for (size_t i = 1; i < PLACES; i++) {
		size_t n = strlen(template_places[i].name);
		if (len == n + 2 && text[0] == '{' && text[len - 1] == '}' &&
		    strncmp(text + 1, template_places[i].name, n) == 0)
			return (enum place)i;
	}
	return PLACE_NONE;
}

/* A key and its colon; "" in a list. */
static const char *key_text(struct maker *m, const char *key)
{
	if (!key)
		return "";
	json_t *j = json_string(key);
	char *quoted = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL;
	const char *text = arena_fmt(m->a, "%s:", quoted ? quoted : "\"\"");
	free(quoted);
	json_decref(j);
	return text;
}

static int add_scalar(struct maker *m, const struct yaml_node *node, const char *key)
{
	json_t *j = yaml_to_json(node);
	int rc = 0;
	enum place place = alone(node->text);
	if (place != PLACE_NONE) {
		add(m, PIECE_ALONE, place, key_text(m, key));
	} else if (json_is_string(j)) {
		add(m, PIECE_COMMA, PLACE_NONE, NULL);
		add(m, PIECE_RAW, PLACE_NONE, arena_fmt(m->a, "%s\"", key_text(m, key)));
		rc = add_text(m, node);
		add(m, PIECE_RAW, PLACE_NONE, "\"");
	} else {
		char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		add(m, PIECE_COMMA, PLACE_NONE, NULL);
		add(m, PIECE_RAW, PLACE_NONE,
		    arena_fmt(m->a, "%s%s", key_text(m, key), text ? text : "null"));
		free(text);
	}
	json_decref(j);
	return rc;
}

#define DEPTH_MAX 32	/* yaml.h reads no deeper */

/* Walked with a stack of its own. */
static int add_document(struct maker *m, const struct yaml_node *root)
{
	struct {
		const struct yaml_node *node;
		size_t at;
	} stack[DEPTH_MAX + 1];
	size_t depth = 0;
	stack[0].node = root;
	stack[0].at = 0;
	add(m, PIECE_RAW, PLACE_NONE, root->kind == YAML_MAP ? "{" : "[");
	for (;;) {
		const struct yaml_node *node = stack[depth].node;
		if (stack[depth].at == node->n) {
			/* the body's keys are written in front of the last one */
			add(m, PIECE_RAW, PLACE_NONE, node->kind == YAML_MAP ? "}" : "]");
			if (depth-- == 0)
				return 0;
			continue;
		}
		const struct yaml_pair *pair = &node->pairs[stack[depth].at++];
		if (depth == 0 && pair->key)
			strings_add(&m->t->keys, m->a, pair->key);
		if (pair->value->kind == YAML_SCALAR) {
			if (add_scalar(m, pair->value, pair->key) < 0)
				return -1;
			continue;
		}
		if (depth == DEPTH_MAX)
			return yaml_err(m->e, pair->value, "nested too deeply");
		add(m, PIECE_COMMA, PLACE_NONE, NULL);
		add(m, PIECE_RAW, PLACE_NONE,
		    arena_fmt(m->a, "%s%s", key_text(m, pair->key),
			      pair->value->kind == YAML_MAP ? "{" : "["));
		depth++;
		stack[depth].node = pair->value;
		stack[depth].at = 0;
	}
}

int template_json(const struct yaml_node *node, struct arena *a, const struct template **ret,
		  struct err *e)
{
	struct template *t = ARENA_NEW(a, struct template);
	struct maker m = {t, a, e};
	if (node->kind == YAML_SCALAR)
		return yaml_err(e, node, "json must be a map or a list, as the service wants it");
	t->object = node->kind == YAML_MAP;
	if (add_document(&m, node) < 0)
		return -1;
	*ret = t;
	return 0;
}

static int add_field(struct maker *m, const struct yaml_pair *pair)
{
	const char *name = arena_str(m->a, pair->key);
	const struct yaml_node *v = pair->value;
	if (v->kind != YAML_SCALAR)
		return yaml_err(m->e, v, "a form's field is one text: a file \"@{audio}\", or "
				"\"{text}\"");
	strings_add(&m->t->keys, m->a, name);
	if (v->text[0] == '@' && v->text[1] == '{') {
		enum place place = alone(v->text + 1);
		if (place == PLACE_NONE || !template_places[place].media)
			return yaml_err(m->e, v, "a file is \"@{audio}\", \"@{prompt_wav}\" or "
					"\"@{image}\"");
		add(m, PIECE_FILE, place, name);
		return 0;
	}
	enum place place = alone(v->text);
	if (place != PLACE_NONE) {
		add(m, PIECE_ALONE, place, name);
		return 0;
	}
	add(m, PIECE_FIELD, PLACE_NONE, name);
	if (add_text(m, v) < 0)
		return -1;
	add(m, PIECE_END, PLACE_NONE, NULL);
	return 0;
}

int template_form(const struct yaml_node *node, struct arena *a, const struct template **ret,
		  struct err *e)
{
	struct template *t = ARENA_NEW(a, struct template);
	struct maker m = {t, a, e};
	t->form = true;
	if (node->kind != YAML_MAP || node->n == 0)
		return yaml_err(e, node, "multipart must be a map of fields, such as "
				"{audio: \"@{audio}\"}");
	for (size_t i = 0; i < node->n; i++)
		if (add_field(&m, &node->pairs[i]) < 0)
			return -1;
	*ret = t;
	return 0;
}

bool template_has(const struct template *t, const char *key)
{
	return strings_has(&t->keys, key);
}

bool template_is_object(const struct template *t)
{
	return t->object;
}
