/* tests/unit/stats/test-hist.c - the histogram against sorted samples.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/rng.h"
#include "base/util.h"
#include "stats/hist.h"

static struct hist *fresh(void)
{
	struct hist *h = NULL;
	assert_int_equal(hist_new(&h, NULL), 0);
	return h;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void test_empty(void **state)
{
	(void)state;
	struct hist *h = fresh();
	uint64_t lo = 7, hi = 7;
	size_t pos = 0;
	assert_int_equal(hist_count(h), 0);
	assert_int_equal(hist_min(h), 0);
	assert_int_equal(hist_max(h), 0);
	assert_true(isnan(hist_mean(h)));
	assert_int_equal(hist_quantile(h, 0.5), 0);
	assert_int_equal(hist_count_to(h, UINT64_MAX), 0);
	assert_false(hist_quantile_interval(h, 0.5, &lo, &hi));
	assert_false(hist_next(h, &pos, &lo, &hi, &lo));
	hist_free(h);
	assert_null(hist_free(NULL));
}

/* Every power of two, its neighbours, and both ends of the range. */
static void test_every_size(void **state)
{
	(void)state;
	struct hist *h = fresh();
	for (unsigned int bit = 0; bit < 64; bit++)
		for (int d = -1; d <= 1; d++) {
			uint64_t v = ((uint64_t)1 << bit) + (uint64_t)(int64_t)d;
			hist_clear(h);
			hist_record(h, 0);
			hist_record(h, v);
			hist_record(h, UINT64_MAX);
			uint64_t got = hist_quantile(h, 0.5);
			double error = fabs((double)got - (double)v);
			assert_true(error <= (double)v * 0.001);
			if (v < 2048)
				assert_int_equal(got, v);
			assert_int_equal(hist_min(h), 0);
			assert_int_equal(hist_max(h), UINT64_MAX);
			assert_true(hist_count_to(h, v) >= 2);
			assert_int_equal(hist_count_to(h, v - v / 512 - 1), v == 0 ? 3 : 1);
		}
	hist_free(h);
}

/* Buckets touch each other: none overlaps, no value is left out. */
static void test_buckets_cover(void **state)
{
	(void)state;
	struct hist *h = fresh();
	struct rng r;
	rng_init(&r, 3);
	for (int i = 0; i < 20000; i++)
		hist_record(h, rng_next(&r) >> rng_below(&r, 64));
	size_t pos = 0;
	uint64_t low, high, n, total = 0, last = 0;
	while (hist_next(h, &pos, &low, &high, &n)) {
		assert_true(low <= high && n > 0);
		assert_true(total == 0 || low > last);
		assert_true((double)(high - low) <= (double)low * 0.001);
		last = high;
		total += n;
	}
	assert_int_equal(total, 20000);
	hist_free(h);
}

static void test_quantiles_match_sorting(void **state)
{
	(void)state;
	enum { N = 30011 };
	static uint64_t v[N];
	struct hist *h = fresh();
	struct rng r;
	rng_init(&r, 1);
	unsigned __int128 sum = 0;
	for (size_t i = 0; i < N; i++) {
		v[i] = (uint64_t)rng_gamma(&r, 0.7, 3e8);
		hist_record(h, v[i]);
		sum += v[i];
	}
	qsort(v, N, sizeof(v[0]), by_value);
	static const double qs[] = {0.0001, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.99999, 1};
	for (size_t i = 0; i < ARRAY_LEN(qs); i++) {
		uint64_t want = v[(size_t)ceil(qs[i] * N) - 1];
		uint64_t got = hist_quantile(h, qs[i]);
		assert_true(fabs((double)got - (double)want) <= 0.001 * (double)want);
		assert_true(hist_count_to(h, want) >= (uint64_t)ceil(qs[i] * N));
	}
	assert_int_equal(hist_quantile(h, 1), v[N - 1]);
	assert_int_equal(hist_min(h), v[0]);
	assert_true(hist_sum(h) == (double)sum);
	assert_true(hist_mean(h) == (double)sum / N);
	hist_free(h);
}

