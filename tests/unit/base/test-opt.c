/* tests/unit/base/test-opt.c - one table feeds defaults, plan, command line, help and echo.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/json.h"
#include "base/opt.h"

struct settings {
	bool stream;
	int64_t n;
	double share;
	const char *name;
	uint64_t wait;
	uint64_t size;
	int law;
	struct strings words;
	int64_t sum;
};

static const char *const laws[] = {"closed", "poisson", "constant", NULL};

static int parse_sum(const struct opt *o, const struct yaml_node *node, struct arena *a,
		     void *field, struct err *e)
{
	(void)o;
	(void)a;
	if (node->kind != YAML_LIST)
		return yaml_err(e, node, "sum must be a list");
	int64_t sum = 0;
	for (size_t i = 0; i < node->n; i++) {
		int64_t v;
		if (str_to_int(node->pairs[i].value->text, &v, e) < 0)
			return -1;
		sum += v;
	}
	*(int64_t *)field = sum;
	return 0;
}

static const struct opt rows[] = {
	{.name = "stream", .letter = 's', OPT_AT_BOOL(struct settings, stream), .def = "true",
	 .help = "stream the answer"},
	{.name = "max_n", .letter = 'n', OPT_AT_INT(struct settings, n), .def = "5", .min = 1,
	 .max = 10, .help = "how many"},
	{.name = "share", OPT_AT_REAL(struct settings, share), .help = "share", .def = "0.5"},
	{.name = "name", OPT_AT_STRING(struct settings, name), .help = "name",
	 .flags = OPT_REQUIRED},
	{.name = "wait", OPT_AT_DURATION(struct settings, wait), .help = "wait", .def = "1s"},
	{.name = "size", OPT_AT_SIZE(struct settings, size), .help = "size", .def = "1KiB"},
	{.name = "law", OPT_AT_CHOICE(struct settings, law), .choices = laws, .def = "closed",
	 .help = "arrivals"},
	{.name = "words", OPT_AT_STRINGS(struct settings, words), .help = "words"},
	{.name = "sum", OPT_AT_NODE(struct settings, sum), .parse = parse_sum, .help = "sum"},
	{0},
};

static int from_plan(const char *text, struct settings *s, struct arena *a, struct err *e)
{
	memset(s, 0, sizeof(*s));
	opt_defaults(rows, s);
	struct optset set = {.rows = rows, .to = s};
	struct yaml_node *map = yaml_parse(text, strlen(text), "p.yaml", a, e);
	return map ? opt_from_yaml(&set, map, "a run", a, e) : -1;
}

static void test_plan(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct settings s;
	struct err e;
	assert_int_equal(from_plan("name: x\nmax_n: 7\nwait: 250ms\nlaw: poisson\nwords: [a, b]\n"
				   "sum: [1, 2, 3]\nstream: no\nsize: 2MB", &s, a, &e), 0);
	assert_string_equal(s.name, "x");
	assert_int_equal(s.n, 7);
	assert_int_equal(s.wait, 250000000);
	assert_int_equal(s.size, 2000000);
	assert_int_equal(s.law, 1);
	assert_int_equal(s.words.n, 2);
	assert_int_equal(s.sum, 6);
	assert_false(s.stream);
	assert_true(s.share == 0.5);
}

static void test_plan_errors_have_a_place_and_a_cure(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} bad[] = {
		{"name: x\nmaxn: 7", "p.yaml:2:1: a run has no key 'maxn'; did you mean 'max_n'?"},
		{"name: x\nmax_n: 11", "p.yaml:2:8: max_n must be from 1 to 10, not 11"},
		{"name: x\nlaw: poison", "p.yaml:2:6: law must be one of closed|poisson|constant, "
					 "not 'poison'; did you mean 'poisson'?"},
		{"max_n: 1", "p.yaml:1:1: a run needs the key 'name' (name)"},
		{"name: [1]", "p.yaml:1:7: name must be one value, not a list"},
		{"name: x\nshare: -1", "p.yaml:2:8: share must be at least 0, not -1"},
		{"name: x\nsum: 3", "p.yaml:2:6: sum must be a list"},
		{"name: x\nname: y", "p.yaml:2:1: 'name' stands twice in the same place"},
		{"- a", "p.yaml:1:1: a run must be a map of keys and values"},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct settings s;
		struct err e;
		assert_int_equal(from_plan(bad[i].text, &s, a, &e), -1);
		assert_string_equal(e.text, bad[i].message);
		assert_int_equal(err_exit_status(&e), 2);
	}
}

static int from_words(const char *const *words, struct settings *s, struct optset *set,
		      struct strings *operands, struct arena *a, struct err *e)
{
	int argc = 0;
	while (words[argc])
		argc++;
	memset(s, 0, sizeof(*s));
	opt_defaults(rows, s);
	*set = (struct optset){.rows = rows, .to = s};
	return opt_from_args(set, 1, argc, (char **)words, operands, a, e);
}

static void test_command_line(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct settings s;
	struct optset set;
	struct err e;
	struct strings operands = {0};
	const char *const words[] = {"one", "--max-n=3", "--no-stream", "--law", "constant", "two",
				     "--words", "a,b", "--words", "c", "--sum", "[4, 5]", "--",
				     "--x", NULL};
	assert_int_equal(from_words(words, &s, &set, &operands, a, &e), 0);
	assert_int_equal(s.n, 3);
	assert_false(s.stream);
	assert_int_equal(s.law, 2);
	assert_int_equal(s.words.n, 3);
	assert_int_equal(s.sum, 9);
	assert_int_equal(operands.n, 3);
	assert_string_equal(operands.items[2], "--x");
	assert_true(opt_given(&set, "max_n"));
	assert_false(opt_given(&set, "share"));
	const char *const short_words[] = {"-n4", "-s", NULL};
	assert_int_equal(from_words(short_words, &s, &set, &operands, a, &e), 0);
	assert_int_equal(s.n, 4);
	const char *const typo[] = {"--max-m", "4", NULL};
	assert_int_equal(from_words(typo, &s, &set, &operands, a, &e), -1);
	assert_string_equal(e.text, "there is no option --max-m; did you mean --max-n?; "
				    "--help lists them");
	const char *const missing[] = {"--name", NULL};
	assert_int_equal(from_words(missing, &s, &set, &operands, a, &e), -1);
	assert_string_equal(e.text, "--name needs a value");
}

static void test_help_and_echo(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf help = BUF_INIT(10000);
	opt_help(rows, 60, &help);
	assert_non_null(strstr(help.data, "  -n, --max-n N             how many (default: 5)\n"));
	struct settings s = {0};
	opt_defaults(rows, &s);
	CLEANUP(json_unref) json_t *echo = opt_echo(rows, &s);
	assert_string_equal(json_text(echo, "law", ""), "closed");
	assert_null(json_object_get(echo, "name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_plan_errors_have_a_place_and_a_cure),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_help_and_echo),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
