/* src/bridge/write_vllm.c - a run as `vllm bench serve` saves it: its fields, by its definitions,
 * from the moments of the single requests. What they need and we do not know is left out
 * (docs/bridges.md). One line per run, as --append-result writes them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "bridge/exporters.h"

/* A growing list of numbers. */
struct numbers {
	double *items;
	size_t n, room;
};

/* What is gathered of one run. Times in s. */
struct gathered {
	const struct record **all;	/* in the order of their sending */
	size_t n, room;
	uint64_t completed;
	double input, output, audio;	/* sums of those that were ok */
	bool input_known, output_known;	/* by the server, for each of them */
	uint64_t last_end;
	struct numbers ttft, tpot, itl, e2el, starts, ends;
};

static bool add(struct numbers *list, double value)
{
	if (list->n == list->room) {
		size_t room = MAX(list->room * 2, (size_t)1024);
		double *more = realloc(list->items, room * sizeof(*more));
		if (!more)
			return false;
		list->items = more;
		list->room = room;
	}
	list->items[list->n++] = value;
	return true;
}

static void release(struct gathered *g)
{
	struct numbers *const lists[] = {&g->ttft, &g->tpot, &g->itl, &g->e2el, &g->starts,
					 &g->ends};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		free(lists[i]->items);
	free(g->all);
}

/* ---- a request, as they count ---- */

static double seconds(uint64_t from, uint64_t to)
{
	return to > from ? (double)(to - from) / 1e9 : 0;
}

static double ttft_of(const struct record *x)
{
	return x->streamed && x->first_event ? seconds(x->begin, x->first_event) : NAN;
}

/* To the last event with choices; an answer that is not streamed ends with itself. */
static double e2el_of(const struct record *x)
{
	return seconds(x->begin, x->streamed && x->last_event ? x->last_event : x->end);
}

static double value_of(const struct record *x, enum observed what)
{
	return x->values[what] / 1e9;
}

static double tokens_of(const struct record *x)
{
	return x->tokens_counted ? NAN : value_of(x, OBSERVED_OUTPUT_TOKENS);
}

static bool is_ok(const struct record *x)
{
	return x->outcome == OUTCOME_OK;
}

static bool gather_ok(struct gathered *g, const struct record *x)
{
	double tokens = tokens_of(x), prompt = value_of(x, OBSERVED_PROMPT_TOKENS);
	double e2el = e2el_of(x), ttft = ttft_of(x), audio = value_of(x, OBSERVED_AUDIO_SECONDS);
	g->completed++;
	g->input_known = g->input_known && !isnan(prompt);
	g->output_known = g->output_known && !isnan(tokens);
	g->input += isnan(prompt) ? 0 : prompt;
	g->output += isnan(tokens) ? 0 : tokens;
	g->audio += isnan(audio) ? 0 : audio;
	bool good = add(&g->e2el, e2el) && add(&g->starts, (double)x->begin / 1e9) &&
		    add(&g->ends, (double)x->begin / 1e9 + e2el);
	if (!isnan(ttft))
		good = good && add(&g->ttft, ttft);
	if (!isnan(ttft) && tokens > 1)
		good = good && add(&g->tpot, (e2el - ttft) / (tokens - 1));
	for (size_t i = 0; i < x->n_gaps; i++)
		good = good && add(&g->itl, (double)x->gaps[i] / 1e9);
	return good;
}

static bool gather_one(struct gathered *g, const struct record *x)
{
	if (g->n == g->room) {
		size_t room = MAX(g->room * 2, (size_t)1024);
		const struct record **more = realloc(g->all, room * sizeof(*more));
		if (!more)
			return false;
		g->all = more;
		g->room = room;
	}
	g->all[g->n++] = x;
	g->last_end = MAX(g->last_end, x->end);
	return !is_ok(x) || gather_ok(g, x);
}

