/* tests/unit/load/test-truth.c - what is measured of token streams against what the server did.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../stamps.h"
#include "shop.h"

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
static bool between(const struct run *run, const char *metric, double q, double *least,
		    double *most, size_t n, double own)
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
	need_stamps();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
