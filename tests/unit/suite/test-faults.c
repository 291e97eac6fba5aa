/* tests/unit/suite/test-faults.c - each defect that the sim can have is found, as what it is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fault_rows.h"

#include <stdatomic.h>

static const struct row rows[] = {
	/* R1 status */
	{"fault-500", "chat", "H02e,I02a,H01a", "wrong-status", "HTTP 500"},
	{"error-200", "tts", "H02e,T07b", "wrong-status", "HTTP 200"},
	{"header-in-each-piece", "tts", "T09", "wrong-status", "second WAV header"},
	{"cuts-characters", "chat", "H05", "wrong-status", "no UTF-8"},
	{"fetches", "chat", "I21a,I23a", "wrong-status", "it fetched"},
	/* R2 shape of errors */
	{"echoes", "chat", "H02e,H02d", "wrong-status", "echoes the input"},
	{"shows-inside", "tts", "H02e", "wrong-status", "inside of the service"},
	/* R3 deadline */
	{"slow-refusals", "tts", "H02e", "slow", "answered after"},
	/* R4 others' answers */
	{"crosstalk", "chat", "I28n", "collateral", "got the answer of request"},
	{"hears-the-last", "asr", "A04a", "collateral", "another request"},
	{"poisoned", "tts", "H02e", "collateral", NULL},
	{"sticky", "chat", "S12", "collateral", "instead of"},
	/* R5 health */
	{"health-lies", "chat", "H02e", "lied", "health said 200"},
	{"health-cries", "chat", "H02e", "lied", "health says no"},
	/* R6 resources */
	{"leaks-files", "asr", "A15a", "leak", "open files"},
	{"litters", "asr", "A15a", "leak", "temporary files"},
	{"swallows", "chat", "H17d", "leak", "still run"},
	/* R7 log */
	{"logs-input", "asr", "A15a", "leak", "base64"},
	/* the end */
	{"dies", "chat", "H02e,H02c", "dead", "it was started again"},
};

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

struct starter {
	struct bed *bed;
	atomic_bool stop;
	int starts;
};

static void *start_again(void *arg)
{
	struct starter *s = arg;
	struct err e;
	while (!atomic_load(&s->stop)) {
		if (!deploy_alive(s->bed->deployed, NULL)) {
			(void)clock_sleep_until(clock_now() + NS_PER_S / 2);
			s->starts += deploy_restart(s->bed->deployed, &e) == 0;
		}
		(void)clock_sleep_until(clock_now() + 20 * NS_PER_MS);
	}
	return NULL;
}

/* Somebody else starts it again: the suite says for how long it was away, and goes on. */
static void test_comes_back(void **state)
{
	static const char *const options[] = {"--sim-defect", "dies", NULL};
	struct bed b;
	struct starter s = {.bed = &b};
	pthread_t other;
	(void)state;
	bed_start(&b, "chat", options);
	assert_int_equal(pthread_create(&other, NULL, start_again, &s), 0);
	bed_run(&b, "H02e,H17a,H17d", false);
	atomic_store(&s.stop, true);
	assert_int_equal(pthread_join(other, NULL), 0);
	assert_true(s.starts > 0);
	assert_int_equal(b.result->n_cases, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct case_result *c = &b.result->cases[i];
		bool kills = strcmp(c->id, "H02e") == 0;
		print_message("# %s: %s: %s\n", c->id, verdict_name(c->verdict), c->detail);
		if (!kills && is_of_emulator(c))
			continue;
		assert_int_equal(c->verdict, kills ? VERDICT_FAIL : VERDICT_PASS);
		if (!kills)
			continue;
		assert_string_equal(c->finding, "dead");
		assert_non_null(strstr(c->detail, "answered again after"));
	}
	bed_end(&b);
}

/* Much log about every request is a habit, not a finding; more about a bad one than that is. */
static void test_chatty(void **state)
{
	static const char *const options[] = {"--sim-defect", "chatty", NULL};
	struct bed b;
	(void)state;
	bed_start(&b, "chat", options);
	bed_run(&b, "I20,H02e,H07c", false);
	assert_int_equal(b.result->n_cases, 3);
	for (size_t i = 0; i < b.result->n_cases; i++) {
		const struct case_result *c = &b.result->cases[i];
		print_message("# %s: %s: %s\n", c->id, verdict_name(c->verdict), c->detail);
		if (!is_of_emulator(c))
			assert_int_equal(c->verdict, VERDICT_PASS);
	}
	bed_end(&b);
}

int main(void)
{
	static struct CMUnitTest tests[ROW_TESTS_MAX + 3];
	size_t n = row_tests(rows, ARRAY_LEN(rows), tests);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_gone);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_comes_back);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_chatty);
	return _cmocka_run_group_tests("faults", tests, n, NULL, NULL);
}
