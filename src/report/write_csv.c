/* src/report/write_csv.c - metrics and windows as CSV (RFC 4180): one line per number.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/csv.h"
#include "base/util.h"
#include "report/writers.h"
#include "result/stats_table.h"

static void field(struct buf *out, const char *text)
{
	csv_field(out, text);
	(void)buf_char(out, ',');
}

static void line(struct buf *out, const struct run *run, const char *metric, const char *stat,
		 const char *unit, double from_s, double value, uint64_t n)
{
	if (isnan(value))
		return;
	field(out, run->name);
	field(out, run->service.name ? run->service.name : run->service.kind);
	field(out, metric);
	field(out, stat);
	field(out, unit);
	if (!isnan(from_s))
		(void)buf_fmt(out, "%.9g", from_s);
	(void)buf_fmt(out, ",%.9g,", value);
	if (n > 0)
		(void)buf_fmt(out, "%llu", (unsigned long long)n);
	(void)buf_str(out, "\r\n");
}

static void metrics(struct buf *out, const struct run *run)
{
	line(out, run, "attempted", "total", "count", NAN, (double)run->attempted, 0);
	line(out, run, "ok", "total", "count", NAN, (double)run->outcomes[OUTCOME_OK], 0);
	line(out, run, "failed", "total", "count", NAN, (double)run_failed(run), 0);
	line(out, run, "unsent", "total", "count", NAN, (double)run->unsent, 0);
	line(out, run, "error_rate", "total", "ratio", NAN, run_error_rate(run), run->attempted);
	line(out, run, "duration", "total", "s", NAN, run->duration_s, 0);
	for (size_t i = 0; i < run->n_metrics; i++) {
		const struct metric *m = &run->metrics[i];
		if (!m->hist) {
			line(out, run, m->def->name, "total", m->def->unit, NAN, m->value, 0);
			continue;
		}
		for (const struct stats_row *row = stats_table; row->name; row++)
			line(out, run, m->def->name, row->name, m->def->unit, NAN,
			     stats_value(row, m->hist), hist_count(m->hist));
	}
}

static void windows(struct buf *out, const struct run *run)
{
	for (size_t i = 0; i < run->n_windows; i++) {
		const struct run_window *w = &run->windows[i];
		double at = ns_to_s(w->from_ns);
		line(out, run, "started", "window", "count", at, (double)w->started, 0);
		line(out, run, "ok", "window", "count", at, (double)w->ok, 0);
		line(out, run, "failed", "window", "count", at, (double)w->failed, 0);
		line(out, run, "in_flight", "window", "count", at, w->in_flight, 0);
		line(out, run, "latency", "window p50", "s", at, w->latency_p50, w->ok);
		line(out, run, "latency", "window p99", "s", at, w->latency_p99, w->ok);
		line(out, run, "ttft", "window p50", "s", at, w->ttft_p50, w->ok);
	}
}

static int write(const struct result *r, const struct writer_options *o, struct buf *out,
		 struct err *e)
{
	(void)o;
	(void)buf_str(out, "run,service,metric,statistic,unit,from_s,value,n\r\n");
	for (size_t i = 0; i < r->n_runs; i++) {
		metrics(out, r->runs[i]);
		windows(out, r->runs[i]);
	}
	return out->failed ? err_set(e, ERR_SYSTEM, "out of memory while writing CSV") : 0;
}

const struct writer writer_csv = {
	.name = "csv",
	.file = "metrics.csv",
	.summary = "metrics and time windows, one number per line",
	.write = write,
};
