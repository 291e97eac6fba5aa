/* tests/unit/suite/test-faults.c - each defect that the sim can have is found, as what it is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fault_test.h"

struct row {
	const char *defect, *kind, *cases, *finding;
};

static const struct row rows[] = {
	{"dies", "chat", "H02e,H02c", "dead"},
	{"dies", "asr", "A15b", "dead"},
	{"fault-500", "chat", "H02e,I02a,H01a", "wrong-status"},
	{"fault-500", "asr", "A15a,H01a", "wrong-status"},
	{"error-200", "tts", "H02e,T07b", "wrong-status"},
	{"error-200", "asr", "A15a", "wrong-status"},
	{"amplifies", "chat", "H02e", "leak"},
	{"crosstalk", "chat", "I28n", "collateral"},
	{"crosstalk", "tts", "T08", "collateral"},
	{"crosstalk", "asr", "A26n", "collateral"},
	{"health-lies", "chat", "H02e", "lied"},
	{"poisoned", "tts", "H02e", "collateral"},
	{"leaks", "chat", "H02e,H07j", "leak"},
	{"hangs", "chat", "H17d", "dead"},
	{"swallows", "chat", "H17d", "leak"},
	{"slow-refusals", "tts", "H02e", "slow"},
	{"echoes", "chat", "H02e,H02d", "wrong-status"},
};

static void find_it(void **state)
{
	const struct row *row = *state;
	struct bed b;
	/* an answer must still be under way when its client has left */
	bool swallows = strcmp(row->defect, "swallows") == 0;
	bool slow = swallows || strcmp(row->defect, "hangs") == 0;
	const char *const quick[] = {"--sim-echo", "--sim-defect", row->defect, NULL};
	const char *const long_answers[] = {"--sim-defect", row->defect, "--sim-tokens", "400",
					    "--sim-token-time", swallows ? "20ms" : "4ms", NULL};
	const char *const *options = slow ? long_answers : quick;
	bed_start(&b, row->kind, options);
	bed_run(&b, row->cases, true);
	assert_true(b.result->n_cases > 0);
	for (size_t i = 0; i < b.result->n_cases; i++) {
		const struct case_result *c = &b.result->cases[i];
		print_message("# %s %s: %s: %s\n", row->defect, c->id,
			      c->finding ? c->finding : "none", c->detail);
		assert_int_equal(c->verdict, VERDICT_FAIL);
		assert_string_equal(c->finding, row->finding);
	}
	bed_end(&b);
}

/* Without a hand that starts it again, a service that died is said to be gone. */
static void test_gone(void **state)
{
	static const char *const options[] = {"--sim-defect", "dies", NULL};
	struct bed b;
	(void)state;
	bed_start(&b, "chat", options);
	bed_run(&b, "H02e,H17a,H17d", false);
	assert_int_equal(b.result->n_cases, 3);
	size_t dead = 0;
	for (size_t i = 0; i < 3; i++) {
		const struct case_result *c = &b.result->cases[i];
		dead += c->finding && strcmp(c->finding, "dead") == 0;
		assert_int_not_equal(c->verdict, VERDICT_PASS);
	}
	assert_true(dead >= 1);
	bed_end(&b);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_LEN(rows) + 1];
	static char names[ARRAY_LEN(rows)][64];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%s %s", rows[i].defect, rows[i].kind);
		tests[i] = (struct CMUnitTest){.name = names[i], .test_func = find_it,
					       .initial_state = (void *)&rows[i]};
	}
	tests[ARRAY_LEN(rows)] = (struct CMUnitTest)cmocka_unit_test(test_gone);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
