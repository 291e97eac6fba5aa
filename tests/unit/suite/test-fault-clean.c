/* tests/unit/suite/test-fault-clean.c - a service without defects passes every fault case.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fault_test.h"

static void passes(const char *kind)
{
	struct bed b;
	static const char *const echo[] = {"--sim-echo", NULL};
	size_t passed = 0;
	bed_start(&b, kind, echo);
	bed_run(&b, NULL, true);
	for (size_t i = 0; i < b.result->n_cases; i++) {
		const struct case_result *c = &b.result->cases[i];
		if (is_of_emulator(c))
			continue;
		if (c->verdict == VERDICT_FAIL)
			print_error("%s %s: %s: %s\n", kind, c->id, c->finding, c->detail);
		assert_int_not_equal(c->verdict, VERDICT_FAIL);
		passed += c->verdict == VERDICT_PASS;
	}
	assert_true(passed > 60);
	bed_end(&b);
}

static void test_asr(void **state)
{
	(void)state;
	passes("asr");
}

static void test_tts(void **state)
{
	(void)state;
	passes("tts");
}

static void test_chat(void **state)
{
	(void)state;
	passes("chat");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asr),
		cmocka_unit_test(test_tts),
		cmocka_unit_test(test_chat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
