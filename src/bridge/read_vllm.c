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
#include "protocols/protocol.h"

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

/* Their times begin when the request is sent. Ours do so as well unless the schedule wanted it
 * earlier: with a rate and a cap, requests wait before that. */
static bool waits(const json_t *j)
{
	return !isnan(number(j, "max_concurrency")) && !isnan(number(j, "request_rate"));
}

/* ---- statistics ---- */

static const struct {
	const char *theirs, *ours;
	const char *waiting;	/* what it is where requests wait; NULL: there is no name for it */
} names[] = {
	{"ttft", "ttfe", NULL}, {"tpot", "tpot", "tpot"}, {"itl", "itl", "itl"},
	{"e2el", "latency", "service_time"},
	{"e2el_including_client_queue", "latency", "latency"},
	{"client_queue_time", "queue_delay", "queue_delay"},
};

/* "p99_ttft_ms" → "p99", "median_…" → "p50", "mean_…" → "mean"; NULL: no statistic of ours. */
static const char *stat_of(const char *word, struct arena *a)
{
	char *end;
	if (strcmp(word, "mean") == 0)
		return "mean";
	if (strcmp(word, "median") == 0)
		return "p50";
	if (*word != 'p' || !isdigit((unsigned char)word[1]))
		return NULL;
	double percent = strtod(word + 1, &end);
	return *end ? NULL : foreign_percentile(a, percent);
}

/* A mean of 0 says that no request had such a time: then all of them are 0. */
static bool there_are(const json_t *j, const char *theirs, struct arena *a)
{
	return number(j, arena_fmt(a, "mean_%s_ms", theirs)) != 0;
}

static void read_statistic(struct result *r, struct run *run, const json_t *j, const char *key,
			   double ms)
{
	const char *metric = strchr(key, '_');
	if (!metric || !str_ends(key, "_ms") || strlen(metric) <= strlen("_ms"))
		return;
	const char *stat = stat_of(arena_strn(r->arena, key, (size_t)(metric - key)), r->arena);
	metric = arena_strn(r->arena, metric + 1, strlen(metric + 1) - strlen("_ms"));
	for (size_t i = 0; stat && i < ARRAY_LEN(names); i++) {
		const char *ours = waits(j) ? names[i].waiting : names[i].ours;
		if (strcmp(names[i].theirs, metric) == 0 && ours && there_are(j, metric, r->arena))
			foreign_point(r, run, ours, stat, ms / 1e3);
	}
}

/* ---- requests ---- */

/* The lists that a file may have, each with an item for every request. Today's files have the
 * latencies even without --save-detailed; assay leaves out what it does not know. */
static const char *const lists[] = {"latencies", "ttfts", "itls", "output_lens", "input_lens",
				    "start_times", "queue_times", "errors"};

static const json_t *list(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);
	return json_is_array(v) ? v : NULL;
}

static int count_requests(const json_t *j, size_t *ret, struct err *e)
{
	const char *first = NULL;
	*ret = 0;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const json_t *v = list(j, lists[i]);
		if (v && first && json_array_size(v) != *ret)
			return err_set(e, ERR_DATA, "%s and %s must be equally long", first,
				       lists[i]);
		if (v && !first) {
			first = lists[i];
			*ret = json_array_size(v);
		}
	}
	return 0;
}

static bool succeeded(const json_t *j, size_t i)
{
	const char *why = json_string_value(json_array_get(list(j, "errors"), i));
	return !why || !*why;
}

static double item(const json_t *j, const char *key, size_t i)
{
	const json_t *v = json_array_get(list(j, key), i);
	return json_is_number(v) ? json_number_value(v) : NAN;
}

/* latencies, or what they are made of. */
static double latency_of(const json_t *j, size_t i)
{
	const json_t *gaps = json_array_get(list(j, "itls"), i);
	double all = item(j, "ttfts", i);
	size_t k;
	json_t *v;
	if (list(j, "latencies"))
		return item(j, "latencies", i);
	json_array_foreach(gaps, k, v)
		all += json_is_number(v) ? json_number_value(v) : NAN;
	return all;
}

/* A request that failed without a word of why has a latency of 0: that is no sample. */
static void read_request(struct result *r, struct run *run, const json_t *j, size_t i,
			 double latency)
{
	const json_t *gaps = json_array_get(list(j, "itls"), i);
	double ttft = item(j, "ttfts", i), out = item(j, "output_lens", i);
	double wait = waits(j) ? item(j, "queue_times", i) : 0;
	size_t k;
	json_t *v;
	if (!(latency > 0))
		return;
	foreign_sample(r, run, waits(j) ? "service_time" : "latency", latency);
	if (waits(j))
		foreign_sample(r, run, "latency", latency + wait);
	foreign_sample(r, run, "queue_delay", item(j, "queue_times", i));
	foreign_sample(r, run, "prompt_tokens", item(j, "input_lens", i));
	foreign_sample(r, run, "output_tokens", out);
	if (!(ttft > 0))
		return;	/* it was not streamed */
	foreign_sample(r, run, "ttfe", ttft + wait);
	if (out > 1)
		foreign_sample(r, run, "tpot", (latency - ttft) / (out - 1));
	json_array_foreach(gaps, k, v)
		foreign_sample(r, run, "itl", json_is_number(v) ? json_number_value(v) : NAN);
}

