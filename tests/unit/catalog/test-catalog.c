/* tests/unit/catalog/test-catalog.c - published parameter counts, and plans for devices.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/file.h"
#include "base/json.h"
#include "catalog/fit.h"
#include "catalog/parts.h"

static struct arena *arena;
static struct catalog catalog;

static int set_up(void **state)
{
	struct err e;
	(void)state;
	arena = arena_new();
	return catalog_load(NULL, arena, &catalog, &e);
}

static int tear_down(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return 0;
}

/* Counts that the models' publishers give (sum of the tensors of their files). They are
 * written here again, so that the data file cannot agree with itself only. */
static void test_published_counts(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double millions;
	} rows[] = {
		{"whisper-large-v3", 1543.49}, {"whisper-large-v3-turbo", 808.88},
		{"paraformer-large", 220.1}, {"sensevoice-small", 234.0},
		{"llava-1.5-7b", 7063.4}, {"qwen-vl-chat", 9656.9}, {"qwen2-vl-7b", 8291.4},
		{"qwen2.5-vl-7b", 8292.2}, {"internvl2-8b", 8075.4}, {"internvl3-8b", 7944.4},
		{"qwen2-audio-7b", 8397.1}, {"chattts", 225.2}, {"qwen3-vl-8b", 8767.12},
		{"internvl3.5-8b", 8528.32}, {"minicpm-v-2.6", 8099.18},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct model *m = catalog_model(&catalog, rows[i].name);
		assert_non_null(m);
		double n = model_parameters(m) / 1e6;
		if (fabs(n / rows[i].millions - 1) > 0.001)
			fail_msg("%s: %.2f M, published %.2f M", rows[i].name, n,
				 rows[i].millions);
	}
	for (size_t i = 0; i < catalog.n_models; i++) {
		const struct model *m = &catalog.models[i];
		if (!isnan(m->published))
			assert_true(fabs(model_parameters(m) / m->published - 1) < 0.001);
		assert_true(m->n_routes > 0);
		for (size_t k = 0; k < m->n_routes; k++)
			assert_true(*m->routes[k].source && *m->routes[k].checked_on);
	}
}

/* Qwen3-30B-A3B has 30.53 billion parameters; 3.3 billion work on each token (its page). */
static void test_experts(void **state)
{
	(void)state;
	const struct part_kind *k = part_kind_find("moe");
	assert_non_null(k);
	struct part p = {.kind = k, .v = {2048, 48, 32, 4, 128, 128, 8, 768, 151936, 0, 1}};
	assert_true(k->parameters(p.v) == 30532122624.);
	double read = part_read_per_token(&p) + 151936. * 2048;	/* the table is not read */
	assert_true(fabs(read / 3.35e9 - 1) < 0.01);
	struct part one = {.kind = part_kind_find("given"), .v = {100, 7}};
	assert_true(part_read_per_token(&one) == 7);
	struct part tower = {.kind = part_kind_find("norm"), .v = {100}};
	assert_true(part_read_per_token(&tower) == 0);
}

static void test_names(void **state)
{
	(void)state;
	const struct model *m = catalog_model(&catalog, "Qwen/Qwen2-VL-7B-Instruct");
	assert_non_null(m);
	assert_string_equal(m->name, "qwen2-vl-7b");
	assert_ptr_equal(catalog_model(&catalog, "QWEN2_VL_7B"), m);
	assert_null(catalog_model(&catalog, "qwen2-vl"));
	assert_string_equal(catalog_nearest_model(&catalog, "qwen2-vl-8b"), "qwen2-vl-7b");
	const struct chip *c = catalog_chip(&catalog, "910b3");
	assert_non_null(c);
	assert_true(c->bf16);
	assert_int_equal(c->memory_bytes, 64ull << 30);
	assert_null(catalog_chip(&catalog, "910B9"));
}

static json_t *plan(const char *model, const char *chip, int64_t devices, int64_t max_len,
		    int64_t concurrent, const char *dtype)
{
	struct err e;
	struct fit_ask ask = {
		.model = catalog_model(&catalog, model), .chip = catalog_chip(&catalog, chip),
		.devices = devices, .max_len = max_len, .concurrent = concurrent, .dtype = dtype,
	};
	json_t *j = fit_plan(&ask, arena, &e);
	assert_non_null(j);
	return j;
}

static int64_t whole(const json_t *j, const char *path)
{
	int64_t v = -1;
	assert_true(json_whole(j, path, &v));
	return v;
}

static bool has_reason(const json_t *j, const char *words)
{
	const json_t *list = json_object_get(j, "reasons");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strstr(json_string_value(json_array_get(list, i)), words))
			return true;
	return false;
}

