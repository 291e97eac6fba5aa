/* tests/unit/catalog/test-model-dir.c - model folders as they really look, and broken ones.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "catalog/model_dir.h"

static struct arena *arena;
static char dir[32];

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	(void)snprintf(dir, sizeof(dir), "/tmp/assay-model-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct err e;
	(void)state;
	arena = arena_free(arena);
	return file_remove_tree(dir, &e);
}

static const char *put(const char *name, const void *data, size_t len)
{
	const char *path = arena_fmt(arena, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return path;
}

static void put_text(const char *name, const char *text)
{
	(void)put(name, text, strlen(text));
}

/* A safetensors file of one tensor [rows, 8] and another [8]. */
static struct buf tensors(int rows, const char *dtype, int width)
{
	struct buf b = BUF_INIT(1 << 20);
	struct buf json = BUF_INIT(1 << 16);
	unsigned char head[8] = {0};
	int end = rows * 8 * width;
	(void)buf_fmt(&json, "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"%s\","
		      "\"shape\":[%d,8],\"data_offsets\":[0,%d]},\"b\":{\"dtype\":\"F32\","
		      "\"shape\":[8],\"data_offsets\":[%d,%d]}}", dtype, rows, end, end, end + 32);
	head[0] = (unsigned char)json.len;
	head[1] = (unsigned char)(json.len >> 8);
	(void)buf_add(&b, head, 8);
	(void)buf_add(&b, json.data, json.len);
	for (int i = 0; i < end + 32; i++)
		(void)buf_char(&b, 'x');
	buf_release(&json);
	return b;
}

static struct model_files read_ok(void)
{
	struct err e;
	struct model_files m;
	if (model_files_read(dir, arena, &m, &e) < 0)
		fail_msg("%s", e.text);
	return m;
}

static void test_shards_of_an_index(void **state)
{
	(void)state;
	struct buf one = tensors(10, "BF16", 2);
	struct buf two = tensors(20, "BF16", 2);
	(void)put("m-1.safetensors", one.data, one.len);
	(void)put("m-2.safetensors", two.data, two.len);
	(void)put("old.fp32.safetensors", two.data, two.len);	/* not in the index */
	put_text("pytorch_model.bin", "twice");
	put_text("model.safetensors.index.json",
		 "{\"metadata\":{\"total_size\":1},\"weight_map\":{\"x\":\"m-1.safetensors\","
		 "\"y\":\"m-2.safetensors\",\"z\":\"m-2.safetensors\"}}");
	put_text("config.json",
		 "{\"model_type\":\"qwen2_vl\",\"hidden_size\":64,\"num_hidden_layers\":3,"
		 "\"num_attention_heads\":8,\"num_key_value_heads\":2,"
		 "\"torch_dtype\":\"bfloat16\"}");
	struct model_files m = read_ok();
	assert_int_equal(m.bytes, 10 * 16 + 32 + 20 * 16 + 32);
	assert_true(m.parameters == 10 * 8 + 8 + 20 * 8 + 8);
	assert_string_equal(m.dtype, "bfloat16");
	assert_int_equal(m.problems.n, 0);
	assert_int_equal(m.dims.head_dim, 8);
	assert_int_equal(m.dims.kv_heads, 2);
	assert_int_equal(truncate(arena_fmt(arena, "%s/m-1.safetensors", dir),
				  (off_t)one.len - 5), 0);
	assert_int_equal(unlink(arena_fmt(arena, "%s/m-2.safetensors", dir)), 0);
	m = read_ok();
	assert_int_equal(m.problems.n, 2);
	buf_release(&one);
	buf_release(&two);
}

