/* src/deploy/recipe.h - how to start servers that are known: share/recipes.yaml and the user's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_RECIPE_H
#define DEPLOY_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"

enum recipe_model { MODEL_REQUIRED, MODEL_OPTIONAL, MODEL_NONE };

/* A JSON file that the server reads: taken from one place, changed, written to another. */
struct recipe_config {
	const char *from, *to;		/* to: with placeholders; NULL: the recipe has none */
	struct strings set;		/* "path=value", values with placeholders */
};

struct recipe {
	const char *name, *title;
	const char *kind;		/* asr, tts, chat */
	const char *protocol, *route;	/* route: of the URL, "/v1" */
	const char *health;		/* path; NULL: none */
	struct strings asks;		/* text, image, audio; none: what the kind asks anyway */
	bool cpu_only;
	int model;			/* enum recipe_model */
	struct strings platforms;	/* ascend, cuda, cpu */
	uint64_t ready_ns;
	struct strings env;		/* "NAME=value" */
	struct strings command;		/* words with placeholders */
	struct recipe_config config;
};

struct recipes {
	struct recipe *items;
	size_t n;
};

/* share/recipes.yaml, then these files (they may add and replace). */
int recipes_load(const struct strings *files, struct arena *a, struct recipes *ret,
		 struct err *e);

/* Does its command hold this text? */
bool recipe_has(const struct recipe *r, const char *text);

const struct recipe *recipe_find(const struct recipes *r, const char *name);
const char *recipe_nearest(const struct recipes *r, const char *name);

/* For OPT_NODE rows: a map of names and values as "NAME=value" in a struct strings. */
int recipe_parse_map(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e);

#endif
