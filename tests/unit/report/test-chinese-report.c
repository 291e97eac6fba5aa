/* tests/unit/report/test-chinese-report.c - a Chinese report says nothing of ours in English: a
 * made result with every kind of note, reason and detail, searched for English sentences.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/str.h"
#include "report/writer.h"
#include "result/chinese.h"
#include "tests/golden/fixture.h"

/* What `assay demo` and the most usual runs left out, as they say it. */
static const char *const skipped[] = {
	"dcmi: libdcmi.so cannot be loaded: /usr/lib64/libdcmi.so: cannot open shared object file: "
	"No such file or directory (ASSAY_LIBDCMI may name the file)",
	"npu-smi: cannot run 'npu-smi': No such file or directory",
	"nvml: libnvidia-ml.so.1 cannot be loaded: libnvidia-ml.so: cannot open shared object "
	"file: No such file or directory (ASSAY_LIBNVML may name the file)",
	"nvidia-smi: cannot run 'nvidia-smi': No such file or directory",
	"prometheus: no metrics page is named (a service's key `monitor`, or --pages URL)",
	"process: no process is known to watch (services that assay did not start are watched by "
	"--pid)", "functional: not asked for (--only)", "soak: the run was ended",
	"talk.json: 1 conversation without a question and an answer passed over",
	"unique_images: 1 of 2 pictures sent without pixels of their own (only JPEG, and PNG of 8 "
	"bits or more without interlacing, get them)",
};

static const struct case_result cases[] = {
	{.name = "Chinese speech", .verdict = VERDICT_SKIPPED,
	 .source = "reference: no report known",
	 .detail = "unreadable test speech (zh): the service gives no transcript of it: http_4xx "
		   "(HTTP 400)"},
	{.name = "30 minutes of speech, complete", .verdict = VERDICT_SKIPPED,
	 .detail = "takes minutes: run with --long"},
	{.name = "English speech", .verdict = VERDICT_PASS,
	 .detail = "said \"the old bridge is green\", answered \"the old bridge is green\": 0 % "
		   "errors"},
	{.name = "more than half a minute of speech, complete", .verdict = VERDICT_PASS,
	 .detail = "39 s answered in 4.1 s, 1 % errors; start, middle and end are there"},
	{.name = "a WAV with no samples", .verdict = VERDICT_PASS,
	 .detail = "http_4xx, HTTP 400 after 0 ms"},
	{.name = "a chunk length that is a word", .verdict = VERDICT_FAIL,
	 .finding = "wrong-status", .detail = "must: 400 and close. peer closed without a reply"},
	{.name = "two Content-Lengths", .verdict = VERDICT_FAIL, .finding = "dead",
	 .source = "parser bugs published for several HTTP servers",
	 .detail = "must: 400 and close. the service ended; it was started again"},
};

static void add_notes(struct result *r)
{
	struct run *run = r->runs[1];
	run_metric(r, run, "tpot", true)->note =
		"tokens are counted events: the server reported none";
	struct metric *m = run_metric(r, run, "image_encode", false);
	m->value = 0.0075;
	m->note = "median of 6 pairs (7.2 to 7.7 ms), 512x512 JPEG never seen before, text padded "
		  "to the same prompt_tokens";
	m = run_metric(r, run, "highest_rate", false);
	m->value = 8;
	m->note = "met twice; the lowest that missed: 9";
	r->accuracy[0].note = "no reference service: the rate alone, with its 95 % interval; 1 of "
			      "41 samples without a known answer, not judged";
	r->accuracy[1].note = "floor: the reference asked twice; gate: 5 % of the reference's rate";
}

/* A pattern with something in its slots. */
static const char *made(struct arena *a, const char *pattern)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
	for (const char *p = pattern; *p; p++) {
		(void)buf_char(&b, *p == '{' ? '7' : *p);
		if (*p == '{')
			p = strchr(p, '}');
	}
	return arena_str(a, b.data);
}

static void add_all(struct result *r, const struct phrase *book)
{
	for (const struct phrase *p = book; p->en; p++) {
		const char *text = made(r->arena, p->en);
		strings_add(&r->skipped, r->arena, text);
		*result_add_case(r) = (struct case_result){
			.id = "X1", .suite = "faults", .service = "asr", .name = text,
			.detail = text, .verdict = VERDICT_FAIL, .seconds = 1};
	}
}

