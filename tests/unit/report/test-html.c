/* tests/unit/report/test-html.c - a hostile reply stays text, and long runs stay small.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "report/html_text.h"
#include "report/writer.h"
#include "tests/golden/fixture.h"

static char *page(const struct result *r, size_t *ret_len)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err e = {0};
	const struct writer_options o = {.lang = "en"};
	if (writer_find("html")->write(r, &o, &out, &e) < 0)
		fail_msg("%s", e.text);
	*ret_len = out.len;
	return buf_take(&out);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void test_escape(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(4096);
	html_text(&b, "<a href=\"x\" onclick='y'>&\x01\xff语");
	assert_string_equal(b.data, "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;"
			    "\xEF\xBF\xBD\xEF\xBF\xBD语");
	buf_clear(&b);
	json_t *j = json_pack("[s]", "</script><!-- & -->");
	assert_int_equal(html_json(&b, j), 0);
	assert_null(strpbrk(b.data, "<>&"));
	json_decref(j);
	buf_release(&b);
}

/* Hostile text in every place that a service, a plan or a host name reaches. */
static void test_hostile(void **state)
{
	(void)state;
	size_t len;
	struct result *r = fixture_result();
	char *before = page(r, &len);
	size_t scripts = count(before, "<script"), ends = count(before, "</script");
	assert_int_equal(scripts, ends);
	free(before);
	r->title = r->command = r->sentence = FIXTURE_HOSTILE;
	for (size_t i = 0; i < r->n_runs; i++) {
		struct run *run = r->runs[i];
		run->name = run->suite = FIXTURE_HOSTILE;
		run->service = (struct service_ref){FIXTURE_HOSTILE, FIXTURE_HOSTILE,
						    FIXTURE_HOSTILE, FIXTURE_HOSTILE};
		run->metrics[0].note = FIXTURE_HOSTILE;
		strings_add(&run->trust.reasons, r->arena, FIXTURE_HOSTILE);
	}
	for (size_t i = 0; i < r->n_cases; i++) {
		struct case_result *c = &r->cases[i];
		c->id = c->service = c->name = c->finding = c->source = c->again = FIXTURE_HOSTILE;
	}
	for (size_t i = 0; i < r->n_accuracy; i++) {
		struct accuracy_result *x = &r->accuracy[i];
		x->service = x->metric = x->normalizer = x->note = FIXTURE_HOSTILE;
	}
	r->soak.leaks[0].what = r->soak.leaks[0].unit = FIXTURE_HOSTILE;
	json_object_set_new(r->environment, FIXTURE_HOSTILE, json_string(FIXTURE_HOSTILE));
	free(r->series[0]->device);
	r->series[0]->device = strdup(FIXTURE_HOSTILE);
	strings_add(&r->skipped, r->arena, FIXTURE_HOSTILE);
	strings_add(&r->errors, r->arena, FIXTURE_HOSTILE);
	char *after = page(r, &len);
	assert_int_equal(count(after, "<script"), scripts);
	assert_int_equal(count(after, "</script"), ends);
	assert_null(strstr(after, "<img"));
	free(after);
	result_free(r);
}

