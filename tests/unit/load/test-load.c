/* tests/unit/load/test-load.c - whole runs against services whose truth is known.
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/util.h"
#include "load/load.h"
#include "server.h"

#define MS NS_PER_MS
#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define PLAIN OK_HEAD "Content-Length: 2\r\n\r\nok"
#define TOKENS 20
#define TRUTHS_MAX 4096

/* What the server did for one request: every sending lies between two readings of the clock. */
struct truth {
	uint64_t asked, before[TOKENS], after[TOKENS];
};

struct shop {
	struct fake *server;
	struct arena *arena;
	struct service service;
	struct result *result;
	struct run *run;
	struct truth *truths;
	atomic_int n_truths;
	atomic_int requests, in_flight, peak;
	const char *text;
	uint64_t delay_ns;
	int fail_every;
	char url[96];
};

static void note_begin(struct shop *s)
{
	int now = atomic_fetch_add(&s->in_flight, 1) + 1;
	int peak = atomic_load(&s->peak);
	while (now > peak && !atomic_compare_exchange_weak(&s->peak, &peak, now))
		;
}

/* The text after the delay; every fail_every-th request gets a 500. */
static void serve_text(struct fake_conn *c, void *ctx)
{
	struct shop *s = ctx;
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in)) {
		int n = atomic_fetch_add(&s->requests, 1) + 1;
		note_begin(s);
		(void)fake_wait_until(c->read_at + s->delay_ns);
		atomic_fetch_sub(&s->in_flight, 1);
		if (s->fail_every > 0 && n % s->fail_every == 0)
			(void)fake_say(c, "HTTP/1.1 500 No\r\nContent-Length: 10\r\n\r\n"
				       "bad\x01" "\xff luck");
		else
			(void)fake_say(c, s->text);
	}
	buf_release(&in);
}

/* The first token after 120 ms, then one every 15 ms: a law, and what became of it. */
static void serve_tokens(struct fake_conn *c, void *ctx)
{
	struct shop *s = ctx;
	struct buf in = BUF_INIT(1 << 20);
	while (fake_read(c, &in)) {
		int n = atomic_fetch_add(&s->n_truths, 1);
		assert(n < TRUTHS_MAX);
		struct truth *t = &s->truths[n];
		t->asked = c->read_at;
		(void)fake_say(c, OK_HEAD "Content-Type: text/event-stream\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n");
		(void)fake_chunk(c, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":"
				 "\"assistant\",\"content\":\"\"}}]}\n\n");
		for (int i = 0; i < TOKENS; i++) {
			(void)fake_wait_until(t->asked + 120 * MS + (uint64_t)i * 15 * MS);
			t->before[i] = clock_now();
			(void)fake_chunk(c, "data: {\"choices\":[{\"index\":0,\"delta\":"
					 "{\"content\":\"word \"}}]}\n\n");
			t->after[i] = clock_now();
		}
		(void)fake_wait_until(t->asked + 120 * MS + TOKENS * 15 * MS);
		(void)fake_chunk(c, "data: {\"choices\":[{\"index\":0,\"delta\":{},"
				 "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,"
				 "\"completion_tokens\":20}}\n\n");
		(void)fake_chunk(c, "data: [DONE]\n\n");
		(void)fake_say(c, "0\r\n\r\n");
	}
	buf_release(&in);
}

static void shop_open(struct shop *s, void (*serve)(struct fake_conn *, void *),
		      const char *protocol, const char *path)
{
	struct err e = {0};
	memset(s, 0, sizeof(*s));
	s->arena = arena_new();
	s->text = PLAIN;
	s->truths = calloc(TRUTHS_MAX, sizeof(*s->truths));
	s->server = fake_start(&(struct fake_spec){serve, s, NULL});
	service_defaults(&s->service);
	s->service.name = "it";
	s->service.kind = "chat";
	s->service.protocol_name = protocol;
	s->service.model = "m";
	s->service.url = fake_url(s->server, path, s->url, sizeof(s->url));
	if (service_check(&s->service, s->arena, &e) != 0)
		fail_msg("%s", e.text);
	s->result = result_new();
}

