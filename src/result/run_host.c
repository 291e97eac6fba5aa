/* src/result/run_host.c - the row of one rank: from its run, to JSON and back.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/util.h"
#include "result/parts.h"
#include "result/reader.h"

#define P99_NEEDS 1000

#define AT(field, type) FIELD_OFFSET(struct run_host, field, type)

static const struct {
	const char *name;
	size_t at;
} wholes[] = {
	{"threads", AT(threads, uint64_t)}, {"cpus", AT(cpus, uint64_t)},
	{"attempted", AT(attempted, uint64_t)}, {"ok", AT(ok, uint64_t)},
	{"failed", AT(failed, uint64_t)}, {"unsent", AT(unsent, uint64_t)},
	{"reads_stamped", AT(reads_stamped, uint64_t)}, {"reads_user", AT(reads_user, uint64_t)},
}, reals[] = {
	{"request_rate", AT(request_rate, double)}, {"asked_rate", AT(asked_rate, double)},
	{"achieved_rate", AT(achieved_rate, double)}, {"latency_p50", AT(latency_p50, double)},
	{"latency_p99", AT(latency_p99, double)}, {"ttft_p50", AT(ttft_p50, double)},
	{"generator_delay_p99", AT(generator_delay.p99, double)},
	{"generator_delay_p99_least", AT(generator_delay.least, double)},
	{"bound_p99", AT(bound.p99, double)}, {"bound_p99_least", AT(bound.least, double)},
	{"busiest_core_share", AT(busiest_core_share, double)},
	{"start_bound_s", AT(start_bound_s, double)}, {"clock_ahead_s", AT(clock_ahead_s, double)},
};

static double value(const struct run *run, const char *name)
{
	struct metric_value v;
	return run_value(run, name, &v) ? v.value : (double)NAN;
}

static struct run_p99 p99_of(const struct hist *h)
{
	uint64_t lo, hi;
	if (!h || hist_count(h) == 0)
		return (struct run_p99){(double)NAN, (double)NAN};
	struct run_p99 x = {.p99 = (double)hist_quantile(h, 0.99) / 1e9};
	x.least = x.p99;
	if (hist_count(h) < P99_NEEDS) {
		(void)hist_quantile_interval(h, 0.99, &lo, &hi);
		x.least = (double)lo / 1e9;
	}
	return x;
}

void run_host_fill(struct run_host *h, const struct run *run)
{
	const struct generator *g = &run->generator;
	h->threads = (uint64_t)g->threads;
	h->attempted = run->attempted;
	h->ok = run->outcomes[OUTCOME_OK];
	h->failed = run_failed(run);
	h->unsent = run->unsent;
	h->request_rate = value(run, "request_rate");
	h->asked_rate = g->asked_rate;
	h->achieved_rate = g->achieved_rate;
	h->latency_p50 = value(run, "latency.p50");
	h->latency_p99 = value(run, "latency.p99");
	h->ttft_p50 = value(run, "ttft.p50");
	h->generator_delay = p99_of(g->generator_delay);
	h->bound = p99_of(g->bound);
	h->busiest_core_share = g->busiest_core_share;
	h->reads_stamped = g->reads_stamped;
	h->reads_user = g->reads_user;
}

json_t *run_host_to_json(const struct run_host *h)
{
	json_t *j = json_object();
	json_put_int(j, "rank", h->rank);
	json_put_text(j, "host", h->host);
	if (h->lost)
		json_put_bool(j, "lost", true);
	for (size_t i = 0; i < ARRAY_LEN(wholes); i++)
		json_put_int(j, wholes[i].name, (int64_t) *
			     (const uint64_t *)((const char *)h + wholes[i].at));
	for (size_t i = 0; i < ARRAY_LEN(reals); i++)
		json_put_real(j, reals[i].name, *(const double *)((const char *)h + reals[i].at));
	return j;
}

void reader_run_host(struct reader *rd, const json_t *j, struct run_host *ret)
{
	*ret = (struct run_host){.rank = (int)reader_count(rd, j, "rank"),
				 .host = reader_text(rd, j, "host"),
				 .lost = reader_bool(rd, j, "lost")};
	for (size_t i = 0; i < ARRAY_LEN(wholes); i++)
		*(uint64_t *)((char *)ret + wholes[i].at) = reader_count(rd, j, wholes[i].name);
	for (size_t i = 0; i < ARRAY_LEN(reals); i++)
		*(double *)((char *)ret + reals[i].at) = reader_real(rd, j, reals[i].name);
}