static void test_terms(void **state)
{
	(void)state;
	CLEANUP(json_unref) json_t *j = plan("qwen2-vl-7b", "910B3", 1, 1000, 7, NULL);
	assert_string_equal(json_text(j, "dtype", ""), "bfloat16");
	assert_int_equal(whole(j, "parameters"), 8291375616);
	assert_int_equal(whole(j, "bytes.weights"), 2 * 8291375616);
	assert_int_equal(whole(j, "bytes.kv_cache"), (int64_t)57344 * 1000 * 7);
	assert_int_equal(whole(j, "bytes.total"), whole(j, "per_device_bytes"));
	assert_int_equal(whole(j, "bytes.total"),
			 whole(j, "bytes.weights") + whole(j, "bytes.kv_cache") +
			 whole(j, "bytes.activation") + whole(j, "bytes.runtime") +
			 whole(j, "bytes.idle"));
	assert_true(json_is_true(json_object_get(j, "fits")));
	/* 2 * (7615616512 - 152064 * 3584) bytes at 0.6 * 1759 GB/s */
	double tpot;
	assert_true(json_number(j, "tpot_lower_bound_s", &tpot));
	assert_true(fabs(tpot - 2 * (7615616512. - 544997376.) / (0.6 * 1759e9)) < 1e-6);
	CLEANUP(json_unref) json_t *w = plan("whisper-large-v3", "910B3", 1, 448, 1, NULL);
	assert_int_equal(whole(w, "bytes.kv_cache"), (int64_t)163840 * (448 + 1500));
}

static const json_t *term_of(const json_t *j, const char *name)
{
	const json_t *list = json_object_get(j, "terms");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_text(json_array_get(list, i), "name", ""), name) == 0)
			return json_array_get(list, i);
	return NULL;
}

static bool estimated(const json_t *j, const char *name)
{
	const json_t *term = term_of(j, name);
	assert_non_null(term);
	assert_true(*json_text(term, "formula", ""));
	return json_is_true(json_object_get(term, "estimated"));
}

/* What was measured or counted is not called an estimate, and the other way round. */
static void test_estimates_are_named(void **state)
{
	(void)state;
	CLEANUP(json_unref) json_t *j = plan("qwen2-vl-7b", "910B3", 1, 0, 0, NULL);
	assert_false(estimated(j, "weights"));
	assert_false(estimated(j, "kv_cache"));
	assert_true(estimated(j, "activation"));
	assert_true(estimated(j, "runtime"));
	assert_true(estimated(j, "idle"));
	assert_true(estimated(j, "encoder"));
	double bytes;
	/* 4096 patches * (4 * 1280 + 2 * 5120) * 2 bytes */
	assert_true(json_number(term_of(j, "encoder"), "bytes", &bytes));
	assert_true(bytes == 4096. * (4 * 1280 + 2 * 5120) * 2);
	CLEANUP(json_unref) json_t *w = plan("whisper-large-v3", "910B3", 1, 0, 3, NULL);
	assert_true(json_number(term_of(w, "encoder"), "bytes", &bytes));
	assert_true(bytes == 3 * 1500. * (4 * 1280 + 2 * 5120) * 2);
	CLEANUP(json_unref) json_t *given = plan("vits-ljs", "910A", 1, 0, 0, NULL);
	assert_true(estimated(given, "weights"));
	assert_null(term_of(given, "encoder"));
	assert_non_null(strstr(json_text(term_of(given, "idle"), "formula", ""), "not known"));
	struct err e;
	struct fit_ask ask = {.model = catalog_model(&catalog, "qwen2-vl-7b"), .devices = 1,
			      .chip = catalog_chip(&catalog, "910B3"), .idle_bytes = 1 << 30};
	CLEANUP(json_unref) json_t *measured = fit_plan(&ask, arena, &e);
	assert_false(estimated(measured, "idle"));
}

/* A folder: experts that do not work are not read; a cache that is not known is not 0. */
static void test_folders(void **state)
{
	(void)state;
	struct err e;
	struct model_files f = {
		.path = "m", .how = "h", .dtype = "bfloat16", .bytes = 61064245248,
		.parameters = 30532122624,
		.dims = {.hidden = 2048, .layers = 48, .heads = 32, .kv_heads = 4, .head_dim = 128,
			 .ffn = 6144, .vocab = 151936, .experts = 128, .active_experts = 8,
			 .expert_ffn = 768},
	};
	struct fit_ask ask = {.files = &f, .chip = catalog_chip(&catalog, "910B3"), .devices = 2};
	CLEANUP(json_unref) json_t *j = fit_plan(&ask, arena, &e);
	double tpot;
	assert_true(json_number(j, "tpot_lower_bound_s", &tpot));
	double experts = 48. * 128 * 3 * 2048 * 768;
	double want = 2 * (30532122624. - experts + experts / 16) / 2 / (0.6 * 1759e9);
	assert_true(fabs(tpot / want - 1) < 1e-6);
	struct model_files pt = {.path = "m.pt", .how = "the file itself", .bytes = 1000,
				 .parameters = NAN};
	ask = (struct fit_ask){.files = &pt, .chip = catalog_chip(&catalog, "910B3")};
	CLEANUP(json_unref) json_t *u = fit_plan(&ask, arena, &e);
	int64_t kv;
	assert_false(json_whole(u, "bytes.kv_cache", &kv));
	assert_null(term_of(u, "kv_cache"));
	assert_int_equal(whole(u, "bytes.weights"), 1000);
	assert_false(json_whole(u, "parameters", &kv));
	struct model_files packed = pt;
	packed.dtype = "quantised (I32)";
	ask.files = &packed;
	ask.dtype = "float16";
	CLEANUP(json_unref) json_t *q = fit_plan(&ask, arena, &e);
	assert_int_equal(whole(q, "bytes.weights"), 1000);	/* as they are */
}

