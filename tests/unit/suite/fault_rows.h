/* tests/unit/suite/fault_rows.h - a sim with one defect, some cases, and what each must find.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULT_ROWS_H
#define TESTS_FAULT_ROWS_H

#include "fault_test.h"

struct row {
	const char *defect, *kind;
	const char *cases;	/* NULL: all */
	const char *finding;	/* of each of these cases; of all cases: of those that fail */
	const char *words;	/* in the detail of one of them; NULL: any */
};

static inline void print_finding(const struct row *row, const struct case_result *c)
{
	print_message("# %s %s %s: %s: %s\n", row->defect, row->kind, c->id,
		      c->finding ? c->finding : verdict_name(c->verdict), c->detail);
}

static inline void find_it(void **state)
{
	const struct row *row = *state;
	struct bed b;
	bool said = row->words == NULL;
	size_t found = 0;
	/* an answer must still be under way when its client has left */
	bool swallows = strcmp(row->defect, "swallows") == 0;
	bool slow = swallows || strcmp(row->defect, "hangs") == 0;
	const char *const quick[] = {"--sim-echo", "--sim-defect", row->defect, NULL};
	const char *const long_answers[] = {"--sim-defect", row->defect, "--sim-tokens", "400",
					    "--sim-token-time", swallows ? "20ms" : "4ms", NULL};
	bed_start(&b, row->kind, slow ? long_answers : quick);
	bed_run(&b, row->cases, true);
	assert_true(b.result->n_cases > 0);
	for (size_t i = 0; i < b.result->n_cases; i++) {
		const struct case_result *c = &b.result->cases[i];
		if (row->cases || c->verdict == VERDICT_FAIL)
			print_finding(row, c);
		if (!row->cases && c->verdict != VERDICT_FAIL)
			continue;
		found++;
		assert_int_equal(c->verdict, VERDICT_FAIL);
		assert_string_equal(c->finding, row->finding);
		said |= row->words && strstr(c->detail, row->words);
	}
	assert_true(found > 0);
	assert_true(said);
	bed_end(&b);
}

#define ROW_TESTS_MAX 64

/* One test per row; returns how many. */
static inline size_t row_tests(const struct row *rows, size_t n, struct CMUnitTest *tests)
{
	static char names[ROW_TESTS_MAX][64];
	assert_true(n <= ROW_TESTS_MAX);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%s %s", rows[i].defect, rows[i].kind);
		tests[i] = (struct CMUnitTest){.name = names[i], .test_func = find_it,
					       .initial_state = (void *)&rows[i]};
	}
	return n;
}

#endif