static void test_configs_with_traps(void **state)
{
	(void)state;
	static const struct {
		const char *json;
		struct dims want;
	} rows[] = {
		{"{\"model_type\":\"llava\",\"text_config\":{\"model_type\":\"llama\","
		 "\"vocab_size\":32064,\"max_position_embeddings\":4096}}",
		 {4096, 32, 32, 32, 128, 11008, 32064, 0, 4096}},
		{"{\"model_type\":\"qwen2_audio\",\"text_config\":{\"model_type\":\"qwen2\","
		 "\"intermediate_size\":11008,\"vocab_size\":156032}}",
		 {4096, 32, 32, 32, 128, 11008, 156032, 0, 0}},
		{"{\"model_type\":\"qwen\",\"hidden_size\":4096,\"num_hidden_layers\":32,"
		 "\"num_attention_heads\":32,\"intermediate_size\":22016,\"kv_channels\":128,"
		 "\"vocab_size\":151936,\"seq_length\":8192}",
		 {4096, 32, 32, 32, 128, 11008, 151936, 0, 8192}},
		{"{\"model_type\":\"whisper\",\"d_model\":1280,\"encoder_layers\":32,"
		 "\"decoder_layers\":4,\"decoder_attention_heads\":20,\"decoder_ffn_dim\":5120,"
		 "\"max_source_positions\":1500,\"max_target_positions\":448,"
		 "\"vocab_size\":51866}",
		 {1280, 4, 20, 20, 64, 5120, 51866, 1500, 448, .tower_width = 1280,
		  .tower_positions = 1500}},
		/* CogVLM2: other names, and no heads of the keys told but these */
		{"{\"architectures\":[\"CogVLMForCausalLM\"],\"hidden_size\":4096,"
		 "\"num_hidden_layers\":32,\"num_attention_heads\":32,"
		 "\"num_multi_query_heads\":8,\"intermediate_size\":14336,\"vocab_size\":128256,"
		 "\"vision_config\":{\"hidden_size\":1792,\"intermediate_size\":15360,"
		 "\"image_size\":1344,\"patch_size\":14}}",
		 {4096, 32, 32, 8, 128, 14336, 128256, .tower_width = 1792, .tower_ffn = 15360,
		  .tower_positions = 9217}},
		/* InternVL2: llm_config; no kv heads means as many as heads */
		{"{\"model_type\":\"internvl_chat\",\"llm_config\":{\"hidden_size\":64,"
		 "\"num_hidden_layers\":2,\"num_attention_heads\":4,\"vocab_size\":9},"
		 "\"vision_config\":{\"hidden_size\":1024,\"intermediate_size\":4096}}",
		 {64, 2, 4, 4, 16, 0, 9, .tower_width = 1024, .tower_ffn = 4096}},
		/* GLM: n_kv_heads and its like, padded_vocab_size */
		{"{\"language_config\":{\"hidden_size\":4096,\"num_layers\":40,"
		 "\"num_attention_heads\":32,\"n_kv_heads\":2,\"kv_channels\":128,"
		 "\"ffn_hidden_size\":13696,\"padded_vocab_size\":151552,\"seq_length\":8192}}",
		 {4096, 40, 32, 2, 128, 13696, 151552, 0, 8192}},
		/* Qwen2-VL: hidden_size of the tower is that of the language model */
		{"{\"hidden_size\":3584,\"num_hidden_layers\":28,\"num_attention_heads\":28,"
		 "\"num_key_value_heads\":4,\"vision_config\":{\"embed_dim\":1280,"
		 "\"hidden_size\":3584}}",
		 {3584, 28, 28, 4, 128, .tower_width = 1280, .tower_ffn = 5120}},
		/* a mixture of experts */
		{"{\"hidden_size\":2048,\"num_hidden_layers\":48,\"num_attention_heads\":32,"
		 "\"num_key_value_heads\":4,\"head_dim\":128,\"num_experts\":128,"
		 "\"num_experts_per_tok\":8,\"moe_intermediate_size\":768}",
		 {2048, 48, 32, 4, 128, .experts = 128, .active_experts = 8, .expert_ffn = 768}},
		{"{\"thinker_config\":{\"text_config\":{\"hidden_size\":64,\"num_hidden_layers\":2,"
		 "\"num_attention_heads\":4,\"multi_query_group_num\":2,\"head_dim\":32}}}",
		 {64, 2, 4, 2, 32, 0, 0, 0, 0}},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;
		struct model_files m = {.parameters = NAN};
		put_text("config.json", rows[i].json);
		assert_int_equal(model_config_read(arena_fmt(arena, "%s/config.json", dir), arena,
						   &m, &e), 0);
		assert_memory_equal(&m.dims, &rows[i].want, sizeof(m.dims));
	}
}

/* The type of numbers may stand at any level, under either name, with "torch." before it. */
static void test_dtype_anywhere(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{"{\"torch_dtype\":\"bfloat16\"}", "bfloat16"},
		{"{\"dtype\":\"torch.float16\"}", "float16"},
		{"{\"text_config\":{\"torch_dtype\":\"float16\"}}", "float16"},
		{"{\"thinker_config\":{\"dtype\":\"bfloat16\",\"text_config\":{}}}", "bfloat16"},
		{"{\"vision_config\":{\"dtype\":\"bfloat16\"}}", "bfloat16"},
		{"{}", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;
		struct model_files m = {.parameters = NAN};
		put_text("config.json", rows[i][0]);
		assert_int_equal(model_config_read(arena_fmt(arena, "%s/config.json", dir), arena,
						   &m, &e), 0);
		if (!rows[i][1])
			assert_null(m.dtype);
		else
			assert_string_equal(m.dtype ? m.dtype : "", rows[i][1]);
	}
}

