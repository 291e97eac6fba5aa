/* src/base/yaml.h - a YAML file as a tree in which every node knows its line and column.
 *
 * Read by libyaml. Duplicate keys, several documents, keys that are not plain words and nesting
 * beyond 32 levels are refused. Anchors and aliases work.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	const char *file;	/* as named to the reader; shared by all nodes */
	int line, column;	/* from 1 */
	const char *text;	/* scalar: its text, else NULL */
	bool quoted;		/* scalar: was written in quotes, so it is never a number */
	struct yaml_pair *pairs;	/* map and list: the children in order */
	size_t n;
};

struct yaml_pair {
	const char *key;	/* NULL in a list */
	int line, column;	/* of the key */
	struct yaml_node *value;
};

/* Everything lives in the arena. file is the name for messages. An empty text gives an empty
 * map. NULL with an error "file:line:column: …". */
struct yaml_node *yaml_parse(const char *text, size_t len, const char *file, struct arena *a,
			     struct err *e);
struct yaml_node *yaml_read(const char *path, struct arena *a, struct err *e);

/* The value of a key in a map, or NULL. */
struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);

/* Set a.b.c=text (text is YAML flow: `4`, `[1, 2]`, `{p50: 3}`) as --set does; list elements by
 * index (performance.0.requests=5). Missing maps are made; a list element must exist. */
int yaml_set(struct yaml_node *root, const char *assignment, struct arena *a, struct err *e);

/* Fill e with "file:line:column: words" and return -1. */
int yaml_err(struct err *e, const struct yaml_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The tree as JSON (unquoted numbers, true, false and null become such). Caller: decref. */
json_t *yaml_to_json(const struct yaml_node *node);

#endif
