/* src/audio/wav.c - see wav.h. Sources: RIFF MCI data sheet (1991), EBU Tech 3306 (RF64).
 * SPDX-License-Identifier: Apache-2.0 */
#include "audio/wav.h"

#include "base/util.h"

enum { STEP_RIFF, STEP_CHUNK, STEP_FMT, STEP_SKIP };

#define FMT_MAX 40	/* of a fmt chunk, what is looked at */

void wav_parser_init(struct wav_parser *p)
{
	*p = (struct wav_parser){.want = 12, .step = STEP_RIFF};
}

static uint32_t u16_at(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32_at(const unsigned char *p)
{
	return u16_at(p) | u16_at(p + 2) << 16;
}

static int wrong(struct wav_parser *p, const char *what)
{
	p->wrong = what;
	return -1;
}

static enum pcm_format format_of(uint32_t tag, uint32_t bits)
{
	if (tag == 3)
		return bits == 32 ? PCM_F32 : bits == 64 ? PCM_F64 : PCM_NONE;
	if (tag != 1)
		return PCM_NONE;
	return bits == 8 ? PCM_U8 : bits == 16 ? PCM_S16 : bits == 24 ? PCM_S24 :
	       bits == 32 ? PCM_S32 : PCM_NONE;
}

static int take_fmt(struct wav_parser *p)
{
	const unsigned char *f = p->part;
	uint32_t tag = u16_at(f);
	if (tag == 0xFFFE && p->want >= 26)	/* extensible: the format's GUID begins with it */
		tag = u16_at(f + 24);
	uint32_t channels = u16_at(f + 2);
	uint32_t rate = u32_at(f + 4);
	p->pcm = format_of(tag, u16_at(f + 14));
	if (p->pcm == PCM_NONE)
		return wrong(p, "the WAV header names a sample format that is not PCM");
	if (channels == 0 || channels > 64)
		return wrong(p, "the WAV header names an impossible number of channels");
	if (rate < 1000 || rate > 768000)
		return wrong(p, "the WAV header names an impossible sample rate");
	p->channels = (int)channels;
	p->sample_rate = (int)rate;
	p->frame_bytes = channels * pcm_bytes(p->pcm);
	if (u16_at(f + 12) != p->frame_bytes)
		return wrong(p, "the WAV header's block size does not fit its format");
	return 0;
}

static void expect(struct wav_parser *p, int step, size_t want)
{
	p->step = step;
	p->want = want;
	p->have = 0;
}

/* A chunk's header is in part: 1 when it is the data chunk, else where to go on. */
static int take_chunk(struct wav_parser *p)
{
	p->chunk_size = u32_at(p->part + 4);
	if (memcmp(p->part, "data", 4) == 0) {
		if (p->pcm == PCM_NONE)
			return wrong(p, "the WAV has data before its format");
		p->data_size = p->chunk_size;
		p->open_ended = p->chunk_size == 0 || p->chunk_size >= WAV_OPEN_ENDED_FROM;
		return 1;
	}
	if (p->seen >= WAV_HEADER_MAX || p->chunk_size >= WAV_HEADER_MAX - p->seen)
		return wrong(p, "the WAV has no samples in its first megabyte");
	size_t padded = p->chunk_size + (p->chunk_size & 1);
	if (memcmp(p->part, "fmt ", 4) == 0) {
		if (p->chunk_size < 16)
			return wrong(p, "the WAV's format chunk is too short");
		size_t look = MIN(p->chunk_size, FMT_MAX);
		p->skip = padded - look;
		expect(p, STEP_FMT, look);
	} else {
		p->skip = padded;
		expect(p, STEP_SKIP, 0);
	}
	return 0;
}

/* part holds what was wanted. */
static int advance(struct wav_parser *p)
{
	if (p->step == STEP_RIFF) {
		p->rf64 = memcmp(p->part, "RF64", 4) == 0;
		if ((!p->rf64 && memcmp(p->part, "RIFF", 4) != 0) ||
		    memcmp(p->part + 8, "WAVE", 4) != 0)
			return wrong(p, "this is no WAV: it does not begin with RIFF … WAVE");
		expect(p, STEP_CHUNK, 8);
		return 0;
	}
	if (p->step == STEP_CHUNK)
		return take_chunk(p);
	if (take_fmt(p) < 0)
		return -1;
	expect(p, STEP_SKIP, 0);
	return 0;
}

int wav_parse(struct wav_parser *p, const void *data, size_t len, size_t *ret_used)
{
	const unsigned char *from = data;
	size_t at = 0;
	while (at < len) {
		size_t n;
		if (p->step == STEP_SKIP) {
			n = MIN(p->skip, len - at);
			p->skip -= n;
			if (p->skip == 0)
				expect(p, STEP_CHUNK, 8);
		} else {
			n = MIN(p->want - p->have, len - at);
			memcpy(p->part + p->have, from + at, n);
			p->have += n;
		}
		at += n;
		p->seen += n;
		if (p->step == STEP_SKIP || p->have < p->want)
			continue;
		int rc = advance(p);
		if (rc != 0) {
			*ret_used = at;
			return rc;
		}
	}
	*ret_used = at;
	return 0;
}

int wav_tail_parse(struct wav_tail *t, const void *data, size_t len)
{
	const unsigned char *from = data;
	while (len > 0) {
		size_t n;
		if (t->skip > 0) {
			n = (size_t)MIN(t->skip, (uint64_t)len);
			t->skip -= n;
		} else {
			n = MIN(sizeof(t->part) - t->have, len);
			memcpy(t->part + t->have, from, n);
			t->have += n;
			if (t->have == sizeof(t->part)) {
				t->have = 0;
				t->skip = (uint64_t)u32_at(t->part + 4) + (u32_at(t->part + 4) & 1);
				for (int i = 0; i < 4; i++)
					if (t->part[i] < 0x20 || t->part[i] > 0x7e)
						return -1;
				if (memcmp(t->part, "RIFF", 4) == 0)
					return -1;
			}
		}
		from += n;
		len -= n;
	}
	return 0;
}

bool wav_tail_complete(const struct wav_tail *t)
{
	return t->have == 0 && t->skip == 0;
}
