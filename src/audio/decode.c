/* src/audio/decode.c - see decode.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/decode.h"

#include <math.h>

#include "audio/memory_file.h"
#include "audio/ogg_serial.h"
#include "audio/mp3.h"
#include "base/util.h"

#define PIECE_SAMPLES ((size_t)65536)

static void close_file(SNDFILE **f)
{
	if (*f)
		(void)sndfile.close(*f);
}

static void name_format(int format, char *out, size_t size)
{
	static const struct {
		int major, sub;
		const char *name;
	} rows[] = {
		{SF_FORMAT_WAV, 0, "wav"},	{SF_FORMAT_WAVEX, 0, "wav"},
		{SF_FORMAT_RF64, 0, "wav"},	{SF_FORMAT_FLAC, 0, "flac"},
		{SF_FORMAT_OGG, SF_FORMAT_OPUS, "opus"}, {SF_FORMAT_OGG, 0, "ogg"},
		{SF_FORMAT_MPEG, 0, "mp3"},	{SF_FORMAT_AIFF, 0, "aiff"},
		{SF_FORMAT_AU, 0, "au"},	{SF_FORMAT_CAF, 0, "caf"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((format & SF_FORMAT_TYPEMASK) != rows[i].major)
			continue;
		if (rows[i].sub && (format & SF_FORMAT_SUBMASK) != rows[i].sub)
			continue;
		(void)snprintf(out, size, "%s", rows[i].name);
		return;
	}
	(void)snprintf(out, size, "0x%x", (unsigned)(format & SF_FORMAT_TYPEMASK));
}

static SNDFILE *open_file(struct memory_file *file, SF_INFO *info, struct err *e)
{
	if (file->len == 0) {
		err_set(e, ERR_DATA, "this is no sound file: it is empty");
		return NULL;
	}
	if (sndfile_bind(e) < 0)
		return NULL;
	SNDFILE *f = sndfile.open_virtual(&memory_file_io, SFM_READ, info, file);
	if (!f) {
		err_set(e, ERR_DATA, "this is no sound file that can be read: %s",
			sndfile.strerror(NULL));
		return NULL;
	}
	if (info->channels < 1 || info->channels > 64 || info->samplerate < 1) {
		(void)sndfile.close(f);
		err_set(e, ERR_DATA, "this sound file has %d channels at %d Hz", info->channels,
			info->samplerate);
		return NULL;
	}
	return f;
}

/* Decode to the end; each piece is handed to keep() unless that is NULL. */
static int walk(SNDFILE *f, int channels, size_t *ret_frames,
		int (*keep)(void *ctx, const float *samples, size_t n), void *ctx, struct err *e)
{
	CLEANUP(free_ptr) float *piece = malloc(PIECE_SAMPLES * sizeof(*piece));
	sf_count_t frames = (sf_count_t)PIECE_SAMPLES / channels;
	size_t total = 0;
	if (!piece)
		return err_set(e, ERR_SYSTEM, "no memory to decode a sound file");
	for (;;) {
		sf_count_t n = sndfile.readf_float(f, piece, frames);
		if (n <= 0)
			break;
		if (total > AUDIO_FRAMES_MAX - (size_t)n)
			return err_set(e, ERR_DATA, "this sound file is too long");
		total += (size_t)n;
		if (keep && keep(ctx, piece, (size_t)n * (size_t)channels) < 0)
			return err_set(e, ERR_SYSTEM, "no memory to hold a sound file");
	}
	if (sndfile.error(f) != SF_ERR_NO_ERROR)
		return err_set(e, ERR_DATA, "this sound file is damaged: %s", sndfile.strerror(f));
	if (total == 0)
		return err_set(e, ERR_DATA, "this sound file holds no samples");
	*ret_frames = total;
	return 0;
}

struct growing {
	float *samples;
	size_t n, room;
};

static int keep_samples(void *ctx, const float *samples, size_t n)
{
	struct growing *g = ctx;
	if (g->n + n > g->room) {
		size_t room = MAX(g->room * 2, g->n + n);
		float *more = realloc(g->samples, room * sizeof(*more));
		if (!more)
			return -1;
		g->samples = more;
		g->room = room;
	}
	memcpy(g->samples + g->n, samples, n * sizeof(*samples));
	g->n += n;
	return 0;
}

