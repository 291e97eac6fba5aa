/* tests/golden/fixture.h - a made result with everything in it, the same on every machine: several
 * runs, failures, cases, accuracy, a soak, readings of devices, and texts of a hostile service.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_FIXTURE_H
#define GOLDEN_FIXTURE_H

#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/util.h"
#include "result/result.h"

#define FIXTURE_HOSTILE                                                                            \
	"</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
#define FIXTURE_WALL_NS 1760000000000000000ull
#define FIXTURE_START_NS 5000000000000ull

static inline void fixture_target(struct result *r, struct run *run, const char *metric,
				  const char *limit)
{
	struct target t;
	struct err e;
	if (target_parse(metric, limit, r->arena, &t, &e) < 0)
		abort();
	*ARENA_ADD(r->arena, run->targets, run->n_targets) = t;
}

/* n samples of a lognormal-like law around median seconds. */
static inline void fixture_fill(struct result *r, struct run *run, const char *name, size_t n,
				double median, double spread, struct rng *rng)
{
	struct metric *m = run_metric(r, run, name, true);
	for (size_t i = 0; i < n; i++) {
		double x = rng_normal(rng, 0, spread);
		hist_record(m->hist, (uint64_t)(median * 1e9 * (1 + x + x * x / 2)));
	}
}

static inline void fixture_windows(struct result *r, struct run *run, size_t n, double rate,
				   double latency, struct rng *rng)
{
	run->windows = arena_array(r->arena, n, sizeof(*run->windows));
	run->n_windows = n;
	for (size_t i = 0; i < n; i++) {
		double wave = 1 + 0.2 * sin((double)i / 5) + 0.1 * rng_normal(rng, 0, 1);
		struct run_window *w = &run->windows[i];
		*w = (struct run_window){
			.from_ns = i * NS_PER_S, .to_ns = (i + 1) * NS_PER_S,
			.started = (uint64_t)(rate * wave + 0.5), .ok = (uint64_t)(rate * wave),
			.failed = i % 17 == 5 ? 2 : 0, .in_flight = rate * latency * wave,
			.latency_p50 = latency * wave, .latency_p99 = latency * wave * 2.1,
			.ttft_p50 = i == 3 ? NAN : latency * wave * 0.3,
		};
		if (i == 4)
			w->latency_p50 = w->latency_p99 = NAN;
	}
}

static inline struct run *fixture_run(struct result *r, const char *name, const char *kind,
				      const char *protocol, const char *url, uint64_t at_s)
{
	struct run *run = result_add_run(r, name, "performance");
	run->service = (struct service_ref){.name = kind, .kind = kind, .protocol = protocol,
					    .url = url};
	run->start_ns = FIXTURE_START_NS + at_s * NS_PER_S;
	run->start_wall_ns = FIXTURE_WALL_NS + at_s * NS_PER_S;
	struct generator *g = &run->generator;
	g->threads = 1;
	g->cpu_s = 0.125;
	g->busiest_core_share = 0.03;
	g->reads_stamped = 5000;
	g->reads_user = 2;
	g->moments_stamped = 4900;
	g->moments_shared = 95;
	g->moments_user = 5;
	if (hist_new(&g->generator_delay, NULL) < 0 || hist_new(&g->queue_delay, NULL) < 0 ||
	    hist_new(&g->bound, NULL) < 0)
		abort();
	for (uint64_t i = 1; i <= 200; i++) {
		hist_record(g->generator_delay, 20000 + i * 100);
		hist_record(g->queue_delay, i * 10);
		hist_record(g->bound, 5000 + i * 50);
	}
	return run;
}