static void shop_close(struct shop *s)
{
	fake_stop(s->server);
	result_free(s->result);
	service_release(&s->service);
	arena_free(s->arena);
	free(s->truths);
}

static const struct sample samples[] = {
	{.id = "one", .question = "one?"}, {.id = "two", .question = "two?"},
	{.id = "three", .question = "three?"},
};

static struct load_spec spec_of(const char *const *words)
{
	struct load_spec spec;
	struct err e;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct optset set = {.rows = load_options, .to = &spec};
	load_defaults(&spec);
	for (; *words; words += 2)
		if (opt_set(&set, words[0], words[1], a, &e) != 0)
			fail_msg("%s", e.text);
	return spec;
}
#define SPEC(...) spec_of((const char *const[]){__VA_ARGS__, NULL})

static void run(struct shop *s, struct load_spec spec, bool stream)
{
	struct err e = {0};
	struct load_work work = {.service = &s->service, .samples = samples,
				 .n_samples = ARRAY_LEN(samples)};
	ask_defaults(&work.ask);
	work.ask.stream = stream;
	s->run = result_add_run(s->result, "test", "unit");
	if (load_run(&spec, &work, s->result, s->run, NULL, &e) != 0)
		fail_msg("%s", e.text);
	uint64_t sum = 0;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		sum += s->run->outcomes[i];
	assert_int_equal(sum, s->run->attempted);
}

static double value(const struct run *run, const char *name)
{
	struct metric_value v;
	if (!run_value(run, name, &v))
		fail_msg("there is no %s", name);
	return v.value;
}

static bool has(const struct run *run, const char *name)
{
	struct metric_value v;
	return run_value(run, name, &v);
}

