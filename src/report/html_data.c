/* src/report/html_data.c - what the plots draw: binned distributions and thinned timelines, so that
 * the page of a long run stays small. The tables and result.json hold the exact numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "report/html_parts.h"

#define BINS_MAX 72		/* bars of a distribution */
#define POINTS_MAX 1500		/* of one line of a timeline */
#define POINTS_ALL 150000	/* of all readings in the page */

static json_t *rounded(double value, double digits)
{
	if (!isfinite(value))
		return json_null();
	if (value == 0)
		return json_integer(0);
	double scale = pow(10, digits - 1 - floor(log10(fabs(value))));
	return json_real(round(value * scale) / scale);
}

static void push(json_t *list, double value)
{
	(void)json_array_append_new(list, rounded(value, 5));
}

/* Bars of equal width on a logarithmic axis; a bucket counts where its middle lies. */
static json_t *bins(const struct hist *h)
{
	double low = fmax((double)hist_min(h), 1), high = fmax((double)hist_max(h), 2);
	if (high / low < 1.02) {
		low /= 1.01;
		high *= 1.01;
	}
	/* Few samples in many bars would only show chance. */
	size_t n_bins = (size_t)fmin(BINS_MAX, fmax(12, 2 * sqrt((double)hist_count(h))));
	double step = log(high / low) / (double)n_bins;
	uint64_t counts[BINS_MAX] = {0};
	size_t pos = 0;
	uint64_t from, to, n;
	while (hist_next(h, &pos, &from, &to, &n)) {
		double at = log(fmax(((double)from + (double)to) / 2, 1) / low) / step;
		counts[at < 0 ? 0 : at >= (double)n_bins ? n_bins - 1 : (size_t)at] += n;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < n_bins; i++)
		(void)json_array_append_new(list, json_integer((json_int_t)counts[i]));
	json_t *j = json_object();
	json_put(j, "low", rounded(low / 1e9, 8));
	json_put(j, "high", rounded(low * exp(step * (double)n_bins) / 1e9, 8));
	json_put(j, "counts", list);
	return j;
}

