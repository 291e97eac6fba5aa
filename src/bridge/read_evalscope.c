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

/* Keys of both generations of the summary. */
static const struct {
	const char *now, *before;
} keys[] = {
	{"Test Duration (s)", "Time taken for tests (s)"},
	{"Concurrency", "Number of concurrency"},
	{"Total Requests", "Total requests"},
	{"Success Requests", "Succeed requests"},
	{"Failed Requests", "Failed requests"},
	{"Req Throughput (req/s)", "Request throughput (req/s)"},
	{"Output Throughput (tok/s)", "Output token throughput (tok/s)"},
	{"Avg Latency (s)", "Average latency (s)"},
	{"TTFT (ms)", NULL},
	{"TPOT (ms)", NULL},
	{"ITL (ms)", NULL},
	{NULL, "Average time to first token (s)"},
	{NULL, "Average time per output token (s)"},
	{NULL, "Average inter-token latency (s)"},
};

enum key {
	DURATION, CONCURRENCY, TOTAL, OK, FAILED, RATE, TOKEN_RATE, LATENCY, TTFT_MS, TPOT_MS,
	ITL_MS, TTFT_S, TPOT_S, ITL_S
};

/* -1 is their way to say that there is none. */
static double get(const json_t *j, enum key k)
{
	const json_t *v = keys[k].now ? json_object_get(j, keys[k].now) : NULL;
	if (!v && keys[k].before)
		v = json_object_get(j, keys[k].before);
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
static void find_runs(struct arena *a, const char *top, struct strings *ret)
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
		for (struct dirent *f; d && (f = readdir(d)) && n < FOLDERS_MAX;) {
			struct stat st;
			const char *path = arena_fmt(a, "%s/%s", seen[i].path, f->d_name);
			if (f->d_name[0] == '.' || lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
				continue;
			seen[n].path = path;
			seen[n++].depth = seen[i].depth + 1;
		}
		if (d)
			(void)closedir(d);
	}
	if (ret->n > 0)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_name);
}

static bool knows(const struct reader_file *f, struct arena *a)
{
	struct strings runs = {0};
	if (f->is_dir) {
		if (there(a, f->path, "result.json") || there(a, f->path, "results.db"))
			return false;
		find_runs(a, f->path, &runs);
		return runs.n > 0;
	}
	if (str_starts(f->head, "SQLite format 3"))
		return evalscope_db_is_one(f->path);
	return strstr(f->head, "\"Total Requests\"") || strstr(f->head, "\"Total requests\"") ||
	       strstr(f->head, "\"Percentiles\"");
}

/* ---- statistics ---- */

static void read_averages(struct result *r, struct run *run, const json_t *j)
{
	foreign_point(r, run, "latency", "mean", get(j, LATENCY));
	foreign_point(r, run, "ttfe", "mean", isnan(get(j, TTFT_S)) ? get(j, TTFT_MS) / 1e3
								    : get(j, TTFT_S));
	foreign_point(r, run, "tpot", "mean", isnan(get(j, TPOT_S)) ? get(j, TPOT_MS) / 1e3
								    : get(j, TPOT_S));
	foreign_point(r, run, "itl", "mean", isnan(get(j, ITL_S)) ? get(j, ITL_MS) / 1e3
								  : get(j, ITL_S));
}

static void read_percentiles(struct result *r, struct run *run, const json_t *rows)
{
	static const struct {
		const char *theirs, *ours;
		double unit;
	} columns[] = {
		{"Latency (s)", "latency", 1}, {"TTFT (ms)", "ttfe", 1e-3}, {"TTFT (s)", "ttfe", 1},
		{"TPOT (ms)", "tpot", 1e-3}, {"TPOT (s)", "tpot", 1}, {"ITL (ms)", "itl", 1e-3},
		{"ITL (s)", "itl", 1}, {"Output tokens", "output_tokens", 1},
		{"Input tokens", "prompt_tokens", 1},
	};
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) {
		const char *label = json_text(row, "Percentiles", "");
		const char *stat = str_ends(label, "%")
			? arena_fmt(r->arena, "p%02ld", strtol(label, NULL, 10)) : label;
		for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
			const json_t *v = json_object_get(row, columns[k].theirs);
			if (json_is_number(v) && json_number_value(v) >= 0)
				foreign_point(r, run, columns[k].ours, stat,
					      json_number_value(v) * columns[k].unit);
		}
	}
}

