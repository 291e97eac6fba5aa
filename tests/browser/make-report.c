/* tests/browser/make-report.c - write the report folder of a made result: make-report DIR [LANG]
 * [REQUESTS]. It prints how many seconds report.html took. It is the result of the golden files,
 * and with it what these have not: a search for capacity, a server's queue, ECC and health of
 * devices, answers that part. With REQUESTS the first run is as long as that many requests, for
 * sizes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "report/writer.h"
#include "tests/golden/fixture.h"

static void enlarge(struct result *r, uint64_t n)
{
	struct rng rng;
	rng_init(&rng, 7);
	struct run *run = r->runs[0];
	for (size_t i = 0; i < run->n_metrics; i++)
		if (run->metrics[i].hist)
			fixture_fill(r, run, run->metrics[i].def->name, n, 0.2, 0.3, &rng);
	fixture_windows(r, run, (size_t)(n / 20), 20, 0.2, &rng);
	run->duration_s = (double)n / 20;
	run->attempted += n;
	run->outcomes[OUTCOME_OK] += n;
	for (size_t k = 0; k < r->n_series; k++)
		for (uint64_t i = 135; i < n / 20; i++)
			if (series_add(r->series[k], FIXTURE_START_NS + i * NS_PER_S,
				       40 + 10 * rng_normal(&rng, 0, 1)) < 0)
				abort();
}

static void add_series(struct result *r, const char *source, const char *device,
		       const char *name, const char *unit, double from, double to, bool step)
{
	struct series *s = series_new(source, device, name, unit);
	if (!s)
		abort();
	for (uint64_t i = 0; i < 135; i++) {
		double share = step ? (i >= 100) : (double)i / 134;
		if (series_add(s, FIXTURE_START_NS + i * NS_PER_S, from + (to - from) * share) < 0)
			abort();
	}
	*ARENA_ADD(r->arena, r->series, r->n_series) = s;
}

static void devices(struct result *r)
{
	static const char *const chips[] = {"npu 0 chip 0", "npu 1 chip 0"};
	json_object_set_new(r->environment, "devices", json_pack(
		"[{s:s,s:i,s:i,s:s,s:s},{s:s,s:i,s:i,s:s,s:s}]",
		"source", "npu-smi", "npu", 0, "chip", 0, "name", "910B3", "health", "OK",
		"source", "npu-smi", "npu", 1, "chip", 0, "name", "910B3", "health", "OK"));
	for (size_t i = 0; i < ARRAY_LEN(chips); i++) {
		add_series(r, "npu-smi", chips[i], "healthy", "count", 1, 1, false);
		add_series(r, "npu-smi", chips[i], "ecc_hbm_single", "count", 3, 3.0 + (double)i,
			   true);
		add_series(r, "npu-smi", chips[i], "ecc_hbm_double", "count", 0, (double)i, true);
	}
	add_series(r, "npu-smi", chips[1], "temperature", "°C", 48, 66, false);
	add_series(r, "npu-smi", chips[1], "utilization", "%", 20, 80, false);
	add_series(r, "prometheus", "chat", "server_waiting", "count", 0, 14, false);
	add_series(r, "prometheus", "chat", "server_running", "count", 2, 8, false);
	add_series(r, "host", "host", "swap_used", "B", 0, 0, false);
	add_series(r, "host", "host", "load1", "count", 1, 9, false);
}

/* Doubling until the targets were missed, then halving; the highest is asked twice. */
static void search(struct result *r, struct rng *rng)
{
	static const struct {
		int users;
		double p50;
		bool met, again;
	} steps[] = {{1, 0.30, true, false}, {2, 0.31, true, false}, {4, 0.36, true, false},
		     {8, 0.71, false, false}, {6, 0.44, true, false}, {6, 0.45, true, true}};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		const char *name = arena_fmt(r->arena, steps[i].again ? "vlm-limit @ %d again"
					     : "vlm-limit @ %d", steps[i].users);
		struct run *run = fixture_run(r, name, "chat", "openai-chat",
					      "http://127.0.0.1:8003/v1", 50 + i);
		run->duration_s = 60;
		run->attempted = run->outcomes[OUTCOME_OK] = (uint64_t)(60 * steps[i].users / 0.4);
		run->concurrency_mean = run->concurrency_peak = steps[i].users;
		fixture_fill(r, run, "latency", run->attempted, steps[i].p50, 0.12, rng);
		fixture_fill(r, run, "ttft", run->attempted, steps[i].p50 / 3, 0.12, rng);
		run_metric(r, run, "request_rate", false)->value = steps[i].users / steps[i].p50;
		run->settings = json_pack("{s:{s:i,s:s}}", "find", "value", steps[i].users,
					  "targets", steps[i].met ? "met" : "missed");
		if (steps[i].met)
			fixture_target(r, run, "latency.p99", "< 700ms");
		else
			json_put_text(json_object_get(run->settings, "find"), "first_missed",
				      "latency.p99 < 700ms");
	}
	struct run *best = r->runs[r->n_runs - 1];
	struct metric *m = run_metric(r, best, "highest_concurrency", false);
	m->value = 6;
	m->note = "met twice; the lowest that missed: 8";
}

static void answers(struct result *r)
{
	struct accuracy_result *x = &r->accuracy[1];
	*ARENA_ADD(r->arena, x->pairs, x->n_pairs) = (struct accuracy_pair){
		.id = "img-3", .reference = "红色", .candidate_text = "图中是一个蓝色的圆形。",
		.reference_text = "图中是一个红色的圆形。", .candidate_rate = 1,
		.reference_rate = 0};
	*ARENA_ADD(r->arena, x->pairs, x->n_pairs) = (struct accuracy_pair){
		.id = "img-4", .reference = "three", .candidate_text = "There are three circles.",
		.reference_text = "There are three red circles.", .candidate_rate = 0,
		.reference_rate = 0};
}

/* The page alone, from the result to the file. */
static int write_page(const struct result *r, const char *dir, const struct writer_options *o,
		      struct err *e)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	uint64_t start = clock_now();
	int ret = writer_find("html")->write(r, o, &out, e);
	if (ret == 0)
		ret = file_write(arena_fmt(r->arena, "%s/report.html", dir), out.data, out.len, e);
	if (ret == 0)
		(void)printf("%.6f\n", ns_to_s(clock_now() - start));
	buf_release(&out);
	return ret;
}

int main(int argc, char **argv)
{
	struct err e;
	struct rng rng;
	if (argc < 2)
		return 2;
	struct writer_options o = {.lang = argc > 2 ? argv[2] : "en", .width = 100};
	struct result *r = fixture_result();
	rng_init(&rng, 11);
	devices(r);
	search(r, &rng);
	answers(r);
	if (argc > 3)
		enlarge(r, strtoull(argv[3], NULL, 10));
	result_judge(r);
	int ret = report_write_dir(r, argv[1], &o, &e);
	if (ret == 0)
		ret = write_page(r, argv[1], &o, &e);
	if (ret < 0)
		(void)fprintf(stderr, "%s\n", e.text);
	result_free(r);
	return ret < 0 ? 1 : 0;
}