static int by_begin(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a;
	const struct record *y = *(const struct record *const *)b;
	return (x->begin > y->begin) - (x->begin < y->begin);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int gather(const struct keeper *records, size_t run, struct gathered *g, struct err *e)
{
	const struct record *x;
	size_t pos = 0;
	g->input_known = g->output_known = true;
	while ((x = keeper_next(records, &pos)))
		if (x->run == run && !gather_one(g, x))
			return err_set(e, ERR_SYSTEM, "no memory for the export");
	if (g->n > 0)
		qsort(g->all, g->n, sizeof(*g->all), by_begin);
	return 0;
}

/* ---- statistics, as numpy reckons them ---- */

/* Between the two nearest ranks, evenly. The list is sorted. */
static double percentile(const struct numbers *sorted, double p)
{
	double at = (double)(sorted->n - 1) * p / 100;
	size_t low = (size_t)at, high = MIN(low + 1, sorted->n - 1);
	return sorted->items[low] + (sorted->items[high] - sorted->items[low]) *
	       (at - (double)low);
}

static void put_statistics(json_t *j, const char *name, struct numbers *list)
{
	static const int percentiles[] = {50, 90, 95, 99};
	char key[64];
	double sum = 0, squares = 0;
	if (list->n == 0)
		return;
	for (size_t i = 0; i < list->n; i++)
		sum += list->items[i];
	double mean = sum / (double)list->n;
	for (size_t i = 0; i < list->n; i++)
		squares += (list->items[i] - mean) * (list->items[i] - mean);
	qsort(list->items, list->n, sizeof(*list->items), by_size);
	(void)snprintf(key, sizeof(key), "mean_%s_ms", name);
	json_put_real(j, key, mean * 1e3);
	(void)snprintf(key, sizeof(key), "median_%s_ms", name);
	json_put_real(j, key, percentile(list, 50) * 1e3);
	(void)snprintf(key, sizeof(key), "std_%s_ms", name);
	json_put_real(j, key, sqrt(squares / (double)list->n) * 1e3);
	for (size_t i = 0; i < ARRAY_LEN(percentiles); i++) {
		(void)snprintf(key, sizeof(key), "p%d_%s_ms", percentiles[i], name);
		json_put_real(j, key, percentile(list, percentiles[i]) * 1e3);
	}
}

/* Most requests at once; one that ends when another begins makes room for it. Sorts both. */
static size_t most_at_once(struct numbers *starts, struct numbers *ends)
{
	size_t now = 0, most = 0, gone = 0;
	if (starts->n == 0)
		return 0;
	qsort(starts->items, starts->n, sizeof(double), by_size);
	qsort(ends->items, ends->n, sizeof(double), by_size);
	for (size_t i = 0; i < starts->n; i++) {
		while (gone < ends->n && ends->items[gone] <= starts->items[i]) {
			gone++;
			now--;
		}
		now++;
		most = MAX(most, now);
	}
	return most;
}

/* Most events in one of the seconds since the first request was sent. */
static int most_per_second(const struct gathered *g, double *ret, struct err *e)
{
	uint64_t zero = g->n ? g->all[0]->begin : 0;
	size_t n = (size_t)seconds(zero, g->last_end) + 2;
	CLEANUP(free_ptr) uint32_t *counts = calloc(n, sizeof(*counts));
	uint32_t most = 0;
	if (!counts)
		return err_set(e, ERR_SYSTEM, "no memory for the export");
	for (size_t i = 0; i < g->n; i++) {
		const struct record *x = g->all[i];
		if (!is_ok(x) || !x->streamed || !x->first_event)
			continue;
		uint64_t at = x->first_event;
		for (size_t k = 0; k <= x->n_gaps; k++) {
			size_t second = (size_t)seconds(zero, at);
			most = MAX(most, second < n ? ++counts[second] : 0);
			at += k < x->n_gaps ? x->gaps[k] : 0;
		}
	}
	*ret = most;
	return 0;
}

/* ---- the document ---- */

static const char *backend_of(const struct run *run)
{
	const char *protocol = run->service.protocol ? run->service.protocol : "";
	return strcmp(protocol, "openai-transcriptions") == 0 ? "openai-audio" : protocol;
}

static void put_traffic(json_t *j, const struct run *run)
{
	const char *law = json_text(run->settings, "arrival", "closed");
	double rate = NAN, shape = NAN, cap = NAN;
	if (json_number(run->settings, "rate", &rate))
		json_put_real(j, "request_rate", rate);
	else if (strcmp(law, "closed") == 0)
		json_put_text(j, "request_rate", "inf");
	if (strcmp(law, "poisson") == 0 || strcmp(law, "closed") == 0)
		shape = 1;
	else if (strncmp(law, "gamma:", 6) == 0)
		shape = strtod(law + 6, NULL);
	json_put_real(j, "burstiness", shape);
	(void)json_number(run->settings, "concurrency", &cap);
	if (strcmp(law, "closed") == 0)
		cap = fmax(isnan(cap) ? 1 : cap, 1);
	json_put(j, "max_concurrency", cap > 0 ? json_integer((json_int_t)cap) : json_null());
}

static void put_head(json_t *j, const struct result *r, const struct run *run)
{
	char date[32] = "";
	time_t at = (time_t)(run->start_wall_ns / NS_PER_S);
	struct tm tm;
	if (localtime_r(&at, &tm))
		(void)strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &tm);
	json_put_text(j, "date", date);
	json_put_text(j, "endpoint_type", backend_of(run));
	json_put_text(j, "backend", backend_of(run));
	json_put_text(j, "label", run->name);
	char path[256];
	(void)snprintf(path, sizeof(path), "services.%s.model",
		       run->service.name ? run->service.name : "");
	const char *model = json_text(r->environment, path, NULL);
	json_put(j, "model_id", model ? json_string(model) : json_null());
	json_put(j, "tokenizer_id", json_null());	/* the tokens are the server's */
	json_put_text(j, "measured_by", "assay " ASSAY_VERSION);
	json_put_int(j, "num_prompts", (int64_t)run->attempted);
	put_traffic(j, run);
}

