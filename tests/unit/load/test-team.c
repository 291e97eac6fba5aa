/* tests/unit/load/test-team.c - one load over several ranks: shares, arrivals, and what they
 * measured put together exactly.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "load/deal.h"
#include "load/meter_in.h"
#include "load/schedule.h"
#include "load/team.h"
#include "load/trace.h"
#include "tests/unit/unit.h"

#define RANKS 4
#define S NS_PER_S

static void test_shares_add_up(void **state)
{
	static const int64_t numbers[] = {1, 2, 3, 5, 7, 16, 101, 1000003};
	(void)state;
	for (int ranks = 1; ranks <= 9; ranks++)
		for (size_t i = 0; i < ARRAY_LEN(numbers) * ARRAY_LEN(numbers); i++) {
			int64_t c = numbers[i % ARRAY_LEN(numbers)];
			int64_t n = numbers[i / ARRAY_LEN(numbers)];
			int64_t slots = 0, requests = 0, warmup = 0, before = INT64_MAX;
			for (int k = 0; k < ranks; k++) {
				struct load_spec s = {.concurrency = c, .requests = n, .warmup = c};
				bool works = team_share(&s, k, ranks);
				assert_true(works == (s.requests > 0 && s.concurrency > 0));
				assert_true(s.requests == 0 || s.concurrency > 0);
				assert_true(s.concurrency <= before);
				before = s.concurrency;
				slots += s.concurrency;
				requests += s.requests;
				warmup += s.warmup;
			}
			assert_int_equal(slots, c);
			assert_int_equal(requests, n);
			assert_int_equal(warmup, c);
		}
}

/* Two slots of five are two fifths of the requests; what is left over goes to the lowest. */
static void test_requests_go_with_slots(void **state)
{
	static const int64_t slots[RANKS] = {2, 1, 1, 1}, requests[RANKS] = {41, 21, 20, 20};
	(void)state;
	for (int k = 0; k < RANKS; k++) {
		struct load_spec s = {.concurrency = 5, .requests = 102};
		assert_true(team_share(&s, k, RANKS));
		assert_int_equal(s.concurrency, slots[k]);
		assert_int_equal(s.requests, requests[k]);
	}
}

