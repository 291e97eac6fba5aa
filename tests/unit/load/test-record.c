/* tests/unit/load/test-record.c - requests that are kept: all of them, from several threads, and
 * an honest word when the disk refuses.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "load/keeper_in.h"

#define THREADS 3
#define EACH 20000

/* A question that has been answered, as far as it is looked at. */
struct asked {
	struct asking asking;
	struct answer answer;
	struct ask ask;
	struct sample sample;
	struct observation o;
};

static void make(struct asked *x, uint64_t at, size_t n_events)
{
	*x = (struct asked){.ask = {.stream = true}, .sample = {.id = "one"}};
	x->asking.ask = &x->ask;
	x->asking.answer = &x->answer;
	x->asking.sample = &x->sample;
	x->asking.outcome = OUTCOME_OK;
	x->asking.x.status = 200;
	x->asking.x.end = at + 1000;
	x->answer.n_events = n_events;
	x->answer.events = calloc(n_events + 1, sizeof(*x->answer.events));
	for (size_t i = 0; i < n_events; i++)
		x->answer.events[i].ns = at + 100 + 10 * i;
	x->answer.first_event = at + 100;
	x->answer.last_event = at + 100 + 10 * n_events;	/* one more, without text */
	for (int i = 0; i < OBSERVED_COUNT; i++)
		x->o.values[i] = (double)NAN;
	x->o.values[OBSERVED_LATENCY] = 1000;
	x->o.begin = at + 1;
}

static void put(struct records *to, struct asked *x, uint64_t at)
{
	const struct question q = {.asking = &x->asking, .intended = at};
	records_add(to, &q, &x->o);
}

static void *one_thread(void *arg)
{
	struct records *to = arg;
	for (size_t i = 0; i < EACH; i++) {
		struct asked x;
		make(&x, i * 10000, i % 7 + 1);
		put(to, &x, i * 10000);
		free(x.answer.events);
	}
	return NULL;
}

static struct keeper *new_keeper(void)
{
	struct keeper *k = NULL;
	struct err e;
	if (keeper_new("/tmp", &k, &e) < 0)
		fail_msg("%s", e.text);
	return k;
}

static struct records *new_records(struct keeper *k)
{
	struct records *s = NULL;
	struct err e;
	assert_int_equal(records_new(k, &s, &e), 0);
	return s;
}

