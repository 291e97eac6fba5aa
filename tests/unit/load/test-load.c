/* tests/unit/load/test-load.c - whole runs: counts, rates, laws, limits, failures, interruption.
 * SPDX-License-Identifier: Apache-2.0 */
#include "patience.h"
#include "shop.h"

#include <dirent.h>
#include <stdio.h>

#include "base/thread.h"

static void test_closed_by_count(void **state)
{
	(void)state;
	for (int threads = 1; threads <= 3; threads++) {
		struct shop s;
		char text[8];
		(void)snprintf(text, sizeof(text), "%d", threads);
		shop_open(&s, serve_text, "null", "/");
		s.delay_ns = 20 * MS;
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
		assert_int_equal(count(s.run, "connect"), 0);	/* all in the warm-up */
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
	struct patience_text duration = patience_ms(300), window = patience_ms(100);
	struct patience_text pause = patience_ms(30);
	double seconds = 0.3 * patience_factor();
	s.delay_ns = patience(20 * MS);
	run(&s, SPEC("concurrency", "2", "duration", duration.text, "window", window.text, "pause",
		     pause.text), false);
	/* each slot: 50 ms a round, begun before 300 ms */
	assert_in_range(s.run->attempted, 8, 12);
	assert_int_equal(s.run->attempted, atomic_load(&s.requests));
	assert_true(fabs(s.run->duration_s - seconds) < 1e-9);
	assert_true(value(s.run, "request_rate") <= (double)s.run->attempted / seconds);
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
	assert_true(fabs(area - hist_sum(m->hist) / 1e9) < 0.01 * patience_factor());
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

static void serve_stall(struct fake_conn *c, void *ctx)
{
	struct buf in = BUF_INIT(1 << 20);
	(void)ctx;
	if (fake_read(c, &in) && fake_say(c, OK_HEAD "Content-Length: 9\r\n\r\nhalf"))
		fake_hang(c);
	buf_release(&in);
}

static void test_stall(void **state)
{
	(void)state;
	struct shop s;
	shop_open(&s, serve_stall, "null", "/");
	s.service.idle_timeout_ns = 50 * MS;
	run(&s, SPEC("requests", "3"), false);
	assert_int_equal(s.run->outcomes[OUTCOME_IDLE_TIMEOUT], 3);
	assert_int_equal(s.run->failures[0].status, 200);
	assert_non_null(strstr(s.run->failures[0].detail, "stood still"));
	s.service.idle_timeout_ns = 0;
	s.service.timeout_ns = 60 * MS;
	run(&s, SPEC("requests", "2", "concurrency", "2"), false);
	assert_int_equal(s.run->outcomes[OUTCOME_TIMEOUT], 2);
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
	/* not streamed: a limit on ttft says nothing of any request */
	struct target of_stream;
	assert_int_equal(target_parse("ttft.p99", "< 2s", s.arena, &of_stream, NULL), 0);
	s.run = result_add_run(s.result, "test", "unit");
	s.run->targets = &of_stream;
	s.run->n_targets = 1;
	assert_int_equal(load_run(&spec, &work, s.result, s.run, NULL, NULL), 0);
	assert_false(has(s.run, "goodput_share"));
	for (size_t n = 1; n <= 2; n++) {
		s.run = result_add_run(s.result, "test", "unit");
		s.run->targets = targets;
		s.run->n_targets = n;
		assert_int_equal(load_run(&spec, &work, s.result, s.run, NULL, NULL), 0);
		assert_true(fabs(value(s.run, "goodput_share") - (n == 1 ? 0.5 : 0)) < 1e-12);
	}
	shop_close(&s);
}

/* Threads do not all begin with the same replica. */
static void test_replicas(void **state)
{
	(void)state;
	struct shop s[2];
	for (int i = 0; i < 2; i++) {
		shop_open(&s[i], serve_text, "null", "/");
		s[i].delay_ns = 10 * MS;
	}
	strings_add(&s[0].service.urls, s[0].arena, s[1].url);
	run(&s[0], SPEC("concurrency", "4", "threads", "4", "requests", "4"), false);
	assert_int_equal(atomic_load(&s[0].requests), 2);
	assert_int_equal(atomic_load(&s[1].requests), 2);
	run(&s[0], SPEC("concurrency", "2", "requests", "20"), false);
	assert_int_equal(atomic_load(&s[0].requests), 12);
	assert_int_equal(atomic_load(&s[1].requests), 12);
	for (int i = 0; i < 2; i++)
		shop_close(&s[i]);
}

/* With a rate a request is written before it is due, and goes to whoever is free when it is. */
static void test_least_open(void **state)
{
	(void)state;
	struct shop s[2];
	for (int i = 0; i < 2; i++) {
		shop_open(&s[i], serve_text, "null", "/");
		s[i].delay_ns = i == 0 ? 2000 * MS : MS;
	}
	strings_add(&s[0].service.urls, s[0].arena, s[1].url);
	s[0].service.balance = BALANCE_LEAST_OPEN;
	run(&s[0], SPEC("rate", "4", "arrival", "constant", "requests", "5"), false);
	assert_int_equal(s[0].run->outcomes[OUTCOME_OK], 5);
	assert_int_equal(atomic_load(&s[0].requests), 1);
	assert_int_equal(atomic_load(&s[1].requests), 4);
	for (int i = 0; i < 2; i++)
		shop_close(&s[i]);
}

struct looker {
	char cpus[4][64];	/* Cpus_allowed_list of the load threads */
	size_t n;
};

static void note_cpus(struct looker *l, const char *task)
{
	char path[300], line[256], *name = NULL;
	bool load = false;
	(void)snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "Name:\tload-", 11) == 0)
			load = true;
		name = strstr(line, "Cpus_allowed_list:\t");
		if (load && name == line && l->n < ARRAY_LEN(l->cpus))
			(void)sscanf(line + 19, "%63s", l->cpus[l->n++]);
	}
	if (f)
		(void)fclose(f);
}

