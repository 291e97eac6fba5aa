/* tests/unit/bridge/test-readers.c - result files of vLLM and EvalScope, written by hand after
 * their formats.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "bridge/readers.h"
#include "report/compare.h"

static const char *golden(struct arena *a, const char *name)
{
	return arena_fmt(a, "%s/tests/golden/bridge/%s", getenv("SOURCE_ROOT"), name);
}

static struct result *read_by(const char *reader, const char *path)
{
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const struct result_reader *found = result_reader_find(path, a);
	struct err e;
	if (!found)
		fail_msg("nobody reads %s", path);
	assert_string_equal(found->name, reader);
	struct result *r = result_reader_read(found, path, &e);
	if (!r)
		fail_msg("%s", e.text);
	return r;
}

static struct metric_value value(const struct run *run, const char *name)
{
	struct metric_value v;
	if (!run_value(run, name, &v))
		fail_msg("no %s in %s", name, run->name);
	return v;
}

static void check(const struct run *run, const char *name, double wanted)
{
	double got = value(run, name).value;
	if (fabs(got - wanted) > 1e-3 * fabs(wanted))
		fail_msg("%s of %s is %.9g, not %.9g", name, run->name, got, wanted);
}

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
}

static void evalscope_statistics(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	static const struct {
		const char *path, *name;
		double ttfe, latency_p99, tpot, rate;
		uint64_t failed;
	} cases[] = {
		{"evalscope", "parallel_4_number_8", 0.108, 1.2, 0.04, 2.3333, 1},
		{"evalscope/parallel_4_number_8", "parallel_4_number_8", 0.108, 1.2, 0.04, 2.3333,
		 1},
		{"evalscope/parallel_4_number_8/benchmark_summary.json", "parallel_4_number_8",
		 0.108, 1.2, 0.04, 2.3333, 1},
		{"evalscope-1.0", "concurrency 4", 0.1, 1.1, 0.035, 2.6667, 0},
		{"evalscope-1.0/benchmark_percentile.json", "concurrency 4", 0.1, 1.1, 0.035,
		 2.6667, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(result_freep)
		struct result *r = read_by("evalscope", golden(a, cases[i].path));
		assert_int_equal(r->n_runs, 1);
		assert_string_equal(r->runs[0]->name, cases[i].name);
		assert_int_equal(r->runs[0]->attempted, 8);
		assert_int_equal(run_failed(r->runs[0]), cases[i].failed);
		check(r->runs[0], "ttfe.p50", cases[i].ttfe);
		check(r->runs[0], "latency.p99", cases[i].latency_p99);
		check(r->runs[0], "tpot.mean", cases[i].tpot);
		check(r->runs[0], "request_rate", cases[i].rate);
		assert_true(isnan(value(r->runs[0], "ttfe.p50").lo));
	}
}

static const char schema[] =
	"CREATE TABLE result(request TEXT, start_time REAL, inter_token_latencies TEXT, "
	"success INTEGER, response_messages TEXT, completed_time REAL, latency REAL, "
	"first_chunk_latency REAL, prompt_tokens INTEGER, completion_tokens INTEGER, "
	"max_gpu_memory_cost REAL, time_per_output_token REAL%s);";

static const char *make_db(struct arena *a, const char *more)
{
	const char *path = arena_fmt(a, "/tmp/assay-readers-%d.db", (int)getpid());
	(void)unlink(path);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	const char *columns = *more ? ", request_id TEXT, is_stream INTEGER" : "";
	assert_int_equal(sqlite3_exec(db, arena_fmt(a, schema, columns), NULL, NULL, NULL), 0);
	for (int i = 0; i < 40; i++) {
		const char *sql = i == 7
			? arena_fmt(a, "INSERT INTO result(start_time, completed_time, success, "
				       "inter_token_latencies) VALUES(%d.5, %d.75, 0, '[]')",
				    1000 + i, 1000 + i)
			: arena_fmt(a, "INSERT INTO result(start_time, completed_time, success, "
				       "inter_token_latencies, latency, first_chunk_latency, "
				       "prompt_tokens, completion_tokens, time_per_output_token%s) "
				       "VALUES(%d.0, %d.5, 1, '[0.1, 0.3]', 0.5, 0.1, 7, 3, 0.2%s)",
				    *more ? ", is_stream" : "", 1000 + i, 1000 + i,
				    *more ? ", 1" : "");
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	}
	(void)sqlite3_close(db);
	return path;
}

static void evalscope_requests(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	for (int streamed = 0; streamed < 2; streamed++) {
		const char *path = make_db(a, streamed ? "1" : "");
		CLEANUP(result_freep) struct result *r = read_by("evalscope", path);
		const struct run *run = r->runs[0];
		assert_int_equal(run->attempted, 40);
		assert_int_equal(run_failed(run), 1);
		check(run, "ttfe.p50", 0.1);
		check(run, "latency.p50", 0.5);
		check(run, "itl.max", 0.3);
		assert_int_equal(value(run, "itl.p50").n, 78);
		assert_false(isnan(value(run, "latency.p50").lo));
		check(run, "request_rate", 39 / 39.5);
		assert_int_equal(run->n_windows, 39);
		(void)unlink(path);
	}
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
		cmocka_unit_test(evalscope_statistics),
		cmocka_unit_test(evalscope_requests),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(statistics_stay_undecided),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
