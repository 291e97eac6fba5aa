/* tests/unit/result/test-docs.c - docs/metrics.md has every metric with the program's own words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/file.h"
#include "result/metric.h"

static void test_metrics(void **state)
{
	struct buf page = BUF_INIT(1 << 20);
	struct err e;
	(void)state;
	assert_int_equal(file_read(source_file("docs/metrics.md"), &page, &e), 0);
	size_t n = 0;
	for (size_t i = 0; metric_at(i); i++, n++) {
		const struct metric_def *m = metric_at(i);
		struct buf row = BUF_INIT(4096);
		(void)buf_fmt(&row, "| `%s` | %s | %s | %s |", m->name, m->unit,
			      m->higher_is_better ? "higher" : "lower", m->rule);
		if (!strstr(page.data, row.data))
			fail_msg("docs/metrics.md lacks: %s", row.data);
		buf_release(&row);
	}
	assert_true(n > 20);
	/* And none that the program does not have. */
	for (const char *p = page.data; (p = strstr(p, "\n| `")); p++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(p + 4, "`"), p + 4);
		const char *end = strchr(p + 1, '\n');
		size_t cells = 0;
		for (const char *c = p + 1; c < end; c++)
			cells += *c == '|';
		if (cells == 6 && !metric_find(name))
			fail_msg("docs/metrics.md has '%s', which is no metric", name);
	}
	buf_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_metrics)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