static void test_open_shares(void **state)
{
	struct err e;
	struct load_spec few = {.rate = 10, .concurrency = 3, .requests = 2};
	(void)state;
	assert_int_equal(team_check(&few, RANKS, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	few.concurrency = 4;
	assert_int_equal(team_check(&few, RANKS, &e), 0);
	for (int k = 0; k < RANKS; k++) {
		struct load_spec s = few, ramp = {.arrival = ARRIVAL_RAMP, .n_steps = 2,
						  .steps = {4, 8}, .duration_ns = S};
		assert_int_equal(team_share(&s, k, RANKS), k < 2);
		assert_int_equal(s.concurrency, 1);
		assert_true(s.rate == 2.5);
		assert_true(team_share(&ramp, k, RANKS));
		assert_true(ramp.steps[0] == 1 && ramp.steps[1] == 2);
	}
}

#define DEALT_MAX 400

/* The requests of all ranks, by their number among all, are those of one process: each once. */
static void check_deal(const struct load_spec *whole, bool warmup, int ranks)
{
	bool seen[DEALT_MAX] = {false};
	uint64_t base = warmup ? 0 : (uint64_t)whole->warmup, n = 0;
	for (int k = 0; k < ranks; k++) {
		struct load_spec s = *whole;
		struct deal d;
		assert_int_equal(deal_init(&d, whole, warmup, base, k, ranks, NULL), 0);
		(void)team_share(&s, k, ranks);
		uint64_t own = (uint64_t)(warmup ? s.warmup : s.requests), before = 0;
		for (uint64_t i = 0; i < own; i++, n++) {
			uint64_t at = deal_index(&d, i);
			assert_true(at >= base && at < base + DEALT_MAX && !seen[at - base]);
			assert_true(i == 0 || at > before);
			seen[at - base] = true;
			before = at;
		}
		deal_release(&d);
	}
	for (uint64_t i = 0; i < n; i++)
		assert_true(seen[i]);
	assert_int_equal(n, warmup ? whole->warmup : whole->requests);
}

static void test_deal(void **state)
{
	static const int64_t slots[] = {1, 2, 3, 5, 8, 64}, requests[] = {1, 3, 7, 100, 103, 400};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(slots) * ARRAY_LEN(requests); i++)
		for (int ranks = 1; ranks <= 9; ranks += 2) {
			struct load_spec s = {.concurrency = slots[i % ARRAY_LEN(slots)],
					      .requests = requests[i / ARRAY_LEN(slots)]};
			s.warmup = s.concurrency + 2;
			check_deal(&s, false, ranks);
			check_deal(&s, true, ranks);
			s.arrival = i % 2 ? ARRIVAL_CONSTANT : ARRIVAL_POISSON;
			s.rate = 9;
			s.concurrency = 0;
			check_deal(&s, false, ranks);
			check_deal(&s, true, ranks);
		}
}

/* By time nobody knows how many each will send: in turns, as many at each as it has slots. */
static void test_deal_by_time(void **state)
{
	static const uint64_t first[RANKS][4] = {{3, 4, 8, 9}, {5, 10, 15, 20}, {6, 11, 16, 21},
						 {7, 12, 17, 22}};
	const struct load_spec whole = {.concurrency = 5, .duration_ns = S, .warmup = 3};
	(void)state;
	for (int k = 0; k < RANKS; k++) {
		struct deal d;
		assert_int_equal(deal_init(&d, &whole, false, 3, k, RANKS, NULL), 0);
		for (uint64_t i = 0; i < 4; i++)
			assert_int_equal(deal_index(&d, i), first[k][i]);
		deal_release(&d);
	}
}

#define N 8000

static int by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* The moments of all ranks in their order. */
static void all_ranks(const struct load_spec *whole, const struct trace *trace, uint64_t each,
		      uint64_t *ret)
{
	for (int k = 0; k < RANKS; k++) {
		struct load_spec s = *whole;
		struct schedule sched;
		(void)team_share(&s, k, RANKS);
		schedule_init(&sched, &s, trace, "arrivals");
		for (uint64_t i = 0; i < each; i++) {
			uint64_t index;
			ret[(uint64_t)k * each + i] = schedule_next(&sched, &index);
			assert_int_equal(index, i);
		}
	}
	qsort(ret, RANKS * each, sizeof(*ret), by_time);
}

static void gaps(const uint64_t *at, size_t n, double *ret_mean, double *ret_cv)
{
	double sum = 0, squares = 0;
	for (size_t i = 1; i < n; i++) {
		double gap = ns_to_s(at[i] - at[i - 1]);
		sum += gap;
		squares += gap * gap;
	}
	*ret_mean = sum / (double)(n - 1);
	*ret_cv = sqrt(squares / (double)(n - 1) - *ret_mean * *ret_mean) / *ret_mean;
}

/* Constant, gamma and a trace: together the very moments of one host. */
static void test_dealt_out(void **state)
{
	static uint64_t moments[N];
	static struct trace_item items[N];
	struct trace trace = {.items = items, .n = N};
	const struct load_spec specs[] = {
		{.arrival = ARRIVAL_CONSTANT, .rate = 70},
		{.arrival = ARRIVAL_GAMMA, .rate = 70, .gamma_shape = 0.3, .seed = 5},
		{.arrival = ARRIVAL_TRACE},
	};
	(void)state;
	for (uint64_t i = 0; i < N; i++)
		items[i].at_ns = i * i;
	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		struct schedule one;
		schedule_init(&one, &specs[i], &trace, "arrivals");
		all_ranks(&specs[i], &trace, N / RANKS, moments);
		for (size_t k = 0; k < N; k++) {
			uint64_t index, at = schedule_next(&one, &index);
			assert_true(at == moments[k] || at + 1 == moments[k] ||
				    at == moments[k] + 1);
		}
	}
}

/* Every rank's stream is Poisson, none is another's, and so is all of them together. */
static void test_poisson_stays_poisson(void **state)
{
	static uint64_t own[RANKS][N], moments[RANKS * N];
	const struct load_spec whole = {.rate = 40, .seed = 9};
	double mean, cv;
	(void)state;
	for (int k = 0; k < RANKS; k++) {
		struct load_spec s = whole;
		struct schedule sched;
		uint64_t index;
		(void)team_share(&s, k, RANKS);
		schedule_init(&sched, &s, NULL, "arrivals");
		for (uint64_t i = 0; i < N; i++)
			own[k][i] = schedule_next(&sched, &index);
		gaps(own[k], N, &mean, &cv);
		assert_true(fabs(mean - 0.1) < 0.1 * 4 / sqrt(N));
		assert_true(fabs(cv - 1) < 0.06);
		assert_true(k == 0 || own[k][0] != own[0][0]);
	}
	all_ranks(&whole, NULL, N, moments);
	gaps(moments, 3 * N, &mean, &cv);	/* until then all ranks have arrivals */
	assert_true(fabs(mean - 0.025) < 0.025 * 4 / sqrt(3.0 * N));
	assert_true(fabs(cv - 1) < 0.04);
}

/* --- putting together --- */

static const struct limits no_limits;

static struct meter *meter_at(uint64_t start)
{
	struct meter *m = NULL;
	const struct meter_spec spec = {.start = start, .end = start + 20 * S, .window_ns = S,
					.limits = &no_limits};
	assert_int_equal(meter_new(&spec, &m, NULL), 0);
	return m;
}

