/* workers/decode/audio.c - sound files to mono samples, through libsndfile and libsoxr.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <sndfile.h>
#include <soxr.h>

#include "base/json.h"
#include "base/util.h"
#include "decode.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "s16le");

#define BLOCK 4096		/* frames read at a time */
#define PIECE 16384		/* samples sent at a time */
#define CHANNELS_MAX 32
#define RATE_MIN 1000
#define RATE_MAX 1000000
#define SECONDS_DEFAULT 600.0
#define BYTES_DEFAULT ((int64_t)256 << 20)

/* The file, with four bytes that are read otherwise than they stand there. */
struct memory_file {
	const char *data;
	sf_count_t len, pos;
	sf_count_t patch_at;	/* 0: none */
	uint32_t patch;
};

struct audio {
	struct guest_request *r;
	struct memory_file file;
	SNDFILE *in;
	SF_INFO info;
	soxr_t resampler;	/* NULL: the rates are the same */
	int rate;		/* asked for */
	double max_seconds;
	int64_t max_bytes;
	float *frames;		/* BLOCK × channels */
	float *resampled;	/* as much as soxr may give at once */
	size_t resampled_max;
	int64_t n_frames;	/* read so far */
	int64_t nonfinite, clipped;
	size_t n_out;
	int16_t out[PIECE];
};

static sf_count_t memory_length(void *ctx)
{
	return ((struct memory_file *)ctx)->len;
}

static sf_count_t memory_tell(void *ctx)
{
	return ((struct memory_file *)ctx)->pos;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *ctx)
{
	struct memory_file *m = ctx;
	sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->pos : m->len;
	sf_count_t to;
	if (__builtin_add_overflow(from, offset, &to) || to < 0 || to > m->len)
		return -1;
	return m->pos = to;
}

static sf_count_t memory_read(void *to, sf_count_t n, void *ctx)
{
	struct memory_file *m = ctx;
	n = MAX(MIN(n, m->len - m->pos), 0);
	memcpy(to, m->data + m->pos, (size_t)n);
	for (sf_count_t i = 0; m->patch_at > 0 && i < 4; i++) {
		sf_count_t at = m->patch_at + i - m->pos;
		if (at >= 0 && at < n)
			((unsigned char *)to)[at] = (unsigned char)(m->patch >> (8 * i));
	}
	m->pos += n;
	return n;
}

/* Do chunks of RIFF follow one another from here to the very end? */
static bool only_chunks(const struct memory_file *m, sf_count_t at)
{
	while (m->len - at >= 8) {
		uint32_t size;
		for (int i = 0; i < 4; i++)
			if (m->data[at + i] < ' ' || m->data[at + i] > '~')
				return false;
		memcpy(&size, m->data + at + 4, sizeof(size));
		at += 8 + (sf_count_t)size + (size & 1);
	}
	return at == m->len;
}

/* A recorder that streams WAV leaves 0 as the size of the data, and libsndfile believes it:
 * what is there then is the data. All other wrong sizes it sees through. */
static void mend_wav(struct memory_file *m)
{
	if (m->len < 12 || memcmp(m->data, "RIFF", 4) != 0 || memcmp(m->data + 8, "WAVE", 4) != 0)
		return;
	sf_count_t at = 12;
	while (m->len - at >= 8) {
		uint32_t size;
		memcpy(&size, m->data + at + 4, sizeof(size));
		if (memcmp(m->data + at, "data", 4) == 0) {
			if (size > 0 || only_chunks(m, at + 8))
				return;
			m->patch_at = at + 4;
			m->patch = (uint32_t)MIN(m->len - at - 8, (sf_count_t)UINT32_MAX);
			return;
		}
		at += 8 + (sf_count_t)size + (size & 1);
	}
}

static sf_count_t memory_write(const void *from, sf_count_t n, void *ctx)
{
	(void)from, (void)n, (void)ctx;
	return 0;
}