static inline void fixture_asr(struct result *r, struct rng *rng)
{
	struct run *run = fixture_run(r, "asr-one", "asr", "transcribe",
				      "http://127.0.0.1:8001/transcribe", 2);
	run->settings = json_pack("{s:i,s:i}", "concurrency", 1, "requests", 200);
	run->duration_s = 40;
	run->attempted = run->outcomes[OUTCOME_OK] = 200;
	run->concurrency_mean = 0.99;
	run->concurrency_peak = 1;
	run->first_request_s = 0.81;
	run->warmup_requests = 3;
	fixture_fill(r, run, "latency", 200, 0.19, 0.2, rng);
	fixture_fill(r, run, "service_time", 200, 0.189, 0.2, rng);
	fixture_fill(r, run, "rtf", 200, 0.14, 0.15, rng);
	fixture_fill(r, run, "latency_per_10s", 24, 1.4, 0.1, rng);
	run_metric(r, run, "latency_per_10s", true)->note = "scaled";
	run_metric(r, run, "rtf_run", false)->value = 0.1421;
	run_metric(r, run, "request_rate", false)->value = 5;
	run_metric(r, run, "audio_rate", false)->value = 7.03;
	run_metric(r, run, "goodput_share", false)->value = 1;
	fixture_windows(r, run, 40, 5, 0.19, rng);
	run_add_targets(r, run, targets_default("asr"));
}

static inline void fixture_chat(struct result *r, struct rng *rng)
{
	struct run *run = fixture_run(r, "vlm-open", "chat", "openai-chat",
				      "http://127.0.0.1:8003/v1", 45);
	run->duration_s = 60;
	run->attempted = 245;
	run->outcomes[OUTCOME_OK] = 238;
	run->outcomes[OUTCOME_HTTP_5XX] = 5;
	run->outcomes[OUTCOME_ERROR_EVENT] = 2;
	run->unsent = 3;
	run->concurrency_mean = 3.2;
	run->concurrency_peak = 9;
	run->generator.asked_rate = 4.1;
	run->generator.achieved_rate = 4.1;
	fixture_fill(r, run, "latency", 238, 2.3, 0.25, rng);
	fixture_fill(r, run, "ttft", 238, 0.82, 0.3, rng);
	fixture_fill(r, run, "tpot", 236, 0.022, 0.15, rng);
	fixture_fill(r, run, "itl", 15000, 0.021, 0.4, rng);
	fixture_fill(r, run, "output_tokens", 238, 64, 0.05, rng);
	run_metric(r, run, "request_rate", false)->value = 3.967;
	run_metric(r, run, "token_rate", false)->value = 254.1;
	run_metric(r, run, "token_rate", false)->note = "tokens counted by the server's usage";
	run_metric(r, run, "goodput_share", false)->value = 0.952;
	run->until = (struct run_until){.metric = "ttft.p99", .within = 0.05, .width = 0.083};
	fixture_windows(r, run, 60, 4, 2.3, rng);
	fixture_target(r, run, "ttft.p99", "< 1.5s");
	fixture_target(r, run, "tpot", "< 60ms");
	fixture_target(r, run, "error_rate", "< 0.1%");
	fixture_target(r, run, "ttfa.p50", "< 1s");
	*ARENA_ADD(r->arena, run->failures, run->n_failures) = (struct failure_example){
		.outcome = OUTCOME_HTTP_5XX, .status = 503, .count = 5, .sample_id = "img-17",
		.detail = "{\"error\":{\"message\":\"" FIXTURE_HOSTILE "\"}}"};
	*ARENA_ADD(r->arena, run->failures, run->n_failures) = (struct failure_example){
		.outcome = OUTCOME_ERROR_EVENT, .status = 200, .count = 2, .sample_id = "img-90",
		.detail = "data: {\"error\":\"out of memory\"}"};
}

