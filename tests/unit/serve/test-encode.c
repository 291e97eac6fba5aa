/* tests/unit/serve/test-encode.c - answers in every audio format, read back by libsndfile.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/encode.h"

#include <math.h>
#include <setjmp.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/util.h"

#define SECONDS 2
#define TONE 440.0

static void tone(int16_t *pcm, int n, int rate)
{
	for (int i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(10000 * sin(2 * M_PI * TONE * i / rate));
}

/* Encode in pieces of odd length, taking what is there each time when streamed. */
static void encode(enum audio_format f, int rate, bool streamed, struct buf *out)
{
	static int16_t pcm[SECONDS * 48000];
	int n = SECONDS * rate;
	struct encoder *x = NULL;
	struct err e = {0};
	tone(pcm, n, rate);
	if (encoder_new(f, rate, streamed, &x, &e) < 0)
		fail_msg("%s at %d: %s", audio_formats[f], rate, e.text);
	for (int at = 0; at < n; at += 1777) {
		int len = MIN(1777, n - at);
		assert_int_equal(encoder_add(x, pcm + at, (size_t)len * 2, &e), 0);
		if (streamed) {
			assert_int_equal(buf_add(out, encoder_out(x)->data, encoder_out(x)->len),
				0);
			buf_clear(encoder_out(x));
		}
	}
	assert_int_equal(encoder_end(x, &e), 0);
	assert_int_equal(buf_add(out, encoder_out(x)->data, encoder_out(x)->len), 0);
	encoder_free(x);
}

/* Energy of the tone among all energy: near 1 when the tone came through at its pitch. */
static double purity(const int16_t *pcm, int n, int rate)
{
	double re = 0;
	double im = 0;
	double all = 0;
	for (int i = 0; i < n; i++) {
		re += pcm[i] * cos(2 * M_PI * TONE * i / rate);
		im += pcm[i] * sin(2 * M_PI * TONE * i / rate);
		all += (double)pcm[i] * pcm[i];
	}
	return 2 * (re * re + im * im) / n / all;
}

static void read_back(const struct buf *b, SF_INFO *info, int16_t *pcm, int max, int *ret_n)
{
	int fd = memfd_create("audio", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, b->data, b->len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	SNDFILE *s = sf_open_fd(fd, SFM_READ, info, 1);
	if (!s)
		fail_msg("%s", sf_strerror(NULL));
	*ret_n = (int)sf_read_short(s, pcm, max);
	(void)sf_close(s);
}

static void test_formats(void **state)
{
	(void)state;
	static const int rates[] = {8000, 12345, 16000, 22050, 44100, 48000};
	static int16_t pcm[3 * 48000];
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		for (enum audio_format f = AUDIO_MP3; f <= AUDIO_WAV; f++) {
			for (int streamed = 0; streamed <= audio_streams(f); streamed++) {
				CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
				SF_INFO info = {0};
				int n = 0;
				encode(f, rates[i], streamed, &b);
				read_back(&b, &info, pcm, (int)ARRAY_LEN(pcm), &n);
				assert_int_equal(info.channels, 1);
				double seconds = (double)n / info.samplerate;
				if (fabs(seconds - SECONDS) > 0.1 ||
				    purity(pcm + n / 4, n / 2, info.samplerate) < 0.98)
					fail_msg("%s at %d Hz: %.3f s at %d Hz, purity %.3f",
						 audio_formats[f], rates[i], seconds,
						 info.samplerate,
						 purity(pcm + n / 4, n / 2, info.samplerate));
				if (f == AUDIO_FLAC || f == AUDIO_WAV)
					assert_int_equal(n, SECONDS * rates[i]);
			}
		}
	}
}

/* pcm is at 24 kHz whatever the worker's rate. */
static void test_pcm(void **state)
{
	(void)state;
	static const int rates[] = {16000, 22050, 24000};
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
		encode(AUDIO_PCM, rates[i], true, &b);
		int n = (int)(b.len / 2);
		assert_true(abs(n - SECONDS * 24000) <= 2);
		assert_true(purity((int16_t *)(void *)b.data + n / 4, n / 2, 24000) > 0.999);
	}
}

static void test_nothing(void **state)
{
	(void)state;
	for (enum audio_format f = AUDIO_MP3; f <= AUDIO_PCM; f++) {
		struct encoder *x = NULL;
		struct err e = {0};
		assert_int_equal(encoder_new(f, 16000, false, &x, &e), 0);
		assert_int_equal(encoder_end(x, &e), 0);
		if (f == AUDIO_WAV)
			assert_int_equal(encoder_out(x)->len, 44);
		encoder_free(x);
	}
	encoder_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_pcm),
		cmocka_unit_test(test_nothing),
	};
	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