/* ---- a run ---- */

/* NULL: it is not there, or (with *e) it is damaged. */
static json_t *read_json(struct arena *a, const char *dir, const char *name, struct err *e)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(64 << 20);
	*e = (struct err){0};
	if (!there(a, dir, name))
		return NULL;
	if (file_read(arena_fmt(a, "%s/%s", dir, name), &text, e) < 0)
		return NULL;
	json_t *j = json_read(text.data ? text.data : "", text.len, JSON_DEPTH_MAX, e);
	if (!j)
		(void)err_prefix(e, "%s: ", name);
	return j;
}

static int read_summary(struct result *r, struct run *run, const json_t *j, struct err *e)
{
	double ok = get(j, OK), total = get(j, TOTAL);
	run->duration_s = get(j, DURATION);
	if (!(ok >= 0 && total >= ok && total < 1e15) || isnan(run->duration_s))
		return foreign_bad(e, SUMMARY, "must have the numbers of requests and a duration");
	foreign_counts(run, (uint64_t)ok, (uint64_t)(total - ok));
	foreign_value(r, run, "request_rate", get(j, RATE));
	foreign_value(r, run, "token_rate", get(j, TOKEN_RATE));
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
	double at_once = get(summary, CONCURRENCY);
	if (slash && str_starts(slash + 1, "parallel_"))
		return slash + 1;
	return isnan(at_once) ? "evalscope perf" : arena_fmt(a, "concurrency %.0f", at_once);
}

static int read_run(struct result *r, const char *dir, struct err *e)
{
	struct arena *a = r->arena;
	struct err why[3];
	CLEANUP(json_unref) json_t *summary = read_json(a, dir, SUMMARY, &why[0]);
	CLEANUP(json_unref) json_t *rows = read_json(a, dir, PERCENTILE, &why[1]);
	CLEANUP(json_unref) json_t *args = read_json(a, dir, "benchmark_args.json", &why[2]);
	for (size_t i = 0; i < ARRAY_LEN(why); i++) {
		if (why[i].code != ERR_NONE) {
			*e = why[i];
			return -1;
		}
	}
	struct run *run = foreign_run(r, name_of(a, dir, summary), "chat", NULL, NULL);
	note_service(r, run, args);
	/* The requests themselves are more than any statistics of them. */
	if (there(a, dir, DATABASE) &&
	    evalscope_db_read(arena_fmt(a, "%s/" DATABASE, dir), r, run, e) < 0)
		return -1;
	if (summary && read_summary(r, run, summary, e) < 0)
		return -1;
	if (summary)
		read_averages(r, run, summary);
	read_percentiles(r, run, rows);
	return 0;
}

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? arena_strn(a, path, (size_t)MAX(slash - path, (ptrdiff_t)1)) : ".";
}

static int read_any(const char *path, struct result *r, struct err *e)
{
	struct strings runs = {0};
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		find_runs(r->arena, path, &runs);
		for (size_t i = 0; i < runs.n; i++)
			if (read_run(r, runs.items[i], e) < 0)
				return err_prefix(e, "%s: ", runs.items[i]);
		return 0;
	}
	/* A database alone, or a file of a run's folder: the run is what is meant. */
	if (!str_ends(path, ".db") || is_run(r->arena, folder_of(r->arena, path)))
		return read_run(r, folder_of(r->arena, path), e);
	struct run *run = foreign_run(r, "evalscope perf", "chat", NULL, NULL);
	note_service(r, run, NULL);
	return evalscope_db_read(path, r, run, e);
}

const struct result_reader reader_evalscope = {
	.name = "evalscope",
	.summary = "what evalscope perf leaves: a folder with benchmark_summary.json, its requests "
		   "in benchmark_data.db",
	.knows = knows,
	.read = read_any,
};
