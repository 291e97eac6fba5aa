/* src/bridge/read_evalscope.c - what `evalscope perf` leaves: a folder with benchmark_summary.json,
 * benchmark_percentile.json and the requests in benchmark_data.db, or a folder of such folders.
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "bridge/evalscope_db.h"
#include "bridge/foreign.h"
#include "bridge/readers.h"

#define DEPTH_MAX 4		/* folders below the one that was named */
#define FOLDERS_MAX 1000

#define SUMMARY "benchmark_summary.json"
#define PERCENTILE "benchmark_percentile.json"
#define DATABASE "benchmark_data.db"
#define ARGUMENTS "benchmark_args.json"

/* Keys of the summary, of all generations; before 1.0 times were in seconds. */
static const struct {
	const char *names[3];
} keys[] = {
	{{"Test Duration (s)", "Time taken for tests (s)"}},
	{{"Concurrency", "Number of concurrency"}},
	{{"Request Rate (req/s)"}},
	{{"Total Requests", "Total requests"}},
	{{"Success Requests", "Succeed requests"}},
	{{"Stream Requests"}},
	{{"Req Throughput (req/s)", "Request throughput (req/s)"}},
	{{"Output Throughput (tok/s)", "Output token throughput (tok/s)"}},
	{{"Avg Latency (s)", "Average latency (s)"}},
	{{"Avg TTFT (ms)", "TTFT (ms)"}},
	{{"Avg TPOT (ms)", "TPOT (ms)"}},
	{{"Avg ITL (ms)", "ITL (ms)"}},
	{{"Average time to first token (s)"}},
	{{"Average time per output token (s)"}},
	{{"Average inter-token latency (s)"}},
};

enum key {
	DURATION, CONCURRENCY, ASKED_RATE, TOTAL, OK, STREAMED, RATE, TOKEN_RATE, LATENCY,
	TTFT_MS, TPOT_MS, ITL_MS, TTFT_S, TPOT_S, ITL_S
};

/* -1 is their way to say that there is none. */
static double get(const json_t *j, enum key k)
{
	const json_t *v = NULL;
	for (size_t i = 0; !v && i < ARRAY_LEN(keys[k].names) && keys[k].names[i]; i++)
		v = json_object_get(j, keys[k].names[i]);
	return json_is_number(v) && json_number_value(v) >= 0 ? json_number_value(v) : NAN;
}

static bool there(struct arena *a, const char *dir, const char *name)
{
	return access(arena_fmt(a, "%s/%s", dir, name), R_OK) == 0;
}