static void look_at_threads(void *ctx, const struct progress_state *p)
{
	struct looker *l = ctx;
	struct dirent *entry;
	(void)p;
	if (l->n > 0)
		return;
	DIR *d = opendir("/proc/self/task");
	assert(d);
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			note_cpus(l, entry->d_name);
	(void)closedir(d);
	if (l->n > 0)
		stop_request();
}

/* --pin: each load thread has one CPU, and not the same where there are several. */
static void test_pin(void **state)
{
	(void)state;
	int cpus[8];
	struct shop s;
	struct looker looker = {.n = 0};
	struct progress progress = {look_at_threads, &looker};
	shop_open(&s, serve_text, "null", "/");
	s.delay_ns = 5 * MS;
	struct load_spec spec = SPEC("concurrency", "2", "threads", "2", "duration", "1h",
				     "pin", "true");
	struct load_work work = {.service = &s.service, .samples = samples, .n_samples = 3};
	ask_defaults(&work.ask);
	s.run = result_add_run(s.result, "test", "unit");
	int rc = load_run(&spec, &work, s.result, s.run, &progress, NULL);
	stop_reset();
	assert_int_equal(rc, 0);
	assert_int_equal(looker.n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(strspn(looker.cpus[i], "0123456789"), strlen(looker.cpus[i]));
	if (thread_cpus(cpus, (int)ARRAY_LEN(cpus)) > 1)
		assert_string_not_equal(looker.cpus[0], looker.cpus[1]);
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
		cmocka_unit_test(test_closed_by_count),
		cmocka_unit_test(test_closed_by_time),
		cmocka_unit_test(test_open_loop),
		cmocka_unit_test(test_cap_and_unsent),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_goodput),
		cmocka_unit_test(test_replicas),
		cmocka_unit_test(test_least_open),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_bad_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