/* NULL: a format that libsndfile may guess from anything, or that nobody uploads. */
static const char *format_name(int format)
{
	static const struct {
		int major;
		const char *name;
	} names[] = {
		{SF_FORMAT_WAV, "wav"}, {SF_FORMAT_WAVEX, "wav"}, {SF_FORMAT_RF64, "wav"},
		{SF_FORMAT_FLAC, "flac"}, {SF_FORMAT_MPEG, "mp3"}, {SF_FORMAT_AIFF, "aiff"},
		{SF_FORMAT_AU, "au"}, {SF_FORMAT_CAF, "caf"},
	};
	int sub = format & SF_FORMAT_SUBMASK;
	if ((format & SF_FORMAT_TYPEMASK) == SF_FORMAT_OGG)
		return sub == SF_FORMAT_OPUS ? "ogg/opus" : sub == SF_FORMAT_VORBIS ?
		       "ogg/vorbis" : "ogg";
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if ((format & SF_FORMAT_TYPEMASK) == names[i].major)
			return names[i].name;
	return NULL;
}

static int too_long(struct audio *a, struct err *e)
{
	return refuse(a->r, e, "too_long", "the sound is longer than %g s", a->max_seconds);
}

/* Limits, for so many frames; the same rule for what a header claims and what was read. */
static int check_frames(struct audio *a, int64_t frames, struct err *e)
{
	if ((double)frames / a->info.samplerate > a->max_seconds)
		return too_long(a, e);
	if (frames > a->max_bytes / 2 / a->info.channels)
		return refuse(a->r, e, "too_large", "the sound decodes to more than %lld bytes",
			      (long long)a->max_bytes);
	return 0;
}

static int open_file(struct audio *a, struct err *e)
{
	SF_VIRTUAL_IO io = {memory_length, memory_seek, memory_read, memory_write, memory_tell};
	mend_wav(&a->file);
	a->in = sf_open_virtual(&io, SFM_READ, &a->info, &a->file);
	if (!a->in || !format_name(a->info.format))
		return refuse(a->r, e, "unsupported_format", "the file is no sound file that can "
			      "be read (wav, flac, ogg with vorbis or opus, mp3, aiff, au, caf)");
	if (a->info.channels < 1 || a->info.channels > CHANNELS_MAX)
		return refuse(a->r, e, "unsupported_format", "a sound with %d channels (1 to %d "
			      "can be read)", a->info.channels, CHANNELS_MAX);
	if (a->info.samplerate < RATE_MIN || a->info.samplerate > RATE_MAX)
		return refuse(a->r, e, "unsupported_format", "a sound with a rate of %d Hz (%d to "
			      "%d can be read)", a->info.samplerate, RATE_MIN, RATE_MAX);
	/* Unknown lengths are claimed as very large numbers: those are found out while reading. */
	if (a->info.frames > 0 && a->info.frames < SF_COUNT_MAX / 2 &&
	    check_frames(a, a->info.frames, e) < 0)
		return -1;
	return 0;
}

static int open_resampler(struct audio *a, struct err *e)
{
	a->frames = malloc(sizeof(float) * BLOCK * (size_t)a->info.channels);
	if (!a->frames)
		return err_set(e, ERR_SYSTEM, "out of memory for the sound");
	if (a->info.samplerate == a->rate)
		return 0;
	a->resampled_max = (size_t)((double)BLOCK * a->rate / a->info.samplerate) + 1;
	a->resampled = malloc(sizeof(float) * a->resampled_max);
	soxr_error_t why = "out of memory";
	soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
	soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
	if (a->resampled)
		a->resampler = soxr_create(a->info.samplerate, a->rate, 1, &why, &io, &quality,
					   NULL);
	if (!a->resampler)
		return err_set(e, ERR_SYSTEM, "cannot resample from %d to %d Hz: %s",
			       a->info.samplerate, a->rate, why ? why : "no reason given");
	return 0;
}

static int send_out(struct audio *a, struct err *e)
{
	if (a->n_out == 0)
		return 0;
	size_t n = a->n_out;
	a->n_out = 0;
	if (check_time(a->r, e) < 0)
		return -1;
	return guest_reply(a->r, "audio", json_pack("{s:i}", "sample_rate", a->rate), a->out,
			   n * sizeof(a->out[0]), e);
}

static int put_samples(struct audio *a, const float *s, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		float v = s[i] * 32768.0f;
		if (isnan(v)) {
			a->nonfinite++;
			v = 0;
		}
		/* 1.0 itself is the top of a 16-bit scale, not too loud. */
		if (v > 32768.0f || v < -32768.5f)
			a->clipped++;
		v = v > 32767.0f ? 32767.0f : v < -32768.0f ? -32768.0f : v;
		a->out[a->n_out++] = (int16_t)lrintf(v);
		if (a->n_out == PIECE && send_out(a, e) < 0)
			return -1;
	}
	return 0;
}

