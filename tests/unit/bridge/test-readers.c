/* tests/unit/bridge/test-readers.c - result files of vLLM, written by hand after its formats; and
 * what becomes of those that nobody wrote.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bridge/reading.h"

#include "report/compare.h"

static void vllm_with_its_requests(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	CLEANUP(result_freep) struct result *r = read_by("vllm", golden(a, "vllm-detailed.json"));
	assert_int_equal(r->n_runs, 1);
	const struct run *run = r->runs[0];
	assert_string_equal(run->name, "rate 2");
	assert_string_equal(run->service.kind, "chat");
	assert_int_equal(run->attempted, 6);
	assert_int_equal(run->outcomes[OUTCOME_OK], 5);
	check(run, "error_rate", 1.0 / 6);
	check(run, "request_rate", 5.0 / 3);
	check(run, "token_rate", 5);
	/* The failed one's zeros are no samples. */
	assert_int_equal(value(run, "ttfe.p50").n, 5);
	check(run, "ttfe.p50", 0.12);
	check(run, "ttfe.min", 0.1);
	check(run, "latency.max", 0.2);
	check(run, "latency.p50", 0.17);
	check(run, "tpot.mean", 0.025);
	assert_int_equal(value(run, "itl.p50").n, 10);
	check(run, "itl.max", 0.04);
	check(run, "output_tokens.p50", 3);
	/* Ends at 0.14, 0.68, 1.17, 1.67 and 2.7 s. */
	assert_int_equal(run->n_windows, 3);
	assert_int_equal(run->windows[0].ok, 2);
	assert_int_equal(run->windows[1].ok, 2);
	assert_int_equal(run->windows[2].ok, 1);
}

static void vllm_one_a_line(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	CLEANUP(result_freep) struct result *r = read_by("vllm", golden(a, "vllm-series.jsonl"));
	assert_int_equal(r->n_runs, 2);
	assert_string_equal(r->runs[0]->name, "rate inf, concurrency 1");
	assert_string_equal(r->runs[1]->name, "rate inf, concurrency 8");
	check(r->runs[1], "ttfe.p50", 0.14);
	check(r->runs[1], "ttfe", 0.14);
	check(r->runs[1], "ttfe.p99", 0.28);
	check(r->runs[1], "ttfe.mean", 0.142);
	check(r->runs[1], "latency.p50", 0.546);
	assert_true(isnan(value(r->runs[1], "ttfe.p99").lo));
	struct metric_value none;
	assert_false(run_value(r->runs[1], "ttfe.p90", &none));
	assert_false(run_value(r->runs[1], "ttft.p50", &none));
}

/* A rate and a cap: requests wait before they are sent, which their latency leaves out. */
static void vllm_queues(void **state)
{
	(void)state;
	static const char text[] =
		"{\"backend\": \"openai-chat\", \"model_id\": \"m\", \"num_prompts\": 2, "
		"\"request_rate\": 4.0, \"max_concurrency\": 1, \"duration\": 2.0, "
		"\"completed\": 2, \"failed\": 0, \"request_throughput\": 1.0, "
		"\"ttfts\": [0.1, 0.1], \"itls\": [[0.1], [0.1]], \"output_lens\": [2, 2], "
		"\"input_lens\": [1, 1], \"errors\": [\"\", \"\"], \"latencies\": [0.2, 0.2], "
		"\"queue_times\": [0.0, 0.5]}";
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const char *path = arena_fmt(a, "/tmp/assay-readers-%d.json", (int)getpid());
	struct err e;
	assert_int_equal(file_write(path, text, strlen(text), &e), 0);
	CLEANUP(result_freep) struct result *r = read_by("vllm", path);
	(void)unlink(path);
	check(r->runs[0], "service_time.max", 0.2);
	check(r->runs[0], "latency.max", 0.7);
	check(r->runs[0], "ttfe.max", 0.6);
	/* Statistics of the time since they were sent have no name of ours. */
	static const char without[] =
		"{\"backend\": \"openai-chat\", \"model_id\": \"m\", \"num_prompts\": 2, "
		"\"request_rate\": 4.0, \"max_concurrency\": 1, \"duration\": 2.0, "
		"\"completed\": 2, \"failed\": 0, \"mean_ttft_ms\": 100.0, "
		"\"mean_e2el_ms\": 200.0, \"mean_e2el_including_client_queue_ms\": 300.0}";
	assert_int_equal(file_write(path, without, strlen(without), &e), 0);
	r = (result_free(r), read_by("vllm", path));
	(void)unlink(path);
	struct metric_value none;
	assert_false(run_value(r->runs[0], "ttfe.mean", &none));
	check(r->runs[0], "service_time.mean", 0.2);
	check(r->runs[0], "latency.mean", 0.3);
}

#define HEAD "\"backend\": \"openai-chat\", \"model_id\": \"m\", \"num_prompts\": 3, "
#define FAST "\"request_rate\": \"inf\", \"max_concurrency\": 2, "
#define COUNTS "\"duration\": 20.0, \"completed\": 2, \"failed\": 1, \"request_throughput\": 0.1, "

