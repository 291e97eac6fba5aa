/* src/suite/fault_make.h - the bytes of bad, odd and borderline media, made from numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SUITE_FAULT_MAKE_H
#define SUITE_FAULT_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/rng.h"

void make_random(struct rng *r, size_t n, struct buf *out);

/* A WAV of these mono samples, in any of the ways in which a WAV can be written. */
enum wav_coding { WAV_S16, WAV_S24, WAV_U8, WAV_F32, WAV_ALAW };
struct wav_shape {
	int rate, channels;	/* every channel has the same samples */
	enum wav_coding coding;
	bool extensible;	/* WAVE_FORMAT_EXTENSIBLE */
	bool list_before;	/* a LIST chunk of odd length between fmt and data */
	bool forged;		/* data_size is what the header claims */
	uint32_t data_size;
};
void make_wav(const struct wav_shape *shape, const float *samples, size_t n, struct buf *out);

/* Silence as MP3 at 8 kbit/s: 1 KB a second, whole frames without a bit reservoir. */
void make_silent_mp3(double seconds, struct buf *out);

/* An MP4 whose index is at its end and lists no samples. */
void make_empty_mp4(struct rng *r, struct buf *out);

/* A PNG in one colour with a dark bar. -1: no memory. */
enum png_shape { PNG_RGB8, PNG_RGBA8, PNG_GRAY1, PNG_RGB16, PNG_PALETTE };
int make_png(int width, int height, enum png_shape shape, struct buf *out);

/* Change the size that a PNG's header claims, with a right checksum. */
void forge_png_size(char *png, uint32_t width, uint32_t height);

/* A GIF of one pixel with so many pictures. */
void make_gif(int pictures, struct buf *out);

/* A JPEG of four colours as printers use them. -1: no memory. */
int make_cmyk_jpeg(int width, int height, struct buf *out);

/* The first bytes of a format that few services read, then noise: heic, avif, webp, jp2. */
void make_head_of(const char *format, struct rng *r, struct buf *out);

/* A JPEG with the EXIF orientation (1 … 8) put in; the pixels stay. */
void add_exif_orientation(const void *jpeg, size_t len, int orientation, struct buf *out);

#endif