/* n mono samples at the source's rate; n 0: the end, give what the resampler holds. */
static int resample(struct audio *a, const float *mono, size_t n, struct err *e)
{
	if (!a->resampler)
		return put_samples(a, mono, n, e);
	size_t used_all = 0;
	for (;;) {
		size_t used = 0;
		size_t got = 0;
		soxr_error_t why = soxr_process(a->resampler, n > 0 ? mono + used_all : NULL,
						n - used_all, &used, a->resampled,
						a->resampled_max, &got);
		if (why)
			return err_set(e, ERR_SYSTEM, "cannot resample: %s", why);
		used_all += used;
		if (put_samples(a, a->resampled, got, e) < 0)
			return -1;
		if (n == 0 ? got == 0 : used_all == n && got < a->resampled_max)
			return 0;
	}
}

/* Mean of the channels, in place; what is no number counts as silence. */
static void mix(struct audio *a, size_t frames)
{
	size_t c = (size_t)a->info.channels;
	for (size_t i = 0; i < frames; i++) {
		double sum = 0;
		for (size_t k = 0; k < c; k++) {
			float v = a->frames[i * c + k];
			if (isfinite(v))
				sum += v;
			else
				a->nonfinite++;
		}
		a->frames[i] = (float)(sum / (double)c);
	}
}

static int copy_all(struct audio *a, struct err *e)
{
	for (;;) {
		sf_count_t n = sf_readf_float(a->in, a->frames, BLOCK);
		if (n <= 0)
			return resample(a, NULL, 0, e);
		a->n_frames += n;
		if (check_frames(a, a->n_frames, e) < 0 || check_time(a->r, e) < 0)
			return -1;
		mix(a, (size_t)n);
		if (resample(a, a->frames, (size_t)n, e) < 0)
			return -1;
	}
}

static int run(struct audio *a, json_t *done, struct err *e)
{
	if (open_file(a, e) < 0 || open_resampler(a, e) < 0 || copy_all(a, e) < 0 ||
	    send_out(a, e) < 0)
		return -1;
	bool failed = sf_error(a->in) != SF_ERR_NO_ERROR;
	if (a->n_frames == 0)
		return refuse(a->r, e, failed ? "damaged" : "no_audio",
			      "the file holds no sound that can be decoded");
	json_put_real(done, "seconds", (double)a->n_frames / a->info.samplerate);
	json_put_int(done, "source_rate", a->info.samplerate);
	json_put_int(done, "source_channels", a->info.channels);
	json_put_text(done, "format", format_name(a->info.format));
	json_put_int(done, "clipped", a->clipped);
	json_put_int(done, "nonfinite", a->nonfinite);
	if (failed)
		json_put_bool(done, "damaged", true);
	return 0;
}

static int read_limits(struct audio *a, const json_t *header, struct err *e)
{
	int64_t rate = 16000;
	int64_t channels = 1;
	(void)json_whole(header, "rate", &rate);
	(void)json_whole(header, "channels", &channels);
	a->max_seconds = SECONDS_DEFAULT;
	a->max_bytes = BYTES_DEFAULT;
	(void)json_number(header, "max_seconds", &a->max_seconds);
	(void)json_whole(header, "max_bytes", &a->max_bytes);
	if (rate < RATE_MIN || rate > RATE_MAX || channels != 1 || !(a->max_seconds > 0) ||
	    a->max_bytes <= 0)
		return refuse(a->r, e, "protocol", "'rate', 'channels', 'max_seconds' or "
			      "'max_bytes' is out of range");
	a->rate = (int)rate;
	return 0;
}

int decode_audio(struct guest_request *r, const struct frame *f, json_t *done, struct err *e)
{
	struct audio *a = calloc(1, sizeof(*a));
	if (!a)
		return err_set(e, ERR_SYSTEM, "out of memory for the sound");
	a->r = r;
	a->file = (struct memory_file){f->payload, (sf_count_t)f->payload_len, 0, 0, 0};
	int rc = read_limits(a, f->header, e);
	if (rc == 0)
		rc = run(a, done, e);
	if (a->in)
		(void)sf_close(a->in);
	soxr_delete(a->resampler);
	free(a->frames);
	free(a->resampled);
	free(a);
	return rc;
}
