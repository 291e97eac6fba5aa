/* tests/unit/load/test-arrivals.c - rates that change, traces, runs that end when they know enough,
 * and cool-downs.
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "shop.h"
#include "load/schedule.h"
#include "load/trace.h"

static struct load_spec profile(int law, const double *rates, int64_t n, double seconds)
{
	struct load_spec spec = {.arrival = law, .seed = 3, .n_steps = n,
				 .duration_ns = (uint64_t)(seconds * 1e9)};
	memcpy(spec.steps, rates, (size_t)n * sizeof(double));
	return spec;
}

/* Arrivals of each tenth of the duration. */
static void tenths_of(const struct load_spec *spec, double ret[10])
{
	struct schedule s;
	uint64_t index, before = 0;
	memset(ret, 0, 10 * sizeof(double));
	schedule_init(&s, spec, NULL, "arrivals");
	for (;;) {
		uint64_t at = schedule_next(&s, &index);
		assert_true(at >= before);
		before = at;
		if (at >= spec->duration_ns)
			return;
		ret[at * 10 / spec->duration_ns]++;
	}
}

static void expect(double got, double want)
{
	if (fabs(got - want) > 4.5 * sqrt(want))
		fail_msg("%g arrivals instead of about %g", got, want);
}

static void test_ramps(void **state)
{
	(void)state;
	double got[10];
	const double ends[] = {100, 1000}, down[] = {1000, 100}, flat[] = {50, 50};
	struct load_spec spec = profile(ARRIVAL_RAMP, ends, 2, 100);
	tenths_of(&spec, got);
	for (int i = 0; i < 10; i++)
		expect(got[i], 10 * (100 + 90 * (i + 0.5)));
	spec = profile(ARRIVAL_RAMP, down, 2, 100);
	tenths_of(&spec, got);
	for (int i = 0; i < 10; i++)
		expect(got[i], 10 * (1000 - 90 * (i + 0.5)));
	spec = profile(ARRIVAL_RAMP_EXP, ends, 2, 100);
	tenths_of(&spec, got);
	for (int i = 0; i < 10; i++)
		expect(got[i], 100 * 100 / log(10) * (pow(10, (i + 1) / 10.) - pow(10, i / 10.)));
	assert_true(fabs(schedule_mean_rate(&spec, NULL) - 900 / log(10)) < 1e-6);
	for (int law = ARRIVAL_RAMP; law <= ARRIVAL_RAMP_EXP; law++) {
		spec = profile(law, flat, 2, 100);
		tenths_of(&spec, got);
		for (int i = 0; i < 10; i++)
			expect(got[i], 500);
	}
}

static void test_steps(void **state)
{
	(void)state;
	double got[10];
	const double rates[] = {100, 400, 50, 800, 200};
	struct load_spec spec = profile(ARRIVAL_STEPS, rates, 5, 100);
	tenths_of(&spec, got);
	for (int i = 0; i < 10; i++)
		expect(got[i], 10 * rates[i / 2]);
	assert_true(fabs(schedule_mean_rate(&spec, NULL) - 310) < 1e-9);
}