static int put_numbers(json_t *j, const struct run *run, struct gathered *g, struct err *e)
{
	double duration = seconds(run->start_ns, g->last_end), peak = 0;
	struct metric_value good;
	json_put_real(j, "duration", duration);
	json_put_int(j, "completed", (int64_t)g->completed);
	json_put_int(j, "failed", (int64_t)(g->n - g->completed));
	if (g->input_known)
		json_put_int(j, "total_input_tokens", (int64_t)g->input);
	if (g->output_known)
		json_put_int(j, "total_output_tokens", (int64_t)g->output);
	json_put_real(j, "request_throughput", (double)g->completed / duration);
	json_put(j, "request_goodput", run_value(run, "goodput_share", &good)
		 ? json_real(good.value * (double)(run->attempted + run->unsent) / duration)
		 : json_null());
	if (g->output_known)
		json_put_real(j, "output_throughput", g->output / duration);
	if (g->input_known && g->output_known)
		json_put_real(j, "total_token_throughput", (g->input + g->output) / duration);
	if (most_per_second(g, &peak, e) < 0)
		return -1;
	if (g->ttft.n > 0)
		json_put_real(j, "max_output_tokens_per_s", peak);
	json_put_int(j, "max_concurrent_requests", (int64_t)most_at_once(&g->starts, &g->ends));
	json_put_real(j, "rtfx", strcmp(run->service.kind, "asr") == 0 ? g->audio / duration : 0);
	put_statistics(j, "ttft", &g->ttft);
	put_statistics(j, "tpot", &g->tpot);
	put_statistics(j, "itl", &g->itl);
	put_statistics(j, "e2el", &g->e2el);
	return 0;
}

/* ---- lists of --save-detailed ---- */

static void put_item(struct buf *out, double value, bool whole)
{
	if (isnan(value))
		(void)buf_str(out, "0");	/* as theirs of a request that failed */
	else
		(void)buf_fmt(out, whole ? "%.0f" : "%.9f", value);
}