/* Everything but MP3. */
static int sndfile_decode(const void *data, size_t len, struct audio *a,
			  int (*keep)(void *ctx, const float *samples, size_t n), void *ctx,
			  struct err *e)
{
	struct memory_file file = {data, (sf_count_t)len, 0, NULL};
	SF_INFO info = {0};
	CLEANUP(close_file) SNDFILE *f = open_file(&file, &info, e);
	if (!f || walk(f, info.channels, &a->frames, keep, ctx, e) < 0)
		return -1;
	a->channels = info.channels;
	a->rate = info.samplerate;
	name_format(info.format, a->format, sizeof(a->format));
	return 0;
}

static int decode(const void *data, size_t len, struct audio *a,
		  int (*keep)(void *ctx, const float *samples, size_t n), void *ctx,
		  struct err *e)
{
	if (!mp3_begins(data, len))
		return sndfile_decode(data, len, a, keep, ctx, e);
	(void)snprintf(a->format, sizeof(a->format), "mp3");
	return mp3_decode(data, len, &a->channels, &a->rate, &a->frames, keep, ctx, e);
}

int audio_decode(const void *data, size_t len, struct audio *ret, struct err *e)
{
	struct growing g = {0};
	struct audio a = {0};
	if (decode(data, len, &a, keep_samples, &g, e) < 0) {
		free(g.samples);
		return -1;
	}
	a.samples = g.samples;
	*ret = a;
	return 0;
}

void audio_release(struct audio *a)
{
	free(a->samples);
	a->samples = NULL;
	a->frames = 0;
}

int audio_length(const void *data, size_t len, double *ret_seconds, char ret_format[16],
		 struct err *e)
{
	struct audio a = {0};
	if (decode(data, len, &a, NULL, NULL, e) < 0)
		return -1;
	*ret_seconds = (double)a.frames / a.rate;
	memcpy(ret_format, a.format, sizeof(a.format));
	return 0;
}

void audio_to_mono(struct audio *a)
{
	for (size_t i = 0; i < a->frames; i++) {
		double sum = 0;
		for (int c = 0; c < a->channels; c++)
			sum += (double)a->samples[i * (size_t)a->channels + (size_t)c];
		a->samples[i] = (float)(sum / a->channels);
	}
	a->channels = 1;
}

static int format_number(const char *name)
{
	static const struct {
		const char *name;
		int format;
	} rows[] = {
		{"wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16},
		{"flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
		{"ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS},
		{"opus", SF_FORMAT_OGG | SF_FORMAT_OPUS},
		{"mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].format;
	return 0;
}

int audio_encode(const float *samples, size_t frames, int channels, int rate, const char *format,
		 struct buf *out, struct err *e)
{
	int number = format_number(format);
	if (number == 0)
		return err_set(e, ERR_USAGE, "sound cannot be written as '%s'; there are wav, "
			       "flac, ogg, opus and mp3", format);
	if (sndfile_bind(e) < 0)
		return -1;
	for (size_t i = 0; i < frames * (size_t)channels; i++)
		if (!(samples[i] >= -1.0f && samples[i] <= 1.0f))
			return err_set(e, ERR_DATA, "sample %zu is outside of [-1, 1]", i);
	struct buf file = BUF_INIT(out->max);
	struct memory_file to = {.out = &file};
	SF_INFO info = {.samplerate = rate, .channels = channels, .format = number};
	SNDFILE *f = sndfile.open_virtual(&memory_file_io, SFM_WRITE, &info, &to);
	if (!f)
		return err_set(e, ERR_UNSUPPORTED, "%s at %d Hz with %d channels: %s", format, rate,
			       channels, sndfile.strerror(NULL));
	sf_count_t wrote = sndfile.writef_float(f, samples, (sf_count_t)frames);
	int closed = sndfile.close(f);
	int rc = 0;
	if (wrote != (sf_count_t)frames || closed != 0 || file.failed)
		rc = err_set(e, ERR_SYSTEM, "the sound could not be written as %s", format);
	ogg_fix_serial(file.data, file.len);
	if (rc == 0 && buf_add(out, file.data, file.len) < 0)
		rc = err_set(e, ERR_SYSTEM, "no memory to hold the sound as %s", format);
	buf_release(&file);
	return rc;
}