static void test_what_does_not_fit(void **state)
{
	(void)state;
	CLEANUP(json_unref) json_t *big = plan("cogvlm2", "910B4", 1, 0, 0, NULL);
	assert_true(json_is_false(json_object_get(big, "fits")));
	assert_int_equal(whole(big, "smallest_devices"), 2);
	assert_true(has_reason(big, "GiB"));
	CLEANUP(json_unref) json_t *auto_two = plan("cogvlm2", "910B4", 0, 0, 0, NULL);
	assert_int_equal(whole(auto_two, "devices"), 2);
	assert_true(json_is_true(json_object_get(auto_two, "fits")));
	CLEANUP(json_unref) json_t *three = plan("internvl2-8b", "910B3", 3, 0, 0, NULL);
	assert_true(has_reason(three, "32 heads cannot be split on 3"));
	CLEANUP(json_unref) json_t *kv = plan("qwen2-vl-7b", "910B3", 7, 0, 0, NULL);
	assert_true(has_reason(kv, "4 kv heads cannot be split on 7"));
	CLEANUP(json_unref) json_t *bf = plan("qwen2-vl-7b", "310P3-Duo", 1, 0, 0, "bfloat16");
	assert_true(has_reason(bf, "no BF16"));
	CLEANUP(json_unref) json_t *fp = plan("qwen2-vl-7b", "310P3-Duo", 1, 0, 0, NULL);
	assert_string_equal(json_text(fp, "dtype", ""), "float16");
	assert_true(json_is_true(json_object_get(fp, "fits")));
	CLEANUP(json_unref) json_t *much = plan("qwen2-vl-7b", "910B3", 1, 32768, 64, NULL);
	assert_true(json_is_false(json_object_get(much, "fits")));
	CLEANUP(json_unref) json_t *odd = plan("whisper-large-v3", "910C", 5, 0, 0, NULL);
	assert_true(has_reason(odd, "even number"));
	struct err e;
	struct fit_ask ask = {.model = catalog.models, .chip = catalog.chips, .dtype = "fp4"};
	assert_null(fit_plan(&ask, arena, &e));
	assert_int_equal(e.code, ERR_USAGE);
}

static void add_file(const char *text, const char *words)
{
	struct err e;
	char path[] = "/tmp/assay-catalog-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	const char *names[] = {path};
	struct strings files = {names, 1};
	struct catalog c;
	int rc = catalog_load(&files, arena, &c, &e);
	assert_int_equal(remove(path), 0);
	close_fd(&fd);
	if (words) {
		assert_int_equal(rc, -1);
		if (!strstr(e.text, words))
			fail_msg("%s", e.text);
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(c.n_models, catalog.n_models + 1);
	assert_true(model_parameters(catalog_model(&c, "mine")) == 12);
	assert_int_equal(c.n_chips, catalog.n_chips);	/* replaced, not added */
	assert_int_equal(catalog_chip(&c, "910B3")->memory_bytes, 1ull << 30);
}

static void test_files_of_users(void **state)
{
	(void)state;
	static const char routes[] = "routes: [{platform: cpu, with: x, state: \"yes\", "
				     "checked_on: \"2026-01\", source: me}]}\n";
	char text[1000];
	(void)snprintf(text, sizeof(text),
		       "models:\n  mine: {title: t, task: asr, source: me, "
		       "parts: [{kind: given, parameters: 12}], %s"
		       "chips: {910B3: {vendor: huawei, memory: 1GiB, source: me}}\n", routes);
	add_file(text, NULL);
	(void)snprintf(text, sizeof(text), "models:\n  mine: {title: t, task: asr, source: me, "
		       "parts: [{kind: lama, hidden: 12}], %s", routes);
	add_file(text, ":2:");
	(void)snprintf(text, sizeof(text), "models:\n  mine: {title: t, task: asr, source: me, "
		       "parts: [{kind: linear, in: 12}], %s", routes);
	add_file(text, "needs 'out'");
	(void)snprintf(text, sizeof(text), "models:\n  mine: {title: t, task: asr, source: me, "
		       "parts: [{kind: linear, in: -1, out: 3}], %s", routes);
	add_file(text, "whole number");
	add_file("chips: {x: {vendor: y}}\n", "memory");
	add_file("chip: {}\n", "neither models nor chips");
	add_file("chips: [1]\n", "map of names");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_counts),
		cmocka_unit_test(test_experts),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_estimates_are_named),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_what_does_not_fit),
		cmocka_unit_test(test_files_of_users),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
