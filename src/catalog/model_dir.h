/* src/catalog/model_dir.h - what a model's folder or file says of itself: weights and sizes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CATALOG_MODEL_DIR_H
#define CATALOG_MODEL_DIR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Sizes that the KV cache and activations follow from. 0: not known. */
struct dims {
	int64_t hidden, layers, heads, kv_heads, head_dim, ffn, vocab;
	int64_t cross_positions;	/* encoder-decoder: positions of the encoder */
	int64_t max_positions;
	int64_t experts, active_experts, expert_ffn;	/* of a mixture of experts */
	int64_t tower_width, tower_ffn, tower_positions;	/* encoder of pictures, sound */
};

struct model_files {
	const char *path;
	uint64_t bytes;		/* of the weights that a server loads */
	double parameters;	/* NaN: the files do not say (.pt, .bin, .om) */
	const char *dtype;	/* bfloat16, float16, float32, or a quantisation; NULL: not said */
	const char *how;	/* which files were counted */
	const char *model_type;	/* of config.json or GGUF; NULL */
	struct dims dims;
	struct strings notes;	/* what was assumed */
	struct strings problems;	/* shards that are missing or cut short */
};

/* path: a folder, or one weights file. -1: it holds no weights that are understood. */
int model_files_read(const char *path, struct arena *a, struct model_files *ret, struct err *e);

/* The parts of it, by file. */
int safetensors_read(const char *path, struct arena *a, struct model_files *add, struct err *e);
int gguf_read(const char *path, struct arena *a, struct model_files *add, struct err *e);
/* config.json with its traps; a missing file is fine. */
int model_config_read(const char *path, struct arena *a, struct model_files *to, struct err *e);

#endif