static uint64_t count(const struct run *run, const char *name)
{
	const struct metric *m = run_find_metric(run, name);
	return m && m->hist ? hist_count(m->hist) : 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double nearest_rank(double *values, size_t n, double q)
{
	qsort(values, n, sizeof(*values), by_size);
	size_t rank = (size_t)ceil(q * (double)n - 1e-9);
	return values[rank - 1];
}

/* Quantiles of what was measured lie between those of the least and the most that is true. */
static bool between(const struct run *run, const char *metric, double q, double *least, double *most,
		    size_t n, double own)
{
	char name[32];
	(void)snprintf(name, sizeof(name), "%s.p%02d", metric, (int)lround(q * 100));
	double x = value(run, name), lo = nearest_rank(least, n, q), hi = nearest_rank(most, n, q);
	if (x >= lo * 0.99 && x <= hi * 1.01 + own)
		return true;
	print_message("# %s: %.6f not in %.6f .. %.6f (+ %.6f)\n", name, x, lo, hi, own);
	return false;
}

static bool tokens_agree(const struct shop *s, size_t n)
{
	double *least = calloc(n, sizeof(double)), *most = calloc(n, sizeof(double));
	double own = (double)hist_max(s->run->generator.generator_delay) / 1e9;
	bool good = true;
	for (int p99 = 0; p99 < 2; p99++) {
		double q = p99 ? 0.99 : 0.5;
		for (size_t i = 0; i < n; i++) {
			least[i] = ns_to_s(s->truths[i].before[0] - s->truths[i].asked);
			most[i] = ns_to_s(s->truths[i].after[0] - s->truths[i].asked);
		}
		good &= between(s->run, "ttft", q, least, most, n, own);
		for (size_t i = 0; i < n; i++) {
			const struct truth *t = &s->truths[i];
			least[i] = ns_to_s(t->before[TOKENS - 1] - t->after[0]) / (TOKENS - 1);
			most[i] = ns_to_s(t->after[TOKENS - 1] - t->before[0]) / (TOKENS - 1);
		}
		good &= between(s->run, "tpot", q, least, most, n, 0);
	}
	free(least);
	free(most);
	return good;
}

/* Eight streams: TTFT and TPOT to 1 %, at the median and at the 99th percentile. */
static void test_truth(void **state)
{
	(void)state;
	bool good = false;
	for (int attempt = 0; attempt < 3 && !good; attempt++) {
		struct shop s;
		shop_open(&s, serve_tokens, "openai-chat", "/v1");
		run(&s, SPEC("concurrency", "8", "requests", "40"), true);
		assert_int_equal(s.run->outcomes[OUTCOME_OK], 40);
		assert_int_equal(atomic_load(&s.n_truths), 40);
		assert_int_equal(count(s.run, "ttft"), 40);
		assert_int_equal(count(s.run, "itl"), 40 * (TOKENS - 1));
		assert_true(fabs(value(s.run, "output_tokens.p50") - TOKENS) < 0.02);
		assert_true(fabs(value(s.run, "prompt_tokens.p50") - 7) < 0.01);
		assert_true(fabs(value(s.run, "tokens_per_event.p50") - 1) < 0.001);
		assert_true(value(s.run, "ttfe.p50") < value(s.run, "ttft.p50"));
		assert_int_equal(s.run->concurrency_peak, 8);
		/* the last of five rounds is less than full when slots have drifted apart */
		assert_true(s.run->concurrency_mean > 6 && s.run->concurrency_mean <= 8);
		assert_true(fabs(value(s.run, "token_rate") -
				 40 * TOKENS / s.run->duration_s) < 1e-6);
		assert_int_equal(fake_connections(s.server), 8);
		good = tokens_agree(&s, 40);
		run_judge(s.result, s.run);
		for (size_t i = 0; !s.run->trust.trustworthy && i < s.run->trust.reasons.n; i++)
			print_message("# %s\n", s.run->trust.reasons.items[i]);
		/* a machine that is busy with other things is no fault of ours: try again */
		shop_close(&s);
	}
	assert_true(good);
}

static void test_closed_by_count(void **state)
{
	(void)state;
	for (int threads = 1; threads <= 3; threads++) {
		struct shop s;
		char text[8];
		(void)snprintf(text, sizeof(text), "%d", threads);
		shop_open(&s, serve_text, "null", "/");
		s.delay_ns = 5 * MS;
		run(&s, SPEC("concurrency", "5", "requests", "101", "threads", text, "warmup", "7"),
		    false);
		assert_int_equal(s.run->attempted, 101);
		assert_int_equal(s.run->outcomes[OUTCOME_OK], 101);
		assert_int_equal(atomic_load(&s.requests), 108);
		assert_int_equal(s.run->warmup_requests, 7);
		assert_int_equal(atomic_load(&s.peak), 5);
		assert_int_equal(s.run->concurrency_peak, 5);
		assert_int_equal(s.run->generator.threads, threads);
		assert_int_equal(count(s.run, "latency"), 101);
		assert_int_equal(count(s.run, "upload"), 101);
		assert_true(value(s.run, "latency.min") >= 0.005);
		assert_true(s.run->first_request_s >= 0.005);
		assert_true(fabs(value(s.run, "request_rate") - 101 / s.run->duration_s) < 1e-6);
		assert_int_equal(fake_connections(s.server), 5);
		assert_false(has(s.run, "ttft"));
		assert_false(has(s.run, "token_rate"));
		assert_false(has(s.run, "goodput_share"));
		assert_true(isnan(s.run->generator.asked_rate));
		assert_int_equal(s.run->unsent, 0);
		shop_close(&s);
	}
}

static void test_closed_by_time(void **state)
{
	(void)state;
	struct shop s;
	shop_open(&s, serve_text, "null", "/");
	s.delay_ns = 20 * MS;
	run(&s, SPEC("concurrency", "2", "duration", "300ms", "window", "100ms", "pause", "30ms"),
	    false);
	/* each slot: 50 ms a round, begun before 300 ms */
	assert_in_range(s.run->attempted, 8, 12);
	assert_int_equal(s.run->attempted, atomic_load(&s.requests));
	assert_true(fabs(s.run->duration_s - 0.3) < 1e-9);
	assert_true(value(s.run, "request_rate") <= (double)s.run->attempted / 0.3);
	assert_in_range(s.run->n_windows, 3, 5);
	uint64_t started = 0, ok = 0;
	double area = 0;
	for (size_t i = 0; i < s.run->n_windows; i++) {
		const struct run_window *w = &s.run->windows[i];
		started += w->started;
		ok += w->ok;
		area += w->in_flight * ns_to_s(w->to_ns - w->from_ns);
	}
	assert_int_equal(started, s.run->attempted);
	assert_int_equal(ok, s.run->attempted);
	const struct metric *m = run_find_metric(s.run, "service_time");
	assert_true(fabs(area - hist_sum(m->hist) / 1e9) < 0.01);
	shop_close(&s);
}

static void test_open_loop(void **state)
{
	(void)state;
	static const char *const laws[] = {"constant", "poisson", "gamma:0.5"};
	for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
		struct shop s;
		shop_open(&s, serve_text, "null", "/");
		s.delay_ns = 30 * MS;
		run(&s, SPEC("rate", "200/s", "arrival", laws[i], "requests", "60"), false);
		assert_int_equal(s.run->attempted, 60);
		assert_int_equal(s.run->outcomes[OUTCOME_OK], 60);
		assert_true(value(s.run, "queue_delay.max") < 1e-9);
		assert_true(fabs(s.run->generator.asked_rate - 200) < 1e-9);
		assert_true(value(s.run, "latency.min") >= 0.030);
		assert_true(s.run->duration_s > 0.1);
		shop_close(&s);
	}
}

