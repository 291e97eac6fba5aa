/* tests/workers/test-decode-audio.c - the decode worker: sound files, right, wrong and hostile.
 * SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/util.h"

#define TONE 440.0

static double tone(double t)
{
	return 0.5 * sin(2 * M_PI * TONE * t);
}

/* A sound file as libsndfile writes it; the tone in every channel. */
static void make_file(int format, int rate, int channels, double seconds, struct buf *out)
{
	SF_INFO info = {.samplerate = rate, .channels = channels, .format = format};
	int fd = memfd_create("sound", MFD_CLOEXEC);
	SNDFILE *f = sf_open_fd(fd, SFM_WRITE, &info, 0);
	if (!f)
		fail_msg("cannot write format %x: %s", (unsigned)format, sf_strerror(NULL));
	size_t n = (size_t)(seconds * rate);
	CLEANUP(free_ptr) float *frame = calloc((size_t)channels, sizeof(float));
	for (size_t i = 0; i < n; i++) {
		for (int c = 0; c < channels; c++)
			frame[c] = (float)tone((double)i / rate);
		assert_int_equal(sf_writef_float(f, frame, 1), 1);
	}
	assert_int_equal(sf_close(f), 0);
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	void *to = buf_reserve(out, (size_t)st.st_size);
	assert_non_null(to);
	assert_int_equal(pread(fd, to, (size_t)st.st_size, 0), st.st_size);
	buf_grew(out, (size_t)st.st_size);
	(void)close(fd);
}

static void decode(struct worker *w, const struct buf *file, struct reply *ret)
{
	ask(w, json_pack("{s:s, s:s, s:i, s:i, s:f, s:i}", "type", "decode", "kind", "audio",
			 "rate", 16000, "channels", 1, "max_seconds", 600.0, "max_bytes",
			 256 << 20), file->data, file->len, ret);
}

static double number(const struct reply *r, const char *key)
{
	double v = -1;
	if (!r->done)
		fail_msg("%s", r->err.text);
	(void)json_number(r->done, key, &v);
	return v;
}

static const int16_t *samples(const struct reply *r, size_t *ret_n)
{
	*ret_n = r->payload.len / 2;
	return (const int16_t *)(const void *)r->payload.data;
}

/* How much of the power is the tone: 1 for a clean one, whatever its phase. */
static double purity(const int16_t *s, size_t n)
{
	double re = 0;
	double im = 0;
	double power = 0;
	for (size_t i = 0; i < n; i++) {
		double phase = 2 * M_PI * TONE * (double)i / 16000;
		re += s[i] * cos(phase);
		im += s[i] * sin(phase);
		power += (double)s[i] * s[i];
	}
	return 2 * (re * re + im * im) / ((double)n * power);
}

static void refused(struct worker *w, const struct buf *file, const char *words)
{
	CLEANUP(reply_release) struct reply r;
	decode(w, file, &r);
	assert_null(r.done);
	assert_true(r.client_fault);
	if (!strstr(r.err.text, words))
		fail_msg("'%s' does not say '%s'", r.err.text, words);
}

