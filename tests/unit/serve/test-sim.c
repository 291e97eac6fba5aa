/* tests/unit/serve/test-sim.c - the laws of the sim, and that it keeps to its schedule.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/sim.h"

#include "serve_test.h"

static struct sim sim_with(const char *name, const char *value)
{
	struct sim s = {0};
	struct optset set = {.rows = sim_options, .to = &s};
	struct err e;
	opt_defaults(sim_options, &s);
	if (name && opt_set(&set, name, value, NULL, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

static void test_constant(void **state)
{
	(void)state;
	struct sim s = sim_with("sim_ttft", "80ms");
	struct sim_fate f;
	for (uint64_t i = 0; i < 100; i++) {
		sim_draw(&s, i, &f);
		assert_int_equal(f.ttft_ns, 80 * NS_PER_MS);
		assert_int_equal(f.fault, SIM_FINE);
	}
	uint64_t last = 0;
	for (uint64_t i = 0; i < 50; i++)
		assert_int_equal(sim_due(&s, &f, i, &last), (80 + i * 20) * NS_PER_MS);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;
	return (*x > *y) - (*x < *y);
}

#define DRAWS 20001

static void draw_many(const struct sim *s, uint64_t *sorted)
{
	struct sim_fate f;
	for (uint64_t i = 0; i < DRAWS; i++) {
		sim_draw(s, i, &f);
		sorted[i] = f.ttft_ns;
	}
	qsort(sorted, DRAWS, sizeof(*sorted), by_value);
}

static void test_lognormal(void **state)
{
	(void)state;
	static uint64_t t[DRAWS];
	struct sim s = sim_with("sim_ttft_law", "lognormal");
	s.ttft_ns = 100 * NS_PER_MS;
	s.ttft_spread = 0.5;
	draw_many(&s, t);
	/* Median 100 ms; quantile 0.8413 is one sigma above it in the logarithm. */
	assert_true(fabs((double)t[DRAWS / 2] / 100e6 - 1) < 0.02);
	assert_true(fabs(log((double)t[(size_t)(0.8413 * DRAWS)] / 100e6) - 0.5) < 0.02);
}

static void test_uniform(void **state)
{
	(void)state;
	static uint64_t t[DRAWS];
	struct sim s = sim_with("sim_ttft_law", "uniform");
	s.ttft_ns = 100 * NS_PER_MS;
	s.ttft_spread = 0.2;
	draw_many(&s, t);
	assert_true(t[0] >= 80 * NS_PER_MS && t[0] < 80.1e6);
	assert_true(t[DRAWS - 1] <= 120 * NS_PER_MS && t[DRAWS - 1] > 119.9e6);
	assert_true(fabs((double)t[DRAWS / 4] / 90e6 - 1) < 0.02);
}

/* The same seed and number: the same fate. Another seed: another. */
static void test_repeats(void **state)
{
	(void)state;
	struct sim s = sim_with("sim_ttft_law", "lognormal");
	struct sim other = s;
	other.seed = 2;
	size_t same = 0;
	for (uint64_t i = 0; i < 100; i++) {
		struct sim_fate a;
		struct sim_fate b;
		struct sim_fate c;
		sim_draw(&s, i, &a);
		sim_draw(&s, i, &b);
		sim_draw(&other, i, &c);
		assert_int_equal(a.ttft_ns, b.ttft_ns);
		same += a.ttft_ns == c.ttft_ns;
	}
	assert_true(same < 3);
}

static void test_faults(void **state)
{
	(void)state;
	struct sim s = sim_with(NULL, NULL);
	s.error_rate = 0.1;
	s.event_error_rate = 0.05;
	s.stall_rate = 0.02;
	s.drop_rate = 0.03;
	double share[SIM_DROP + 1] = {0};
	for (uint64_t i = 0; i < DRAWS; i++) {
		struct sim_fate f;
		sim_draw(&s, i, &f);
		share[f.fault] += 1.0 / DRAWS;
	}
	/* Four standard errors. */
	const double want[] = {0.8, 0.1, 0.05, 0.02, 0.03};
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_true(fabs(share[i] - want[i]) < 4 * sqrt(want[i] * (1 - want[i]) / DRAWS));
}

static void test_jitter(void **state)
{
	(void)state;
	struct sim s = sim_with("sim_jitter", "30ms");
	struct sim_fate f;
	uint64_t last = 0;
	uint64_t before = 0;
	bool moved = false;
	sim_draw(&s, 0, &f);
	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t plan = s.ttft_ns + i * s.token_ns;
		uint64_t due = sim_due(&s, &f, i, &last);
		assert_true(due >= before);	/* never overtaking */
		assert_true(due <= plan + s.jitter_ns && due + s.jitter_ns >= plan);
		moved |= due != plan;
		before = due;
	}
	assert_true(moved);
}

/* Many streams at once through a real service. Each event tells when it was sent: compared with the
 * schedule of its stream, lateness must not add up, and nothing may come early. */
#define STREAMS 16
#define TOKENS 50

static void check_pace(const char *body)
{
	int64_t first = 0;
	size_t n = 0;
	int64_t worst_last = 0;
	for (const char *at = body; (at = strstr(at, "\"assay_sent_ns\":")) && n < TOKENS; n++) {
		int64_t sent = strtoll(at + strlen("\"assay_sent_ns\":"), NULL, 10);
		at++;
		if (n == 0)
			first = sent;
		int64_t off = sent - first - (int64_t)(n * patience(10 * NS_PER_MS));
		/* The first may itself be late, so others can be early against it by as much. */
		assert_true(off > -(int64_t)patience(200 * NS_PER_MS));
		if (n >= TOKENS / 2)
			worst_last = n == TOKENS / 2 ? off : MIN(worst_last, off);
	}
	assert_int_equal(n, TOKENS);
	/* Were each gap late by only a tenth, the last half would be late by 2.5 gaps at least. */
	assert_true(worst_last < (int64_t)patience(20 * NS_PER_MS));
}

static void test_pace(void **state)
{
	(void)state;
	struct patience_text token = patience_ms(10);
	const char *const args[] = {"chat", "--worker", "sim", "--sim-ttft", "50ms",
				    "--sim-token-time", token.text, "--sim-tokens", "50", NULL};
	struct service s = service_start(args);
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	put_post(&b, CHAT, "application/json", CHAT_STREAM, strlen(CHAT_STREAM));
	int fds[STREAMS];
	for (size_t i = 0; i < STREAMS; i++) {
		fds[i] = dial(&s);
		send_all(fds[i], b.data, b.len);
	}
	for (size_t i = 0; i < STREAMS; i++) {
		struct reply r = reply_read(fds[i], TEST_WAIT);
		assert_int_equal(r.status, 200);
		check_pace(r.body);
		reply_release(&r);
		(void)close(fds[i]);
	}
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_lognormal),
		cmocka_unit_test(test_uniform),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_pace),
	};
	return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
