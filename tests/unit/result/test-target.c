/* tests/unit/result/test-target.c - limits as people write them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>

#include "base/json.h"
#include "base/yaml.h"
#include "result/target.h"

static struct arena *a;

static void good(const char *metric, const char *limit, enum target_op op, double value)
{
	struct target t;
	struct err e = {0};
	if (target_parse(metric, limit, a, &t, &e) < 0)
		fail_msg("%s %s: %s", metric, limit, e.text);
	assert_int_equal(t.op, op);
	assert_true(fabs(t.limit - value) < 1e-12 * fabs(value) + 1e-15);
	assert_true(isnan(t.value) && isnan(t.lo) && isnan(t.hi));
}

static void bad(const char *metric, const char *limit, const char *says)
{
	struct target t = {.limit = 7};
	struct err e = {0};
	assert_int_equal(target_parse(metric, limit, a, &t, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	if (!strstr(e.text, says))
		fail_msg("'%s' does not say '%s'", e.text, says);
	assert_true(t.limit == 7);
}

static void test_good(void **state)
{
	(void)state;
	good("rtf.p50", "< 0.3", TARGET_LT, 0.3);
	good("rtf", "<0.3", TARGET_LT, 0.3);
	good("ttft.p99", "< 2s", TARGET_LT, 2);
	good("ttft.p99", "  <=  1500 ms ", TARGET_LE, 1.5);
	good("tpot", "< 60000us", TARGET_LT, 0.06);
	good("latency.max", "< 2m", TARGET_LT, 120);
	good("error_rate", "< 0.1%", TARGET_LT, 0.001);
	good("goodput_share", ">= 99 %", TARGET_GE, 0.99);
	good("audio_rate", "> 3", TARGET_GT, 3);
	good("request_rate", "> 4/s", TARGET_GT, 4);
	good("unsent", "<= 0", TARGET_LE, 0);
}

static void test_bad(void **state)
{
	(void)state;
	bad("ttfb", "< 2s", "did you mean 'ttft'");
	bad("xyzzy-nothing", "< 2s", "no such metric");
	bad("ttft.p", "< 2s", "percentile");
	bad("request_rate.p50", "> 2", "takes none");
	bad("ttft", "2s", "must begin with");
	bad("ttft", "", "must begin with");
	bad("ttft", "= 2", "must begin with");
	bad("ttft", "<", "no number");
	bad("ttft", "< -1s", "no number");
	bad("ttft", "< inf", "no number");
	bad("ttft", "< nan", "no number");
	bad("ttft", "< 0x10", "no number");
	bad("ttft", "< 1.2.3", "no number");
	bad("ttft", "< 2 parsec", "no unit");
	bad("ttft", "< 2 %", "no unit");
	bad("rtf", "< 2s", "no unit");
}

static void test_met(void **state)
{
	(void)state;
	struct target t = {.limit = 1};
	static const bool want[4][3] = {{true, false, false}, {true, true, false},
					{false, false, true}, {false, true, true}};
	for (int op = 0; op < 4; op++) {
		t.op = (enum target_op)op;
		assert_int_equal(target_met(&t, 0.5), want[op][0]);
		assert_int_equal(target_met(&t, 1), want[op][1]);
		assert_int_equal(target_met(&t, 1.5), want[op][2]);
	}
}

static void test_yaml(void **state)
{
	(void)state;
	const struct opt row = {.name = "targets"};
	struct targets list = {0};
	struct err e = {0};
	const char *text = "rtf.p50: '< 0.3'\naudio_rate: \"> 3\"\n";
	struct yaml_node *node = yaml_parse(text, strlen(text), "plan.yaml", a, &e);
	assert_non_null(node);
	assert_int_equal(targets_from_yaml(&row, node, a, &list, &e), 0);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.items[1].metric, "audio_rate");
	json_t *echo = targets_echo(&list);
	assert_string_equal(json_text(echo, "audio_rate", ""), "> 3");
	json_decref(echo);

	text = "rtf.p50: '< 0.3'\nttfb: '< 1s'\n";
	node = yaml_parse(text, strlen(text), "plan.yaml", a, &e);
	assert_int_equal(targets_from_yaml(&row, node, a, &list, &e), -1);
	assert_non_null(strstr(e.text, "plan.yaml:2:7: "));
	assert_non_null(strstr(e.text, "ttft"));
	assert_int_equal(list.n, 2);

	text = "[a, b]";
	node = yaml_parse(text, strlen(text), "plan.yaml", a, &e);
	assert_int_equal(targets_from_yaml(&row, node, a, &list, &e), -1);
	text = "ttft: {p50: 3}";
	node = yaml_parse(text, strlen(text), "plan.yaml", a, &e);
	assert_int_equal(targets_from_yaml(&row, node, a, &list, &e), -1);
}

/* The table of standard targets is what its own texts say. */
static void test_standard(void **state)
{
	(void)state;
	static const struct {
		const char *kind;
		size_t n;
	} kinds[] = {{"asr", 3}, {"tts", 1}, {"chat", 3}, {"soak", 1}, {"teapot", 0}};
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		const struct targets *list = targets_default(kinds[k].kind);
		assert_int_equal(list->n, kinds[k].n);
		for (size_t i = 0; i < list->n; i++) {
			const struct target *t = &list->items[i];
			good(t->metric, t->text, t->op, t->limit);
			assert_true(t->standard);
		}
	}
}

static int setup(void **state)
{
	(void)state;
	a = arena_new();
	return a ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	a = arena_free(a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_met),
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_standard),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
