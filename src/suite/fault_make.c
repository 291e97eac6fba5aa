/* src/suite/fault_make.c - see fault_make.h: sound and containers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault_make.h"

#include <math.h>
#include <string.h>

#include "base/util.h"

void make_random(struct rng *r, size_t n, struct buf *out)
{
	unsigned char *to = buf_reserve(out, n);
	for (size_t i = 0; to && i < n; i++)
		to[i] = (unsigned char)rng_below(r, 256);
	if (to)
		buf_grew(out, n);
}

static void add_u32(struct buf *b, uint32_t v)
{
	const unsigned char bytes[] = {(unsigned char)v, (unsigned char)(v >> 8),
				       (unsigned char)(v >> 16), (unsigned char)(v >> 24)};
	(void)buf_add(b, bytes, 4);
}

static void add_u16(struct buf *b, unsigned v)
{
	const unsigned char bytes[] = {(unsigned char)v, (unsigned char)(v >> 8)};
	(void)buf_add(b, bytes, 2);
}

static unsigned alaw(float x)
{
	int v = (int)lrintf(fminf(fabsf(x), 1) * 4095);
	int segment = 0;
	while (segment < 7 && v >= 32 << segment)
		segment++;
	int mantissa = segment ? (v >> segment) & 15 : (v >> 1) & 15;
	return (unsigned)((segment << 4 | mantissa) ^ (x >= 0 ? 0xd5 : 0x55));
}

static void add_sample(struct buf *b, enum wav_coding coding, float x)
{
	uint32_t bits;
	int v;
	switch (coding) {
	case WAV_S16:
		add_u16(b, (unsigned)(int)lrintf(x * 32767) & 0xffff);
		break;
	case WAV_S24:
		v = (int)lrintf(x * 8388607);
		add_u16(b, (unsigned)v & 0xffff);
		(void)buf_char(b, (char)(v >> 16));
		break;
	case WAV_U8:
		(void)buf_char(b, (char)(128 + (int)lrintf(x * 127)));
		break;
	case WAV_F32:
		memcpy(&bits, &x, 4);
		add_u32(b, bits);
		break;
	case WAV_ALAW:
		(void)buf_char(b, (char)alaw(x));
		break;
	}
}

static void add_format(const struct wav_shape *w, unsigned width, struct buf *out)
{
	static const unsigned tags[] = {1, 1, 1, 3, 6};
	static const char guid[] = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71";
	unsigned frame = width * (unsigned)w->channels;
	(void)buf_str(out, "fmt ");
	add_u32(out, w->extensible ? 40 : 16);
	add_u16(out, w->extensible ? 0xfffe : tags[w->coding]);
	add_u16(out, (unsigned)w->channels);
	add_u32(out, (uint32_t)w->rate);
	add_u32(out, (uint32_t)w->rate * frame);
	add_u16(out, frame);
	add_u16(out, width * 8);
	if (!w->extensible)
		return;
	add_u16(out, 22);
	add_u16(out, width * 8);
	add_u32(out, w->channels == 1 ? 4 : w->channels == 6 ? 0x3f : 3);
	add_u16(out, tags[w->coding]);
	(void)buf_add(out, guid, 14);
}

void make_wav(const struct wav_shape *w, const float *samples, size_t n, struct buf *out)
{
	static const unsigned widths[] = {2, 3, 1, 4, 1};
	unsigned width = widths[w->coding];
	uint32_t size = (uint32_t)(n * width * (unsigned)w->channels);
	uint32_t before = 4 + 8 + (w->extensible ? 40u : 16u) + (w->list_before ? 24u : 0) + 8;
	(void)buf_str(out, "RIFF");
	add_u32(out, before + (w->forged ? w->data_size : size));
	(void)buf_str(out, "WAVE");
	add_format(w, width, out);
	if (w->list_before) {	/* of odd length: a byte of padding follows */
		(void)buf_str(out, "LIST");
		add_u32(out, 15);
		(void)buf_str(out, "INFOINAM");
		add_u32(out, 3);
		(void)buf_add(out, "abc", 4);
	}
	(void)buf_str(out, "data");
	add_u32(out, w->forged ? w->data_size : size);
	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < w->channels; c++)
			add_sample(out, w->coding, samples[i]);
}

/* MPEG 2.5 layer III, 8 kbit/s, 8 kHz, mono: 72 bytes are 576 samples. All zero behind the head:
 * no main data, so silence, and no frame needs the one before it. */
void make_silent_mp3(double seconds, struct buf *out)
{
	static const char frame[72] = "\xff\xe3\x18\xc4";
	size_t frames = (size_t)ceil(seconds * 8000 / 576);
	char *to = buf_reserve(out, frames * sizeof(frame));
	for (size_t i = 0; to && i < frames; i++)
		memcpy(to + i * sizeof(frame), frame, sizeof(frame));
	if (to)
		buf_grew(out, frames * sizeof(frame));
}

static void add_box(struct buf *b, const char *type, const void *data, size_t len)
{
	const unsigned char size[] = {0, 0, (unsigned char)((len + 8) >> 8),
				      (unsigned char)(len + 8)};
	(void)buf_add(b, size, 4);
	(void)buf_str(b, type);
	(void)buf_add(b, data, len);
}

void make_empty_mp4(struct rng *r, struct buf *out)
{
	static const char header[100] = {[14] = 3, [15] = (char)0xe8, [99] = 2};
	CLEANUP(buf_release) struct buf inner = BUF_INIT(4096);
	CLEANUP(buf_release) struct buf noise = BUF_INIT(8192);
	make_random(r, 4096, &noise);
	add_box(out, "ftyp", "M4A \0\0\0\0M4A mp42isom", 20);
	add_box(out, "mdat", noise.data, noise.len);
	add_box(&inner, "mvhd", header, sizeof(header));
	add_box(out, "moov", inner.data, inner.len);
}

void make_head_of(const char *format, struct rng *r, struct buf *out)
{
	static const struct {
		const char *format, *head;
		size_t len;
	} heads[] = {
		{"heic", "\0\0\0\x18" "ftypheic\0\0\0\0mif1heic", 24},
		{"avif", "\0\0\0\x18" "ftypavif\0\0\0\0mif1avif", 24},
		{"webp", "RIFF\x24\x08\0\0WEBPVP8 \x18\x08\0\0", 20},
		{"jp2", "\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14" "ftypjp2 \0\0\0\0jp2 ", 32},
	};
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		if (strcmp(heads[i].format, format) == 0)
			(void)buf_add(out, heads[i].head, heads[i].len);
	make_random(r, 2048, out);
}

void add_exif_orientation(const void *jpeg, size_t len, int orientation, struct buf *out)
{
	char exif[] = "\xff\xe1\0\x22" "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01"
		      "\0\0\0\0\0\0\0\0";
	exif[29] = (char)orientation;
	(void)buf_add(out, jpeg, 2);
	(void)buf_add(out, exif, 36);
	(void)buf_add(out, (const char *)jpeg + 2, len - 2);
}
