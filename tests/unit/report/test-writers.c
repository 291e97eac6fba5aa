/* tests/unit/report/test-writers.c - each text writer against its golden file in tests/golden.
 *
 * UPDATE_GOLDEN=1 writes them anew; look at the difference before it is kept.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "base/file.h"
#include "report/writer.h"
#include "tests/golden/fixture.h"

static void golden(const char *name, const struct buf *got)
{
	struct err e = {0};
	struct buf want = BUF_INIT(BUF_UNLIMITED);
	char under[256];
	(void)snprintf(under, sizeof(under), "tests/golden/%s", name);
	const char *path = source_file(under);
	if (getenv("UPDATE_GOLDEN") && file_write(path, got->data, got->len, &e) < 0)
		fail_msg("%s", e.text);
	if (file_read(path, &want, &e) < 0)
		fail_msg("%s", e.text);
	size_t same = 0;
	while (same < want.len && same < got->len && want.data[same] == got->data[same])
		same++;
	if (same < want.len || same < got->len)
		fail_msg("%s differs at byte %zu:\n%.200s", name, same, got->data + same);
	buf_release(&want);
}

static void check(const char *writer, const char *lang, size_t width, bool color,
		  const char *file)
{
	struct err e = {0};
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct result *r = fixture_result();
	const struct writer_options o = {.lang = lang, .width = width, .color = color};
	const struct writer *w = writer_find(writer);
	assert_non_null(w);
	if (w->write(r, &o, &out, &e) < 0)
		fail_msg("%s", e.text);
	golden(file, &out);
	buf_release(&out);
	result_free(r);
}

static void test_golden(void **state)
{
	(void)state;
	check("json", "en", 0, false, "result.json");
	check("junit", "en", 0, false, "junit.xml");
	check("markdown", "en", 0, false, "report.md");
	check("markdown", "zh", 0, false, "report.zh.md");
	check("csv", "en", 0, false, "metrics.csv");
	check("terminal", "en", 100, false, "terminal.txt");
	check("terminal", "zh", 80, true, "terminal.zh.txt");
}

/* An empty result and one whose run could not be made are written by every writer. */
static void test_empty(void **state)
{
	(void)state;
	struct result *r = result_new();
	struct err e = {0};
	for (int pass = 0; pass < 2; pass++) {
		result_judge(r);
		for (size_t i = 0; writer_at(i); i++) {
			struct buf out = BUF_INIT(BUF_UNLIMITED);
			assert_int_equal(writer_at(i)->write(r, NULL, &out, &e), 0);
			assert_true(out.len > 20);
			buf_release(&out);
		}
		struct run *run = result_add_run(r, "broken", "performance");
		run->error = "the service does not answer";
		(void)result_add_accuracy(r);
		result_add_case(r)->verdict = VERDICT_SKIPPED;
	}
	assert_null(writer_find("pdf"));
	result_free(r);
}

static void test_junit_is_xml(void **state)
{
	(void)state;
	struct err e = {0};
	struct result *r = fixture_result();
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct case_result *c = result_add_case(r);
	c->id = "X\x01\xff";
	c->name = "\"<&>'\n\t\xEF\xBF\xBE";
	c->verdict = VERDICT_FAIL;
	c->detail = "]]>\x1b[31m";
	assert_int_equal(writer_find("junit")->write(r, NULL, &out, &e), 0);
	assert_non_null(strstr(out.data,
			       "name=\"X\xEF\xBF\xBD\xEF\xBF\xBD &quot;&lt;&amp;&gt;'&#10;&#9;"
			       "\xEF\xBF\xBD\""));
	assert_null(strstr(out.data, "<script"));
	assert_null(strchr(out.data, '\x1b'));
	buf_release(&out);
	result_free(r);
}

static void test_dir(void **state)
{
	(void)state;
	static const char *const files[] = {"report.html", "result.json", "junit.xml", "report.md",
					    "metrics.csv"};
	char dir[] = "/tmp/assay-report-XXXXXX";
	struct err e = {0};
	assert_non_null(mkdtemp(dir));
	char deeper[64];
	(void)snprintf(deeper, sizeof(deeper), "%s/a/b", dir);
	struct result *r = fixture_result();
	if (report_write_dir(r, deeper, NULL, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char path[128];
		(void)snprintf(path, sizeof(path), "%s/%s", deeper, files[i]);
		assert_int_equal(access(path, R_OK), 0);
	}
	assert_int_equal(report_write_dir(r, "/proc/nowhere", NULL, &e), -1);
	assert_int_equal(e.code, ERR_SYSTEM);
	result_free(r);
	assert_int_equal(file_remove_tree(dir, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_junit_is_xml),
		cmocka_unit_test(test_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