/* Every format, rate and number of channels gives the same tone of the same length. */
static void test_formats(void **state)
{
	(void)state;
	static const struct {
		int format, rate, channels;
		const char *name;
		double purity;
	} rows[] = {
		{SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, "wav", 0.999},
		{SF_FORMAT_WAV | SF_FORMAT_PCM_16, 48000, 2, "wav", 0.999},
		{SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 8000, 1, "wav", 0.99},
		{SF_FORMAT_WAV | SF_FORMAT_PCM_24, 192000, 1, "wav", 0.999},
		{SF_FORMAT_WAV | SF_FORMAT_PCM_32, 44100, 6, "wav", 0.999},
		{SF_FORMAT_WAV | SF_FORMAT_FLOAT, 22050, 2, "wav", 0.999},
		{SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 11025, 1, "wav", 0.999},
		{SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000, 1, "wav", 0.99},
		{SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, 16000, 8, "wav", 0.999},
		{SF_FORMAT_RF64 | SF_FORMAT_PCM_16, 16000, 1, "wav", 0.999},
		{SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 44100, 2, "flac", 0.999},
		{SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100, 2, "ogg/vorbis", 0.99},
		{SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000, 1, "ogg/opus", 0.99},
		{SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100, 1, "mp3", 0.99},
		{SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 16000, 1, "aiff", 0.999},
		{SF_FORMAT_AU | SF_FORMAT_PCM_16, 16000, 1, "au", 0.999},
		{SF_FORMAT_CAF | SF_FORMAT_PCM_16, 16000, 1, "caf", 0.999},
	};
	struct worker *w = run_worker("decode");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
		make_file(rows[i].format, rows[i].rate, rows[i].channels, 2, &file);
		CLEANUP(reply_release) struct reply r;
		decode(w, &file, &r);
		assert_int_equal(number(&r, "source_rate"), rows[i].rate);
		assert_int_equal(number(&r, "source_channels"), rows[i].channels);
		assert_int_equal(number(&r, "clipped"), 0);
		assert_string_equal(json_text(r.done, "format", ""), rows[i].name);
		assert_true(fabs(number(&r, "seconds") - 2) < 0.1);
		size_t n;
		const int16_t *s = samples(&r, &n);
		assert_true(fabs((double)n / 16000 - number(&r, "seconds")) < 0.001);
		double p = purity(s + 1600, n - 3200);
		if (p < rows[i].purity)
			fail_msg("row %zu: purity %.4f", i, p);
	}
	worker_free(w);
}

/* 16 bits in at the rate that is asked for: the same 16 bits out. */
static void test_exact(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
	make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 4, &file);
	int16_t *in = (int16_t *)(void *)(file.data + 44);
	in[100] = -32768;
	in[101] = 32767;
	struct worker *w = run_worker("decode");
	CLEANUP(reply_release) struct reply r;
	decode(w, &file, &r);
	assert_int_equal(number(&r, "clipped"), 0);
	assert_int_equal(r.payload.len, 4 * 16000 * 2);
	assert_memory_equal(r.payload.data, in, r.payload.len);
	worker_free(w);
}

static void put32(struct buf *file, size_t at, uint32_t v)
{
	memcpy(file->data + at, &v, sizeof(v));
}

/* Whatever the header says of the size, what is there is read and no more. */
static void test_wav_sizes(void **state)
{
	(void)state;
	struct worker *w = run_worker("decode");
	static const uint32_t sizes[] = {0, 0x7fffffff, 0xffffffff, 0xfffffffe, 64001, 70000};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		for (int riff_too = 0; riff_too < 2; riff_too++) {
			CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
			make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 2, &file);
			put32(&file, 40, sizes[i]);
			if (riff_too)
				put32(&file, 4, sizes[i]);
			CLEANUP(reply_release) struct reply r;
			decode(w, &file, &r);
			if (!r.done)
				fail_msg("size %x: %s", sizes[i], r.err.text);
			assert_int_equal(r.payload.len, 64000);
		}
	}
	/* An odd size in the middle of the data: whole samples only. */
	CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
	make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 2, &file);
	put32(&file, 40, 32001);
	CLEANUP(reply_release) struct reply r;
	decode(w, &file, &r);
	assert_int_equal(r.payload.len, 32000);
	worker_free(w);
}

static void test_not_finite(void **state)
{
	(void)state;
	CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
	make_file(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 48000, 1, 1, &file);
	float *s = (float *)(void *)(file.data + file.len - 4 * 48000);
	s[1000] = NAN;
	s[1001] = INFINITY;
	s[1002] = -INFINITY;
	s[20000] = 3.0f;
	struct worker *w = run_worker("decode");
	CLEANUP(reply_release) struct reply r;
	decode(w, &file, &r);
	assert_int_equal(number(&r, "nonfinite"), 3);
	assert_true(number(&r, "clipped") >= 1);
	size_t n;
	const int16_t *out = samples(&r, &n);
	assert_true(purity(out + 8000, 7000) > 0.99);	/* nothing spread */
	worker_free(w);
}

