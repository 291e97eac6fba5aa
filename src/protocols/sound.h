/* src/protocols/sound.h - synthesised speech as it comes in: header, moments, is there sound?
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOLS_SOUND_H
#define PROTOCOLS_SOUND_H

#include <stdbool.h>

#include "audio/wav.h"
#include "base/outcome.h"
#include "protocols/answer.h"

enum sound_form {
	SOUND_WAV,	/* a header, then PCM; sizes of streams mean "until the end" */
	SOUND_PCM,	/* PCM of a format known beforehand */
	SOUND_CODED,	/* FLAC, MP3, Opus …: collected and decoded at the end */
};

/* Part of a protocol's state: holds no memory of its own. */
struct sound {
	enum sound_form form;
	bool keep;		/* the samples are wanted in answer->sound */
	bool in_data;		/* the header is over */
	bool varied;		/* not all frames are the same: there is sound */
	uint64_t data_left;	/* of a WAV with a size */
	struct wav_parser wav;
	struct wav_tail tail;
	unsigned char first[64 * 8];	/* the first frame, to compare with */
	bool padded;		/* the byte behind data of odd size was looked for */
};

void sound_begin_wav(struct sound *s, bool keep);
void sound_begin_pcm(struct sound *s, bool keep, enum pcm_format pcm, int channels, int rate,
		     struct answer *a);
void sound_begin_coded(struct sound *s, bool keep);

/* Bytes of the file. last_of_read: they end the piece that at belongs to. */
enum outcome sound_receive(struct sound *s, const char *data, size_t len,
			   const struct arrival *at, bool last_of_read, struct answer *a);

/* Everything came: EMPTY_ANSWER without a sample, BAD_AUDIO when header and bytes disagree, when
 * nothing but one constant value is there, or when it cannot be decoded. Fills sample_rate,
 * channels, audio_seconds. */
enum outcome sound_finish(struct sound *s, struct answer *a);

#endif
