/* tests/unit/load/test-observe.c - the numbers of one request, from moments that are made up.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"
#include "load/limits.h"

#define MS NS_PER_MS
#define T0 (1000 * NS_PER_S)

struct made {
	struct service service;
	struct site site;
	struct site_link link;
	struct sample sample;
	struct media audio;
	struct ask ask;
	struct answer answer;
	struct asking asking;
	struct question q;
	struct observation o;
};

/* A request that was wanted at T0, got its slot 5 ms later, was sent at 6 and ended at 506 ms. */
static void make(struct made *m, const char *kind, bool stream)
{
	memset(m, 0, sizeof(*m));
	m->service.kind = kind;
	m->site.service = &m->service;
	m->link.site = &m->site;
	m->ask.stream = stream;
	answer_init(&m->answer);
	m->asking.link = &m->link;
	m->asking.sample = &m->sample;
	m->asking.ask = &m->ask;
	m->asking.answer = &m->answer;
	m->asking.outcome = OUTCOME_OK;
	m->asking.x.started = m->asking.x.sent_first = T0 + 6 * MS;
	m->asking.x.upload_done = T0 + 8 * MS;
	m->asking.x.end = T0 + 506 * MS;
	m->q = (struct question){.asking = &m->asking, .intended = T0, .ready = T0 + 5 * MS};
}

static void event(struct made *m, enum event_kind kind, uint32_t amount, uint64_t ms)
{
	struct arrival at = {.ns = T0 + ms * MS, .kind = STAMP_KERNEL, .last = true};
	assert_int_equal(answer_event(&m->answer, kind, amount, &at, true), 0);
}

static void expect(const struct made *m, enum observed what, double ns)
{
	double value = m->o.values[what];
	if (isnan(ns) ? !isnan(value) : !(fabs(value - ns) <= 1e-6 * fabs(ns) + 0.5))
		fail_msg("%s is %f, not %f", observed_name(what), value, ns);
}

static void test_delays(void **state)
{
	(void)state;
	struct made m;
	make(&m, "chat", false);
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_LATENCY, 506e6);
	expect(&m, OBSERVED_SERVICE_TIME, 500e6);
	expect(&m, OBSERVED_QUEUE_DELAY, 5e6);
	expect(&m, OBSERVED_GENERATOR_DELAY, 1e6);
	expect(&m, OBSERVED_UPLOAD, 2e6);
	expect(&m, OBSERVED_CONNECT, (double)NAN);
	for (int what = OBSERVED_TTFT; what <= OBSERVED_UNDERRUN; what++)
		expect(&m, (enum observed)what, (double)NAN);
	/* a connection was opened: our delay ends when that begins */
	m.asking.x.connect_start = T0 + 5 * MS + 500000;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_GENERATOR_DELAY, 5e5);
	assert_int_equal(m.o.begin, m.asking.x.connect_start);
	expect(&m, OBSERVED_CONNECT, (double)NAN);	/* it never came about */
	m.asking.x.connected = T0 + 6 * MS;
	m.asking.x.tls_done = T0 + 9 * MS;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_CONNECT, 5e5);
	expect(&m, OBSERVED_TLS_HANDSHAKE, 3e6);
	/* of a failure only the delays are known */
	m.asking.outcome = OUTCOME_TIMEOUT;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_QUEUE_DELAY, 5e6);
	expect(&m, OBSERVED_LATENCY, (double)NAN);
	m.asking.x.stale_retries = 1;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_GENERATOR_DELAY, (double)NAN);
	answer_release(&m.answer);
}