static inline void fixture_tts(struct result *r, struct rng *rng)
{
	struct run *run = fixture_run(r, "tts-four", "tts", "synthesize",
				      "http://127.0.0.1:8002/synthesize", 110);
	run->duration_s = 20;
	run->attempted = run->outcomes[OUTCOME_OK] = 80;
	run->concurrency_mean = run->concurrency_peak = 4;
	for (int i = 0; i < 100; i++)
		hist_record(run->generator.generator_delay, 40 * NS_PER_MS);
	fixture_fill(r, run, "latency", 80, 0.98, 0.1, rng);
	fixture_fill(r, run, "ttfa", 80, 0.21, 0.1, rng);
	fixture_fill(r, run, "rtf", 80, 0.31, 0.1, rng);
	run_metric(r, run, "request_rate", false)->value = 4;
	run_metric(r, run, "audio_rate", false)->value = 12.6;
	fixture_windows(r, run, 20, 4, 0.98, rng);
	fixture_target(r, run, "rtf.p50", "< 1");
}

static inline void fixture_cases(struct result *r)
{
	*result_add_case(r) = (struct case_result){.id = "A17", .suite = "faults", .service = "asr",
		.name = "data size larger than the file", .verdict = VERDICT_PASS,
		.detail = "expected 4xx, got 400 in 3 ms; 5 canaries unharmed",
		.again = "assay faults --asr http://127.0.0.1:8001/transcribe --only A17",
		.seconds = 0.8};
	*result_add_case(r) = (struct case_result){.id = "A21", .suite = "faults", .service = "asr",
		.name = "a poisoned header", .verdict = VERDICT_FAIL, .finding = "wrong-status",
		.detail = "expected 4xx, got 500: " FIXTURE_HOSTILE,
		.again = "assay faults --asr http://127.0.0.1:8001/transcribe --only A21",
		.seconds = 1.2};
	*result_add_case(r) = (struct case_result){.id = "F3", .suite = "functional",
		.service = "chat", .name = "描述图片中的主色", .verdict = VERDICT_PASS,
		.detail = "the answer names 红色", .source = "VQA: colours", .seconds = 2.25};
	*result_add_case(r) = (struct case_result){.id = "F9", .suite = "functional",
		.service = "asr", .name = "30 minutes of audio", .verdict = VERDICT_SKIPPED,
		.detail = "runs under check --long only", .seconds = NAN};
}

static inline void fixture_accuracy(struct result *r)
{
	struct accuracy_result *x = result_add_accuracy(r);
	x->service = "asr";
	x->metric = "cer";
	x->normalizer = "chinese-1";
	x->utterances = 120;
	x->units = 2400;
	x->hits = 2290;
	x->substitutions = 80;
	x->deletions = 30;
	x->insertions = 15;
	strings_add(&x->missing, r->arena, "utt-44");
	x->reference_rate = 0.0508;
	x->candidate_rate = 0.0521;
	x->difference = 0.0013;
	x->interval_lo = -0.0021;
	x->interval_hi = 0.0048;
	x->floor = 0.0004;
	x->gate = 0.01;
	x->verdict = "aligned";
	*ARENA_ADD(r->arena, x->pairs, x->n_pairs) = (struct accuracy_pair){.id = "utt-7",
		.reference = "今天天气很好我们去公园", .candidate_text = "今天天汽很好我们公园",
		.reference_text = "今天天气很好我们去公园", .candidate_rate = 2.0 / 11,
		.reference_rate = 0};
	*ARENA_ADD(r->arena, x->pairs, x->n_pairs) = (struct accuracy_pair){.id = "utt-9",
		.reference = "the quick brown fox", .candidate_text = FIXTURE_HOSTILE,
		.reference_text = "the quick brown box", .candidate_rate = 1,
		.reference_rate = 0.25};
	x = result_add_accuracy(r);
	x->service = "chat";
	x->metric = "keyword";
	x->normalizer = "basic-1";
	x->utterances = 24;
	x->reference_rate = 0.0417;
	x->candidate_rate = 0.0833;
	x->difference = 0.0417;
	x->interval_lo = -0.08;
	x->interval_hi = 0.16;
	x->gate = 0.01;
	x->needed = 1350;
	x->verdict = "undecided";
}

