/* src/bridge/read_vllm.c - what `vllm bench serve` saves: one JSON document, or one a line
 * (--append-result); with the lists of --save-detailed, or only their statistics.
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/util.h"
#include "bridge/foreign.h"
#include "bridge/readers.h"

static bool knows(const struct reader_file *f, struct arena *a)
{
	(void)a;
	return f->head[strspn(f->head, " \t\r\n")] == '{' && strstr(f->head, "\"num_prompts\"") &&
	       strstr(f->head, "\"model_id\"") && strstr(f->head, "\"request_rate\"");
}

static double number(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

static const char *text(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

/* "rate 4, concurrency 8": what tells one run of a series from the next. */
static const char *name_of(const json_t *j, struct arena *a)
{
	double rate = number(j, "request_rate"), cap = number(j, "max_concurrency");
	const char *label = text(j, "label");
	const char *name = arena_fmt(a, "%s%srate %s", label ? label : "", label ? " " : "",
				     isnan(rate) ? "inf" : arena_fmt(a, "%.6g", rate));
	return isnan(cap) ? name : arena_fmt(a, "%s, concurrency %.0f", name, cap);
}

/* Their end-to-end latency begins when the request is sent. That is assay's latency unless the
 * schedule wanted it earlier: with a rate and a cap, requests wait before that. */
static const char *latency_name(const json_t *j)
{
	bool waits = !isnan(number(j, "max_concurrency")) && !isnan(number(j, "request_rate"));
	return waits ? "service_time" : "latency";
}

/* ---- statistics ---- */

static const struct {
	const char *theirs, *ours;	/* NULL: see latency_name() */
} names[] = {
	{"ttft", "ttfe"}, {"tpot", "tpot"}, {"itl", "itl"}, {"e2el", NULL},
	{"e2el_including_client_queue", "latency"}, {"client_queue_time", "queue_delay"},
};

/* "p99_ttft_ms" → "p99", "median_…" → "p50", "mean_…" → "mean"; NULL: no statistic of ours. */
static const char *stat_of(const char *word)
{
	if (strcmp(word, "mean") == 0)
		return "mean";
	if (strcmp(word, "median") == 0)
		return "p50";
	return *word == 'p' && isdigit((unsigned char)word[1]) ? word : NULL;
}

static void read_statistic(struct result *r, struct run *run, const json_t *j, const char *key,
			   double ms)
{
	const char *metric = strchr(key, '_');
	if (!metric || !str_ends(key, "_ms"))
		return;
	const char *stat = stat_of(arena_strn(r->arena, key, (size_t)(metric - key)));
	metric = arena_strn(r->arena, metric + 1, strlen(metric + 1) - strlen("_ms"));
	for (size_t i = 0; stat && i < ARRAY_LEN(names); i++)
		if (strcmp(names[i].theirs, metric) == 0)
			foreign_point(r, run, names[i].ours ? names[i].ours : latency_name(j),
				      stat, ms / 1e3);
}

/* ---- requests ---- */

static bool succeeded(const json_t *errors, size_t i)
{
	const char *why = json_string_value(json_array_get(errors, i));
	return !why || !*why;
}

