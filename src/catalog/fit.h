/* src/catalog/fit.h - does a model fit on so many devices, and why (not).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CATALOG_FIT_H
#define CATALOG_FIT_H

#include <jansson.h>

#include "catalog/catalog.h"
#include "catalog/model_dir.h"

struct fit_ask {
	const struct model *model;	/* one of the two */
	const struct model_files *files;
	const struct chip *chip;
	int64_t devices;	/* 0: the smallest number that fits */
	int64_t max_len;	/* tokens; 0: 4096, or the model's limit when that is less */
	int64_t concurrent;	/* sequences at once; 0: 1 */
	const char *dtype;	/* bfloat16, float16, float32; NULL: by model and chip */
	uint64_t idle_bytes;	/* 0: the chip's */
};

/* INTERFACES.md's document with "terms" (each with its formula, and whether it is estimated),
 * "notes" and "tpot_lower_bound_s". Caller: decref. NULL: wrong arguments. */
json_t *fit_plan(const struct fit_ask *ask, struct arena *a, struct err *e);

#endif
