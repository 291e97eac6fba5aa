/* src/plan/plan.h - a plan file: read, checked, explained.
 *
 * A plan names services and data, and holds a section per suite. What a section may hold is
 * handed in as a table, so that the plan knows no suite. Every error is "file:line:column: …".
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/yaml.h"
#include "protocols/service.h"

/* A section of a plan, as the program knows it. */
struct plan_section {
	const char *path;	/* "performance", "reliability.faults" */
	bool list;		/* a list of maps; else one map */
};

/* Where test data come from: a corpus on disk, or made from a seed. */
struct plan_data {
	const char *name;
	const char *manifest;	/* path, relative to the plan's folder; or NULL */
	const char *made;	/* speech, sentences, pictures, prompts; or NULL */
	int64_t count;		/* of made samples */
	int64_t seed;
	const char *language;	/* of made speech and sentences */
	const char *voice;
	int64_t images;		/* of each made picture question; the last is the one asked about */
	int width, height;	/* of made pictures; 0: 512 */
	const char *format;	/* of made pictures: jpeg (NULL), png */
};
extern const struct opt plan_data_options[];

/* "1024x768" → width, height; -1: it is no size of a picture (16 to 8192 a side). */
int plan_picture_size(const char *text, int *ret_width, int *ret_height);

struct plan {
	const char *path;
	const char *title;
	struct yaml_node *root;
	char sha256[HASH_HEX];		/* of the text with the --set overrides */
	struct service *services;
	size_t n_services;
	struct plan_data *data;
	size_t n_data;
	const struct yaml_node *monitor;	/* section, or NULL */
	const struct yaml_node *compare;	/* limits for `assay compare`, or NULL */
};

/* Read and check all but the sections' contents. sets: overrides "a.b=c". sections ends with a
 * NULL path. The plan lives in the arena. */
int plan_read(const char *path, const struct strings *sets, const struct plan_section *sections,
	      struct arena *a, struct plan *ret, struct err *e);

/* What is not in the arena. A plan of zeros is fine. */
void plan_release(struct plan *p);

/* The i-th map of a section, in the order of the plan; NULL: no more. */
const struct yaml_node *plan_item(const struct plan *p, const struct plan_section *s, size_t i);

struct service *plan_service(const struct plan *p, const char *name);
const struct plan_data *plan_find_data(const struct plan *p, const char *name);

#endif
