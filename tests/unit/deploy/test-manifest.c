/* tests/unit/deploy/test-manifest.c - deploy.yaml: what is read, and what is refused where.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "catalog/catalog.h"
#include "deploy/launch.h"
#include "deploy/manifest.h"
#include "deploy/up.h"

static char path[] = "/tmp/assay-manifest-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static int read_text(const char *text, size_t len, struct arena *a, struct manifest *m,
		     struct err *e)
{
	assert_int_equal(file_write(path, text, len, e), 0);
	return manifest_read(path, a, m, e);
}

static const char whole[] =
	"assay: 1\n"
	"deploy:\n"
	"  asr: {recipe: whisper, model: /data/whisper-large-v3, devices: auto, port: 8001, "
	"replicas: 2, env: {OMP_NUM_THREADS: 1}, ready: 300s, restart: on-failure}\n"
	"  vlm: {recipe: vllm-ascend, model: /data/Qwen2-VL-7B, devices: [2, 3], port: 8003, "
	"in: {docker: \"vllm-ascend:v0.18.0\"}, args: [\"--max-model-len\", \"16384\"]}\n"
	"  own: {command: [\"python3\", \"serve.py\", \"--port\", \"{port}\", "
	"'{\"image\":4}'], devices: [4], port: 8004, ready: {url: \"/health\"}, "
	"proof: required}\n"
	"  tts: {recipe: flite, port: 8002}\n";

static void test_whole(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct manifest m;
	struct err e = {0};
	if (read_text(whole, sizeof(whole) - 1, a, &m, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(m.n, 4);
	const struct unit *asr = &m.units[0], *vlm = &m.units[1], *own = &m.units[2];
	assert_true(asr->devices.chosen && asr->devices.n == 1);
	assert_int_equal(asr->replicas, 2);
	assert_true(asr->ready.within_ns == 300 * NS_PER_S && asr->ready.request);
	assert_string_equal(asr->protocol, "transcribe");
	assert_string_equal(asr->ready.url, "/health");
	assert_string_equal(asr->env.items[0], "OMP_NUM_THREADS=1");
	assert_string_equal(asr->model_name, "whisper-large-v3");
	assert_int_equal(vlm->devices.ids[1], 3);
	assert_string_equal(vlm->inside.runtime, "docker");
	assert_null(vlm->dir);
	assert_string_equal(own->ready.url, "/health");
	assert_null(own->protocol);
	assert_int_equal(own->proof, PROOF_REQUIRED);
	assert_true(m.units[3].devices.cpu);
	assert_string_equal(m.name, manifest_name(path, a));
}

static void test_words(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct manifest m;
	struct launch l;
	struct accels none = {0};
	struct err e = {0};
	static const int64_t devices[] = {2, 3};
	assert_int_equal(read_text(whole, sizeof(whole) - 1, a, &m, &e), 0);
	struct launch_place at = {.port = 8004, .devices = devices, .n_devices = 2,
				  .accels = &none, .state = "/state"};
	assert_int_equal(launch_make(&m, &m.units[2], &at, a, &l, &e), 0);
	assert_string_equal(l.words.items[3], "8004");
	assert_string_equal(l.words.items[4], "{\"image\":4}");	/* no placeholder of ours */
	assert_true(strings_has(&l.env, "ASCEND_RT_VISIBLE_DEVICES=2,3"));
	assert_true(strings_has(&l.env, "ASSAY_DEPLOYED=/state#own.0"));
	assert_null(l.url);
	assert_int_equal(launch_make(&m, &m.units[0], &at, a, &l, &e), 0);
	assert_true(strings_has(&l.env, "OMP_NUM_THREADS=1"));
	assert_non_null(strstr(l.words.items[4], "--model '/data/whisper-large-v3' "
			       "--device npu:0"));
	assert_string_equal(l.url, "http://127.0.0.1:8004/transcribe");
	assert_int_equal(launch_make(&m, &m.units[1], &at, a, &l, &e), 0);
	assert_string_equal(l.words.items[0], "docker");
	assert_true(strings_has(&l.words, "/dev/davinci3"));
	assert_false(strings_has(&l.words, "/dev/davinci0"));
	assert_true(strings_has(&l.words, "ASCEND_RT_VISIBLE_DEVICES=0,1"));
}

#define TOP "assay: 1\ndeploy:\n"