static inline void fixture_soak(struct result *r)
{
	struct soak_result *s = &r->soak;
	s->present = true;
	s->hours = 12;
	s->windows = 720;
	s->gaps = 1;
	s->requests = 43000;
	s->failed = 9;
	*ARENA_ADD(r->arena, s->outages, s->n_outages) =
		(struct outage){.from_wall_ns = FIXTURE_WALL_NS + 3600 * NS_PER_S, .seconds = 4.5};
	*ARENA_ADD(r->arena, s->leaks, s->n_leaks) = (struct leak_result){.what = "rss",
		.slope_per_hour = 131072, .unit = "B", .verdict = "clean"};
	*ARENA_ADD(r->arena, s->leaks, s->n_leaks) = (struct leak_result){.what = "hbm",
		.slope_per_hour = 6291456, .unit = "B", .verdict = "suspect"};
	s->drift_p50 = 1.01;
	s->drift_p99 = 1.08;
	s->drift_p99_lo = 0.97;
	s->drift_p99_hi = 1.2;
}

static inline void fixture_series(struct result *r, struct rng *rng)
{
	static const struct reading {
		const char *source, *device, *name, *unit;
		double level, swing;
	} readings[] = {
		{"host", "host", "cpu", "%", 35, 12},
		{"host", "host", "memory_used", "B", 6.4e9, 2e8},
		{"npu-smi", "npu 0 chip 0", "utilization", "%", 71, 20},
		{"npu-smi", "npu 0 chip 0", "memory_used", "B", 4.1e10, 1e8},
		{"npu-smi", "npu 0 chip 0", "power", "W", 240, 60},
		{"npu-smi", "npu 0 chip 0", "temperature", "°C", 61, 4},
		{"process", "asr pid 4711", "cpu", "%", 88, 10},
		{"process", "asr pid 4711", "rss", "B", 9.1e8, 1e7},
	};
	for (size_t k = 0; k < ARRAY_LEN(readings); k++) {
		const struct reading *x = &readings[k];
		struct series *s = series_new(x->source, x->device, x->name, x->unit);
		if (!s)
			abort();
		for (uint64_t i = 0; i < 135; i++) {
			if (i >= 70 && i < 75)
				continue;	/* no reading: absent */
			double value = x->level + x->swing * (sin((double)i / 9 + (double)k) * 0.7 +
							      0.3 * rng_normal(rng, 0, 1));
			if (series_add(s, FIXTURE_START_NS + i * NS_PER_S, fmax(0, round(value))) <
			    0)
				abort();
		}
		*ARENA_ADD(r->arena, r->series, r->n_series) = s;
	}
}

static inline struct result *fixture_result(void)
{
	struct rng rng;
	rng_init(&rng, 42);
	struct result *r = result_new();
	if (!r)
		abort();
	r->tool_version = "0.1.0";
	r->title = "acceptance of three services";
	r->command = "assay run acceptance.yaml --out report";
	r->start_ns = FIXTURE_START_NS;
	r->start_wall_ns = FIXTURE_WALL_NS;
	r->duration_s = 134.5;
	r->environment = json_pack(
		"{s:{s:s,s:s,s:i,s:I},s:[{s:s,s:i,s:s}],s:s,s:s,s:{s:{s:s,s:s}},s:s}",
		"host", "name", "npu-host-1", "cpu", "Kunpeng-920", "cores", 96,
		"memory_bytes", (json_int_t)824633720832,
		"devices", "source", "npu-smi", "npu", 0, "name", "910B3",
		"driver", "24.1.rc3", "cann", "8.0.RC3",
		"services", "asr", "server", "uvicorn", "model", "whisper-large-v3",
		"plan_sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
	strings_add(&r->skipped, r->arena,
		    "monitor nvml: libnvidia-ml.so.1 is not on this machine");
	strings_add(&r->skipped, r->arena, "accuracy tts: no reference given");
	fixture_asr(r, &rng);
	fixture_chat(r, &rng);
	fixture_tts(r, &rng);
	fixture_cases(r);
	fixture_accuracy(r);
	fixture_soak(r);
	fixture_series(r, &rng);
	result_judge(r);
	return r;
}

#endif