/* Any prefix of a file, and any file with noise in it, is answered, and the worker lives. */
static void test_damage(void **state)
{
	(void)state;
	static const int formats[] = {
		SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
		SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_OGG | SF_FORMAT_OPUS,
		SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, SF_FORMAT_CAF | SF_FORMAT_PCM_16,
	};
	struct worker *w = run_worker("decode");
	struct rng rng;
	rng_init(&rng, 7);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
		make_file(formats[i], 16000, 1, 0.5, &file);
		CLEANUP(free_ptr) char *copy = malloc(file.len);
		memcpy(copy, file.data, file.len);
		size_t whole = file.len;
		for (size_t cut = 0; cut < whole; cut += cut < 300 ? 1 : 397) {
			file.len = cut;
			CLEANUP(reply_release) struct reply r;
			decode(w, &file, &r);
			assert_true(r.done || r.client_fault);
		}
		file.len = whole;
		for (int round = 0; round < 200; round++) {
			memcpy(file.data, copy, whole);
			for (int k = 0; k < 1 + round % 8; k++)
				file.data[rng_below(&rng, round % 2 ? whole : 200)] =
					(char)rng_below(&rng, 256);
			CLEANUP(reply_release) struct reply r;
			decode(w, &file, &r);
			assert_true(r.done || r.client_fault);
		}
	}
	assert_true(worker_pid(w) > 0);
	worker_free(w);
}

static void test_refused(void **state)
{
	(void)state;
	struct worker *w = run_worker("decode");
	CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
	refused(w, &file, "no sound file");
	struct rng rng;
	rng_init(&rng, 1);
	for (int i = 0; i < 5000; i++)
		(void)buf_char(&file, (char)rng_below(&rng, 256));
	refused(w, &file, "no sound file");
	memcpy(file.data, "\0\0\0\x20" "ftypM4A ", 12);
	refused(w, &file, "no sound file");
	memcpy(file.data, "\x89PNG\r\n\x1a\n", 8);
	refused(w, &file, "no sound file");
	/* A header without a sample, alone and with a chunk behind it that is no data. */
	buf_clear(&file);
	make_file(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1, 0, &file);
	refused(w, &file, "no sound");
	(void)buf_add(&file, "LIST\x04\0\0\0INFO", 12);
	refused(w, &file, "no sound");
	worker_free(w);
}

static void ask_within(struct worker *w, const struct buf *file, double seconds, int bytes,
		       struct reply *ret)
{
	ask(w, json_pack("{s:s, s:s, s:f, s:i}", "type", "decode", "kind", "audio", "max_seconds",
			 seconds, "max_bytes", bytes), file->data, file->len, ret);
}

static void test_limits(void **state)
{
	(void)state;
	struct worker *w = run_worker("decode");
	static const int formats[] = {
		SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
		SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III,
	};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
		make_file(formats[i], 16000, 1, 3, &file);
		CLEANUP(reply_release) struct reply longer;
		CLEANUP(reply_release) struct reply larger;
		CLEANUP(reply_release) struct reply fits;
		ask_within(w, &file, 2.9, 1 << 20, &longer);
		assert_null(longer.done);
		assert_non_null(strstr(longer.err.text, "longer than 2.9 s"));
		ask_within(w, &file, 10, 95000, &larger);
		assert_null(larger.done);
		assert_non_null(strstr(larger.err.text, "95000 bytes"));
		ask_within(w, &file, 3.2, 102400, &fits);
		assert_non_null(fits.done);
	}
	worker_free(w);
}