static void test_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *place, *words;
	} rows[] = {
		{"assay: 1\n", ":1:1: ", "there is no map 'deploy'"},
		{"deploys: {}\n", ":1:10: ", "'deploys' is none of"},
		{TOP "  a: {recipe: wisper, model: m, devices: auto}\n", ":3:15: ",
		 "did you mean 'whisper'?"},
		{TOP "  a: {recipe: whisper, devices: auto}\n", ":3:6: ", "needs 'model'"},
		{TOP "  a: {recipe: flite, model: m}\n", ":3:6: ", "takes no model"},
		{TOP "  a: {recipe: flite, devices: [0]}\n", ":3:31: ", "CPU only"},
		{TOP "  a: {recipe: whisper, model: m}\n", ":3:6: ", "say its devices"},
		{TOP "  a: {recipe: whisper, model: m, devices: [x]}\n", ":3:44: ",
		 "a device is a number"},
		{TOP "  a: {recipe: whisper, model: m, devices: [1, 1]}\n", ":3:47: ", "twice"},
		{TOP "  a: {recipe: whisper, model: m, devices: auto:0}\n", ":3:43: ", "auto:N"},
		{TOP "  a: {recipe: whisper, model: m, devices: [1, 2, 3], replicas: 2}\n",
		 ":3:43: ", "cannot be shared out"},
		{TOP "  a: {recipe: flite, prot: 1}\n", ":3:22: ", "did you mean"},
		{TOP "  a: {recipe: flite, port: 70000}\n", ":3:28: ", "port"},
		{TOP "  a: {recipe: flite, port: 8001, replicas: 3}\n"
		     "  b: {recipe: flite, port: 8021}\n", ":4:28: ", "share port 8021"},
		{TOP "  a: {recipe: flite, command: [x]}\n", ":3:6: ", "either recipe or command"},
		{TOP "  a: {command: [x], devices: [cpu]}\n", ":3:6: ", "how to see that"},
		{TOP "  a: {command: [x], devices: [cpu], protocol: nix, route: /}\n", ":3:47: ",
		 "no protocol 'nix'"},
		{TOP "  a: {recipe: flite, ready: soon}\n", ":3:29: ", "ready"},
		{TOP "  a: {recipe: flite, ready: {url: health}}\n", ":3:29: ", "is a path"},
		{TOP "  a: {recipe: flite, in: {lxc: x}}\n", ":3:26: ", "docker: IMAGE"},
		{TOP "  a: {recipe: flite, restart: sometimes}\n", ":3:31: ", "never|on-failure"},
		{TOP "  a: {recipe: flite, asks: [smell]}\n", ":3:6: ", "text, image and audio"},
		{TOP "  A_b: {recipe: flite}\n", ":3:8: ", "small letters"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct manifest m;
		struct err e = {0};
		assert_int_equal(read_text(rows[i].text, strlen(rows[i].text), a, &m, &e), -1);
		if (!strstr(e.text, rows[i].place) || !strstr(e.text, rows[i].words))
			fail_msg("row %zu: %s (wanted %s… %s)", i, e.text, rows[i].place,
				 rows[i].words);
		assert_int_equal(e.code, ERR_USAGE);
	}
}

/* Whatever is left of it: read, or refused with words. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(whole); len += 3) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct manifest m = {0};
		struct err e = {0};
		int rc = read_text(whole, len, a, &m, &e);
		assert_true(rc == 0 ? m.n > 0 : e.text[0] != '\0');
	}
}

static void test_recipes(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	static const char *const needed[] = {
		"whisper", "funasr", "cosyvoice", "chattts", "vits", "vision-language",
		"audio-language", "vllm", "vllm-ascend", "mindie", "llama-server",
		"whisper-server", "pocketsphinx", "flite", "espeak", "vision",
	};
	struct recipes r;
	struct err e = {0};
	assert_int_equal(recipes_load(NULL, a, &r, &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		assert_non_null(recipe_find(&r, needed[i]));
}

/* Every model of the catalogue has a recipe, or a route of its own that says why not. */
static void test_recipes_of_models(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct recipes recipes;
	struct catalog c;
	struct err e;
	assert_int_equal(recipes_load(NULL, a, &recipes, &e), 0);
	assert_int_equal(catalog_load(NULL, a, &c, &e), 0);
	for (size_t i = 0; i < c.n_models; i++) {
		const struct model *m = &c.models[i];
		if (m->recipes.n == 0 && strcmp(m->name, "indextts2") != 0)
			fail_msg("%s has no recipe", m->name);
		for (size_t k = 0; k < m->recipes.n; k++) {
			const struct recipe *r = recipe_find(&recipes, m->recipes.items[k]);
			if (!r)
				fail_msg("%s: no recipe %s", m->name, m->recipes.items[k]);
			assert_string_equal(r->kind, m->task);
		}
	}
}

static void test_worker_args(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;	/* of the error, or of the command */
		bool fine;
	} rows[] = {
		{"{recipe: cosyvoice, model: /m, devices: [cpu], worker_args: "
		 "[\"--prompt-text\", \"a b\"]}", "--device cpu '--prompt-text' 'a b'", true},
		{"{recipe: vllm, model: /m, devices: [0], worker_args: [x]}", "no Python worker",
		 false},
		{"{recipe: vits, model: /m, devices: [cpu], worker_args: [\"it's\"]}",
		 "worker_args are not supported", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct manifest m;
		struct launch l = {0};
		struct accels none = {0};
		struct launch_place at = {.port = 1, .accels = &none, .state = "/s"};
		struct err e = {0};
		const char *text = arena_fmt(a, "deploy:\n  x: %s\n", rows[i].text);
		int rc = read_text(text, strlen(text), a, &m, &e);
		if (rc == 0)
			rc = launch_make(&m, &m.units[0], &at, a, &l, &e);
		assert_int_equal(rc, rows[i].fine ? 0 : -1);
		const char *got = e.text;
		for (size_t k = 0; rc == 0 && k < l.words.n; k++)
			if (strcmp(l.words.items[k], "--worker-command") == 0)
				got = l.words.items[k + 1];
		if (!strstr(got, rows[i].words))
			fail_msg("%s", got);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_words),
		cmocka_unit_test(test_wrong), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_recipes),
		cmocka_unit_test(test_recipes_of_models),
		cmocka_unit_test(test_worker_args),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
