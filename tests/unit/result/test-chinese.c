/* tests/unit/result/test-chinese.c - the Chinese of what assay says in a result: every case's name
 * and every sentence of a suite has one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <glob.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "result/chinese.h"
#include "suite/suite.h"

static const struct phrase *const books[] = {chinese_says, chinese_notes, chinese_cases,
					     chinese_faults};

static void check(struct arena *a, const char *en, const char *zh)
{
	assert_string_equal(in_chinese(en, a), zh);
}

static void test_slots(void **state)
{
	struct arena *a = arena_new();
	(void)state;
	assert_null(in_chinese(NULL, a));
	check(a, "", "");
	check(a, "what a service said", "what a service said");
	check(a, "empty text", "空文本");
	check(a, "empty texts", "empty texts");
	check(a, "HTTP 400, script finished after 3 ms", "HTTP 400,3 ms 后脚本结束");
	check(a, "HTTP many, script finished after 3 ms", "HTTP many, script finished after 3 ms");
	check(a, "the service names 1 speaker; name two with --speakers",
	      "服务列出 1 个说话人;请用 --speakers 指定两个");
	check(a, "said \"a, b\", answered \"\": 100 % errors", "原文 \"a, b\",应答 \"\":错误率 100 %");
	/* sentences inside of a sentence, and one behind the other */
	check(a, "must: refuse. HTTP 200 with an empty answer", "要求:拒绝。实际:HTTP 200 但应答为空");
	check(a, "unreadable test speech (zh): the service gives no transcript of it: http_4xx "
	      "(HTTP 400)", "测试语音(zh)无法识别:服务未返回转写结果:http_4xx(HTTP 400)");
	check(a, "no floor; gate: 5 % of the reference's rate; chrf 0.98",
	      "没有重复误差;门限:参考错误率的 5 %;chrf 0.98");
	arena_free(a);
}

/* A file may hold anything: sentences in sentences end somewhere, and nothing is lost. */
static void test_deep(void **state)
{
	struct arena *a = arena_new();
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	(void)state;
	for (int i = 0; i < 10000; i++)
		(void)buf_str(&b, "cannot make the clip: ");
	(void)buf_str(&b, "the end");
	assert_true(str_ends(in_chinese(b.data, a), "cannot make the clip: the end"));
	check(a, "{} posts no form{", "{} posts no form{");
	check(a, "{1} posts no form", "{1} 不提交表单");
	arena_free(a);
}

static void test_books(void **state)
{
	(void)state;
	for (size_t b = 0; b < ARRAY_LEN(books); b++)
		for (const struct phrase *p = books[b]; p->en; p++) {
			int slots = 0;
			for (const char *at = p->en; (at = strchr(at, '{')); at++) {
				assert_true(at[1] == '}' || ((at[1] == '#' || at[1] == '*') &&
							     at[2] == '}'));
				slots++;
			}
			for (const char *at = p->zh; (at = strchr(at, '{')); at++)
				assert_true(at[1] > '0' && at[1] <= '0' + slots && at[2] == '}');
			assert_true(slots <= 6);
			assert_string_not_equal(p->en, p->zh);
			for (size_t c = 0; c < ARRAY_LEN(books); c++)
				for (const struct phrase *q = books[c]; q->en; q++)
					assert_true(q == p || strcmp(q->en, p->en) != 0);
		}
}

/* Are there words of English in it? Names of fields and values (max_tokens, NaN, .wav) are none. */
static bool has_words(const char *text)
{
	size_t words = 0;
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, " ,;:()\"'");
		size_t letters = strspn(at, "abcdefghijklmnopqrstuvwxyz");
		words += n > 0 && letters == n;
		at += n + (at[n] != '\0');
	}
	return words > 1;
}

static size_t unknown;

static void must_know(struct arena *a, const char *from, const char *text)
{
	if (!has_words(text) || strcmp(in_chinese(text, a), text) != 0)
		return;
	print_message("# %s: no Chinese for \"%s\"\n", from, text);
	unknown++;
}