/* A service with room for one: from the schedule the waiting is seen, and it is the service's. */
static void test_cap_and_unsent(void **state)
{
	(void)state;
	struct shop s;
	shop_open(&s, serve_text, "null", "/");
	s.delay_ns = 50 * MS;
	run(&s, SPEC("rate", "40", "arrival", "constant", "concurrency", "1", "requests", "10"),
	    false);
	/* the k-th is wanted at 25 k ms and begun at 50 k ms */
	assert_int_equal(s.run->attempted, 10);
	assert_int_equal(s.run->unsent, 0);
	assert_int_equal(atomic_load(&s.peak), 1);
	assert_true(value(s.run, "queue_delay.max") > 0.2);
	assert_true(value(s.run, "latency.max") > 0.25);
	assert_true(value(s.run, "service_time.p50") < 0.1);
	shop_close(&s);

	shop_open(&s, serve_text, "null", "/");
	s.delay_ns = 50 * MS;
	run(&s, SPEC("rate", "40", "arrival", "constant", "concurrency", "1", "duration", "500ms"),
	    false);
	assert_true(s.run->unsent >= 8);
	assert_int_equal(s.run->attempted + s.run->unsent, 20);
	shop_close(&s);
}

static void test_failures(void **state)
{
	(void)state;
	struct shop s;
	shop_open(&s, serve_text, "null", "/");
	s.fail_every = 4;
	run(&s, SPEC("requests", "20"), false);
	assert_int_equal(s.run->outcomes[OUTCOME_OK], 15);
	assert_int_equal(s.run->outcomes[OUTCOME_HTTP_5XX], 5);
	assert_int_equal(count(s.run, "latency"), 15);
	assert_int_equal(s.run->n_failures, 1);
	assert_int_equal(s.run->failures[0].outcome, OUTCOME_HTTP_5XX);
	assert_int_equal(s.run->failures[0].status, 500);
	assert_int_equal(s.run->failures[0].count, 5);
	assert_string_equal(s.run->failures[0].detail, "bad ? luck");
	assert_non_null(s.run->failures[0].sample_id);
	assert_true(fabs(value(s.run, "error_rate") - 0.25) < 1e-12);
	shop_close(&s);
}