/* Packed numbers are no parameters; their size is what counts. */
static void test_quantised(void **state)
{
	(void)state;
	struct buf b = tensors(100, "I32", 4);
	(void)put("model.safetensors", b.data, b.len);
	struct model_files m = read_ok();
	assert_string_equal(m.dtype, "quantised (I32)");
	assert_true(isnan(m.parameters));
	assert_int_equal(m.bytes, 100 * 8 * 4 + 32);
	buf_release(&b);
}

static void test_broken_safetensors(void **state)
{
	(void)state;
	struct buf b = tensors(4, "F16", 2);
	for (size_t len = 0; len < b.len; len++) {
		struct err e;
		struct model_files m = {.parameters = NAN};
		const char *path = put("model.safetensors", b.data, len);
		int rc = safetensors_read(path, arena, &m, &e);
		assert_true(rc == -1 || m.problems.n == 1);	/* never taken for whole */
	}
	struct err e;
	struct model_files m = {.parameters = NAN};
	assert_int_equal(safetensors_read(put("model.safetensors", b.data, b.len), arena, &m, &e),
			 0);
	assert_int_equal(m.problems.n, 0);
	assert_string_equal(m.dtype, "float16");
	buf_release(&b);
}

static void add_text(struct buf *b, const char *text)
{
	uint64_t n = strlen(text);
	(void)buf_add(b, &n, 8);
	(void)buf_str(b, text);
}

static void add_u32(struct buf *b, const char *key, uint32_t v)
{
	uint32_t type = 4;
	add_text(b, key);
	(void)buf_add(b, &type, 4);
	(void)buf_add(b, &v, 4);
}

static void test_gguf(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(1 << 16);
	const uint32_t magic = 0x46554747, version = 3, text = 8, n_dims = 2, f16 = 1;
	const uint64_t tensors_n = 1, pairs = 5, offset = 0, shape[] = {64, 10};
	(void)buf_add(&b, &magic, 4);
	(void)buf_add(&b, &version, 4);
	(void)buf_add(&b, &tensors_n, 8);
	(void)buf_add(&b, &pairs, 8);
	add_text(&b, "general.architecture");
	(void)buf_add(&b, &text, 4);
	add_text(&b, "llama");
	add_u32(&b, "llama.embedding_length", 64);
	add_u32(&b, "llama.block_count", 2);
	add_u32(&b, "llama.attention.head_count", 8);
	add_u32(&b, "llama.attention.head_count_kv", 2);
	add_text(&b, "blk.0.w");
	(void)buf_add(&b, &n_dims, 4);
	(void)buf_add(&b, shape, 16);
	(void)buf_add(&b, &f16, 4);
	(void)buf_add(&b, &offset, 8);
	for (size_t len = 0; len < b.len; len++) {
		struct err e;
		struct model_files m = {.parameters = NAN};
		assert_int_equal(gguf_read(put("m.gguf", b.data, len), arena, &m, &e), -1);
	}
	(void)put("m.gguf", b.data, b.len);
	struct model_files m = read_ok();
	assert_true(m.parameters == 640);
	assert_int_equal(m.bytes, b.len);
	assert_string_equal(m.model_type, "llama");
	assert_int_equal(m.dims.layers, 2);
	assert_int_equal(m.dims.head_dim, 8);
	assert_int_equal(m.dims.kv_heads, 2);
	put_text("n.gguf", "x");
	struct err e;
	assert_int_equal(model_files_read(dir, arena, &m, &e), -1);
	assert_non_null(strstr(e.text, "name one file"));
	buf_release(&b);
}

static void test_folders_without_weights(void **state)
{
	(void)state;
	struct err e;
	struct model_files m;
	assert_int_equal(model_files_read(dir, arena, &m, &e), -1);
	assert_non_null(strstr(e.text, "holds no weights"));
	assert_int_equal(model_files_read("/nonexistent/x", arena, &m, &e), -1);
	put_text("model.pt", "0123456789");
	m = read_ok();
	assert_int_equal(m.bytes, 10);
	assert_true(isnan(m.parameters));
	put_text("config.json", "{\"a\": ");
	assert_int_equal(model_files_read(dir, arena, &m, &e), -1);
	assert_non_null(strstr(e.text, "config.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shards_of_an_index, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_configs_with_traps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dtype_anywhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_quantised, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_broken_safetensors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gguf, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folders_without_weights, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
