/* src/protocols/sound.c - see sound.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/sound.h"

#include "audio/decode.h"
#include "base/util.h"

static void begin(struct sound *s, enum sound_form form, bool keep)
{
	*s = (struct sound){.form = form, .keep = keep};
	wav_parser_init(&s->wav);
}

void sound_begin_wav(struct sound *s, bool keep)
{
	begin(s, SOUND_WAV, keep);
}

void sound_begin_coded(struct sound *s, bool keep)
{
	begin(s, SOUND_CODED, keep);
	s->in_data = true;
}

static void set_format(struct answer *a, enum pcm_format pcm, int channels, int rate)
{
	a->pcm = pcm;
	a->channels = channels;
	a->sample_rate = rate;
	a->bytes_per_sample = (int)pcm_bytes(pcm);
}

void sound_begin_pcm(struct sound *s, bool keep, enum pcm_format pcm, int channels, int rate,
		     struct answer *a)
{
	begin(s, SOUND_PCM, keep);
	s->in_data = true;
	s->wav.frame_bytes = (size_t)channels * pcm_bytes(pcm);
	s->wav.open_ended = true;
	set_format(a, pcm, channels, rate);
}

/* Silence that is sent as a constant is no speech: is any byte unlike that of the first frame? */
static void look_for_sound(struct sound *s, const char *data, size_t len, uint64_t sound_before)
{
	size_t frame = s->wav.frame_bytes;
	size_t i = 0;
	for (; sound_before + i < frame && i < len; i++)
		s->first[sound_before + i] = (unsigned char)data[i];
	size_t at = (size_t)((sound_before + i) % frame);
	for (; i < len; i++) {
		if ((unsigned char)data[i] != s->first[at]) {
			s->varied = true;
			return;
		}
		at = at + 1 == frame ? 0 : at + 1;
	}
}

static enum outcome take_samples(struct sound *s, const char *data, size_t len,
				 const struct arrival *at, bool last_of_read, struct answer *a)
{
	if (len == 0)
		return OUTCOME_OK;
	if (answer_event(a, EVENT_SOUND, (uint32_t)MIN(len, UINT32_MAX), at, last_of_read) < 0)
		return OUTCOME_ABORTED;
	if (s->form == SOUND_CODED) {
		a->sound_bytes += len;
		return buf_add(&a->body, data, len) < 0 ? OUTCOME_BAD_AUDIO : OUTCOME_OK;
	}
	if (!s->varied)
		look_for_sound(s, data, len, a->sound_bytes);
	a->sound_bytes += len;
	if (s->keep && buf_add(&a->sound, data, len) < 0)
		return OUTCOME_BAD_AUDIO;
	return OUTCOME_OK;
}

static enum outcome bad_audio(struct answer *a, const char *why)
{
	answer_note_error(a, why, strlen(why));
	return OUTCOME_BAD_AUDIO;
}

enum outcome sound_receive(struct sound *s, const char *data, size_t len,
			   const struct arrival *at, bool last_of_read, struct answer *a)
{
	if (!s->in_data) {
		size_t used = 0;
		int rc = wav_parse(&s->wav, data, len, &used);
		if (rc < 0)
			return bad_audio(a, s->wav.wrong);
		if (rc == 0)
			return OUTCOME_OK;
		s->in_data = true;
		s->data_left = s->wav.data_size;
		set_format(a, s->wav.pcm, s->wav.channels, s->wav.sample_rate);
		data += used;
		len -= used;
	}
	if (s->form != SOUND_WAV || s->wav.open_ended)
		return take_samples(s, data, len, at, last_of_read, a);
	size_t n = (size_t)MIN(s->data_left, (uint64_t)len);
	s->data_left -= n;
	enum outcome o = take_samples(s, data, n, at, last_of_read && n == len, a);
	if (o != OUTCOME_OK || n == len)
		return o;
	if (s->wav.data_size & 1 && s->tail.have == 0 && s->tail.skip == 0 && !s->padded) {
		s->padded = true;	/* chunks begin at even offsets; some writers forget it */
		n += data[n] == '\0';
	}
	if (wav_tail_parse(&s->tail, data + n, len - n) < 0)
		return bad_audio(a, "more bytes than the WAV header says, and they are no chunks");
	return OUTCOME_OK;
}

static enum outcome finish_coded(struct sound *s, struct answer *a)
{
	struct audio audio;
	struct err e;
	if (audio_decode(a->body.data, a->body.len, &audio, &e) < 0)
		return bad_audio(a, e.text);
	size_t n = audio.frames * (size_t)audio.channels;
	for (size_t i = (size_t)audio.channels; i < n && !s->varied; i++)
		s->varied = audio.samples[i] != audio.samples[i - (size_t)audio.channels];
	set_format(a, PCM_F32, audio.channels, audio.rate);
	a->audio_seconds = (double)audio.frames / audio.rate;
	bool kept = !s->keep || buf_add(&a->sound, audio.samples, n * sizeof(float)) == 0;
	audio_release(&audio);
	if (!s->varied)
		return bad_audio(a, "every sample has the same value: there is no sound");
	return kept ? OUTCOME_OK : bad_audio(a, "the sound is too long");
}

enum outcome sound_finish(struct sound *s, struct answer *a)
{
	if (a->sound_bytes == 0 && !s->in_data && s->wav.seen > 0)
		return bad_audio(a, "the WAV ends inside its header");
	if (a->sound_bytes == 0)
		return OUTCOME_EMPTY_ANSWER;
	if (s->form == SOUND_CODED)
		return finish_coded(s, a);
	uint64_t frames = a->sound_bytes / s->wav.frame_bytes;
	a->audio_seconds = (double)frames / a->sample_rate;
	if (a->sound_bytes % s->wav.frame_bytes != 0)
		return bad_audio(a, "the sound ends inside a sample");
	if (s->form == SOUND_WAV && !s->wav.open_ended && s->data_left > 0)
		return bad_audio(a, "fewer bytes than the WAV header says");
	if (!wav_tail_complete(&s->tail))
		return bad_audio(a, "the WAV ends inside a chunk");
	if (!s->varied)
		return bad_audio(a, "every sample has the same value: there is no sound");
	return OUTCOME_OK;
}
