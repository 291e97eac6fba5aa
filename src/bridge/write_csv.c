/* src/bridge/write_csv.c - one line per request: when, what became of it, and its numbers under
 * their METRICS names (RFC 4180; empty: the request has no such number).
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/csv.h"
#include "base/util.h"
#include "bridge/exporters.h"

/* Pooled over the gaps of all requests: a request has no single one. */
static bool per_request(int i)
{
	return i != OBSERVED_ITL && i != OBSERVED_PARTIAL_DELAY;
}

static void header(struct buf *out)
{
	(void)buf_str(out, "run,sample,outcome,status,intended_s,sent_s,end_s");
	for (int i = 0; i < OBSERVED_COUNT; i++)
		if (per_request(i))
			(void)buf_fmt(out, ",%s", observed_name((enum observed)i));
	(void)buf_str(out, ",rank\r\n");
}

static void number(struct buf *out, double value)
{
	if (isnan(value))
		(void)buf_char(out, ',');
	else
		(void)buf_fmt(out, ",%.9g", value);
}

static void moment(struct buf *out, const struct run *run, uint64_t ns)
{
	number(out, ns == 0 ? NAN : (double)(int64_t)(ns - run->start_ns) / 1e9);
}

static void line(struct buf *out, const struct run *run, const struct record *x)
{
	csv_field(out, run->name);
	(void)buf_char(out, ',');
	csv_field(out, x->sample_id);
	(void)buf_fmt(out, ",%s,", outcome_name((enum outcome)x->outcome));
	if (x->status)
		(void)buf_fmt(out, "%d", x->status);
	moment(out, run, x->intended);
	moment(out, run, x->begin);
	moment(out, run, x->end);
	for (int i = 0; i < OBSERVED_COUNT; i++)
		if (per_request(i))
			number(out, x->values[i] / 1e9);
	(void)buf_fmt(out, ",%u\r\n", x->rank);
}

static int write(const struct result *r, const struct keeper *records, struct export_file *out,
		 struct err *e)
{
	const struct record *x;
	size_t pos = 0;
	header(&out->text);
	while ((x = keeper_next(records, &pos))) {
		line(&out->text, r->runs[x->run], x);
		if (export_flush(out, e) < 0)
			return -1;
	}
	return 0;
}

const struct exporter exporter_csv = {
	.name = "csv",
	.summary = "one line per request",
	.write = write,
};