static void test_tokens(void **state)
{
	(void)state;
	struct made m;
	make(&m, "chat", true);
	event(&m, EVENT_OTHER, 0, 50);
	event(&m, EVENT_TEXT, 3, 100);
	event(&m, EVENT_TEXT, 3, 140);
	event(&m, EVENT_TEXT, 3, 200);
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_TTFE, 50e6);
	expect(&m, OBSERVED_TTFT, 100e6);
	expect(&m, OBSERVED_OUTPUT_TOKENS, 3e9);	/* counted */
	assert_true(m.o.tokens_counted);
	expect(&m, OBSERVED_TPOT, 50e6);
	expect(&m, OBSERVED_TOKENS_PER_EVENT, (double)NAN);
	assert_true(fabs(m.o.itl_max - 60e6) < 1);

	m.answer.output_tokens = 11;
	m.answer.prompt_tokens = 5;
	observe(&m.q, &m.o);
	assert_false(m.o.tokens_counted);
	expect(&m, OBSERVED_TPOT, 10e6);
	expect(&m, OBSERVED_TOKENS_PER_EVENT, 11e9 / 3);
	expect(&m, OBSERVED_PROMPT_TOKENS, 5e9);
	expect(&m, OBSERVED_CACHED_TOKENS, (double)NAN);
	size_t pos = 0;
	uint64_t gap;
	assert_true(observe_itl(&m.asking, &pos, &gap));
	assert_int_equal(gap, 40 * MS);
	assert_true(observe_itl(&m.asking, &pos, &gap));
	assert_int_equal(gap, 60 * MS);
	assert_false(observe_itl(&m.asking, &pos, &gap));

	m.ask.stream = false;	/* the same, not streamed */
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_TTFT, (double)NAN);
	expect(&m, OBSERVED_TPOT, (double)NAN);
	expect(&m, OBSERVED_OUTPUT_TOKENS, 11e9);
	answer_release(&m.answer);
}

/* Never 0: one token, or all tokens at one moment, have no time per token. */
static void test_no_tpot(void **state)
{
	(void)state;
	struct made m;
	make(&m, "chat", true);
	event(&m, EVENT_TEXT, 3, 100);
	m.answer.output_tokens = 1;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_TPOT, (double)NAN);
	assert_true(m.o.single_token);
	event(&m, EVENT_TEXT, 3, 100);
	m.answer.output_tokens = 8;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_TPOT, (double)NAN);
	assert_false(m.o.single_token);
	answer_release(&m.answer);
}

static void test_asr(void **state)
{
	(void)state;
	struct made m;
	struct sample corpus[2] = {{0}};
	struct media clips[2] = {{.seconds = 5}, {.seconds = 9}};
	make(&m, "asr", false);
	m.sample.audio = &m.audio;
	m.audio.seconds = 5;
	corpus[0].audio = &clips[0];
	corpus[1].audio = &clips[1];
	assert_int_equal(per_10s_of(corpus, 1), PER_10S_SCALED);
	assert_int_equal(per_10s_of(corpus, 2), PER_10S_DIRECT);
	clips[0].seconds = 2;
	assert_int_equal(per_10s_of(corpus, 1), PER_10S_NONE);

	m.q.per_10s = PER_10S_SCALED;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_AUDIO_SECONDS, 5e9);
	expect(&m, OBSERVED_RTF, 1e8);		/* 0.5 s for 5 s */
	expect(&m, OBSERVED_RTFX, 1e10);
	expect(&m, OBSERVED_LATENCY_PER_10S, 1012e6);
	m.q.per_10s = PER_10S_DIRECT;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_LATENCY_PER_10S, (double)NAN);
	m.audio.seconds = 12;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_LATENCY_PER_10S, 506e6);
	answer_release(&m.answer);
}

/* Spoken from 10 to 310 ms, first words at 200; two of five words shown were taken back. */
static void test_live(void **state)
{
	(void)state;
	struct made m;
	make(&m, "asr", false);
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_FIRST_PARTIAL, (double)NAN);
	expect(&m, OBSERVED_FINAL_DELAY, (double)NAN);
	expect(&m, OBSERVED_PACE_DELAY, (double)NAN);
	m.answer.speech_start = T0 + 10 * MS;
	m.answer.speech_end = T0 + 310 * MS;
	m.answer.pace_delay = 3 * MS;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_FIRST_PARTIAL, (double)NAN);	/* none was shown */
	expect(&m, OBSERVED_REVISED, (double)NAN);
	event(&m, EVENT_TEXT, 1, 200);
	m.answer.shown_tokens = 5;
	m.answer.revised_tokens = 2;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_FIRST_PARTIAL, 190e6);
	expect(&m, OBSERVED_FINAL_DELAY, 196e6);
	expect(&m, OBSERVED_PACE_DELAY, 3e6);
	expect(&m, OBSERVED_REVISED, 4e8);
	expect(&m, OBSERVED_LATENCY, 506e6);
	answer_release(&m.answer);
}