static struct result *made_result(void)
{
	struct result *r = fixture_result();
	/* What the user and the services said is not ours. */
	r->title = "三项服务验收";
	r->n_cases = 0;
	for (size_t i = 0; i < r->n_accuracy; i++)
		r->accuracy[i].n_pairs = 0;
	r->runs[1]->n_failures = 0;
	for (size_t i = 0; i < ARRAY_LEN(skipped); i++)
		strings_add(&r->skipped, r->arena, skipped[i]);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct case_result *c = result_add_case(r);
		*c = cases[i];
		c->id = arena_fmt(r->arena, "C%zu", i);
		c->suite = "faults";
		c->service = "asr";
	}
	add_notes(r);
	add_all(r, chinese_says);
	add_all(r, chinese_notes);
	add_all(r, chinese_cases);
	add_all(r, chinese_faults);
	result_judge(r);
	return r;
}

/* Cut out what stands between these, both included. */
static void cut(char *text, const char *from, const char *to)
{
	char *at = text;
	while ((at = strstr(at, from))) {
		char *end = strstr(at + strlen(from), to);
		if (!end)
			return;
		end += strlen(to);
		memmove(at, end, strlen(end) + 1);
	}
}

/* The first place with as many words of English behind each other, of two letters or more. */
static const char *english(const char *text, int words)
{
	int seen = 0;
	const char *first = NULL;
	for (const char *at = text; *at;) {
		size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz");
		bool word = n > 1 && (at == text || strchr(" >\n", at[-1]));
		if (word && seen++ == 0)
			first = at;
		if (word && seen == words)
			return first;
		at += n;
		if (!word || *at != ' ')
			seen = 0;
		at += *at != '\0';
	}
	return NULL;
}

static const char *written(const struct result *r, const char *name, const char *lang,
			   struct buf *out)
{
	const struct writer_options o = {.lang = lang, .width = 4000};
	struct err e;
	assert_int_equal(writer_find(name)->write(r, &o, out, &e), 0);
	cut(out->data, "<style>", "</style>");
	cut(out->data, "<script", "</script>");
	cut(out->data, "<pre>", "</pre>");
	cut(out->data, "```", "```");
	cut(out->data, "<span lang=\"en\">", "</span>");
	cut(out->data, " title=\"", "\"");
	cut(out->data, "&quot;", "&quot;");
	cut(out->data, "\"", "\"");
	return out->data;
}

static void test_report(void **state)
{
	static const char *const writers[] = {"html", "markdown", "terminal"};
	struct result *r = made_result();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
		CLEANUP(buf_release) struct buf zh = BUF_INIT(BUF_UNLIMITED);
		const char *at = english(written(r, writers[i], "zh", &zh), 3);
		if (at)
			fail_msg("%s: %.200s", writers[i], at);
	}
	result_free(r);
}

/* The search itself: it finds a sentence that nobody translated, in each of the reports. */
static void test_search(void **state)
{
	static const char *const writers[] = {"html", "markdown", "terminal"};
	static const char new_one[] = "the moon was not where it should be";
	struct result *r = made_result();
	(void)state;
	assert_null(english("ab cd 3 ef, gh", 3));
	assert_string_equal(english("中 ab cd ef", 3), "ab cd ef");
	strings_add(&r->skipped, r->arena, new_one);
	for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
		CLEANUP(buf_release) struct buf zh = BUF_INIT(BUF_UNLIMITED);
		const char *at = english(written(r, writers[i], "zh", &zh), 3);
		assert_non_null(at);
		assert_true(str_starts(at, new_one));
	}
	result_free(r);
}

/* What programs read stays as it is. */
static void test_machines(void **state)
{
	static const char *const writers[] = {"json", "junit", "csv"};
	struct result *r = made_result();
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
		CLEANUP(buf_release) struct buf zh = BUF_INIT(BUF_UNLIMITED);
		CLEANUP(buf_release) struct buf en = BUF_INIT(BUF_UNLIMITED);
		(void)written(r, writers[i], "zh", &zh);
		(void)written(r, writers[i], "en", &en);
		assert_string_equal(zh.data, en.data);
	}
	result_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_machines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
