/* tests/unit/deploy/test-render.c - rendered files against tests/golden/deploy; GOLDEN_WRITE=1
 * writes them anew.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "base/file.h"
#include "base/yaml.h"
#include "deploy/render.h"

static void make(struct arena *a, struct manifest *m, struct up_plan *p)
{
	struct err e = {0};
	if (manifest_read(source_file("tests/golden/deploy/deploy.yaml"), a, m, &e) < 0)
		fail_msg("%s", e.text);
	m->path = "/etc/assay/deploy.yaml";
	m->name = "deploy-00000000";
	if (up_make(m, NULL, a, p, &e) < 0)
		fail_msg("%s", e.text);
}

static void compare(const char *name, const char *text)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct err e = {0};
	CLEANUP(buf_release) struct buf want = BUF_INIT((size_t)1 << 20);
	const char *path = arena_fmt(a, "%s/%s", source_file("tests/golden/deploy"), name);
	if (getenv("GOLDEN_WRITE"))
		assert_int_equal(file_write(path, text, strlen(text), &e), 0);
	if (file_read(path, &want, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(want.data, text);
}

static void test_forms(void **state)
{
	(void)state;
	static const struct {
		const char *kind;
		size_t files;
	} rows[] = {{"systemd", 4}, {"compose", 1}, {"kubernetes", 1}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct manifest m;
		struct up_plan p;
		struct rendering r;
		struct err e = {0};
		make(a, &m, &p);
		if (render(rows[i].kind, &p, NULL, a, &r, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(r.n, rows[i].files);
		for (size_t k = 0; k < r.n; k++)
			compare(r.files[k].name, r.files[k].text);
	}
}

/* The compose file is YAML, and says what was asked for. */
static void test_compose_parses(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct manifest m;
	struct up_plan p;
	struct rendering r;
	struct err e = {0};
	make(a, &m, &p);
	assert_int_equal(render("compose", &p, NULL, a, &r, &e), 0);
	const struct yaml_node *root = yaml_parse(r.files[0].text, strlen(r.files[0].text), "c", a,
						  &e);
	assert_non_null(root);
	const struct yaml_node *own = yaml_find(yaml_find(root, "services"), "own-0");
	assert_non_null(own);
	const struct yaml_node *words = yaml_find(own, "command");
	assert_string_equal(words->pairs[words->n - 1].value->text, "100% $$HOME \"x\"");
	assert_string_equal(yaml_find(own, "image")->text, "own:1");
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *kind, *text, *words;
	} rows[] = {
		{"compose", "{recipe: flite, port: 1}", "has no image"},
		{"kubernetes", "{recipe: flite, port: 1, in: {docker: x}}", "host: 0.0.0.0"},
		{"systemd", "{recipe: flite}", "needs its port"},
		{"systemd", "{recipe: mindie, model: m, devices: [0], port: 1}",
		 "only assay up does that"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		char path[] = "/tmp/assay-render-XXXXXX";
		struct manifest m;
		struct up_plan p;
		struct rendering r;
		struct err e = {0};
		const char *text = arena_fmt(a, "assay: 1\ndeploy:\n  a: %s\n", rows[i].text);
		int fd = mkstemp(path);
		assert_true(fd >= 0);
		assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
		(void)close(fd);
		if (manifest_read(path, a, &m, &e) < 0)
			fail_msg("%s", e.text);
		int rc = up_make(&m, NULL, a, &p, &e);
		if (rc == 0)
			rc = render(rows[i].kind, &p, NULL, a, &r, &e);
		(void)unlink(path);
		assert_int_equal(rc, -1);
		if (!strstr(e.text, rows[i].words))
			fail_msg("%s", e.text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms), cmocka_unit_test(test_compose_parses),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
