/* src/catalog/catalog.h - models and chips that are known: data of share/ and of the user.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/str.h"

/* One way to serve a model on one platform. */
struct route {
	const char *platform;	/* ascend, cuda, cpu */
	const char *with;	/* vllm-ascend, mindie, funasr, … */
	const char *state;	/* yes, partly, no, untested */
	const char *note;
	const char *checked_on;	/* "2026-08" */
	const char *source;
};

/* A building block whose parameters follow from its sizes (parts.h). */
struct part {
	const struct part_kind *kind;
	int64_t v[16];		/* by the kind's fields */
	const char *note;
};

struct model {
	const char *name;	/* "qwen2-vl-7b" */
	const char *title, *task;	/* asr, tts, chat */
	struct strings aliases;
	const char *source;	/* where the sizes come from */
	const char *accuracy_of_sizes;	/* "exact", or what is not verified */
	double published;	/* parameters as published; NaN: not known */
	const char *file_dtype;	/* of the published weights: bfloat16, float16, float32 */
	struct strings recipes;	/* of assay up, best first */
	const char *media;	/* tokens per input, in words */
	struct part *parts;
	size_t n_parts;
	struct route *routes;
	size_t n_routes;
};

struct chip {
	const char *name, *vendor, *title;
	struct strings aliases;
	uint64_t memory_bytes;
	uint64_t idle_bytes;	/* used when nothing runs */
	double bandwidth;	/* B/s; NaN: not known */
	double tflops_16;	/* peak; NaN: not known */
	bool bf16;
	bool pairs;		/* A3: devices are given in pairs */
	const char *source, *note;
};

struct catalog {
	struct model *models;
	size_t n_models;
	struct chip *chips;
	size_t n_chips;
};

/* Read share/models.yaml and share/chips.yaml, then the user's files (they may add and replace).
 * Errors name file, line and column. */
int catalog_load(const struct strings *files, struct arena *a, struct catalog *ret,
		 struct err *e);

/* By name or alias, capitals and '_' '-' alike; NULL: none. */
const struct model *catalog_model(const struct catalog *c, const char *name);
const struct chip *catalog_chip(const struct catalog *c, const char *name);

/* For "did you mean". */
const char *catalog_nearest_model(const struct catalog *c, const char *name);
const char *catalog_nearest_chip(const struct catalog *c, const char *name);

#endif