/* One request, as meter_record() notes it, begun so long after the start. */
static void add(struct meter *m, uint64_t offset, uint64_t latency, uint64_t ttft, bool ok)
{
	uint64_t begin = m->spec.start + offset, end = begin + latency;
	m->attempted++;
	m->outcomes[ok ? OUTCOME_OK : OUTCOME_RESET]++;
	m->first_intended = m->first_intended ? MIN(m->first_intended, begin) : begin;
	m->last_end = MAX(m->last_end, end);
	m->area += (double)latency;
	assert_true(timeline_add(m->timeline, begin, end, ok, ok ? latency : 0, ttft));
	if (!ok) {
		struct failure *f = &m->failures[OUTCOME_RESET];
		if (f->count++ == 0) {
			f->at = end;
			f->sample_id = "s";
			str_cut_copy(f->detail, sizeof(f->detail), "gone \"so\"");
		}
		return;
	}
	hist_record(m->observed[OBSERVED_LATENCY], latency);
	hist_record(m->observed[OBSERVED_TTFT], ttft);
	hist_record(m->observed[OBSERVED_GENERATOR_DELAY], offset % 100000);
	hist_record(m->bound, latency % 5000);
	m->moments[STAMP_KERNEL]++;
	m->ends++;
	m->any_tokens = true;
	m->tokens += 7;
}

static void same_text(const struct hist *a, const struct hist *b)
{
	CLEANUP(buf_release) struct buf x = BUF_INIT(BUF_UNLIMITED), y = BUF_INIT(BUF_UNLIMITED);
	assert_int_equal(hist_write(a, &x), 0);
	assert_int_equal(hist_write(b, &y), 0);
	assert_string_equal(x.data, y.data);
}

