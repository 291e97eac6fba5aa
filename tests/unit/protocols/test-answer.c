/* tests/unit/protocols/test-answer.c - moments of events, segments, sound as samples.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/util.h"
#include "protocols/answer.h"

static const struct arrival last_100 = {100, 7, STAMP_KERNEL, true};
static const struct arrival early_200 = {200, 8, STAMP_KERNEL, false};
static const struct arrival last_300 = {300, 9, STAMP_KERNEL, true};
static const struct arrival user_400 = {400, 10, STAMP_USER, true};

static void test_moments(void **state)
{
	(void)state;
	struct answer a;
	answer_init(&a);
	assert_int_equal(answer_event(&a, EVENT_OTHER, 0, &last_100, true), 0);
	assert_int_equal(a.first_event, 100);
	assert_int_equal(a.first_token, 0);
	assert_int_equal(a.n_events, 1);
	assert_int_equal(answer_event(&a, EVENT_OTHER, 0, &last_100, true), 0);
	assert_int_equal(a.n_events, 1);	/* only the first event may be without text */

	/* the piece of a read that is not its last shares the read's stamp */
	assert_int_equal(answer_event(&a, EVENT_TEXT, 3, &early_200, true), 0);
	assert_int_equal(a.first_token, 200);
	assert_int_equal(a.first_token_bound, 8);
	assert_int_equal(a.events[1].stamp, STAMP_SHARED);
	/* as does an event that ended before the last byte of the read */
	assert_int_equal(answer_event(&a, EVENT_TEXT, 1, &last_300, false), 0);
	assert_int_equal(a.events[2].stamp, STAMP_SHARED);
	assert_int_equal(a.events[2].bound_ns, 9);
	assert_int_equal(answer_event(&a, EVENT_TEXT, 1, &last_300, true), 0);
	assert_int_equal(a.events[3].stamp, STAMP_KERNEL);
	assert_int_equal(a.events[3].bound_ns, 0);
	assert_int_equal(answer_event(&a, EVENT_SOUND, 1, &user_400, true), 0);
	assert_int_equal(a.events[4].stamp, STAMP_USER);
	assert_int_equal(a.events[4].bound_ns, 10);
	assert_int_equal(a.first_event, 100);
	assert_int_equal(a.first_token, 200);
	assert_int_equal(a.last_token, 400);
	assert_int_equal(a.text_events, 3);
	assert_int_equal(a.sound_events, 1);

	answer_clear(&a);
	assert_int_equal(a.first_event, 0);
	assert_int_equal(a.last_token, 0);
	assert_int_equal(a.n_events, 0);
	assert_true(a.events_room > 0);	/* memory is kept */
	assert_int_equal(a.output_tokens, -1);
	assert_true(isnan(a.audio_seconds));
	answer_release(&a);
}

static void test_limit_of_events(void **state)
{
	(void)state;
	struct answer a;
	answer_init(&a);
	for (size_t i = 0; i < ANSWER_EVENTS_MAX; i++)
		if (answer_event(&a, EVENT_TEXT, 1, &last_100, true) < 0)
			fail();
	assert_int_equal(answer_event(&a, EVENT_TEXT, 1, &last_100, true), -1);
	answer_release(&a);
}

static void test_segments_and_errors(void **state)
{
	(void)state;
	struct answer a;
	answer_init(&a);
	assert_int_equal(answer_add_segment(&a, 0, 1.5, "one", 3), 0);
	assert_int_equal(answer_add_segment(&a, 1.5, 2, "zwei", 4), 0);
	assert_int_equal(a.n_segments, 2);
	assert_memory_equal(a.segment_text.data + a.segments[1].text_at, "zwei", 4);
	char big[3000];
	memset(big, 'x', sizeof(big));
	memcpy(big + ANSWER_ERROR_MAX - 1, "\xc3\xa9", 2);	/* would be cut in the middle */
	answer_note_error(&a, big, sizeof(big));
	assert_int_equal(a.error.len, ANSWER_ERROR_MAX - 1);
	answer_note_error(&a, "more", 0);
	assert_int_equal(a.error.len, ANSWER_ERROR_MAX - 1);
	answer_release(&a);
}

static void one_format(enum pcm_format pcm, int bytes, const void *data, double want)
{
	struct answer a;
	answer_init(&a);
	a.channels = 1;
	a.bytes_per_sample = bytes;
	a.pcm = pcm;
	assert_int_equal(buf_add(&a.sound, data, (size_t)bytes), 0);
	float *samples = NULL;
	size_t n = 0;
	assert_int_equal(answer_samples(&a, &samples, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_true(fabs((double)samples[0] - want) < 1e-6);
	free(samples);
	answer_release(&a);
}

static void test_samples(void **state)
{
	(void)state;
	const float f32 = -0.25f;
	const double f64 = 0.75;
	one_format(PCM_U8, 1, "\x00", -1);
	one_format(PCM_U8, 1, "\x80", 0);
	one_format(PCM_S16, 2, "\x00\x80", -1);
	one_format(PCM_S16, 2, "\x00\x40", 0.5);
	one_format(PCM_S24, 3, "\x00\x00\xc0", -0.5);
	one_format(PCM_S32, 4, "\x00\x00\x00\x80", -1);
	one_format(PCM_F32, 4, &f32, -0.25);
	one_format(PCM_F64, 8, &f64, 0.75);

	struct answer a;
	struct err e;
	float *samples = NULL;
	size_t n = 0;
	answer_init(&a);
	assert_int_equal(answer_samples(&a, &samples, &n, &e), -1);
	assert_non_null(strstr(e.text, "no sound"));
	a.channels = 2;		/* averaged; half a frame at the end is left out */
	a.bytes_per_sample = 2;
	a.pcm = PCM_S16;
	assert_int_equal(buf_add(&a.sound, "\x00\x40\x00\x00\x00\x40", 6), 0);
	assert_int_equal(answer_samples(&a, &samples, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_true(fabs((double)samples[0] - 0.25) < 1e-6);
	free(samples);
	answer_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_limit_of_events),
		cmocka_unit_test(test_segments_and_errors),
		cmocka_unit_test(test_samples),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
