/* tests/unit/base/test-yaml.c - trees with places.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/json.h"
#include "base/yaml.h"

static void test_tree_and_places(void **state)
{
	(void)state;
	static const char text[] = "a: 1\nb:\n  - {c: \"2\", d: [x]}\n  - &n {e: ~}\n  - *n\n";
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct err e;
	struct yaml_node *root = yaml_parse(text, strlen(text), "f", a, &e);
	assert_non_null(root);
	struct yaml_node *b = yaml_find(root, "b");
	assert_int_equal(b->n, 3);
	struct yaml_node *c = yaml_find(b->pairs[0].value, "c");
	assert_int_equal(c->line, 3);
	assert_int_equal(c->column, 9);
	assert_true(c->quoted);
	CLEANUP(json_unref) json_t *j = yaml_to_json(root);
	CLEANUP(buf_release) struct buf out = BUF_INIT(1000);
	assert_int_equal(json_write(j, false, &out), 0);
	assert_string_equal(out.data, "{\"a\":1,\"b\":[{\"c\":\"2\",\"d\":[\"x\"]},"
				      "{\"e\":null},{\"e\":null}]}");
}

static void test_bad_files(void **state)
{
	(void)state;
	static const struct {
		const char *text, *part;
	} bad[] = {
		{"a: [1, 2", "f:"}, {"a: 1\n b: 2", "f:2:"}, {"? [x]\n: 1", "f:1:3: a key must be"},
		{"a: 1\n---\nb: 2", "more than one YAML document"}, {"a: &x [*x]", "nested more"},
		{"\tx: 1", "f:1:1"}, {"a: \"\\x00\"", "a NUL character"}, {"a: *nobody", "f:1:4"},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct err e = {0};
		assert_null(yaml_parse(bad[i].text, strlen(bad[i].text), "f", a, &e));
		assert_non_null(strstr(e.text, bad[i].part));
	}
}

static void test_set(void **state)
{
	(void)state;
	static const char text[] = "runs:\n  - {n: 1}\n";
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct err e;
	struct yaml_node *root = yaml_parse(text, strlen(text), "f", a, &e);
	assert_int_equal(yaml_set(root, "runs.0.n=5", a, &e), 0);
	assert_int_equal(yaml_set(root, "x.y=[1, 2]", a, &e), 0);
	CLEANUP(json_unref) json_t *j = yaml_to_json(root);
	CLEANUP(buf_release) struct buf out = BUF_INIT(1000);
	assert_int_equal(json_write(j, false, &out), 0);
	assert_string_equal(out.data, "{\"runs\":[{\"n\":5}],\"x\":{\"y\":[1,2]}}");
	assert_int_equal(yaml_set(root, "runs.7.n=5", a, &e), -1);
	assert_int_equal(yaml_set(root, "runs", a, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree_and_places),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