/* Nobody listens: failed, not fatal, and not thousands of times a second. */
static void test_refused(void **state)
{
	(void)state;
	struct shop s;
	shop_open(&s, serve_text, "null", "/");
	fake_stop(s.server);
	run(&s, SPEC("duration", "350ms"), false);
	assert_in_range(s.run->attempted, 3, 5);
	assert_int_equal(s.run->outcomes[OUTCOME_CONNECT], s.run->attempted);
	assert_non_null(strstr(s.run->failures[0].detail, "refused"));
	assert_false(has(s.run, "latency"));
	s.server = fake_start(&(struct fake_spec){serve_text, &s, NULL});
	shop_close(&s);
}

static void test_goodput(void **state)
{
	(void)state;
	struct shop s;
	struct target targets[2] = {{0}};
	shop_open(&s, serve_text, "null", "/");
	s.delay_ns = 10 * MS;
	s.fail_every = 2;
	assert_int_equal(target_parse("latency.p99", "< 5s", s.arena, &targets[0], NULL), 0);
	assert_int_equal(target_parse("latency", "< 1ms", s.arena, &targets[1], NULL), 0);
	struct load_spec spec = SPEC("requests", "10");
	struct load_work work = {.service = &s.service, .samples = samples, .n_samples = 1};
	ask_defaults(&work.ask);
	for (size_t n = 1; n <= 2; n++) {
		s.run = result_add_run(s.result, "test", "unit");
		s.run->targets = targets;
		s.run->n_targets = n;
		assert_int_equal(load_run(&spec, &work, s.result, s.run, NULL, NULL), 0);
		assert_true(fabs(value(s.run, "goodput_share") - (n == 1 ? 0.5 : 0)) < 1e-12);
	}
	shop_close(&s);
}

struct stopper {
	int updates;
};

static void stop_soon(void *ctx, const struct progress_state *p)
{
	struct stopper *s = ctx;
	assert(p->phase);
	if (++s->updates == 1)
		stop_request();
}

static void test_interrupted(void **state)
{
	(void)state;
	static const struct {
		const char *law, *rate;
	} rows[] = {{"closed", NULL}, {"constant", "50"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shop s;
		struct stopper stopper = {0};
		struct progress progress = {stop_soon, &stopper};
		struct err e = {0};
		shop_open(&s, serve_text, "null", "/");
		s.delay_ns = 5 * MS;
		struct load_spec spec = SPEC("duration", "1h", "arrival", rows[i].law,
					     rows[i].rate ? "rate" : "concurrency",
					     rows[i].rate ? rows[i].rate : "2");
		struct load_work work = {.service = &s.service, .samples = samples,
					 .n_samples = 3};
		ask_defaults(&work.ask);
		s.run = result_add_run(s.result, "test", "unit");
		uint64_t before = clock_now();
		int rc = load_run(&spec, &work, s.result, s.run, &progress, &e);
		stop_reset();
		assert_int_equal(rc, 0);
		assert_true(clock_now() - before < 5 * NS_PER_S);
		assert_true(s.run->interrupted);
		assert_true(s.run->attempted >= 10);
		assert_int_equal(s.run->outcomes[OUTCOME_OK], s.run->attempted);
		assert_true(s.run->duration_s > 0.3 && s.run->duration_s < 5);
		shop_close(&s);
	}
}

static void test_bad_work(void **state)
{
	(void)state;
	struct shop s;
	struct err e = {0};
	shop_open(&s, serve_text, "openai-chat", "/v1");
	static const struct sample empty = {.id = "void"};
	struct load_work work = {.service = &s.service, .samples = &empty, .n_samples = 1};
	ask_defaults(&work.ask);
	struct load_spec spec = SPEC("requests", "10");
	s.run = result_add_run(s.result, "test", "unit");
	assert_int_equal(load_run(&spec, &work, s.result, s.run, NULL, &e), -1);
	assert_non_null(strstr(e.text, "void"));
	work.n_samples = 0;
	assert_int_equal(load_run(&spec, &work, s.result, s.run, NULL, &e), -1);
	assert_int_equal(atomic_load(&s.requests), 0);
	shop_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_closed_by_count),
		cmocka_unit_test(test_closed_by_time),
		cmocka_unit_test(test_open_loop),
		cmocka_unit_test(test_cap_and_unsent),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_goodput),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_bad_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