static bool is_run(struct arena *a, const char *dir)
{
	return there(a, dir, SUMMARY) || there(a, dir, DATABASE);
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

/* The folders of runs at and below this one, in the order of their names. */
static int find_runs(struct arena *a, const char *top, struct strings *ret, struct err *e)
{
	struct {
		const char *path;
		int depth;
	} seen[FOLDERS_MAX] = {{top, 0}};
	size_t n = 1;
	for (size_t i = 0; i < n; i++) {
		if (is_run(a, seen[i].path)) {
			strings_add(ret, a, seen[i].path);
			continue;
		}
		DIR *d = seen[i].depth < DEPTH_MAX ? opendir(seen[i].path) : NULL;
		for (struct dirent *f; d && (f = readdir(d));) {
			struct stat st;
			const char *path = arena_fmt(a, "%s/%s", seen[i].path, f->d_name);
			if (f->d_name[0] == '.' || lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
				continue;
			if (n == FOLDERS_MAX) {
				(void)closedir(d);
				return err_set(e, ERR_DATA, "there are more than %d folders",
					       FOLDERS_MAX);
			}
			seen[n].path = path;
			seen[n++].depth = seen[i].depth + 1;
		}
		if (d)
			(void)closedir(d);
	}
	if (ret->n > 0)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_name);
	return 0;
}

static bool knows(const struct reader_file *f, struct arena *a)
{
	struct strings runs = {0};
	if (f->is_dir) {
		if (there(a, f->path, "result.json") || there(a, f->path, "results.db"))
			return false;
		(void)find_runs(a, f->path, &runs, NULL);
		return runs.n > 0;
	}
	if (str_starts(f->head, "SQLite format 3"))
		return evalscope_db_is_one(f->path);
	return strstr(f->head, "\"Total Requests\"") || strstr(f->head, "\"Total requests\"") ||
	       strstr(f->head, "\"Percentiles\"");
}

/* ---- statistics ---- */

/* The files of a run; NULL: it is not there. */
struct parts {
	json_t *summary, *rows, *args;
};

static void parts_release(struct parts *p)
{
	json_decref(p->summary);
	json_decref(p->rows);
	json_decref(p->args);
}

/* Of answers that are not streamed, their time to the first token is that of the whole answer. */
static bool streamed(const struct parts *p)
{
	double n = get(p->summary, STREAMED);
	return isnan(n) ? !json_is_false(json_object_get(p->args, "stream")) : n > 0;
}

static void point_ms(struct result *r, struct run *run, const char *metric, const json_t *j,
		     enum key ms, enum key s)
{
	foreign_point(r, run, metric, "mean", isnan(get(j, ms)) ? get(j, s) : get(j, ms) / 1e3);
}

static void read_averages(struct result *r, struct run *run, const struct parts *p)
{
	foreign_point(r, run, "latency", "mean", get(p->summary, LATENCY));
	if (!streamed(p))
		return;
	point_ms(r, run, "ttfe", p->summary, TTFT_MS, TTFT_S);
	point_ms(r, run, "tpot", p->summary, TPOT_MS, TPOT_S);
	point_ms(r, run, "itl", p->summary, ITL_MS, ITL_S);
}

/* "99%" → "p99"; "min" and "max" stay; NULL: something else. */
static const char *stat_of(struct arena *a, const char *label)
{
	char *end;
	double percent = strtod(label, &end);
	if (strcmp(label, "min") == 0 || strcmp(label, "max") == 0)
		return label;
	return end > label && strcmp(end, "%") == 0 ? foreign_percentile(a, percent) : NULL;
}

static void read_percentiles(struct result *r, struct run *run, const struct parts *p)
{
	static const struct {
		const char *theirs, *ours;
		double unit;
		bool stream;
	} columns[] = {
		{"Latency (s)", "latency", 1, false}, {"TTFT (ms)", "ttfe", 1e-3, true},
		{"TTFT (s)", "ttfe", 1, true}, {"TPOT (ms)", "tpot", 1e-3, true},
		{"TPOT (s)", "tpot", 1, true}, {"ITL (ms)", "itl", 1e-3, true},
		{"ITL (s)", "itl", 1, true}, {"Output tokens", "output_tokens", 1, false},
		{"Input tokens", "prompt_tokens", 1, false},
	};
	size_t i;
	json_t *row;
	json_array_foreach(p->rows, i, row) {
		const char *stat = stat_of(r->arena, json_text(row, "Percentiles", ""));
		for (size_t k = 0; stat && k < ARRAY_LEN(columns); k++) {
			const json_t *v = json_object_get(row, columns[k].theirs);
			if (json_is_number(v) && (streamed(p) || !columns[k].stream))
				foreign_point(r, run, columns[k].ours, stat,
					      json_number_value(v) * columns[k].unit);
		}
	}
}

/* ---- a run ---- */

/* *ret NULL: it is not there. */
static int read_json(const char *path, json_t **ret, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(64 << 20);
	const char *slash = strrchr(path, '/');
	if (access(path, R_OK) != 0)
		return 0;
	if (file_read(path, &text, e) < 0)
		return -1;
	*ret = foreign_json(text.data ? text.data : (char[]){""}, text.len, e);
	return *ret ? 0 : err_prefix(e, "%s: ", slash ? slash + 1 : path);
}

static int read_summary(struct result *r, struct run *run, const json_t *j, struct err *e)
{
	double ok = get(j, OK), total = get(j, TOTAL), tokens = get(j, TOKEN_RATE);
	run->duration_s = get(j, DURATION);
	if (!(ok >= 0 && total >= ok && total < 1e15) || isnan(run->duration_s))
		return foreign_bad(e, SUMMARY, "must have the numbers of requests and a duration");
	foreign_counts(run, (uint64_t)ok, (uint64_t)(total - ok));
	foreign_value(r, run, "request_rate", get(j, RATE));
	if (tokens > 0)		/* 0 as well where there are none: embeddings */
		foreign_value(r, run, "token_rate", tokens);
	return 0;
}

static void note_service(struct result *r, struct run *run, const json_t *args)
{
	const char *url = json_text(args, "url", NULL);
	run->service.url = arena_str(r->arena, url);
	run->service.protocol = arena_str(r->arena, json_text(args, "api", NULL));
	foreign_environment(r, "evalscope perf", "chat", url, json_text(args, "model", NULL),
			    run->service.protocol);
}

static const char *name_of(struct arena *a, const char *dir, const json_t *summary)
{
	const char *slash = strrchr(dir, '/');
	double at_once = get(summary, CONCURRENCY), rate = get(summary, ASKED_RATE);
	if (slash && (str_starts(slash + 1, "parallel_") || str_starts(slash + 1, "rate_")))
		return slash + 1;
	if (rate > 0)
		return arena_fmt(a, "rate %.6g", rate);
	return at_once > 0 ? arena_fmt(a, "concurrency %.0f", at_once) : "evalscope perf";
}

/* dir: of the run, or "". db: of its requests, or NULL. */
static int make_run(struct result *r, const struct parts *p, const char *dir, const char *db,
		    struct err *e)
{
	struct run *run = foreign_run(r, name_of(r->arena, dir, p->summary), "chat", NULL, NULL, e);
	if (!run)
		return -1;
	note_service(r, run, p->args);
	/* The requests themselves are more than any statistics of them. */
	if (db && evalscope_db_read(db, r, run, e) < 0)
		return -1;
	if (p->summary && read_summary(r, run, p->summary, e) < 0)
		return -1;
	read_averages(r, run, p);
	read_percentiles(r, run, p);
	return 0;
}

static int read_run(struct result *r, const char *dir, struct err *e)
{
	struct arena *a = r->arena;
	CLEANUP(parts_release) struct parts p = {0};
	if (read_json(arena_fmt(a, "%s/" SUMMARY, dir), &p.summary, e) < 0 ||
	    read_json(arena_fmt(a, "%s/" PERCENTILE, dir), &p.rows, e) < 0 ||
	    read_json(arena_fmt(a, "%s/" ARGUMENTS, dir), &p.args, e) < 0)
		return -1;
	return make_run(r, &p, dir, there(a, dir, DATABASE)
			? arena_fmt(a, "%s/" DATABASE, dir) : NULL, e);
}

/* One that was put elsewhere, under a name of its own. */
static int read_lone(struct result *r, const char *path, struct err *e)
{
	CLEANUP(parts_release) struct parts p = {0};
	json_t *j = NULL;
	if (str_ends(path, ".db") || evalscope_db_is_one(path))
		return make_run(r, &p, "", path, e);
	if (read_json(path, &j, e) < 0)
		return -1;
	*(json_is_array(j) ? &p.rows : &p.summary) = j;
	if (!json_is_array(j) && !json_is_object(j))
		return foreign_bad(e, "the document", "must be an object or a list");
	return make_run(r, &p, "", NULL, e);
}

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? arena_strn(a, path, (size_t)MAX(slash - path, (ptrdiff_t)1)) : ".";
}

/* A file of a run's folder: the run is what is meant. */
static bool of_a_run(struct arena *a, const char *path)
{
	static const char *const names[] = {SUMMARY, PERCENTILE, DATABASE};
	const char *slash = strrchr(path, '/');
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(slash ? slash + 1 : path, names[i]) == 0)
			return is_run(a, folder_of(a, path));
	return false;
}

static int read_any(const char *path, struct result *r, struct err *e)
{
	struct strings runs = {0};
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (find_runs(r->arena, path, &runs, e) < 0)
			return -1;
		for (size_t i = 0; i < runs.n; i++)
			if (read_run(r, runs.items[i], e) < 0)
				return err_prefix(e, "%s: ", runs.items[i]);
		return 0;
	}
	return of_a_run(r->arena, path) ? read_run(r, folder_of(r->arena, path), e)
					: read_lone(r, path, e);
}

const struct result_reader reader_evalscope = {
	.name = "evalscope",
	.summary = "what evalscope perf leaves: a folder with benchmark_summary.json, its requests "
		   "in benchmark_data.db",
	.knows = knows,
	.read = read_any,
};