/* Nothing in the page points out of it. */
static void test_no_network(void **state)
{
	(void)state;
	size_t len;
	struct result *r = fixture_result();
	char *text = page(r, &len);
	static const char *const bad[] = {"src=\"http", "href=\"http", "url(http", "@import",
					  "<link", "<iframe", "sourceMappingURL"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (strstr(text, bad[i]))
			fail_msg("the page has %s", bad[i]);
	assert_non_null(strstr(text, "default-src 'none'"));
	assert_non_null(strstr(text, r->sentence));
	assert_non_null(strstr(text, "未通过"));
	free(text);
	result_free(r);
}

static void test_size(void **state)
{
	(void)state;
	size_t len;
	struct rng rng;
	rng_init(&rng, 1);
	struct result *r = fixture_result();
	for (size_t i = 0; i < r->n_runs; i++) {
		fixture_fill(r, r->runs[i], "latency", 1000000, 0.2, 0.4, &rng);
		fixture_windows(r, r->runs[i], 43200, 25, 0.2, &rng);
		r->runs[i]->duration_s = 43200;
	}
	for (size_t k = 0; k < r->n_series; k++)
		for (uint64_t i = 200; i < 43200; i++)
			assert_int_equal(series_add(r->series[k], FIXTURE_START_NS + i * NS_PER_S,
						    (double)i * 1.0001), 0);
	free(page(r, &len));
	if (len > 5 * 1000 * 1000)
		fail_msg("the page has %zu bytes", len);
	result_free(r);
}

/* What was to be found out, and how well it is known: beside the verdict of its run. */
static void test_until(void **state)
{
	struct result *r = fixture_result();
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	(void)state;
	assert_int_equal(writer_find("html")->write(r, NULL, &out, NULL), 0);
	const char *words = strstr(out.data, "ttft.p99 is NOT known as well as asked for");
	assert_non_null(words);
	assert_null(strstr(words + 1, "ttft.p99 is NOT known as well as asked for"));
	buf_release(&out);
	result_free(r);
}

/* Steps of a sweep stand together, with a curve; a run alone is none. */
static void test_sweep(void **state)
{
	(void)state;
	struct err e;
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct result *r = result_new();
	r->tool_version = "1";
	for (int i = 1; i <= 4; i++) {
		struct run *run = result_add_run(r, arena_fmt(r->arena, i < 4 ? "limit @ %d" : "%d",
							      i), "performance");
		struct rng rng;
		rng_init(&rng, 1);
		run->attempted = run->outcomes[OUTCOME_OK] = 100;
		fixture_fill(r, run, "latency", 100, 0.1 * i, 0.1, &rng);
		run_metric(r, run, "request_rate", false)->value = 10 * i;
	}
	result_judge(r);
	assert_int_equal(writer_find("html")->write(r, NULL, &out, &e), 0);
	assert_non_null(strstr(out.data, "id=\"sweep-0\""));
	assert_null(strstr(out.data, "id=\"sweep-1\""));
	const char *curve = strstr(out.data, "class=\"curve\"");
	assert_non_null(curve);
	assert_null(strstr(curve + 1, "class=\"curve\""));
	assert_non_null(strstr(out.data, "href=\"#run-2\">3</a>"));
	buf_release(&out);
	result_free(r);
}

static void add_reading(struct result *r, const char *name, double first, double last)
{
	struct series *s = series_new("dcmi", "npu 3 chip 0", name, "count");
	assert_non_null(s);
	assert_int_equal(series_add(s, r->start_ns, first), 0);
	assert_int_equal(series_add(s, r->start_ns + NS_PER_S, last), 0);
	*ARENA_ADD(r->arena, r->series, r->n_series) = s;
}

/* The row of the first screen's table that tells of a device. */
static void expect_device(struct result *r, const char *verdict, const char *text)
{
	size_t len;
	char *all = page(r, &len);
	const char *row = strstr(all, "<th>npu 3 chip 0</th>");
	assert_non_null(row);
	char *end = strstr(row, "</tr>");
	assert_non_null(end);
	*end = '\0';
	if (!strstr(row, verdict) || !strstr(row, text))
		fail_msg("no '%s' or '%s' in %s", verdict, text, row);
	free(all);
}

/* A device is well only while it says so, and no double-bit error came meanwhile. */
static void test_devices(void **state)
{
	(void)state;
	struct result *r = result_new();
	r->tool_version = "1";
	add_reading(r, "temperature", 40, 61);
	expect_device(r, "health not read", "ECC not read, up to 61 °C");
	add_reading(r, "healthy", 1, 1);
	add_reading(r, "ecc_hbm_single", 7, 9);
	add_reading(r, "ecc_hbm_double", 2, 2);
	expect_device(r, ">healthy<", "ECC +2 single +0 double");
	add_reading(r, "ecc_ddr_double", 0, 1);
	expect_device(r, "not healthy", "ECC +2 single +1 double");
	result_free(r);
	r = result_new();
	r->tool_version = "1";
	add_reading(r, "healthy", 1, 0);
	expect_device(r, "not healthy", "not healthy during the run");
	result_free(r);
}

/* What a search found, and that it found nothing. */
static void test_capacity(void **state)
{
	(void)state;
	size_t len;
	struct result *r = result_new();
	r->tool_version = "1";
	for (int i = 1; i <= 2; i++) {
		struct run *run = result_add_run(r, arena_fmt(r->arena, "limit @ %d", i),
						 "performance");
		run->attempted = run->outcomes[OUTCOME_OK] = 100;
		run->settings = json_pack("{s:{s:i,s:s}}", "find", "value", i, "targets", "missed");
	}
	result_judge(r);
	char *text = page(r, &len);
	assert_non_null(strstr(text, "capacity of limit"));
	assert_non_null(strstr(text, "no step met every target twice"));
	free(text);
	struct metric *m = run_metric(r, r->runs[1], "highest_rate", false);
	m->value = 2.5;
	m->note = "met twice; the lowest that missed: 3";
	text = page(r, &len);
	assert_non_null(strstr(text, "2.5 /s"));
	assert_non_null(strstr(text, "met twice; the lowest that missed: 3"));
	assert_null(strstr(text, "no step met"));
	free(text);
	result_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_no_network),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_until),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_capacity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