static void test_words(void **state)
{
	(void)state;
	struct load_spec s = SPEC("arrival", "ramp:1/s,120/min", "duration", "10s");
	assert_int_equal(s.arrival, ARRIVAL_RAMP);
	assert_true(s.n_steps == 2 && s.steps[0] == 1 && s.steps[1] == 2);
	s = SPEC("arrival", "{steps: [1, 2/s, 3]}", "duration", "10s");
	assert_true(s.arrival == ARRIVAL_STEPS && s.n_steps == 3 && s.steps[2] == 3);
	s = SPEC("arrival", "ramp-exp:2,4", "until", "latency.p99:5%");
	assert_int_equal(s.arrival, ARRIVAL_RAMP_EXP);
	assert_string_equal(s.until.metric, "latency.p99");
	assert_true(fabs(s.until.within - 0.05) < 1e-12);
	s = SPEC("until", "{ttft.p50: 10%}", "arrival", "trace:a b.jsonl");
	assert_string_equal(s.until.metric, "ttft.p50");
	assert_string_equal(s.trace, "a b.jsonl");
	static const char *const bad[][2] = {
		{"arrival", "ramp:1"}, {"arrival", "ramp:1,2,3"}, {"arrival", "ramp:0,3"},
		{"arrival", "steps:"}, {"arrival", "steps:1,x"}, {"arrival", "trace:"},
		{"arrival", "{ramp: 3}"}, {"arrival", "trace"}, {"until", "latency.p99"},
		{"until", "latency:5%"}, {"until", "request_rate:5%"}, {"until", "latency.p99:0%"},
		{"until", "latency.p99:5"}, {"until", "{nonsense.p99: 5%}"},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e = {0};
		CLEANUP(arena_freep) struct arena *a = arena_new();
		struct load_spec spec;
		struct optset set = {.rows = load_options, .to = &spec};
		load_defaults(&spec);
		if (opt_set(&set, bad[i][0], bad[i][1], a, &e) == 0)
			fail_msg("%s '%s' was taken", bad[i][0], bad[i][1]);
		assert_int_equal(e.code, ERR_USAGE);
	}
	struct err e;
	s = SPEC("arrival", "ramp:1,2", "requests", "10");
	assert_int_equal(load_check(&s, &e), -1);
	s = SPEC("arrival", "ramp:1,2", "duration", "10s", "rate", "3");
	assert_int_equal(load_check(&s, &e), -1);
	s = SPEC("requests", "10", "cooldown", "3s");
	assert_int_equal(load_check(&s, &e), -1);
}