static double item(const json_t *list, size_t i)
{
	const json_t *v = json_array_get(list, i);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

/* latencies, or what they are made of. */
static double latency_of(const json_t *j, size_t i)
{
	const json_t *gaps = json_array_get(json_object_get(j, "itls"), i);
	double all = item(json_object_get(j, "ttfts"), i);
	if (json_object_get(j, "latencies"))
		return item(json_object_get(j, "latencies"), i);
	for (size_t k = 0; k < json_array_size(gaps); k++)
		all += item(gaps, k);
	return all;
}

static void read_request(struct result *r, struct run *run, const json_t *j, size_t i,
			 double latency)
{
	const json_t *gaps = json_array_get(json_object_get(j, "itls"), i);
	const json_t *waits = json_object_get(j, "queue_times");
	double ttft = item(json_object_get(j, "ttfts"), i);
	double out = item(json_object_get(j, "output_lens"), i);
	foreign_sample(r, run, "ttfe", ttft);
	foreign_sample(r, run, latency_name(j), latency);
	if (waits && strcmp(latency_name(j), "latency") != 0)
		foreign_sample(r, run, "latency", latency + item(waits, i));
	foreign_sample(r, run, "prompt_tokens", item(json_object_get(j, "input_lens"), i));
	foreign_sample(r, run, "output_tokens", out);
	if (out > 1)
		foreign_sample(r, run, "tpot", (latency - ttft) / (out - 1));
	for (size_t k = 0; k < json_array_size(gaps); k++)
		foreign_sample(r, run, "itl", item(gaps, k));
}

static int read_requests(struct result *r, struct run *run, const json_t *j, struct err *e)
{
	const json_t *ttfts = json_object_get(j, "ttfts"), *errors = json_object_get(j, "errors");
	const json_t *starts = json_object_get(j, "start_times");
	size_t n = json_array_size(ttfts), n_ends = 0;
	double zero = INFINITY;
	if (json_array_size(json_object_get(j, "itls")) != n ||
	    json_array_size(json_object_get(j, "output_lens")) != n)
		return foreign_bad(e, "ttfts, itls and output_lens", "must be equally long");
	CLEANUP(free_ptr) double *ends = calloc(n + 1, sizeof(*ends));
	if (!ends)
		return err_set(e, ERR_SYSTEM, "no memory for %zu requests", n);
	for (size_t i = 0; i < n; i++)
		zero = fmin(zero, starts ? item(starts, i) : INFINITY);
	for (size_t i = 0; i < n; i++) {
		if (!succeeded(errors, i))
			continue;
		double latency = latency_of(j, i);
		read_request(r, run, j, i, latency);
		if (starts)
			ends[n_ends++] = item(starts, i) - zero + latency;
	}
	if (starts)
		foreign_windows(r, run, ends, n_ends, run->duration_s);
	return 0;
}

/* ---- the document ---- */

static int read_counts(struct run *run, const json_t *j, struct err *e)
{
	double ok = number(j, "completed"), failed = number(j, "failed");
	run->duration_s = number(j, "duration");
	if (isnan(failed))	/* files of before it was counted */
		failed = number(j, "num_prompts") - ok;
	if (!(ok >= 0 && ok < 1e15) || !(failed >= 0 && failed < 1e15))
		return foreign_bad(e, "completed, failed and num_prompts", "must be counts");
	if (!(run->duration_s > 0))
		return foreign_bad(e, "duration", "must be seconds");
	foreign_counts(run, (uint64_t)ok, (uint64_t)failed);
	return 0;
}

static int read_one(struct result *r, const json_t *j, struct err *e)
{
	const char *backend = text(j, "backend") ? text(j, "backend") : text(j, "endpoint_type");
	const char *kind = backend && strcmp(backend, "openai-audio") == 0 ? "asr" : "chat";
	struct run *run = foreign_run(r, name_of(j, r->arena), kind, backend, NULL);
	const char *key;
	json_t *v;
	if (read_counts(run, j, e) < 0)
		return -1;
	const char *tool = text(j, "measured_by");	/* assay wrote it (--export) */
	foreign_environment(r, tool ? tool : "vllm bench serve", kind,
			    NULL, text(j, "model_id"), backend);
	run->concurrency_peak = number(j, "max_concurrent_requests");
	foreign_value(r, run, "request_rate", number(j, "request_throughput"));
	foreign_value(r, run, "token_rate", number(j, "output_throughput"));
	foreign_value(r, run, "goodput_rate", number(j, "request_goodput"));
	if (strcmp(kind, "asr") == 0)
		foreign_value(r, run, "audio_rate", number(j, "rtfx"));
	if (json_is_array(json_object_get(j, "ttfts")))
		return read_requests(r, run, j, e);
	json_object_foreach((json_t *)j, key, v)
		if (json_is_number(v))
			read_statistic(r, run, j, key, json_number_value(v));
	return 0;
}

static int read_text(struct result *r, const char *data, size_t len, struct err *e)
{
	CLEANUP(json_unref) json_t *j = json_read(data, len, JSON_DEPTH_MAX, e);
	if (!j)
		return -1;
	if (!json_is_object(j))
		return foreign_bad(e, "the document", "must be an object");
	return read_one(r, j, e);
}

/* --append-result writes one document behind the other, each in one line. */
static int read_lines(struct result *r, const char *data, size_t len, struct err *e)
{
	size_t number = 0;
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t line = end ? (size_t)(end - data) : len;
		struct span s = span_trim((struct span){data, line});
		number++;
		if (s.len > 0 && read_text(r, s.data, s.len, e) < 0)
			return err_prefix(e, "line %zu: ", number);
		data += MIN(line + 1, len);
		len -= MIN(line + 1, len);
	}
	return 0;
}

static int read_file(const char *path, struct result *r, struct err *e)
{
	CLEANUP(buf_release) struct buf all = BUF_INIT(FOREIGN_FILE_MAX);
	if (file_read(path, &all, e) < 0)
		return -1;
	const char *line_end = memchr(all.data, '\n', all.len);
	size_t first = line_end ? (size_t)(line_end - all.data) : all.len;
	struct span s = span_trim((struct span){all.data, first});
	bool lines = s.len > 1 && s.data[s.len - 1] == '}';
	return lines ? read_lines(r, all.data, all.len, e) : read_text(r, all.data, all.len, e);
}

const struct result_reader reader_vllm = {
	.name = "vllm",
	.summary = "what vllm bench serve saves: a JSON document, or one a line",
	.knows = knows,
	.read = read_file,
};
