/* src/serve/encode.c - see encode.h: libsndfile, with libsoxr in front where a rate does not fit.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/encode.h"

#include <soxr.h>

#include "audio/sndfile_late.h"
#include "base/util.h"

#define RATE_24K 24000
#define OUT_MAX ((size_t)1 << 30)
#define WAV_HEADER 44
#define BLOCK 4096

const char *const audio_formats[] = {
	[AUDIO_MP3] = "mp3", [AUDIO_OPUS] = "opus", [AUDIO_FLAC] = "flac", [AUDIO_WAV] = "wav",
	[AUDIO_PCM] = "pcm", NULL,
};

static const struct {
	const char *type;
	int sndfile;	/* 0: written here */
	bool streams;
} kinds[] = {
	[AUDIO_MP3] = {"audio/mpeg", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, false},
	[AUDIO_OPUS] = {"audio/ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, true},
	[AUDIO_FLAC] = {"audio/flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, false},
	[AUDIO_WAV] = {"audio/wav", 0, true},
	[AUDIO_PCM] = {"audio/pcm", 0, true},
};

struct encoder {
	enum audio_format format;
	int rate;		/* of the output */
	bool streamed;
	struct buf out;
	sf_count_t base;	/* bytes that were taken from out */
	sf_count_t pos;
	SNDFILE *file;
	soxr_t soxr;
};

const char *audio_type(enum audio_format f)
{
	return kinds[f].type;
}

bool audio_streams(enum audio_format f)
{
	return kinds[f].streams;
}

struct buf *encoder_out(struct encoder *x)
{
	return &x->out;
}

/* ---- a file in memory for libsndfile ---- */

static sf_count_t file_len(void *ctx)
{
	struct encoder *x = ctx;
	return x->base + (sf_count_t)x->out.len;
}

static sf_count_t file_seek(sf_count_t offset, int whence, void *ctx)
{
	struct encoder *x = ctx;
	sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? x->pos : file_len(x);
	if (from + offset < 0)
		return -1;
	x->pos = from + offset;
	return x->pos;
}

static sf_count_t file_read_back(void *to, sf_count_t n, void *ctx)
{
	struct encoder *x = ctx;
	sf_count_t at = x->pos - x->base;
	if (at < 0 || at >= (sf_count_t)x->out.len || n <= 0)
		return 0;
	n = MIN(n, (sf_count_t)x->out.len - at);
	memcpy(to, x->out.data + at, (size_t)n);
	x->pos += n;
	return n;
}

static sf_count_t file_add(const void *from, sf_count_t n, void *ctx)
{
	struct encoder *x = ctx;
	sf_count_t at = x->pos - x->base;
	if (at < 0 || at > (sf_count_t)x->out.len || n < 0)
		return 0;
	sf_count_t over = MIN(n, (sf_count_t)x->out.len - at);
	if (over > 0)
		memcpy(x->out.data + at, from, (size_t)over);
	if (n > over && buf_add(&x->out, (const char *)from + over, (size_t)(n - over)) < 0)
		return 0;
	x->pos += n;
	return n;
}

static sf_count_t file_tell(void *ctx)
{
	struct encoder *x = ctx;
	return x->pos;
}

static SF_VIRTUAL_IO memory_file = {file_len, file_seek, file_read_back, file_add, file_tell};

/* ---- WAV ---- */

static void put_le(unsigned char *to, uint32_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)(v >> (8 * i));
}

/* RIFF with one fmt and one data chunk; data of unknown length: 0xFFFFFFFF. */
static void wav_header(unsigned char h[WAV_HEADER], int rate, bool unknown, uint32_t data)
{
	memcpy(h, "RIFF....WAVEfmt ", 16);
	put_le(h + 4, unknown ? UINT32_MAX : data + WAV_HEADER - 8, 4);
	put_le(h + 16, 16, 4);
	put_le(h + 20, 1, 2);
	put_le(h + 22, 1, 2);
	put_le(h + 24, (uint32_t)rate, 4);
	put_le(h + 28, (uint32_t)rate * 2, 4);
	put_le(h + 32, 2, 2);
	put_le(h + 34, 16, 2);
	memcpy(h + 36, "data", 4);
	put_le(h + 40, unknown ? UINT32_MAX : data, 4);
}

/* ---- */

static int output_rate(enum audio_format f, int rate)
{
	static const struct {
		int rate;
		bool mp3, opus;
	} known[] = {
		{8000, true, true}, {11025, true, false}, {12000, true, true},
		{16000, true, true}, {22050, true, false}, {24000, true, true},
		{32000, true, false}, {44100, true, false}, {48000, true, true},
	};
	if (f == AUDIO_WAV || f == AUDIO_FLAC)
		return rate;
	for (size_t i = 0; f != AUDIO_PCM && i < ARRAY_LEN(known); i++)
		if (known[i].rate == rate && (f == AUDIO_MP3 ? known[i].mp3 : known[i].opus))
			return rate;
	return RATE_24K;
}

static int open_encoder(struct encoder *x, int rate, struct err *e)
{
	if (x->rate != rate) {
		soxr_error_t why = NULL;
		soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
		x->soxr = soxr_create(rate, x->rate, 1, &why, &io, NULL, NULL);
		if (!x->soxr)
			return err_set(e, ERR_SYSTEM, "cannot resample from %d to %d Hz", rate,
				x->rate);
	}
	if (kinds[x->format].sndfile) {
		SF_INFO info = {.samplerate = x->rate, .channels = 1,
				.format = kinds[x->format].sndfile};
		if (sndfile_bind(e) < 0)
			return -1;
		x->file = sndfile.open_virtual(&memory_file, SFM_WRITE, &info, x);
		if (!x->file)
			return err_set(e, ERR_UNSUPPORTED, "cannot write %s at %d Hz: %s",
				       audio_formats[x->format], x->rate, sndfile.strerror(NULL));
	}
	if (x->format == AUDIO_WAV) {
		unsigned char h[WAV_HEADER];
		wav_header(h, x->rate, x->streamed, 0);
		return buf_add(&x->out, h, sizeof(h));
	}
	return 0;
}

int encoder_new(enum audio_format f, int rate, bool streamed, struct encoder **ret, struct err *e)
{
	struct encoder *x = calloc(1, sizeof(*x));
	if (!x)
		return err_set(e, ERR_SYSTEM, "out of memory for an encoder");
	x->format = f;
	x->streamed = streamed;
	x->rate = output_rate(f, rate);
	buf_init(&x->out, OUT_MAX);
	if (open_encoder(x, rate, e) < 0) {
		encoder_free(x);
		return -1;
	}
	*ret = x;
	return 0;
}

static int write_pcm(struct encoder *x, const int16_t *pcm, size_t n, struct err *e)
{
	if (n == 0)
		return 0;
	if (x->file && sndfile.write_short(x->file, pcm, (sf_count_t)n) != (sf_count_t)n)
		return err_set(e, ERR_SYSTEM, "cannot encode: %s", sndfile.strerror(x->file));
	if (!x->file && buf_add(&x->out, pcm, n * sizeof(*pcm)) < 0)
		return err_set(e, ERR_SYSTEM, "too much audio");
	return 0;
}

/* Through the resampler; pcm NULL: its end. */
static int resample(struct encoder *x, const int16_t *pcm, size_t n, struct err *e)
{
	int16_t out[BLOCK];
	for (;;) {
		size_t used = 0;
		size_t made = 0;
		if (soxr_process(x->soxr, pcm, n, &used, out, BLOCK, &made))
			return err_set(e, ERR_SYSTEM, "cannot resample");
		if (write_pcm(x, out, made, e) < 0)
			return -1;
		if (pcm) {
			pcm += used;
			n -= used;
		}
		if (made < BLOCK && n == 0)
			return 0;
	}
}

int encoder_add(struct encoder *x, const void *pcm, size_t bytes, struct err *e)
{
	size_t n = bytes / sizeof(int16_t);
	sf_count_t taken = x->pos - x->base - (sf_count_t)x->out.len;
	if (taken > 0)
		x->base += taken;	/* out was cleared since: the file goes on behind it */
	int16_t block[BLOCK];
	for (size_t at = 0; at < n; at += BLOCK) {	/* the frame's payload may be unaligned */
		size_t len = MIN((size_t)BLOCK, n - at);
		memcpy(block, (const char *)pcm + at * sizeof(int16_t), len * sizeof(int16_t));
		if ((x->soxr ? resample(x, block, len, e) : write_pcm(x, block, len, e)) < 0)
			return -1;
	}
	return 0;
}

int encoder_end(struct encoder *x, struct err *e)
{
	sf_count_t taken = x->pos - x->base - (sf_count_t)x->out.len;
	if (taken > 0)
		x->base += taken;
	if (x->soxr && resample(x, NULL, 0, e) < 0)
		return -1;
	if (x->file) {
		int why = sndfile.close(x->file);
		x->file = NULL;
		if (why != 0)
			return err_set(e, ERR_SYSTEM, "cannot encode: %s",
				       sndfile.error_number(why));
	}
	if (x->format == AUDIO_WAV && !x->streamed) {
		unsigned char h[WAV_HEADER];
		wav_header(h, x->rate, false, (uint32_t)(x->out.len - WAV_HEADER));
		memcpy(x->out.data, h, sizeof(h));
	}
	return 0;
}

struct encoder *encoder_free(struct encoder *x)
{
	if (!x)
		return NULL;
	if (x->file)
		(void)sndfile.close(x->file);
	soxr_delete(x->soxr);
	buf_release(&x->out);
	free(x);
	return NULL;
}
