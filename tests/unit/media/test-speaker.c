/* tests/unit/media/test-speaker.c - made speech from the real workers, and what sets voices apart.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "audio/measure.h"
#include "base/file.h"
#include "base/util.h"
#include "media/speech.h"

static struct speaker *speaker;

static int set_up(void **state)
{
	(void)state;
	speaker = speaker_new();
	return speaker ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	speaker = speaker_free(speaker);
	return 0;
}

static void need(const char *voice)
{
	const char *why = "";
	if (!speaker_has(speaker, voice, &why)) {
		print_message("%s\n", why);
		skip();
	}
}

static void say(const char *voice, const char *text, double speed, struct speech *s)
{
	struct err e;
	if (speaker_say(speaker, voice, text, speed, s, &e) < 0)
		fail_msg("%s", e.text);
}

static void test_english(void **state)
{
	(void)state;
	need("flite/slt");
	CLEANUP(speech_release) struct speech a = {0};
	CLEANUP(speech_release) struct speech b = {0};
	CLEANUP(speech_release) struct speech fast = {0};
	struct audio_figures f;
	struct err e;
	static const char text[] = "The ship was loaded in the early morning.";
	say("flite/slt", text, 1, &a);
	say("flite/slt", text, 1, &b);
	say("flite/slt", text, 1.5, &fast);
	assert_int_equal(a.n, b.n);	/* the same text and voice: the same samples */
	assert_memory_equal(a.samples, b.samples, a.n * sizeof(float));
	assert_true(fast.n < a.n);
	assert_int_equal(audio_measure(a.samples, a.n, a.rate, &f, &e), 0);
	assert_true(f.seconds > 1.5 && f.seconds < 5);
	assert_true(f.voiced_share > 0.3 && f.voiced_share < 0.98);
	assert_true(f.f0_median > 130 && f.f0_median < 260);	/* a woman's voice */
	assert_int_equal(f.sign_flips, 0);
	double rate = audio_speaking_rate(&f, 8);
	assert_true(rate > 1.5 && rate < 5);	/* words per second */
}

static void test_voices(void **state)
{
	(void)state;
	static const char *const texts[] = {"Seven green boats went down the river at noon.",
					    "He bought a pound of apples and some bread."};
	static const char *const voices[] = {"flite/slt", "flite/rms"};
	struct voice v[2][2];
	struct err e;
	need("flite/rms");
	for (int k = 0; k < 2; k++)
		for (int t = 0; t < 2; t++) {
			CLEANUP(speech_release) struct speech s = {0};
			say(voices[k], texts[t], 1, &s);
			assert_int_equal(voice_measure(s.samples, s.n, s.rate, &v[k][t], &e), 0);
		}
	for (int k = 0; k < 2; k++) {	/* nearer to itself with other words than to the other */
		double own = voice_mfcc_distance(&v[k][0], &v[k][1]);
		for (int t = 0; t < 2; t++)
			assert_true(own < voice_mfcc_distance(&v[k][t], &v[1 - k][1 - t]));
	}
	assert_true(v[0][0].f0_median > v[1][0].f0_median * 1.3);
	assert_true(voice_f0_distance(&v[0][0], &v[0][1]) < 2);
}

static void test_chinese(void **state)
{
	(void)state;
	need("espeak-ng/cmn");
	CLEANUP(speech_release) struct speech s = {0};
	say(speaker_default_voice("zh-CN"), "\xe4\xbd\xa0\xe5\xa5\xbd", 1, &s);
	assert_true(s.n > (size_t)s.rate / 4);
}

static void test_refused(void **state)
{
	(void)state;
	struct speech s = {0};
	struct err e;
	const char *why = "";
	assert_false(speaker_has(speaker, "festival/kal", &why));
	assert_non_null(strstr(why, "festival/kal"));
	assert_int_equal(speaker_say(speaker, "nobody", "a", 1, &s, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	need("flite/slt");
	assert_false(speaker_has(speaker, "flite/nobody", &why));
	assert_non_null(strstr(why, "nobody"));
	assert_int_equal(speaker_say(speaker, "flite/nobody", "a", 1, &s, &e), -1);
	assert_non_null(strstr(e.text, "voice flite/nobody"));
	assert_int_equal(speaker_say(speaker, "flite/slt", "\xff", 1, &s, &e), -1);
	assert_int_equal(speaker_say(speaker, "flite/slt", "", 1, &s, &e), -1);
	say("flite/slt", "Still here.", 1, &s);	/* the worker lives on */
	speech_release(&s);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_string_equal(speaker_default_voice("en"), "flite/slt");
	assert_string_equal(speaker_default_voice("EN_us"), "flite/slt");
	assert_string_equal(speaker_default_voice("zh"), "espeak-ng/cmn");
	assert_null(speaker_default_voice("e"));
	assert_null(speaker_default_voice("tlh"));
}

/* Without the worker programs: a reason, not a crash. */
static void test_missing(void **state)
{
	(void)state;
	struct speaker *alone = speaker_new();
	const char *why = "";
	assert_int_equal(setenv("ASSAY_LIBEXEC", "/nowhere", 1), 0);
	assert_false(speaker_has(alone, "flite/slt", &why));
	assert_int_equal(unsetenv("ASSAY_LIBEXEC"), 0);
	assert_non_null(strstr(why, "assay-worker-flite is missing"));
	alone = speaker_free(alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_english),
		cmocka_unit_test(test_voices),
		cmocka_unit_test(test_chinese),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_missing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