/* 0.07 × 100 is not 8, although a double says 7.000000000000001. */
static void test_nearest_rank(void **state)
{
	(void)state;
	struct hist *h = fresh();
	for (uint64_t i = 1; i <= 100; i++)
		hist_record(h, i);
	for (int p = 1; p <= 100; p++)
		assert_int_equal(hist_quantile(h, p / 100.0), p);
	assert_int_equal(hist_quantile(h, 0.071), 8);
	assert_int_equal(hist_quantile(h, 1e-9), 1);
	hist_free(h);
}

static void test_merge_is_exact(void **state)
{
	(void)state;
	struct hist *all = fresh(), *a = fresh(), *b = fresh();
	struct rng r;
	rng_init(&r, 2);
	for (int i = 0; i < 5000; i++) {
		uint64_t v = rng_next(&r) >> rng_below(&r, 64);
		hist_record(all, v);
		hist_record(i % 3 ? a : b, v);
	}
	hist_merge(a, b);
	struct buf x = BUF_INIT(1 << 20), y = BUF_INIT(1 << 20);
	assert_int_equal(hist_write(all, &x), 0);
	assert_int_equal(hist_write(a, &y), 0);
	assert_string_equal(x.data, y.data);
	hist_clear(b);
	hist_merge(b, a);
	buf_clear(&y);
	assert_int_equal(hist_write(b, &y), 0);
	assert_string_equal(x.data, y.data);
	buf_release(&x);
	buf_release(&y);
	hist_free(all);
	hist_free(a);
	hist_free(b);
}

/* The true quantile lies inside about 95 of 100 intervals, never far fewer. */
static void test_interval_covers(void **state)
{
	(void)state;
	struct hist *h = fresh();
	struct rng r;
	rng_init(&r, 5);
	static const double qs[] = {0.5, 0.9, 0.99};
	for (size_t k = 0; k < ARRAY_LEN(qs); k++) {
		int covered = 0;
		double truth = -1e9 * log1p(-qs[k]);
		for (int run = 0; run < 400; run++) {
			hist_clear(h);
			for (int i = 0; i < 1000; i++)
				hist_record(h, (uint64_t)rng_exponential(&r, 1e9));
			uint64_t lo, hi;
			assert_true(hist_quantile_interval(h, qs[k], &lo, &hi));
			covered += (double)lo * 0.9995 <= truth && truth <= (double)hi * 1.0005;
		}
		assert_in_range(covered, 400 * 93 / 100, 400 * 99 / 100);
	}
	uint64_t lo, hi;
	hist_clear(h);
	for (uint64_t i = 1; i <= 50; i++)
		hist_record(h, i);
	assert_false(hist_quantile_interval(h, 0.99, &lo, &hi));
	assert_int_equal(hi, 50);
	assert_true(hist_quantile_interval(h, 0.5, &lo, &hi));
	assert_int_equal(lo, 18);	/* the classic table: ranks 18 and 33 of 50 */
	assert_int_equal(hi, 33);
	hist_free(h);
}

static struct hist *watched;
static atomic_bool all_there;

static void *record_many(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < 300000; i++)
		hist_record(watched, i * 37 % 100003);
	atomic_store(&all_there, true);
	return NULL;
}