static void put_of(struct buf *out, const struct record *x, const char *key)
{
	bool ok = is_ok(x);
	if (strcmp(key, "input_lens") == 0)
		put_item(out, value_of(x, OBSERVED_PROMPT_TOKENS), true);
	else if (strcmp(key, "output_lens") == 0)
		put_item(out, ok ? tokens_of(x) : NAN, true);
	else if (strcmp(key, "ttfts") == 0)
		put_item(out, ok ? ttft_of(x) : NAN, false);
	else if (strcmp(key, "latencies") == 0)
		put_item(out, ok ? e2el_of(x) : NAN, false);
	else if (strcmp(key, "start_times") == 0)
		put_item(out, (double)x->begin / 1e9, false);
	else if (strcmp(key, "queue_times") == 0)
		put_item(out, seconds(x->intended, x->begin), false);
	else if (strcmp(key, "errors") == 0)
		(void)buf_fmt(out, "\"%s\"", ok ? "" : outcome_name((enum outcome)x->outcome));
	else {
		(void)buf_char(out, '[');
		for (size_t i = 0; i < x->n_gaps; i++)
			(void)buf_fmt(out, "%s%.9f", i ? ", " : "", (double)x->gaps[i] / 1e9);
		(void)buf_char(out, ']');
	}
}

static int put_lists(const struct gathered *g, struct export_file *out, struct err *e)
{
	static const char *const keys[] = {"input_lens", "output_lens", "ttfts", "itls",
					   "latencies", "start_times", "queue_times", "errors"};
	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		/* No lengths without counts from the server, no events without a stream. */
		if ((k == 0 && !g->input_known) || (k == 1 && !g->output_known) ||
		    ((k == 2 || k == 3) && g->ttft.n == 0))
			continue;
		(void)buf_fmt(&out->text, ", \"%s\": [", keys[k]);
		for (size_t i = 0; i < g->n; i++) {
			(void)buf_str(&out->text, i ? ", " : "");
			put_of(&out->text, g->all[i], keys[k]);
			if (export_flush(out, e) < 0)
				return -1;
		}
		(void)buf_char(&out->text, ']');
	}
	return 0;
}

static int write_run(const struct result *r, const struct run *run, struct gathered *g,
		     bool detailed, struct export_file *out, struct err *e)
{
	CLEANUP(json_unref) json_t *j = json_object();
	put_head(j, r, run);
	if (put_numbers(j, run, g, e) < 0)
		return -1;
	(void)json_write(j, false, &out->text);
	if (detailed) {
		out->text.len--;	/* the brace that ends the object comes behind the lists */
		if (put_lists(g, out, e) < 0)
			return -1;
		(void)buf_char(&out->text, '}');
	}
	return 0;
}

static int write_all(const struct result *r, const struct keeper *records, bool detailed,
		     struct export_file *out, struct err *e)
{
	bool any = false;
	for (size_t i = 0; i < r->n_runs; i++) {
		struct gathered g = {0};
		int rc = gather(records, i, &g, e);
		if (rc == 0 && g.n > 0) {
			(void)buf_str(&out->text, any ? "\n" : "");
			any = true;
			rc = write_run(r, r->runs[i], &g, detailed, out, e);
		}
		release(&g);
		if (rc < 0)
			return -1;
	}
	return any ? 0 : err_set(e, ERR_DATA, "there is no performance run with requests");
}

static int write_summary(const struct result *r, const struct keeper *records,
			 struct export_file *out, struct err *e)
{
	return write_all(r, records, false, out, e);
}

static int write_detailed(const struct result *r, const struct keeper *records,
			  struct export_file *out, struct err *e)
{
	return write_all(r, records, true, out, e);
}

const struct exporter exporter_vllm = {
	.name = "vllm",
	.summary = "as vllm bench serve saves it (--save-result)",
	.write = write_summary,
};

const struct exporter exporter_vllm_detailed = {
	.name = "vllm-detailed",
	.summary = "the same with a list of every request (--save-detailed)",
	.write = write_detailed,
};