static json_t *limits(const struct run *run, const char *metric)
{
	json_t *list = json_array();
	size_t len = strlen(metric);
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct target *t = &run->targets[i];
		if (strncmp(t->metric, metric, len) != 0 ||
		    (t->metric[len] != '.' && t->metric[len] != '\0'))
			continue;
		json_t *j = json_object();
		json_put_text(j, "text", t->metric);
		json_put_real(j, "value", t->limit);
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *distributions(const struct run *run)
{
	static const char *const unplotted[] = {"generator_delay", "queue_delay", "audio_seconds",
						"prompt_tokens", "cached_tokens"};
	json_t *list = json_array();
	for (size_t i = 0; i < run->n_metrics; i++) {
		const struct metric *m = &run->metrics[i];
		bool plotted = m->hist && hist_count(m->hist) > 1;
		for (size_t k = 0; k < ARRAY_LEN(unplotted); k++)
			plotted = plotted && strcmp(m->def->name, unplotted[k]) != 0;
		if (!plotted)
			continue;
		json_t *j = bins(m->hist);
		json_put_text(j, "name", m->def->name);
		json_put_text(j, "unit", m->def->unit);
		json_put_int(j, "n", (int64_t)hist_count(m->hist));
		json_put_real(j, "p50", (double)hist_quantile(m->hist, 0.5) / 1e9);
		json_put_real(j, "p99", (double)hist_quantile(m->hist, 0.99) / 1e9);
		json_put(j, "limits", limits(run, m->def->name));
		(void)json_array_append_new(list, j);
	}
	return list;
}

/* Several windows as one: rates and means over the whole, the worst p99. */
static void merge_windows(const struct run_window *w, size_t n, json_t *const columns[8])
{
	uint64_t from = w[0].from_ns, to = w[n - 1].to_ns;
	double s = to > from ? ns_to_s(to - from) : NAN;
	double ok = 0, failed = 0, flight = 0, p50 = 0, p99 = NAN, ttft = 0, with = 0,
	       with_ttft = 0;
	for (size_t i = 0; i < n; i++) {
		ok += (double)w[i].ok;
		failed += (double)w[i].failed;
		flight += w[i].in_flight;
		p99 = fmax(p99, w[i].latency_p99);
		if (!isnan(w[i].latency_p50)) {
			p50 += w[i].latency_p50;
			with++;
		}
		if (!isnan(w[i].ttft_p50)) {
			ttft += w[i].ttft_p50;
			with_ttft++;
		}
	}
	const double row[8] = {ns_to_s(from), ns_to_s(to), ok / s, failed / s, flight / (double)n,
			       with > 0 ? p50 / with : NAN, p99,
			       with_ttft > 0 ? ttft / with_ttft : NAN};
	for (size_t c = 0; c < ARRAY_LEN(row); c++)
		push(columns[c], row[c]);
}

/* The last window ends with the last request: one that is short would show a rate of chance. */
static bool is_rest(const struct run_window *last, const struct run_window *usual)
{
	return 2 * (last->to_ns - last->from_ns) < usual->to_ns - usual->from_ns;
}

static json_t *timeline(const struct run *run)
{
	static const char *const names[8] = {"from",      "to",  "ok",  "failed",
					     "in_flight", "p50", "p99", "ttft"};
	json_t *columns[8];
	json_t *j = json_object();
	for (size_t c = 0; c < ARRAY_LEN(names); c++) {
		columns[c] = json_array();
		json_put(j, names[c], columns[c]);
	}
	size_t step = run->n_windows / POINTS_MAX + 1, n = 0;
	for (size_t i = 0; i < run->n_windows; i += n) {
		n = MIN(step, run->n_windows - i);
		if (i + n + 1 == run->n_windows && is_rest(&run->windows[i + n], &run->windows[i]))
			n++;
		merge_windows(&run->windows[i], n, columns);
	}
	json_put_int(j, "merged", (int64_t)step);
	return j;
}

/* The readings while the run went on; thinned by means, so that nothing is only left out. */
static json_t *series_data(const struct series *s, const struct run *run, size_t max)
{
	uint64_t from = run->start_ns;
	uint64_t to = from + (uint64_t)(fmax(run->duration_s, 0) * 1e9) + 2 * NS_PER_S;
	size_t first = 0;
	while (first < s->n && s->at_ns[first] < from)
		first++;
	size_t last = first;
	while (last < s->n && s->at_ns[last] <= to)
		last++;
	if (last - first < 2)
		return NULL;
	json_t *at = json_array(), *values = json_array();
	size_t step = (last - first) / max + 1;
	for (size_t i = first; i < last; i += step) {
		size_t n = MIN(step, last - i);
		double sum = 0;
		for (size_t k = 0; k < n; k++)
			sum += s->values[i + k];
		(void)json_array_append_new(at, rounded(ns_to_s(s->at_ns[i] - from), 6));
		push(values, sum / (double)n);
	}
	json_t *j = json_object();
	json_put_text(j, "source", s->source);
	json_put_text(j, "device", s->device);
	json_put_text(j, "name", s->name);
	json_put_text(j, "unit", s->unit);
	json_put(j, "t", at);
	json_put(j, "v", values);
	return j;
}

/* An earlier run that went on at the same time (the services of a soak); -1: none. Its readings
 * are those of this run too. */
static int same_time(const struct result *r, size_t i)
{
	const struct run *run = r->runs[i];
	for (size_t k = 0; k < i; k++) {
		const struct run *other = r->runs[k];
		double apart = fabs((double)(int64_t)(run->start_ns - other->start_ns)) / 1e9;
		if (other->n_windows > 0 && apart < 1 &&
		    fabs(run->duration_s - other->duration_s) < 1)
			return (int)k;
	}
	return -1;
}

json_t *html_data(const struct result *r)
{
	json_t *runs = json_array();
	size_t lines = r->n_runs * r->n_series;
	size_t max = lines ? MAX(MIN((size_t)POINTS_MAX, POINTS_ALL / lines), (size_t)60) : 1;
	for (size_t i = 0; i < r->n_runs; i++) {
		const struct run *run = r->runs[i];
		json_t *series = json_array();
		int same = same_time(r, i);
		for (size_t k = 0; k < r->n_series && run->n_windows > 0 && same < 0; k++) {
			json_t *s = series_data(r->series[k], run, max);
			if (s)
				(void)json_array_append_new(series, s);
		}
		json_t *j = json_object();
		json_put(j, "distributions", distributions(run));
		if (run->n_windows > 0)
			json_put(j, "timeline", timeline(run));
		json_put(j, "series", series);
		if (same >= 0) {
			json_put_int(j, "readings_of", same);
			json_put_text(j, "readings_name", r->runs[same]->name);
		}
		(void)json_array_append_new(runs, j);
	}
	json_t *j = json_object();
	json_put(j, "runs", runs);
	return j;
}