/* From another thread: never more than there is, and all of it in the end. */
static void test_peek(void **state)
{
	(void)state;
	struct hist *seen = fresh();
	pthread_t thread;
	uint64_t before = 0;
	watched = fresh();
	hist_peek(seen, watched);
	assert_int_equal(hist_count(seen), 0);
	assert_int_equal(pthread_create(&thread, NULL, record_many, NULL), 0);
	for (bool last = false; !last;) {
		last = atomic_load(&all_there);
		hist_clear(seen);
		hist_peek(seen, watched);
		assert_in_range(hist_count(seen), before, 300000);
		before = hist_count(seen);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(before, 300000);
	static const double qs[] = {0.01, 0.5, 0.99};
	for (size_t i = 0; i < ARRAY_LEN(qs); i++)
		assert_int_equal(hist_quantile(seen, qs[i]), hist_quantile(watched, qs[i]));
	hist_free(watched);
	hist_free(seen);
}

/* Two parts may each know their median to 1 %, and all of it be wide apart. */
static void test_width(void **state)
{
	(void)state;
	struct hist *a = fresh(), *b = fresh(), *few = fresh();
	uint64_t lo, hi;
	for (uint64_t i = 0; i < 500; i++) {
		hist_record(a, 1000000 + i * 20);
		hist_record(b, 9000000 + i * 180);
	}
	assert_true(hist_quantile_width(a, 0.5) < 0.01);
	assert_true(hist_quantile_width(b, 0.5) < 0.01);
	hist_merge(a, b);
	assert_true(hist_quantile_width(a, 0.5) > 0.4);
	assert_true(hist_quantile_interval(a, 0.5, &lo, &hi));
	assert_true(fabs(hist_quantile_width(a, 0.5) - (double)(hi - lo) / 2 /
			 (double)hist_quantile(a, 0.5)) < 1e-12);
	assert_true(isnan(hist_quantile_width(few, 0.5)));
	for (uint64_t i = 0; i < 367; i++)
		hist_record(few, 100 + i);
	assert_true(isnan(hist_quantile_width(few, 0.99)));	/* 0.99^367 > 0.025 */
	hist_record(few, 100);
	assert_false(isnan(hist_quantile_width(few, 0.99)));
	hist_free(a);
	hist_free(b);
	hist_free(few);
}

static void test_text_comes_back(void **state)
{
	(void)state;
	struct hist *h = fresh(), *back = fresh();
	struct buf x = BUF_INIT(1 << 20), y = BUF_INIT(1 << 20);
	hist_record(back, 4711);
	assert_int_equal(hist_write(h, &x), 0);
	assert_string_equal(x.data, "h1 0 0 0 0");
	assert_int_equal(hist_read(back, x.data, x.len, NULL), 0);
	assert_int_equal(hist_count(back), 0);
	for (int i = 0; i < 3; i++)
		hist_record(h, UINT64_MAX);
	hist_record(h, 0);
	hist_record(h, 2);
	buf_clear(&x);
	assert_int_equal(hist_write(h, &x), 0);
	assert_string_equal(x.data,
			    "h1 5 0 18446744073709551615 2ffffffffffffffff 1 2 56317:3");
	assert_int_equal(hist_read(back, x.data, x.len, NULL), 0);
	assert_int_equal(hist_write(back, &y), 0);
	assert_string_equal(x.data, y.data);
	/* A beginning is no histogram, and reading one changes nothing. */
	struct err e;
	hist_clear(back);
	hist_record(back, 9);
	for (size_t cut = 0; cut < x.len; cut++) {
		e.text[0] = '\0';
		assert_int_equal(hist_read(back, x.data, cut, &e), -1);
		assert_int_equal(e.code, ERR_DATA);
		assert_int_equal(hist_count(back), 1);
		assert_int_equal(hist_max(back), 9);
	}
	buf_release(&x);
	buf_release(&y);
	hist_free(h);
	hist_free(back);
}

static void test_garbage_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "h2 0 0 0 0", "h1 0 0 0 0 ", "h1 0 0 0 0 1", "h1 1 5 5 5 7", "h1 1 5 5 9 6",
		"h1 2 5 5 a 6", "h1 1 5 5 5 6:0", "h1 1 5 5 5 0 6", "h1 1 6 5 5 6",
		"h1 1 5 5 5 99999", "h1 01 5 5 5 6", "h1 1 5 5 05 6", "h1 1 5 5 5 6 ",
		"h1 1 5 5 5 6\n", "h1 -1 5 5 5 6", "h1 1 5 99999999999999999999 5 6",
		"h1 1 5 5 5 6 1:18446744073709551615", "h1 0 1 1 0",
		"h1 1 5 5 fffffffffffffffffffffffffffffffff 6",
	};
	struct hist *h = fresh();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(hist_read(h, bad[i], strlen(bad[i]), NULL), -1);
	assert_int_equal(hist_read(h, "h1 1 5 5 5 6", 12, NULL), 0);
	assert_int_equal(hist_quantile(h, 0.5), 5);
	hist_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_buckets_cover),
		cmocka_unit_test(test_quantiles_match_sorting),
		cmocka_unit_test(test_nearest_rank),
		cmocka_unit_test(test_merge_is_exact),
		cmocka_unit_test(test_interval_covers),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_text_comes_back),
		cmocka_unit_test(test_garbage_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
