/* src/catalog/model_config.c - config.json of a model folder, with what real files leave out.
 *
 * Some files (llava-1.5-7b-hf, Qwen2-Audio-7B) rely on defaults per model_type; QWen stores twice
 * its real intermediate size; names differ by family.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/file.h"
#include "base/json.h"
#include "base/util.h"
#include "catalog/model_dir.h"

static const json_t *language_part(const json_t *root)
{
	static const char *const paths[] = {
		"text_config", "llm_config", "language_config", "thinker_config.text_config",
	};
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const json_t *j = json_at(root, paths[i]);
		if (json_is_object(j))
			return j;
	}
	return root;
}

/* The first of the names (parted by blanks) that is there; 0: none. */
static int64_t first_of(const json_t *j, const char *names)
{
	if (!json_is_object(j))
		return 0;
	while (*names) {
		char key[64];
		size_t len = strcspn(names, " ");
		(void)snprintf(key, sizeof(key), "%.*s", (int)len, names);
		const json_t *v = json_object_get(j, key);
		if (json_is_integer(v) && json_integer_value(v) > 0 &&
		    json_integer_value(v) < (int64_t)1 << 32)
			return json_integer_value(v);
		names += len + (names[len] == ' ');
	}
	return 0;
}

struct family {		/* transformers' defaults */
	const char *model_type;
	int64_t hidden, ffn, layers, heads, kv_heads;
};

static void use_defaults(struct dims *d, const char *type, struct arena *a,
			 struct model_files *to)
{
	static const struct family families[] = {
		{"llama", 4096, 11008, 32, 32, 0},
		{"qwen2", 4096, 22016, 32, 32, 32},
	};
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		const struct family *f = &families[i];
		if (strcmp(type, f->model_type) != 0 || (d->hidden && d->layers && d->heads))
			continue;
		d->hidden = d->hidden ? d->hidden : f->hidden;
		d->ffn = d->ffn ? d->ffn : f->ffn;
		d->layers = d->layers ? d->layers : f->layers;
		d->heads = d->heads ? d->heads : f->heads;
		d->kv_heads = d->kv_heads ? d->kv_heads : f->kv_heads;
		strings_add(&to->notes, a,
			    arena_fmt(a, "config.json leaves out sizes; the defaults of model_type "
				      "%s were used", type));
	}
}

static void take_decoder(const json_t *root, struct dims *d)
{
	d->hidden = first_of(root, "d_model");
	d->layers = first_of(root, "decoder_layers");
	d->heads = d->kv_heads = first_of(root, "decoder_attention_heads");
	d->ffn = first_of(root, "decoder_ffn_dim");
	d->cross_positions = first_of(root, "max_source_positions");
	d->max_positions = first_of(root, "max_target_positions");
}

static void take_language(const json_t *j, struct dims *d)
{
	d->hidden = first_of(j, "hidden_size n_embd d_model");
	d->layers = first_of(j, "num_hidden_layers num_layers n_layer");
	d->heads = first_of(j, "num_attention_heads n_head");
	d->kv_heads = first_of(j, "num_key_value_heads num_multi_query_heads n_kv_heads "
				  "multi_query_group_num");
	d->head_dim = first_of(j, "head_dim kv_channels");
	d->ffn = first_of(j, "intermediate_size ffn_hidden_size");
	d->max_positions = first_of(j, "max_position_embeddings seq_length");
	d->experts = first_of(j, "num_experts n_routed_experts num_local_experts");
	d->active_experts = first_of(j, "num_experts_per_tok");
	d->expert_ffn = first_of(j, "moe_intermediate_size");
}

/* The encoder of pictures or sound, where the configuration tells its width. */
static void take_tower(const json_t *root, struct dims *d)
{
	static const char *const paths[] = {
		"vision_config", "visual", "audio_config", "thinker_config.vision_config",
		"thinker_config.audio_config",
	};
	for (size_t i = 0; i < ARRAY_LEN(paths) && !d->tower_width; i++) {
		const json_t *j = json_at(root, paths[i]);
		d->tower_width = first_of(j, "hidden_size embed_dim width d_model");
		d->tower_ffn = first_of(j, "intermediate_size encoder_ffn_dim");
		d->tower_positions = first_of(j, "max_source_positions num_positions");
		/* Qwen2-VL: hidden_size is that of the language model. */
		if (first_of(j, "embed_dim"))
			d->tower_width = first_of(j, "embed_dim");
		if (!d->tower_ffn)
			d->tower_ffn = 4 * d->tower_width;
		int64_t patch = first_of(j, "patch_size");
		int64_t side = first_of(j, "image_size");
		if (patch && side && !d->tower_positions)
			d->tower_positions = (side / patch) * (side / patch) + 1;
	}
	if (first_of(root, "encoder_layers") && !d->tower_width) {
		d->tower_width = first_of(root, "d_model");
		d->tower_ffn = first_of(root, "encoder_ffn_dim");
		d->tower_positions = first_of(root, "max_source_positions");
	}
}

/* At the first level where it stands: whole, language, then the rest. */
static const char *find_dtype(const json_t *root, const json_t *language)
{
	const json_t *const levels[] = {
		root, language, json_at(root, "thinker_config"), json_at(root, "vision_config"),
		json_at(root, "audio_config"),
	};
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		const char *text = json_text(levels[i], "torch_dtype",
					     json_text(levels[i], "dtype", NULL));
		if (text)
			return text;
	}
	return NULL;
}

int model_config_read(const char *path, struct arena *a, struct model_files *to, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT((size_t)4 << 20);
	struct err why;
	if (file_read(path, &text, &why) < 0) {
		if (why.sys_errno != ENOENT) {
			if (e)
				*e = why;
			return -1;
		}
		strings_add(&to->notes, a, "there is no config.json: the KV cache is not known");
		return 0;
	}
	CLEANUP(json_unref) json_t *root = json_read(text.data ? text.data : "", text.len,
						     JSON_DEPTH_MAX, e);
	if (!root)
		return err_prefix(e, "%s: ", path);
	const json_t *language = language_part(root);
	struct dims d = {0};
	const char *type = json_text(language, "model_type", json_text(root, "model_type", ""));
	to->model_type = arena_str(a, json_text(root, "model_type", type));
	if (first_of(root, "decoder_layers"))
		take_decoder(root, &d);
	else
		take_language(language, &d);
	use_defaults(&d, type, a, to);
	if (strcmp(type, "qwen") == 0)
		d.ffn /= 2;
	d.vocab = first_of(language, "vocab_size padded_vocab_size");
	take_tower(root, &d);
	if (!d.kv_heads)
		d.kv_heads = d.heads;
	if (!d.head_dim && d.heads)
		d.head_dim = d.hidden / d.heads;
	to->dims = d;
	const char *dtype = find_dtype(root, language);
	if (dtype && !to->dtype)
		to->dtype = arena_str(a, str_starts(dtype, "torch.") ? dtype + 6 : dtype);
	return 0;
}