static void threads_keep_all(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	struct records *to[THREADS];
	struct keeper *k = new_keeper();
	struct err e;
	assert_int_equal(keeper_begin_run(k, 5, &e), 0);
	for (size_t i = 0; i < THREADS; i++) {
		to[i] = new_records(k);
		assert_int_equal(pthread_create(&threads[i], NULL, one_thread, to[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_null(records_free(to[i]));
	}
	assert_int_equal(keeper_finish(k, &e), 0);
	size_t n = 0, pos = 0;
	uint64_t sum = 0;
	const struct record *x;
	while ((x = keeper_next(k, &pos))) {
		uint64_t i = x->intended / 10000;
		assert_int_equal(x->run, 5);
		assert_int_equal(x->status, 200);
		assert_string_equal(x->sample_id, "one");
		assert_int_equal(x->begin, x->intended + 1);
		assert_int_equal(x->n_gaps, i % 7 + 1);
		for (size_t g = 0; g < x->n_gaps; g++)
			assert_int_equal(x->gaps[g], 10);
		assert_true(isnan(x->values[OBSERVED_TTFA]));
		sum += i;
		n++;
	}
	assert_int_equal(n, THREADS * EACH);
	assert_int_equal(sum, (uint64_t)THREADS * EACH * (EACH - 1) / 2);
	assert_null(keeper_free(k));
}

/* An answer of more events than a chunk holds. */
static void a_long_answer(void **state)
{
	(void)state;
	struct keeper *k = new_keeper();
	struct records *to = new_records(k);
	struct asked x;
	struct err e;
	size_t pos = 0;
	make(&x, 0, 100000);
	put(to, &x, 7);
	put(to, &x, 8);
	free(x.answer.events);
	(void)records_free(to);
	assert_int_equal(keeper_finish(k, &e), 0);
	for (uint64_t i = 7; i <= 8; i++) {
		const struct record *got = keeper_next(k, &pos);
		assert_int_equal(got->intended, i);
		assert_int_equal(got->n_gaps, 100000);
		assert_int_equal(got->gaps[99999], 10);
	}
	assert_null(keeper_next(k, &pos));
	(void)keeper_free(k);
}

static void nothing_was_kept(void **state)
{
	(void)state;
	struct keeper *k = new_keeper();
	struct err e;
	size_t pos = 0;
	(void)records_free(new_records(k));
	assert_int_equal(keeper_finish(k, &e), 0);
	assert_null(keeper_next(k, &pos));
	(void)keeper_free(k);
	assert_int_equal(keeper_new("/nowhere", &k, &e), -1);
	assert_non_null(strstr(e.text, "/nowhere"));
}

/* The file may not grow beyond 64 KiB: as a full disk. */
static void a_full_disk_is_said(void **state)
{
	(void)state;
	struct rlimit old, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 64 << 10;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	struct keeper *k = new_keeper();
	struct records *to = new_records(k);
	struct err e;
	for (size_t i = 0; i < 3000; i++) {
		struct asked x;
		make(&x, i, 3);
		put(to, &x, i);
		free(x.answer.events);
	}
	(void)records_free(to);
	assert_int_equal(keeper_finish(k, &e), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_non_null(strstr(e.text, "cannot keep the requests"));
	(void)keeper_free(k);
}

/* Two requests of another rank, whose clock is far from this one's, as one piece. */
static void make_piece(struct buf *piece, struct result *theirs)
{
	struct keeper *k = new_keeper();
	const struct record *x;
	struct err e;
	size_t pos = 0;
	assert_int_equal(keeper_begin_run(k, 0, &e), 0);
	struct records *to = new_records(k);
	for (size_t i = 0; i < 2; i++) {
		struct asked one;
		make(&one, theirs->runs[0]->start_ns + i * 5000, 3 * i);
		one.answer.first_event = i == 0 ? 0 : one.answer.first_event;
		put(to, &one, theirs->runs[0]->start_ns + i * 5000);
		free(one.answer.events);
	}
	(void)records_free(to);
	assert_int_equal(keeper_finish(k, &e), 0);
	(void)buf_char(piece, PIECE_LAST);
	while ((x = keeper_next(k, &pos)))
		assert_int_equal(keeper_put_record(piece, k, theirs, 3, x), 0);
	(void)keeper_free(k);
}

/* What another rank kept stands in the file as this one's, on this clock, in this run. */
static void another_rank_is_read(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf piece = BUF_INIT(BUF_UNLIMITED);
	struct result *theirs = result_new(), *ours = result_new();
	struct err e = {0};
	size_t pos = 0;
	result_add_run(theirs, "load", "unit")->start_ns = 900000000;
	(void)result_add_run(ours, "made alone", "unit");
	result_add_run(ours, "load", "unit")->start_ns = 70000;
	make_piece(&piece, theirs);
	for (size_t len = 0; len < piece.len; len++) {
		struct keeper *k = new_keeper();
		assert_int_equal(keeper_begin_run(k, 1, &e), 0);
		keeper_end_writer(k);
		if (keeper_take_piece(k, ours, (struct span){piece.data, len}, &e) == 0)
			assert_true(len == 1 || len == 1 + sizeof(struct record) + 8 + 4);
		(void)keeper_free(k);
	}
	struct keeper *k = new_keeper();
	assert_int_equal(keeper_begin_run(k, 1, &e), 0);
	keeper_end_writer(k);
	assert_int_equal(keeper_take_piece(k, ours, (struct span){"fno disk", 8}, &e), -1);
	assert_string_equal(e.text, "no disk");
	assert_int_equal(keeper_take_piece(k, ours, (struct span){piece.data, piece.len}, &e), 0);
	assert_int_equal(keeper_finish(k, &e), 0);
	for (uint64_t i = 0; i < 2; i++) {
		const struct record *x = keeper_next(k, &pos);
		assert_int_equal(x->run, 1);
		assert_int_equal(x->rank, 3);
		assert_string_equal(x->sample_id, "one");
		assert_int_equal(x->intended, 70000 + i * 5000);
		assert_int_equal(x->end, 70000 + i * 5000 + 1000);
		assert_int_equal(x->first_event, i == 0 ? 0 : 70000 + 5000 + 100);
		assert_int_equal(x->n_gaps, 3 * i);
	}
	assert_null(keeper_next(k, &pos));
	(void)keeper_free(k);
	result_free(theirs);
	result_free(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_keep_all),
		cmocka_unit_test(a_long_answer),
		cmocka_unit_test(nothing_was_kept),
		cmocka_unit_test(a_full_disk_is_said),
		cmocka_unit_test(another_rank_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