static void write_file(char path[64], const char *text)
{
	(void)snprintf(path, 64, "trace-%d.jsonl", (int)getpid());
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_trace(void **state)
{
	(void)state;
	char path[64];
	struct trace t;
	struct err e = {0};
	write_file(path, "{\"timestamp\": 100.5, \"input_length\": 7, \"output_length\": 3}\n\n"
			 "{\"timestamp\": 100.25}\r\n{\"timestamp\": 101, \"prompt_tokens\": 9}");
	assert_int_equal(trace_read(path, &t, &e), 0);
	assert_int_equal(t.n, 3);
	assert_int_equal(t.items[0].at_ns, 0);
	assert_int_equal(t.items[1].at_ns, 250 * MS);
	assert_int_equal(t.items[1].prompt_tokens, 7);
	assert_int_equal(t.items[1].output_tokens, 3);
	assert_int_equal(t.items[2].at_ns, 750 * MS);
	assert_int_equal(t.items[2].prompt_tokens, 9);
	trace_release(&t);
	static const char *const bad[] = {"", "{}\n", "{\"timestamp\": \"1\"}", "[1]", "{",
					  "{\"timestamp\": 0}\n{\"timestamp\": 1e300}"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		write_file(path, bad[i]);
		assert_int_equal(trace_read(path, &t, &e), -1);
		assert_non_null(strstr(e.text, path));
	}
	(void)remove(path);
	assert_int_equal(trace_read("no-such-trace.jsonl", &t, &e), -1);
}

static void test_trace_is_played(void **state)
{
	(void)state;
	struct shop s;
	char path[64], word[80];
	write_file(path, "{\"timestamp\": 5}\n{\"timestamp\": 5.05}\n{\"timestamp\": 5.4}\n");
	(void)snprintf(word, sizeof(word), "trace:%s", path);
	shop_open(&s, serve_text, "null", "/");
	run(&s, SPEC("arrival", word), false);
	assert_int_equal(s.run->outcomes[OUTCOME_OK], 3);
	assert_true(s.run->duration_s >= 0.4);
	assert_true(fabs(s.run->generator.asked_rate - 3 / 0.4) < 0.01);
	shop_close(&s);
	(void)remove(path);
}

/* Half of the 95 % interval of a percentile over it, from the samples of all threads. */
static double known_to(const struct run *run, double quantile)
{
	return hist_quantile_width(run_find_metric(run, "latency")->hist, quantile);
}

/* What all threads have seen decides, so more threads need no more requests: an interval of a p1
 * takes 368, of each of four threads 1472. At 5 ms and 4 slots some 400 come between two looks. */
static void test_until(void **state)
{
	static const char *const threads[] = {"1", "4"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		struct shop s;
		shop_open(&s, serve_text, "null", "/");
		s.delay_ns = 5 * MS;
		run(&s, SPEC("concurrency", "4", "threads", threads[i], "duration", "60s",
			     "until", "latency.p1:100%"), false);
		assert_int_equal(s.run->generator.threads, i == 0 ? 1 : 4);
		assert_in_range(s.run->outcomes[OUTCOME_OK], 368, 1300);
		assert_false(s.run->interrupted);
		assert_string_equal(s.run->until.metric, "latency.p1");
		assert_true(s.run->until.ended);
		assert_true(fabs(s.run->until.width - known_to(s.run, 0.01)) < 1e-12);
		assert_true(run_until_reached(s.run) == (s.run->until.width <= 1));
		shop_close(&s);
	}
}

/* The limit comes first: the run says what is known, and that it is not what was asked for. */
static void test_until_not_reached(void **state)
{
	(void)state;
	struct shop s;
	shop_open(&s, serve_text, "null", "/");
	s.delay_ns = 5 * MS;
	run(&s, SPEC("concurrency", "2", "requests", "60", "until", "latency.p50:0.0001%"), false);
	assert_int_equal(s.run->attempted, 60);
	assert_false(s.run->until.ended);
	assert_false(run_until_reached(s.run));
	assert_true(fabs(s.run->until.width - known_to(s.run, 0.5)) < 1e-12);
	assert_non_null(strstr(run_until_text(s.run, s.arena, false), "NOT known as well"));
	run(&s, SPEC("concurrency", "2", "requests", "60", "until", "latency.p99:50%"), false);
	assert_true(isnan(s.run->until.width));
	assert_false(run_until_reached(s.run));
	assert_non_null(strstr(run_until_text(s.run, s.arena, false), "too few"));
	result_judge(s.result);
	assert_non_null(strstr(s.result->sentence, "latency.p99 is NOT known"));
	run(&s, SPEC("requests", "3"), false);
	assert_null(s.run->until.metric);
	assert_null(run_until_text(s.run, s.arena, false));
	assert_true(run_until_reached(s.run));
	shop_close(&s);
}

/* What comes behind the window is sent and not counted. */
static void test_cooldown(void **state)
{
	(void)state;
	struct shop s;
	shop_open(&s, serve_text, "null", "/");
	run(&s, SPEC("rate", "100", "arrival", "constant", "duration", "0.5s", "cooldown", "0.3s"),
	    false);
	assert_int_equal(s.run->attempted, 50);
	assert_int_equal(s.run->unsent, 0);
	assert_int_equal(atomic_load(&s.requests), 80);
	assert_true(fabs(s.run->duration_s - 0.5) < 1e-9);
	shop_close(&s);
}

/* Gathering: the same answers, and a closed loop is not slowed by it. */
static void test_gather(void **state)
{
	(void)state;
	struct shop s;
	shop_open(&s, serve_text, "null", "/");
	run(&s, SPEC("rate", "200", "duration", "0.5s", "gather", "2ms"), false);
	assert_int_equal(s.run->outcomes[OUTCOME_OK], s.run->attempted);
	assert_true(s.run->attempted > 50);
	run(&s, SPEC("concurrency", "1", "requests", "300", "gather", "10ms"), false);
	assert_int_equal(s.run->outcomes[OUTCOME_OK], 300);
	assert_true(s.run->duration_s < 2.5);
	shop_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ramps),	     cmocka_unit_test(test_steps),
		cmocka_unit_test(test_words),	     cmocka_unit_test(test_trace),
		cmocka_unit_test(test_trace_is_played), cmocka_unit_test(test_until),
		cmocka_unit_test(test_until_not_reached),
		cmocka_unit_test(test_cooldown),     cmocka_unit_test(test_gather),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
