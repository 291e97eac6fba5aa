/* tests/unit/bridge/test-evalscope.c - what evalscope perf leaves, made by hand after its formats.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bridge/reading.h"

#include <sqlite3.h>

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

/* Rows that tell less than they should: no time of an end, answers that were not streamed, texts
 * in place of numbers, and a view in place of the table. */
static void evalscope_odd_rows(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	const char *path = make_db(a, "");
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
		"UPDATE result SET first_chunk_latency = 0.5, inter_token_latencies = '[]' "
		"WHERE rowid <= 5;"
		"UPDATE result SET completed_time = 0, latency = 0 WHERE rowid = 6;"
		"UPDATE result SET latency = 'long' WHERE rowid = 7;", NULL, NULL, NULL),
		SQLITE_OK);
	CLEANUP(result_freep) struct result *r = read_by("evalscope", path);
	assert_int_equal(value(r->runs[0], "ttfe.p50").n, 34);
	assert_int_equal(value(r->runs[0], "latency.p50").n, 37);
	check(r->runs[0], "latency.min", 0.5);
	assert_int_equal(r->runs[0]->n_windows, 0);
	assert_int_equal(sqlite3_exec(db, "ALTER TABLE result RENAME TO other; CREATE VIEW result "
				      "AS SELECT * FROM other;", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	struct err e = {0};
	assert_null(result_reader_read(&reader_evalscope, path, &e));
	assert_non_null(strstr(e.text, "there is no table of EvalScope's requests"));
	(void)unlink(path);
}

/* Damaged in any page, a database is refused with words, or what is left of it is read. */
static void evalscope_damaged(void **state)
{
	(void)state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	CLEANUP(buf_release) struct buf all = BUF_INIT(1 << 20);
	const char *path = make_db(a, "1");
	struct err e;
	assert_int_equal(file_read(path, &all, &e), 0);
	for (size_t at = 16; at < all.len; at += 41) {
		char kept = all.data[at];
		all.data[at] = (char)~kept;
		assert_int_equal(file_write(path, all.data, all.len, &e), 0);
		all.data[at] = kept;
		e = (struct err){0};
		struct result *r = result_reader_read(&reader_evalscope, path, &e);
		assert_true(r || e.text[0]);
		(void)result_free(r);
	}
	for (size_t len = all.len; len > 0; len -= MIN(len, (size_t)509)) {
		assert_int_equal(file_write(path, all.data, len, &e), 0);
		e = (struct err){0};
		struct result *r = result_reader_read(&reader_evalscope, path, &e);
		assert_true(r || e.text[0]);
		(void)result_free(r);
	}
	(void)unlink(path);
}

#define SUMMARY "\"Test Duration (s)\": 3.0, \"Concurrency\": 0, \"Total Requests\": 8, " \
	"\"Success Requests\": 8, \"Failed Requests\": 0, \"Avg Latency (s)\": 0.9, "

/* A file that was put elsewhere under a name of its own; averages of today's names; 0, -1 and NaN
 * for what there is not, as where answers were not streamed. */
static void evalscope_lone_files(void **state)
{
	(void)state;
	CLEANUP(result_freep) struct result *r = read_text("evalscope",
		"{" SUMMARY "\"Request Rate (req/s)\": 4.0, \"Stream Requests\": 8, "
		"\"Avg TTFT (ms)\": 110.0, \"Avg TPOT (ms)\": 40.0, \"Avg ITL (ms)\": 0.0, "
		"\"Output Throughput (tok/s)\": -1}");
	assert_string_equal(r->runs[0]->name, "rate 4");
	assert_int_equal(r->runs[0]->attempted, 8);
	check(r->runs[0], "ttfe.mean", 0.11);
	check(r->runs[0], "tpot.mean", 0.04);
	check(r->runs[0], "latency.mean", 0.9);
	expect_none(r->runs[0], "itl.mean");
	expect_none(r->runs[0], "token_rate");
	r = (result_free(r), read_text("evalscope",
		"{" SUMMARY "\"Stream Requests\": 0, \"Avg TTFT (ms)\": 900.0, "
		"\"Avg TPOT (ms)\": 0.0, \"Avg ITL (ms)\": 0.0}"));
	expect_none(r->runs[0], "ttfe.mean");
	check(r->runs[0], "latency.mean", 0.9);
	r = (result_free(r), read_text("evalscope",
		"[{\"Percentiles\": \"99%\", \"Latency (s)\": 1.2, \"ITL (ms)\": NaN, "
		"\"TTFT (ms)\": 180.0, \"TPOT (ms)\": 0.0}, "
		"{\"Percentiles\": \"99.9%\", \"Latency (s)\": 1.5}, "
		"{\"Percentiles\": \"max\", \"Latency (s)\": 1.6}, "
		"{\"Percentiles\": \"NaN\", \"Latency (s)\": 9}, {\"Percentiles\": 5}, 7]"));
	check(r->runs[0], "latency.p99", 1.2);
	check(r->runs[0], "latency.p999", 1.5);
	check(r->runs[0], "latency.max", 1.6);
	check(r->runs[0], "ttfe.p99", 0.18);
	expect_none(r->runs[0], "itl.p99");
	expect_none(r->runs[0], "tpot.p99");
	refuse(&reader_evalscope, "\"Total Requests\"", "must be an object or a list");
	refuse(&reader_evalscope, "{\"Total Requests\": 1}", "must have the numbers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evalscope_statistics),
		cmocka_unit_test(evalscope_requests),
		cmocka_unit_test(evalscope_odd_rows),
		cmocka_unit_test(evalscope_damaged),
		cmocka_unit_test(evalscope_lone_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