/* vLLM writes 0 where it has no times, and a request may fail without words: its zeros are no
 * samples. An answer whose tokens all came at once has no time per token. */
static void vllm_zeros(void **state)
{
	(void)state;
	CLEANUP(result_freep) struct result *r = read_text("vllm",
		"{" HEAD FAST COUNTS "\"ttfts\": [0.1, 0.0, 0.3], \"itls\": [[0.1], [], []], "
		"\"output_lens\": [2, 0, 4], \"input_lens\": [1, 1, 1], "
		"\"errors\": [\"\", \"\", \"\"], \"latencies\": [0.2, 0.0, 0.3], "
		"\"start_times\": [5.0, 0.0, 6.0]}");
	check(r->runs[0], "latency.min", 0.2);
	assert_int_equal(value(r->runs[0], "latency.p50").n, 2);
	assert_int_equal(value(r->runs[0], "ttfe.p50").n, 2);
	assert_int_equal(value(r->runs[0], "tpot.p50").n, 1);
	check(r->runs[0], "tpot.max", 0.1);
	assert_int_equal(r->runs[0]->windows[0].ok, 1);
	assert_int_equal(r->runs[0]->windows[1].ok, 1);
	r = (result_free(r), read_text("vllm",
		"{" HEAD FAST COUNTS "\"total_output_tokens\": 0, \"output_throughput\": 0.0, "
		"\"rtfx\": 0.0, \"mean_ttft_ms\": 0.0, \"median_ttft_ms\": 0.0, "
		"\"p99_ttft_ms\": 0.0, "
		"\"mean_itl_ms\": 0.0, \"p99_itl_ms\": 0.0, \"mean_tpot_ms\": 0.0, "
		"\"median_tpot_ms\": 0.0, \"mean_e2el_ms\": 250.0, \"median_e2el_ms\": 240.0}"));
	check(r->runs[0], "latency.p50", 0.24);
	static const char *const none[] = {"ttfe.mean", "ttfe.p50", "ttfe.p99", "itl.p99",
					   "itl.mean", "tpot.p50", "token_rate", "audio_rate"};
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		expect_none(r->runs[0], none[i]);
}

static void vllm_percentiles(void **state)
{
	(void)state;
	CLEANUP(result_freep) struct result *r = read_text("vllm",
		"{" HEAD FAST COUNTS "\"request_goodput:\": 0.05, \"std_ttft_ms\": NaN, "
		"\"mean_ttft_ms\": 20.0, \"p5_ttft_ms\": 5.0, \"p99.9_ttft_ms\": 90.0, "
		"\"p100_ttft_ms\": 95.0, \"p0_ttft_ms\": 1.0, \"p99_ttft_ms\": Infinity, "
		"\"median_ttft_ms\": -1.0, \"probe_p99_e2el_ms\": 7.0}");
	check(r->runs[0], "ttfe.p5", 0.005);
	check(r->runs[0], "ttfe.p999", 0.09);
	check(r->runs[0], "ttfe.max", 0.095);
	check(r->runs[0], "ttfe.min", 0.001);
	check(r->runs[0], "goodput_rate", 0.05);
	expect_none(r->runs[0], "ttfe.p10");
	expect_none(r->runs[0], "ttfe.p99");
	expect_none(r->runs[0], "ttfe.p50");
	expect_none(r->runs[0], "latency.p99");
}

/* Today's files have the latencies without --save-detailed: they count where none failed. What
 * assay writes of a server that counts no tokens has no output_lens. */
static void vllm_lists(void **state)
{
	(void)state;
	CLEANUP(result_freep) struct result *r = read_text("vllm",
		"{" HEAD FAST "\"duration\": 20.0, \"completed\": 3, \"failed\": 0, "
		"\"latencies\": [0.2, 0.4, 0.3], \"queue_times\": [0.0, 0.0, 0.5]}");
	assert_int_equal(value(r->runs[0], "latency.p50").n, 3);
	check(r->runs[0], "latency.max", 0.4);
	check(r->runs[0], "queue_delay.max", 0.5);
	assert_int_equal(r->runs[0]->n_windows, 0);
	r = (result_free(r), read_text("vllm",
		"{" HEAD FAST COUNTS "\"latencies\": [0.2, 0.4, 0.3]}"));
	expect_none(r->runs[0], "latency.p50");
	r = (result_free(r), read_text("vllm",
		"{" HEAD FAST COUNTS "\"ttfts\": [0.1, 0.1, 0], \"itls\": [[0.1], [0.1], []], "
		"\"latencies\": [0.2, 0.2, 0], \"errors\": [\"\", \"\", \"timeout\"]}"));
	check(r->runs[0], "ttfe.p50", 0.1);
	expect_none(r->runs[0], "tpot.p50");
	/* Of pooling backends, and what the data set had when fewer were sent than asked for. */
	r = (result_free(r), read_text("vllm",
		"{\"backend\": \"openai-embeddings\", \"model_id\": \"m\", \"num_prompts\": 1000, "
		FAST "\"duration\": 2.0, \"completed\": 2, \"latencies\": [0.2, 0.4, 0.0], "
		"\"errors\": [\"\", \"\", \"no\"]}"));
	assert_int_equal(run_failed(r->runs[0]), 1);
	check(r->runs[0], "latency.max", 0.4);
	refuse(&reader_vllm, "{" HEAD FAST COUNTS "\"ttfts\": [0.1, 0.1], \"itls\": [[]], "
	       "\"errors\": [\"\", \"\"]}", "ttfts and itls must be equally long");
	refuse(&reader_vllm, "", "must not be empty");
	refuse(&reader_vllm, "{" HEAD FAST "\"duration\": -1, \"completed\": 1, \"failed\": 0}",
	       "duration must be seconds");
	refuse(&reader_vllm, "{" HEAD FAST "\"duration\": 1, \"completed\": 1e300, \"failed\": 0}",
	       "must be counts");
}