static int read_requests(struct result *r, struct run *run, const json_t *j, size_t n,
			 struct err *e)
{
	double zero = INFINITY;
	size_t n_ends = 0;
	CLEANUP(free_ptr) double *ends = calloc(n + 1, sizeof(*ends));
	if (!ends)
		return err_set(e, ERR_SYSTEM, "no memory for %zu requests", n);
	for (size_t i = 0; i < n; i++)
		if (item(j, "start_times", i) > 0)
			zero = fmin(zero, item(j, "start_times", i));
	for (size_t i = 0; i < n; i++) {
		double latency = latency_of(j, i), start = item(j, "start_times", i);
		if (!succeeded(j, i) || !(latency > 0))
			continue;
		read_request(r, run, j, i, latency);
		ends[n_ends++] = start > 0 ? start - zero + latency : NAN;
	}
	foreign_windows(r, run, ends, n_ends, run->duration_s);
	return 0;
}

/* ---- the document ---- */

static int read_counts(struct run *run, const json_t *j, size_t n, struct err *e)
{
	double ok = number(j, "completed"), failed = number(j, "failed");
	run->duration_s = number(j, "duration");
	/* Files of before it was counted. num_prompts is what was asked for: a data set may have
	 * had fewer. */
	if (isnan(failed))
		failed = (list(j, "errors") ? (double)n : number(j, "num_prompts")) - ok;
	if (!(ok >= 0 && ok < 1e15) || !(failed >= 0 && failed < 1e15))
		return foreign_bad(e, "completed, failed and num_prompts", "must be counts");
	if (!(run->duration_s > 0))
		return foreign_bad(e, "duration", "must be seconds");
	foreign_counts(run, (uint64_t)ok, (uint64_t)failed);
	return 0;
}

/* Their backends are of language models but for one; what assay wrote names its protocol. */
static const char *kind_of(const json_t *j, const char *backend)
{
	const struct protocol *p = backend ? protocol_find(backend) : NULL;
	if (number(j, "rtfx") > 0 || (backend && strcmp(backend, "openai-audio") == 0))
		return "asr";
	return p && p->kind ? p->kind : "chat";
}

static void read_rates(struct result *r, struct run *run, const json_t *j)
{
	double good = number(j, "request_goodput");
	if (isnan(good))
		good = number(j, "request_goodput:");	/* so until 2025 */
	foreign_value(r, run, "request_rate", number(j, "request_throughput"));
	foreign_value(r, run, "goodput_rate", good);
	if (number(j, "total_output_tokens") != 0)	/* else there was nobody to count them */
		foreign_value(r, run, "token_rate", number(j, "output_throughput"));
	if (number(j, "rtfx") > 0)
		foreign_value(r, run, "audio_rate", number(j, "rtfx"));
	if (number(j, "max_concurrent_requests") > 0)
		run->concurrency_peak = number(j, "max_concurrent_requests");
}

static int read_one(struct result *r, const json_t *j, struct err *e)
{
	const char *backend = text(j, "backend") ? text(j, "backend") : text(j, "endpoint_type");
	const char *kind = kind_of(j, backend);
	struct run *run = foreign_run(r, name_of(j, r->arena), kind, backend, NULL, e);
	const char *key;
	json_t *v;
	size_t n;
	if (!run || count_requests(j, &n, e) < 0 || read_counts(run, j, n, e) < 0)
		return -1;
	const char *tool = text(j, "measured_by");	/* assay wrote it (--export) */
	foreign_environment(r, tool ? tool : "vllm bench serve", kind,
			    NULL, text(j, "model_id"), backend);
	read_rates(r, run, j);
	/* Without errors nothing says which of them failed. */
	if ((list(j, "latencies") || list(j, "ttfts")) &&
	    (list(j, "errors") || run_failed(run) == 0) && read_requests(r, run, j, n, e) < 0)
		return -1;
	if (run->outcomes[OUTCOME_OK] > 0)
		json_object_foreach((json_t *)j, key, v)
			if (json_is_number(v))
				read_statistic(r, run, j, key, json_number_value(v));
	return 0;
}

static int read_text(struct result *r, char *data, size_t len, struct err *e)
{
	CLEANUP(json_unref) json_t *j = foreign_json(data, len, e);
	if (!j)
		return -1;
	if (!json_is_object(j))
		return foreign_bad(e, "the document", "must be an object");
	return read_one(r, j, e);
}

/* --append-result writes one document behind the other, each in one line. */
static int read_lines(struct result *r, char *data, size_t len, struct err *e)
{
	size_t number = 0;
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t line = end ? (size_t)(end - data) : len;
		number++;
		if (span_trim((struct span){data, line}).len > 0 &&
		    read_text(r, data, line, e) < 0)
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
	if (all.len == 0)
		return foreign_bad(e, "the file", "must not be empty");
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