/* 1000 bytes a second: 100 bytes last 100 ms. */
static void test_underrun(void **state)
{
	(void)state;
	struct made m;
	make(&m, "tts", true);
	m.answer.sample_rate = 500;
	m.answer.channels = 1;
	m.answer.bytes_per_sample = 2;
	m.answer.audio_seconds = 0.4;
	event(&m, EVENT_SOUND, 100, 100);	/* lasts until 200 */
	event(&m, EVENT_SOUND, 100, 150);	/* until 300 */
	event(&m, EVENT_SOUND, 100, 330);	/* starved 30; until 430 */
	event(&m, EVENT_SOUND, 100, 440);	/* starved 10 */
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_UNDERRUN, 30e6);
	expect(&m, OBSERVED_TTFA, 100e6);
	expect(&m, OBSERVED_RTF, 1.25e9);	/* 0.5 s for 0.4 s */
	m.ask.stream = false;
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_UNDERRUN, (double)NAN);
	expect(&m, OBSERVED_TTFA, 100e6);
	answer_release(&m.answer);

	make(&m, "tts", true);			/* always in time: 0, and that is known */
	m.answer.sample_rate = 500;
	m.answer.channels = 1;
	m.answer.bytes_per_sample = 2;
	event(&m, EVENT_SOUND, 100, 100);
	event(&m, EVENT_SOUND, 100, 200);
	observe(&m.q, &m.o);
	expect(&m, OBSERVED_UNDERRUN, 0);
	expect(&m, OBSERVED_RTF, (double)NAN);
	answer_release(&m.answer);
}

static bool good(const struct made *m, enum observed what, enum target_op op, double limit)
{
	struct limit l = {what, op, limit};
	return limits_met(&(struct limits){&l, 1}, &m->o);
}

static void test_limits(void **state)
{
	(void)state;
	struct made m;
	make(&m, "chat", true);
	event(&m, EVENT_TEXT, 3, 100);
	event(&m, EVENT_TEXT, 3, 160);
	observe(&m.q, &m.o);
	assert_true(good(&m, OBSERVED_LATENCY, TARGET_LT, 506e6 + 1));
	assert_false(good(&m, OBSERVED_LATENCY, TARGET_LT, 506e6));
	assert_true(good(&m, OBSERVED_LATENCY, TARGET_LE, 506e6));
	assert_true(good(&m, OBSERVED_LATENCY, TARGET_GE, 506e6));
	assert_false(good(&m, OBSERVED_LATENCY, TARGET_GT, 506e6));
	assert_true(good(&m, OBSERVED_ITL, TARGET_LT, 61e6));
	assert_false(good(&m, OBSERVED_ITL, TARGET_LT, 59e6));
	assert_false(good(&m, OBSERVED_RTF, TARGET_LT, 1e12));	/* a number that it lacks */
	answer_release(&m.answer);

	make(&m, "chat", true);		/* one token: no gap that could be too long */
	event(&m, EVENT_TEXT, 3, 100);
	observe(&m.q, &m.o);
	assert_true(good(&m, OBSERVED_TPOT, TARGET_LT, 1));
	assert_true(good(&m, OBSERVED_ITL, TARGET_LT, 1));
	m.ask.stream = false;
	observe(&m.q, &m.o);
	assert_false(good(&m, OBSERVED_TPOT, TARGET_LT, 1));
	answer_release(&m.answer);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < OBSERVED_COUNT; i++) {
		const struct metric_def *def = metric_find(observed_name((enum observed)i));
		assert_non_null(def);
		assert_int_equal(def->scope, METRIC_REQUEST);
		assert_int_equal(observed_find(def->name), i);
	}
	assert_int_equal(observed_find("image_encode"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_no_tpot),
		cmocka_unit_test(test_asr),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_underrun),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