/* What assay has exported names its protocol, and so its kind. */
static void vllm_kinds(void **state)
{
	(void)state;
	static const char *const kinds[][2] = {{"openai-audio", "asr"}, {"synthesize", "tts"},
					       {"transcribe", "asr"}, {"vllm", "chat"}};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char text[400];
		(void)snprintf(text, sizeof(text), "{\"backend\": \"%s\", \"model_id\": \"m\", "
			       "\"num_prompts\": 3, " FAST COUNTS "\"rtfx\": 0.0}", kinds[i][0]);
		CLEANUP(result_freep) struct result *r = read_text("vllm", text);
		assert_string_equal(r->runs[0]->service.kind, kinds[i][1]);
	}
}

/* A file of many runs of one name is read in time, and one of too many is refused. */
static void vllm_many_runs(void **state)
{
	(void)state;
	static const char line[] = "{" HEAD FAST "\"duration\": 1, \"completed\": 1, "
				   "\"failed\": 0}\n";
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	for (size_t i = 0; i < 3000; i++)
		(void)buf_str(&text, line);
	CLEANUP(result_freep) struct result *r = read_text("vllm", text.data);
	assert_int_equal(r->n_runs, 3000);
	assert_string_equal(r->runs[1]->name, "rate inf, concurrency 2 (2)");
	assert_string_equal(r->runs[2999]->name, "rate inf, concurrency 2 (3000)");
	for (size_t i = 0; i < 7001; i++)
		(void)buf_str(&text, line);
	refuse(&reader_vllm, text.data, "line 10001: there are more than 10000 runs");
}

static void others_are_left_alone(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const char *own = arena_fmt(a, "%s/tests/golden/result.json", getenv("SOURCE_ROOT"));
	assert_null(result_reader_find(own, a));
	assert_null(result_reader_find("/nowhere", a));
	assert_null(result_reader_find(arena_fmt(a, "%s/docs", getenv("SOURCE_ROOT")), a));
}

/* Cut anywhere, a file is refused with words, or what is left is a whole document. */
static void cut_files_are_refused(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	CLEANUP(buf_release) struct buf all = BUF_INIT(1 << 20);
	const char *path = arena_fmt(a, "/tmp/assay-readers-%d.cut", (int)getpid());
	struct err e;
	assert_int_equal(file_read(golden(a, "vllm-detailed.json"), &all, &e), 0);
	assert_int_equal(file_write(path, all.data, all.len, &e), 0);
	for (size_t len = all.len; len-- > 0;) {
		assert_int_equal(truncate(path, (off_t)len), 0);
		e = (struct err){0};
		assert_null(result_reader_read(&reader_vllm, path, &e));
		assert_true(e.text[0]);
	}
	(void)unlink(path);
}

/* Numbers without samples are set side by side, and nothing is claimed of them. */
static void statistics_stay_undecided(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	CLEANUP(result_freep)
	struct result *base = read_by("evalscope", golden(a, "evalscope-1.0"));
	CLEANUP(result_freep) struct result *now = read_by("evalscope", golden(a, "evalscope"));
	struct compare_limit l;
	struct comparison c;
	struct err e;
	assert_int_equal(compare_limit_parse("ttfe.p99 +50%", a, &l, &e), 0);
	struct compare_options o = {.limits = &l, .n_limits = 1, .same = 0.05,
				    .same_share = 0.005};
	assert_int_equal(compare_results(base, now, &o, a, &c, &e), 0);
	assert_true(l.used);
	assert_int_equal(compare_exit_status(&c), 5);
	for (size_t i = 0; i < c.n; i++) {
		if (strcmp(c.items[i].metric, "ttfe.p99") != 0)
			continue;
		assert_int_equal(c.items[i].change, CHANGE_UNDECIDED);
		assert_string_equal(c.items[i].why, "one number without an interval");
		assert_true(fabs(c.items[i].difference - 0.02) < 1e-9);
		return;
	}
	fail_msg("ttfe.p99 was not compared");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vllm_with_its_requests),
		cmocka_unit_test(vllm_one_a_line),
		cmocka_unit_test(vllm_queues),
		cmocka_unit_test(vllm_zeros),
		cmocka_unit_test(vllm_percentiles),
		cmocka_unit_test(vllm_lists),
		cmocka_unit_test(vllm_kinds),
		cmocka_unit_test(vllm_many_runs),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(statistics_stay_undecided),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
