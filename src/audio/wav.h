/* src/audio/wav.h - the header of a WAV file that comes in pieces.
 *
 * Tolerant where streaming services are sloppy: sizes 0 and near the top of 32 bits mean "until
 * the end" (0x7FFFFFFF and above by definition; some writers round it down to whole blocks, so
 * what is above 0x7FFF0000 counts as well). RIFF and RF64; PCM of 8 to 32 bits and floats, plain
 * or as WAVE_FORMAT_EXTENSIBLE.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIO_WAV_H
#define AUDIO_WAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/pcm.h"

#define WAV_OPEN_ENDED_FROM 0x7FFF0000u
#define WAV_HEADER_MAX ((size_t)1 << 20)	/* bytes before the first sample */

struct wav_parser {
	/* read these once wav_parse() gave 1 */
	enum pcm_format pcm;
	int channels, sample_rate;
	size_t frame_bytes;
	uint64_t data_size;	/* as the header says; meaningless when open_ended */
	bool open_ended;
	const char *wrong;	/* after -1: what was not right, as static text */

	/* its own */
	unsigned char part[64];
	size_t have, want;
	size_t skip, seen;
	uint32_t chunk_size;
	int step;
	bool rf64;
};

void wav_parser_init(struct wav_parser *p);

/* Take in bytes of the header. 1: the header is complete and ended after *ret_used bytes of
 * these. 0: all were taken, more are needed. -1: this is no WAV that can be read. */
int wav_parse(struct wav_parser *p, const void *data, size_t len, size_t *ret_used);

/* What stands behind the data of a WAV with a size: chunks, to be skipped. */
struct wav_tail {
	unsigned char part[8];
	size_t have;
	uint64_t skip;
};

/* -1 when these bytes are no chunks (a second RIFF header, or noise). */
int wav_tail_parse(struct wav_tail *t, const void *data, size_t len);
bool wav_tail_complete(const struct wav_tail *t);

#endif