static void same_number(double a, double b)
{
	assert_true((isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fabs(b));
}

static void same_run(const struct run *a, const struct run *b)
{
	assert_int_equal(a->attempted, b->attempted);
	assert_memory_equal(a->outcomes, b->outcomes, sizeof(a->outcomes));
	same_number(a->duration_s, b->duration_s);
	same_number(a->concurrency_mean, b->concurrency_mean);
	assert_int_equal(a->n_metrics, b->n_metrics);
	for (size_t i = 0; i < a->n_metrics; i++) {
		const struct metric *x = &a->metrics[i], *y = &b->metrics[i];
		assert_ptr_equal(x->def, y->def);
		same_number(x->value, y->value);
		if (x->hist)
			same_text(x->hist, y->hist);
	}
	same_text(a->generator.bound, b->generator.bound);
	assert_int_equal(a->n_windows, b->n_windows);
	for (size_t i = 0; i < a->n_windows; i++) {
		const struct run_window *x = &a->windows[i], *y = &b->windows[i];
		assert_int_equal(x->started, y->started);
		assert_int_equal(x->ok, y->ok);
		assert_int_equal(x->failed, y->failed);
		same_number(x->in_flight, y->in_flight);
		same_number(x->latency_p50, y->latency_p50);
		same_number(x->latency_p99, y->latency_p99);
		same_number(x->ttft_p50, y->ttft_p50);
	}
	assert_int_equal(a->n_failures, b->n_failures);
	for (size_t i = 0; i < a->n_failures; i++) {
		assert_int_equal(a->failures[i].count, b->failures[i].count);
		assert_string_equal(a->failures[i].detail, b->failures[i].detail);
		assert_string_equal(a->failures[i].sample_id, b->failures[i].sample_id);
	}
}

/* Over text and back, as from another host: a meter on this host's clock. */
static struct team_part sent(struct meter *m, struct arena *a, uint64_t start_here)
{
	struct team_part p = {.measured = meter_to_json(m, NULL),
			      .host = {.rank = 2, .host = "b", .clock_ahead_s = -0.5},
			      .totals = {.threads = 3, .peak = 5, .asked_rate = 2.5,
					 .achieved_rate = 0.1, .window_ns = 20 * S}};
	struct team_part got;
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct meter_spec spec = m->spec;
	spec.start = start_here;
	spec.end = start_here + 20 * S;
	assert_non_null(p.measured);
	assert_int_equal(team_part_write(&p, &text, NULL), 0);
	json_decref(p.measured);
	assert_int_equal(team_part_read(text.data, text.len, &spec, a, &got, NULL), 0);
	assert_int_equal(got.totals.threads, 3);
	assert_int_equal(got.totals.window_ns, 20 * S);
	assert_true(got.totals.achieved_rate == 0.1);
	assert_string_equal(got.host.host, "b");
	assert_true(got.host.clock_ahead_s == -0.5);
	return got;
}

/* What several ranks measured, each on a clock of its own, is after all of it went through text
 * exactly what one meter holds that saw every request: every percentile, window and count. */
static void test_exact(void **state)
{
	struct result *r = result_new();
	struct meter *one = meter_at(900 * S), *sum = NULL;
	struct meter *ranks[RANKS];
	struct rng rng;
	(void)state;
	rng_init_named(&rng, 1, "test");
	for (uint64_t k = 0; k < RANKS; k++)
		ranks[k] = meter_at((k + 1) * 100000 * S + k);
	for (int i = 0; i < 20000; i++) {
		uint64_t offset = rng_below(&rng, 15 * S), latency = 1 + rng_below(&rng, 4 * S);
		uint64_t ttft = 1 + rng_below(&rng, latency);
		bool ok = rng_below(&rng, 50) > 0;
		add(one, offset, latency, ok ? ttft : 0, ok);
		add(ranks[rng_below(&rng, RANKS)], offset, latency, ok ? ttft : 0, ok);
	}
	for (int k = 0; k < RANKS; k++) {
		struct team_part p = sent(ranks[k], r->arena, 900 * S);
		if (sum) {
			assert_int_equal(meter_merge(sum, p.meter, NULL), 0);
			meter_free(p.meter);
		} else {
			sum = p.meter;
		}
		meter_free(ranks[k]);
	}
	struct run *a = result_add_run(r, "one", "unit"), *b = result_add_run(r, "sum", "unit");
	assert_int_equal(meter_finish(one, UINT64_MAX, r, a, NULL), 0);
	assert_int_equal(meter_finish(sum, UINT64_MAX, r, b, NULL), 0);
	assert_int_equal(a->attempted, 20000);
	assert_true(a->n_windows > 10 && a->n_failures == 1);
	same_run(b, a);
	meter_free(one);
	meter_free(sum);
	result_free(r);
}

/* A part that was cut anywhere is refused, not half taken. */
static void test_cut_everywhere(void **state)
{
	struct meter *m = meter_at(5 * S), *into;
	struct arena *a = arena_new();
	struct err e;
	struct team_part p = {.host = {.host = "b"}}, got;
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	CLEANUP(buf_release) struct buf line = BUF_INIT(BUF_UNLIMITED);
	(void)state;
	add(m, S / 2, 2 * S, S, true);
	add(m, S, 3 * S, 0, false);
	p.measured = meter_to_json(m, NULL);
	assert_int_equal(team_part_write(&p, &text, NULL), 0);
	json_decref(p.measured);
	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(team_part_read(text.data, len, &m->spec, a, &got, &e), -1);
	assert_int_equal(timeline_write(m->timeline, &line, NULL), 0);
	into = meter_at(5 * S);
	for (size_t len = 0; len < line.len; len++)
		/* but for digits of the last number */
		assert_true(timeline_read(into->timeline, line.data, len, &e) == -1 ||
			    len > line.len - 2);
	assert_int_equal(timeline_read(into->timeline, line.data, line.len, &e), 0);
	meter_free(into);
	meter_free(m);
	arena_free(a);
}

static void test_damaged(void **state)
{
	static const char *const texts[] = {
		"", "{}x", "[]", "{\"meter\":{}}", "{\"host\":3}",
		"{\"meter\":{\"timeline\":\"t1 1000000000 0 0 0\"}}",
		"{\"totals\":{\"threads\":-1}}",
	};
	struct arena *a = arena_new();
	const struct meter_spec spec = {.end = S, .window_ns = S, .limits = &no_limits};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct team_part got;
		struct err e;
		int rc = team_part_read(texts[i], strlen(texts[i]), &spec, a, &got, &e);
		if (rc == 0)
			assert_null(got.meter);
		else
			assert_true(strlen(e.text) > 0);
		assert_true(rc == -1 || i == 2);
	}
	arena_free(a);
}

static void test_totals(void **state)
{
	struct totals a = {.threads = 2, .peak = 3, .busiest = 0.5, .asked_rate = 10,
			   .achieved_rate = 9, .window_ns = S};
	const struct totals b = {.threads = 1, .peak = 4, .busiest = 0.2, .asked_rate = 5,
				 .achieved_rate = 5, .window_ns = 2 * S, .interrupted = true};
	(void)state;
	totals_add(&a, &b);
	assert_int_equal(a.threads, 3);
	assert_true(a.peak == 7 && a.busiest == 0.5);
	assert_true(a.asked_rate == 15 && a.achieved_rate == 14);
	assert_int_equal(a.window_ns, 2 * S);
	assert_true(a.interrupted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares_add_up),
		cmocka_unit_test(test_requests_go_with_slots),
		cmocka_unit_test(test_open_shares),
		cmocka_unit_test(test_deal),
		cmocka_unit_test(test_deal_by_time),
		cmocka_unit_test(test_dealt_out),
		cmocka_unit_test(test_poisson_stays_poisson),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_totals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
