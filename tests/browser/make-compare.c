/* tests/browser/make-compare.c - write four results for assay compare: make-compare DIR makes DIR/1
 * to DIR/4. They are the result of the golden files and runs whose numbers say same, better, worse
 * and undecided; the third lacks a run, the fourth has another driver and other verdicts of cases.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "report/writer.h"
#include "tests/golden/fixture.h"

#define RESULTS 4

/* A run of n requests with these medians in seconds; NaN: it has no such number. */
struct shape {
	const char *name, *kind, *protocol;
	size_t n;
	double latency, ttft, tpot;
};

static void add_run(struct result *r, const struct shape *x, struct rng *rng)
{
	struct run *run = fixture_run(r, x->name, x->kind, x->protocol, "http://127.0.0.1:8004/",
				      200);
	run->duration_s = 60;
	run->attempted = run->outcomes[OUTCOME_OK] = x->n;
	run->concurrency_mean = run->concurrency_peak = 4;
	fixture_fill(r, run, "latency", x->n, x->latency, 0.1, rng);
	if (!isnan(x->ttft))
		fixture_fill(r, run, "ttft", x->n, x->ttft, 0.1, rng);
	if (!isnan(x->tpot))
		fixture_fill(r, run, "tpot", x->n, x->tpot, 0.1, rng);
	run_metric(r, run, "request_rate", false)->value = (double)x->n / run->duration_s;
	fixture_windows(r, run, 60, (double)x->n / run->duration_s, x->latency, rng);
	fixture_target(r, run, "latency.p50", "< 2s");
	fixture_target(r, run, "latency.p99", "< 4s");
	if (!isnan(x->ttft))
		fixture_target(r, run, "ttft.p50", "< 1s");
	if (!isnan(x->tpot))
		fixture_target(r, run, "tpot.p50", "< 60ms");
}

static void add_runs(struct result *r, int k, struct rng *rng)
{
	static const double ttft[RESULTS] = {0.50, 0.46, 0.40, 0.30};
	static const double tpot[RESULTS] = {0.020, 0.022, 0.026, 0.031};
	add_run(r, &(struct shape){"asr steady", "asr", "transcribe", 8000, 0.19, NAN, NAN}, rng);
	add_run(r, &(struct shape){"chat stream", "chat", "openai-chat", 8000, 1.4, ttft[k],
				   tpot[k]}, rng);
	if (k != 2)
		add_run(r, &(struct shape){"chat, few requests", "chat", "openai-chat", 25, 0.9,
					   NAN, NAN}, rng);
}

static struct case_result *find_case(struct result *r, const char *id)
{
	for (size_t i = 0; i < r->n_cases; i++)
		if (strcmp(r->cases[i].id, id) == 0)
			return &r->cases[i];
	abort();
}

/* What a week did to the machine and the services. */
static void change(struct result *r)
{
	json_object_set_new(r->environment, "driver", json_string("25.0.rc1"));
	json_object_set_new(r->environment, "kernel", json_string("5.10.0-216.0.0.115.oe2203sp4"));
	json_object_del(r->environment, "plan_sha256");
	struct case_result *better = find_case(r, "A21"), *worse = find_case(r, "A17");
	better->verdict = VERDICT_PASS;
	better->finding = NULL;
	better->detail = "http_4xx, HTTP 400 after 3 ms";
	worse->verdict = VERDICT_FAIL;
	worse->finding = "wrong-status";
	worse->detail = "HTTP 500 " FIXTURE_HOSTILE;
	find_case(r, "F9")->id = "F10";	/* the case of the base is missing */
}

static int make(const char *dir, int k, struct err *e)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT(BUF_UNLIMITED);
	const struct writer_options o = {.lang = "en"};
	struct rng rng;
	struct result *r = fixture_result();
	const char *to = arena_fmt(r->arena, "%s/%d", dir, k + 1);
	rng_init(&rng, (uint64_t)k + 1);
	r->start_wall_ns += (uint64_t)k * 24 * 3600 * NS_PER_S;
	add_runs(r, k, &rng);
	if (k == RESULTS - 1)
		change(r);
	result_judge(r);
	int ret = file_make_dirs(to, e);
	if (ret == 0)
		ret = writer_find("json")->write(r, &o, &out, e);
	if (ret == 0)
		ret = file_write(arena_fmt(r->arena, "%s/result.json", to), out.data, out.len, e);
	result_free(r);
	return ret;
}

int main(int argc, char **argv)
{
	struct err e;
	if (argc < 2)
		return 2;
	for (int k = 0; k < RESULTS; k++)
		if (make(argv[1], k, &e) < 0) {
			(void)fprintf(stderr, "%s\n", e.text);
			return 1;
		}
	return 0;
}