/* What a case is called, and for faults what must come. */
static void test_cases(void **state)
{
	static const char *const suites[] = {"functional", "faults"};
	struct arena *a = arena_new();
	size_t i, n = 0;
	json_t *row;
	(void)state;
	unknown = 0;
	for (size_t s = 0; s < ARRAY_LEN(suites); s++) {
		json_t *list = suite_find(suites[s])->list();
		json_array_foreach(list, i, row) {
			n++;
			must_know(a, suites[s], json_text(row, "name", ""));
			if (s == 1)
				must_know(a, "must", json_text(row, "judged", ""));
		}
		json_decref(list);
	}
	assert_true(n > 250);
	assert_int_equal(unknown, 0);
	must_know(a, "a case that nobody translated", "a case that nobody translated");
	assert_int_equal(unknown, 1);
	arena_free(a);
}

/* One literal behind another; p stands at the first quotation mark. Returns what is behind them. */
static const char *literals(const char *p, struct buf *out)
{
	while (*p == '"') {
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\')
				p++;
			(void)buf_char(out, *p);
		}
		p += *p == '"';
		const char *next = p + strspn(p, " \t\n");
		if (*next == '"')
			p = next;
	}
	return p;
}

/* The format of a call: its first text with a blank in it. False: it has none. */
static bool format_of(const char *p, struct buf *out)
{
	int depth = 1;
	while (*p && depth > 0) {
		if (*p == '"') {
			out->len = 0;
			p = literals(p, out);
			(void)buf_char(out, '\0');
			if (strchr(out->data, ' '))
				return true;
			continue;
		}
		depth += (*p == '(') - (*p == ')');
		p++;
	}
	return false;
}

/* As it would be printed, with one number and one text for all. */
static const char *printed(struct arena *a, const char *fmt)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
	for (const char *p = fmt; *p; p++) {
		if (*p != '%') {
			(void)buf_char(&b, *p);
			continue;
		}
		p += 1 + strspn(p + 1, "-+#0123456789.*lz");
		(void)buf_str(&b, *p == '%' ? "%" : *p == 's' ? "WORD" : "7");
	}
	return arena_str(a, b.data);
}

/* Look up what the calls of a file say, behind `before`; returns how many there are. */
static size_t scan(struct arena *a, const char *path, const char *const *calls, const char *before)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf fmt = BUF_INIT(65536);
	struct err e;
	size_t n = 0;
	assert_int_equal(file_read(path, &text, &e), 0);
	for (; *calls; calls++)
		for (const char *at = text.data; (at = strstr(at, *calls));) {
			at += strlen(*calls);
			if (!format_of(at, &fmt) || strstr(fmt.data, "no memory"))
				continue;
			n++;
			must_know(a, strrchr(path, '/') + 1,
				  arena_fmt(a, "%s%s", before, printed(a, fmt.data)));
		}
	return n;
}

/* What the suites say of a case, and everybody of what was left out, as the sources have it. */
static void test_sources(void **state)
{
	static const char *const calls[] = {"check_pass(", "check_fail(", "check_skip(",
					    "fault_saw(", "fault_find(", "fault_skip(",
					    "strings_add(&r->skipped,", "strings_add(&s->notes,",
					    "strings_add(ret,", NULL};
	static const char *const rooms[] = {"suite", "load", "cli", "monitor"};
	struct arena *a = arena_new();
	size_t n = 0;
	(void)state;
	unknown = 0;
	for (size_t k = 0; k < ARRAY_LEN(rooms); k++) {
		glob_t files;
		const char *all = arena_fmt(a, "src/%s/*.c", rooms[k]);
		assert_int_equal(glob(source_file(all), 0, NULL, &files), 0);
		for (size_t i = 0; i < files.gl_pathc; i++)
			n += scan(a, files.gl_pathv[i], calls, "");
		globfree(&files);
	}
	assert_true(n > 150);
	assert_int_equal(unknown, 0);
	arena_free(a);
}

/* Why a sampler has nothing to tell: on most machines most of them do not. */
static void test_samplers(void **state)
{
	static const char *const calls[] = {"err_set(", NULL};
	static const char *const files[] = {"child", "dcmi", "dcmi_api", "library", "npu_smi",
					    "nvidia_smi", "nvml", "process", "prometheus"};
	struct arena *a = arena_new();
	size_t n = 0;
	(void)state;
	unknown = 0;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		n += scan(a, source_file(arena_fmt(a, "src/monitor/%s.c", files[i])), calls, "x: ");
	assert_true(n > 15);
	assert_int_equal(unknown, 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_books),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_samplers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