/* A few bytes that claim or unfold to hours: refused early, in bounded memory. */
static void test_bombs(void **state)
{
	(void)state;
	struct worker *w = run_worker("decode");
	CLEANUP(buf_release) struct buf file = BUF_INIT(BUF_UNLIMITED);
	make_file(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 16000, 1, 2, &file);
	/* STREAMINFO at 8: 655350 Hz, 8 channels, 2^36 - 1 samples. */
	unsigned char *info = (unsigned char *)file.data + 8;
	uint64_t bits = (uint64_t)655350 << 44 | (uint64_t)7 << 41 | (uint64_t)15 << 36 |
			(((uint64_t)1 << 36) - 1);
	for (int i = 0; i < 8; i++)
		info[10 + i] = (unsigned char)(bits >> (56 - 8 * i));
	CLEANUP(reply_release) struct reply forged;
	decode(w, &file, &forged);
	assert_null(forged.done);
	assert_true(forged.client_fault);
	/* Two hours of silence: a small file. */
	buf_clear(&file);
	SF_INFO sf = {.samplerate = 48000, .channels = 2,
		      .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
	int fd = memfd_create("silence", MFD_CLOEXEC);
	SNDFILE *f = sf_open_fd(fd, SFM_WRITE, &sf, 0);
	assert_non_null(f);
	static const short silence[2 * 48000];
	for (int s = 0; s < 7200; s++)
		(void)sf_writef_short(f, silence, 48000);
	(void)sf_close(f);
	struct stat st;
	(void)fstat(fd, &st);
	assert_true(st.st_size < 20 << 20);
	void *to = buf_reserve(&file, (size_t)st.st_size);
	assert_int_equal(pread(fd, to, (size_t)st.st_size, 0), st.st_size);
	buf_grew(&file, (size_t)st.st_size);
	(void)close(fd);
	CLEANUP(reply_release) struct reply silent;
	decode(w, &file, &silent);
	assert_null(silent.done);
	assert_non_null(strstr(silent.err.text, "longer than 600 s"));
	assert_int_equal(silent.frames, 0);
	assert_true(silent.total_ns < 5 * NS_PER_S);
	/* The same without a length in its header: found out while decoding. */
	for (int i = 0; i < 5; i++)
		((unsigned char *)file.data)[8 + 13 + i] &= i == 0 ? 0xf0 : 0;
	CLEANUP(reply_release) struct reply unknown;
	decode(w, &file, &unknown);
	assert_null(unknown.done);
	assert_true(unknown.client_fault);
	size_t peak = peak_memory(w);
	if (peak > file.len * 3 + ((size_t)64 << 20))
		fail_msg("peak memory %zu for a file of %zu", peak, file.len);
	worker_free(w);
}

static void test_sandbox(void **state)
{
	(void)state;
	struct worker *w = run_worker("decode");
	assert_string_equal(json_text(worker_ready(w), "sandbox", ""), "seccomp");
	assert_int_equal(status_number(w, "Seccomp:\t"), 2);
	assert_int_equal(status_number(w, "NoNewPrivs:\t"), 1);
	char path[64];
	(void)snprintf(path, sizeof(path), "/proc/%d/limits", (int)worker_pid(w));
	CLEANUP(buf_release) struct buf text = BUF_INIT(65536);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	char *to = buf_reserve(&text, 16384);
	ssize_t n = read(fd, to, 16384);
	assert_true(n > 0);
	buf_grew(&text, (size_t)n);
	(void)close(fd);
	static const char *const zero[] = {"Max file size             0",
					   "Max core file size        0",
					   "Max open files            4"};
	for (size_t i = 0; i < ARRAY_LEN(zero); i++)
		if (!strstr(text.data, zero[i]))
			fail_msg("no '%s' in\n%s", zero[i], text.data);
	assert_null(strstr(text.data, "Max cpu time              unlimited            unl"));
	/* Nothing but its log and its socket is open. */
	for (int k = 4; k < 64; k++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)worker_pid(w), k);
		char link[16];
		assert_int_equal(readlink(path, link, sizeof(link)), -1);
	}
	worker_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sandbox), cmocka_unit_test(test_formats),
		cmocka_unit_test(test_exact), cmocka_unit_test(test_wav_sizes),
		cmocka_unit_test(test_not_finite), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
