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
}

static const char *find_dtype(const json_t *root, const json_t *language)
{
	static const char *const keys[] = {"torch_dtype", "dtype"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *text = json_text(root, keys[i], json_text(language, keys[i], NULL));
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
	d.vocab = first_of(language, "vocab_size");
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
