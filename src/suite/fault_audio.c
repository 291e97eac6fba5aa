/* src/suite/fault_audio.c - fault cases: audio as input.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "suite/fault.h"
#include "suite/fault_make.h"

#define RATE 16000

/* The canary's words, as samples at 16 kHz. Caller: speech_release(). */
static bool words(struct fault *f, struct speech *ret)
{
	const struct media *m = f->good->audio;
	*ret = (struct speech){.rate = RATE};
	if (m->len < 44 || memcmp(m->data, "RIFF", 4) != 0) {
		fault_skip(f, "assay has no voice here to make the clip with");
		return false;
	}
	ret->n = m->len > 44 ? (m->len - 44) / 2 : 0;
	ret->samples = calloc(ret->n + 1, sizeof(float));
	for (size_t i = 0; ret->samples && i < ret->n; i++) {
		int16_t v;
		memcpy(&v, (const char *)m->data + 44 + 2 * i, 2);
		ret->samples[i] = (float)v / 32768;
	}
	return ret->samples != NULL;
}

/* The words as this WAV; reply judged, and its text if it is wanted. */
static bool send_wav(struct fault *f, const struct wav_shape *shape, const char **ret_text)
{
	struct speech s;
	struct err e;
	CLEANUP(buf_release) struct buf wav = BUF_INIT(BUF_UNLIMITED);
	struct sample sample = {.id = f->c->id};
	bool ok = words(f, &s) &&
		  (shape->rate == RATE || speech_resample(&s, shape->rate, &e) == 0);
	if (ok)
		make_wav(shape, s.samples, s.n, &wav);
	speech_release(&s);
	if (!ok || wav.failed) {
		if (!f->skipped[0])
			fault_skip(f, "cannot make the clip");
		return false;
	}
	sample.audio = fault_media(f, "clip.wav", "audio/wav", wav.data, wav.len);
	return fault_ask_text(f, &sample, NULL, ret_text);
}

static bool random_bytes(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(65536);
	make_random(&f->rng, (size_t)f->c->arg, &b);
	return fault_audio(f, "clip.wav", b.data, b.len);
}

enum { NO_BYTES, PDF, PNG_FILE, MP4, HALF_HEADER, NO_DATA_CHUNK, PLAYLIST, CONCAT };

static bool wrong_file(struct fault *f)
{
	static const char pdf[] = "%PDF-1.4 this is XMARKERX no sound at all\n";
	static const char playlist[] = "#EXTM3U\n#EXTINF:1,XMARKERX\nfile:///etc/passwd\n"
				       "#EXT-X-ENDLIST\n";
	static const char concat[] = "ffconcat version 1.0\nfile /etc/passwd\n";
	CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
	switch (f->c->arg) {
	case PDF:
		(void)buf_str(&b, pdf);
		break;
	case PNG_FILE:
		(void)make_png(64, 64, PNG_RGB8, &b);
		break;
	case MP4:
		make_empty_mp4(&f->rng, &b);
		return fault_audio(f, "clip.m4a", b.data, b.len);
	case PLAYLIST:
		(void)buf_str(&b, playlist);
		return fault_audio(f, "clip.m3u8", b.data, b.len);
	case CONCAT:
		(void)buf_str(&b, concat);
		return fault_audio(f, "clip.ffconcat", b.data, b.len);
	case HALF_HEADER:
		(void)buf_add(&b, f->good->audio->data, 30);
		break;
	case NO_DATA_CHUNK:
		(void)buf_add(&b, f->good->audio->data, 36);
		break;
	default:
		break;
	}
	return fault_audio(f, "clip.wav", b.data ? b.data : "", b.len);
}

/* A tone of this many samples. */
static bool short_clip(struct fault *f)
{
	size_t n = (size_t)f->c->arg;
	CLEANUP(buf_release) struct buf wav = BUF_INIT(1 << 20);
	float *samples = arena_array(f->scratch, n + 1, sizeof(float));
	for (size_t i = 0; i < n; i++)
		samples[i] = 0.3F * (float)sin(2 * M_PI * 300 * (double)i / RATE);
	make_wav(&(struct wav_shape){.rate = RATE, .channels = 1}, samples, n, &wav);
	return fault_audio(f, "clip.wav", wav.data, wav.len);
}

/* Nothing is said. Words that come all the same are reported; words of somebody else are found. */
static bool nothing_said(struct fault *f)
{
	struct speech s = {0};
	struct media *m = ARENA_NEW(f->scratch, struct media);
	struct sample sample = {.id = f->c->id, .audio = m};
	const char *text = NULL;
	const char *known = canary_answer(f->canary)->text;
	struct err e;
	int rc = f->c->arg == 0 ? speech_silence(&s, RATE, 2, &e)
				: speech_noise(&s, RATE, 2, (double)f->c->arg,
					       rng_next(&f->rng), &e);
	if (rc == 0)
		rc = speech_to_media(&s, "clip.wav", "wav", 1, f->scratch, m, &e);
	speech_release(&s);
	if (rc < 0) {
		fault_skip(f, "%s", e.text);
		return false;
	}
	/* so that the words that came last are known: cases before this one may have had others */
	struct canary_report before = {0};
	(void)canary_ask(f->canary, &before);
	if (!fault_ask_text(f, &sample, NULL, &text) || !text)
		return false;
	if (known && known[0] && strcmp(text, known) == 0)
		fault_find(f, "collateral", "the answer to a clip in which nobody speaks is that "
			   "of another request: \"%.100s\"", text);
	else if (text[0])
		fault_saw(f, "HTTP 200; words that nobody said: \"%.100s\"", text);
	return true;
}

static bool data_size(struct fault *f)
{
	const char *text;
	struct wav_shape w = {.rate = RATE, .channels = 1, .forged = true,
			      .data_size = (uint32_t)f->c->arg};
	return send_wav(f, &w, &text);
}

/* The same words written otherwise: refused, or read like the plain copy. */
static bool other_wav(struct fault *f)
{
	static const struct wav_shape shapes[] = {
		{.rate = RATE, .channels = 1, .extensible = true},
		{.rate = RATE, .channels = 1, .list_before = true},
		{.rate = RATE, .channels = 1, .coding = WAV_F32},
		{.rate = RATE, .channels = 1, .coding = WAV_S24},
		{.rate = RATE, .channels = 1, .coding = WAV_U8},
		{.rate = RATE, .channels = 1, .coding = WAV_ALAW},
		{.rate = RATE, .channels = 2},
		{.rate = RATE, .channels = 6, .extensible = true},
		{.rate = 48000, .channels = 1},
		{.rate = 8000, .channels = 1},
		{.rate = 192000, .channels = 1},
	};
	const char *text;
	struct known_answer got = {0};
	const struct wav_shape *w = &shapes[f->c->arg];
	const struct known_answer *known = canary_answer(f->canary);
	if (!send_wav(f, w, &text) || !text)
		return false;
	got.text = text;
	bool lossy = w->rate < RATE || w->coding == WAV_U8 || w->coding == WAV_ALAW;
	double likeness = known_answer_likeness(&got, known);
	fault_saw(f, "HTTP 200, its text is %.0f %% like that of the plain copy", 100 * likeness);
	if (!lossy && likeness < 0.5 * canary_least_likeness(f->canary))
		fault_find(f, "wrong-status", "HTTP 200 with another text than for the plain copy "
			   "(\"%.100s\" instead of \"%.100s\")", text, known->text);
	return true;
}

/* Samples that are no numbers, among the words. */
static bool not_finite(struct fault *f)
{
	struct speech s;
	CLEANUP(buf_release) struct buf wav = BUF_INIT(BUF_UNLIMITED);
	if (!words(f, &s))
		return false;
	for (size_t i = 0; i < s.n; i += f->c->arg == 2 ? 1 : 97)
		s.samples[i] = f->c->arg == 0 || f->c->arg == 2 ? NAN : INFINITY;
	make_wav(&(struct wav_shape){.rate = RATE, .channels = 1, .coding = WAV_F32}, s.samples,
		 s.n, &wav);
	speech_release(&s);
	return fault_audio(f, "clip.wav", wav.data, wav.len);
}

/* The rate and the channels that a FLAC's STREAMINFO claims: 20 bits of Hz, 3 of channels - 1. */
static bool forged_flac(struct fault *f)
{
	struct speech s = {0};
	struct media m;
	struct err e;
	if (speech_silence(&s, RATE, 1, &e) < 0 ||
	    speech_to_media(&s, "clip.flac", "flac", 1, f->scratch, &m, &e) < 0 || m.len < 42) {
		fault_skip(f, "cannot make a FLAC file");
		return false;
	}
	speech_release(&s);
	unsigned char *p = arena_copy(f->scratch, m.data, m.len);
	uint32_t rate = 655350;
	p[18] = (unsigned char)(rate >> 12);
	p[19] = (unsigned char)(rate >> 4);
	p[20] = (unsigned char)((rate & 15) << 4 | 7 << 1 | (p[20] & 1));
	return fault_audio(f, "clip.flac", p, m.len);
}

/* Small to send, long to hear. */
static bool long_mp3(struct fault *f)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(BUF_UNLIMITED);
	make_silent_mp3((double)f->c->arg, &b);
	return fault_audio(f, "clip.mp3", b.data, b.len);
}

/* A good file with one byte changed, some times: in its head each time, once among the samples. */
static bool one_byte(struct fault *f)
{
	const struct media *m = f->good->audio;
	for (int64_t i = 0; i < f->c->arg; i++) {
		char *copy = arena_copy(f->scratch, m->data, m->len);
		size_t at = i == 0 ? m->len / 2 : (size_t)rng_below(&f->rng, MIN(m->len, 44));
		copy[at] = (char)(copy[at] ^ (1 + (int)rng_below(&f->rng, 255)));
		if (!fault_audio(f, "clip.wav", copy, m->len))
			return false;
	}
	return true;
}

/* The same piece over and over: a decoder that repeats itself writes without end. */
static bool repetition(struct fault *f)
{
	struct speech s;
	CLEANUP(buf_release) struct buf wav = BUF_INIT(BUF_UNLIMITED);
	const char *text = NULL;
	struct sample sample = {.id = f->c->id};
	if (!words(f, &s))
		return false;
	size_t piece = MIN(s.n, (size_t)RATE / 3);
	size_t n = (size_t)RATE * 5;
	float *samples = arena_array(f->scratch, n, sizeof(float));
	for (size_t i = 0; i < n && piece; i++)
		samples[i] = s.samples[s.n / 4 + i % (piece / 2 + 1)];
	speech_release(&s);
	make_wav(&(struct wav_shape){.rate = RATE, .channels = 1}, samples, n, &wav);
	sample.audio = fault_media(f, "clip.wav", "audio/wav", wav.data, wav.len);
	if (!fault_ask_text(f, &sample, NULL, &text))
		return false;
	if (text && strlen(text) > 1000)
		fault_find(f, "wrong-status", "%zu bytes of text for 5 s of sound", strlen(text));
	return true;
}

#define LIKE "refuse, or read it like the plain copy"

const struct fault_case fault_audio_cases[] = {
	{"A01", "asr", "noise in which nobody speaks (-50 dBFS)", "an empty text, or refuse",
	 "SYSTRAN/faster-whisper #1060", ALLOW_ANY, nothing_said, -50, 10},
	{"A04a", "asr", "2 s of silence", "an empty text; nobody else's words",
	 "seed: Empty audio; ggml-org/whisper.cpp #3595", ALLOW_ANY, nothing_said, 0, 10},
	{"A04b", "asr", "2 s of white noise", "an empty text; nobody else's words",
	 "huggingface/transformers #24512", ALLOW_ANY, nothing_said, -20, 10},
	{"A02", "asr", "an MP4 whose index is at its end and lists nothing",
	 "refuse; never a silent empty text", "ahmetoner/whisper-asr-webservice #375",
	 ALLOW_REFUSE, wrong_file, MP4},
	{"A05a", "asr", "a file of 0 bytes", "refuse, or an empty text", "seed: Empty audio",
	 ALLOW_ANY, wrong_file, NO_BYTES},
	{"A05b", "asr", "a WAV with no samples", "refuse, or an empty text",
	 "seed: Empty audio; vocodedev/vocode-core #687", ALLOW_ANY, short_clip, 0},
	{"A05c", "asr", "a WAV with one sample", "a documented error, or a text",
	 "vocodedev/vocode-core #687", ALLOW_ANY, short_clip, 1},
	{"A05d", "asr", "1 ms of sound", "a documented error, or a text",
	 "vocodedev/vocode-core #687", ALLOW_ANY, short_clip, 16, 5},
	{"A05e", "asr", "99 ms of sound", "a documented error, or a text",
	 "k2-fsa/sherpa-onnx #3685", ALLOW_ANY, short_clip, 1584, 10},
	{"A05f", "asr", "990 ms of sound", "a documented error, or a text",
	 "k2-fsa/sherpa-onnx #3685", ALLOW_ANY, short_clip, 15840, 10},
	{"A11", "asr", "2 hours of MP3 at 8 kbit/s (7 MB)",
	 "refuse before it is all decoded, or answer; bounded memory",
	 "seed: Oversized audio; vllm-project/vllm #44970", ALLOW_BUSY, long_mp3, 7200, 60},
	{"A12", "asr", "a FLAC that claims 655350 Hz and 8 channels",
	 "limit what is decoded, not only the seconds", "vllm-project/vllm #49948", ALLOW_ANY,
	 forged_flac, 0, 10},
	{"A15a", "asr", "64 KB of random bytes named .wav", "refuse, and stay usable",
	 "seed: Corrupted audio; skit-ai/kaldi-serve #2", ALLOW_REFUSE, random_bytes, 65536},
	{"A15b", "asr", "a PDF named .wav", "refuse, and echo nothing", "skit-ai/kaldi-serve #2",
	 ALLOW_REFUSE, wrong_file, PDF},
	{"A15c", "asr", "a PNG named .wav", "refuse", "skit-ai/kaldi-serve #2", ALLOW_REFUSE,
	 wrong_file, PNG_FILE},
	{"A15d", "asr", "three random bytes named .wav", "refuse", "skit-ai/kaldi-serve #2",
	 ALLOW_REFUSE, random_bytes, 3},
	{"A16a", "asr", "WAVE_FORMAT_EXTENSIBLE", LIKE, "mozilla-ai/llamafile #728", ALLOW_EITHER,
	 other_wav, 0, 10},
	{"A16b", "asr", "a WAV with an odd LIST chunk before the samples", LIKE,
	 "ggml-org/whisper.cpp #3818", ALLOW_EITHER, other_wav, 1, 10},
	{"A16c", "asr", "a WAV of 32 bit floats", LIKE, "ggml-org/whisper.cpp #2847", ALLOW_EITHER,
	 other_wav, 2, 10},
	{"A16d", "asr", "a WAV of 24 bit", LIKE, "ggml-org/whisper.cpp #2847", ALLOW_EITHER,
	 other_wav, 3, 10},
	{"A16e", "asr", "a WAV of 8 bit", "refuse, or read it", "ggml-org/whisper.cpp #2847",
	 ALLOW_ANY, other_wav, 4, 10},
	{"A16f", "asr", "a WAV in A-law", "refuse, or read it", "ggml-org/whisper.cpp #2847",
	 ALLOW_ANY, other_wav, 5, 10},
	{"A17a", "asr", "a WAV whose data size is 0x7FFFFFFF, larger than the file",
	 "take the bytes that are there, or refuse", "mackron/dr_libs #252", ALLOW_EITHER,
	 data_size, 0x7fffffff, 10},
	{"A17b", "asr", "a WAV whose data size is 0xFFFFFFFF",
	 "take the bytes that are there, or refuse", "pollinations/pollinations #11457",
	 ALLOW_EITHER, data_size, 0xffffffff, 10},
	{"A17c", "asr", "a WAV whose data size is 0", "an empty text, refuse, or read to the end",
	 "naudio/NAudio #688", ALLOW_ANY, data_size, 0, 10},
	{"A17d", "asr", "a WAV whose data size is odd", "take whole samples, or refuse",
	 "naudio/NAudio #688", ALLOW_EITHER, data_size, 20001, 10},
	{"A17e", "asr", "a WAV cut inside its header", "refuse", "naudio/NAudio #688",
	 ALLOW_REFUSE, wrong_file, HALF_HEADER},
	{"A17f", "asr", "a WAV without a data chunk", "refuse, or an empty text",
	 "naudio/NAudio #688", ALLOW_ANY, wrong_file, NO_DATA_CHUNK},
	{"A18a", "asr", "float samples, some of them NaN", "refuse, or take them as silence",
	 "huggingface/transformers #48849", ALLOW_ANY, not_finite, 0, 10},
	{"A18b", "asr", "float samples, some of them infinite", "refuse, or take them as silence",
	 "k2-fsa/sherpa-onnx #1461", ALLOW_ANY, not_finite, 1, 10},
	{"A18c", "asr", "float samples, all of them NaN", "refuse, or an empty text",
	 "huggingface/transformers #48849", ALLOW_ANY, not_finite, 2, 10},
	{"A19a", "asr", "the words in stereo", LIKE, "vllm-project/vllm #47693", ALLOW_EITHER,
	 other_wav, 6, 10},
	{"A19b", "asr", "the words in 5.1", LIKE, "vllm-project/vllm #47693", ALLOW_EITHER,
	 other_wav, 7, 10},
	{"A19c", "asr", "the words at 48 kHz", LIKE, "Blaizzy/mlx-vlm #2258", ALLOW_EITHER,
	 other_wav, 8, 10},
	{"A19d", "asr", "the words at 8 kHz", "refuse, or read it", "kyutai-labs/pocket-tts #68",
	 ALLOW_ANY, other_wav, 9, 10},
	{"A19e", "asr", "the words at 192 kHz", LIKE, "vllm-project/vllm #47693", ALLOW_EITHER,
	 other_wav, 10, 10},
	{"A23", "asr", "24 good WAVs with one byte changed in each",
	 "a text or a reason; whoever comes next is not touched", "vllm-project/vllm #52926",
	 ALLOW_ANY, one_byte, 24, 20},
	{"X03a", "asr", "a playlist that names /etc/passwd", "refuse, and read no file",
	 "yikart/AiToEarn #579", ALLOW_REFUSE, wrong_file, PLAYLIST},
	{"X03b", "asr", "a list of files to join that names /etc/passwd",
	 "refuse, and read no file", "WyattBlue/auto-editor #884", ALLOW_REFUSE, wrong_file,
	 CONCAT},
	{"A25", "asr", "5 s of one syllable over and over", "a bounded text",
	 "CrispStrobe/CrispASR #125", ALLOW_BUSY, repetition, 0, 30},
	{0},
};

/* ---- what takes longer ---- */

/* Words, and silence up to this many samples, as FLAC. */
static bool padded(struct fault *f)
{
	struct speech s;
	struct speech rest = {0};
	struct media *m = ARENA_NEW(f->scratch, struct media);
	struct sample sample = {.id = f->c->id, .audio = m};
	struct err e = {0};
	bool ok = words(f, &s);
	size_t n = (size_t)f->c->arg;
	ok = ok && speech_silence(&rest, RATE, (double)n / RATE + 1, &e) == 0;
	if (ok)
		memcpy(rest.samples, s.samples, MIN(s.n, n) * sizeof(float));
	rest.n = n;
	ok = ok && speech_to_media(&rest, "clip.flac", "flac", 1, f->scratch, m, &e) == 0;
	speech_release(&s);
	speech_release(&rest);
	if (!ok) {
		if (!f->skipped[0])
			fault_skip(f, "cannot make the clip: %s", e.text);
		return false;
	}
	f->sent_bytes += m->len;
	return fault_ask(f, &sample, NULL);
}

/* A minute of words without a gap. */
static bool no_gap(struct fault *f)
{
	struct speech s;
	CLEANUP(buf_release) struct buf wav = BUF_INIT(BUF_UNLIMITED);
	if (!words(f, &s))
		return false;
	size_t n = (size_t)RATE * (size_t)f->c->arg;
	size_t from = speech_first_sound(&s);
	size_t len = MAX(speech_last_sound(&s), from + 1) - from;
	float *samples = arena_array(f->scratch, n, sizeof(float));
	for (size_t i = 0; i < n; i++)
		samples[i] = s.samples[from + i % len];
	speech_release(&s);
	make_wav(&(struct wav_shape){.rate = RATE, .channels = 1}, samples, n, &wav);
	return fault_audio(f, "clip.wav", wav.data, wav.len);
}

/* A short and a long clip at once, which may come into one batch. */
static bool uneven_pair(struct fault *f)
{
	const size_t seconds[] = {1, (size_t)f->c->arg};
	struct sample samples[2];
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(buf_release) struct buf wav = BUF_INIT(BUF_UNLIMITED);
		float *silence = arena_array(f->scratch, seconds[i] * RATE, sizeof(float));
		make_wav(&(struct wav_shape){.rate = RATE, .channels = 1}, silence,
			 seconds[i] * RATE, &wav);
		samples[i] = (struct sample){.id = f->c->id};
		samples[i].audio = fault_media(f, "clip.wav", "audio/wav", wav.data, wav.len);
	}
	return fault_ask_all(f, samples, NULL, 2, NULL);
}

const struct fault_case fault_audio_long_cases[] = {
	{"A06a", "asr", "a clip of 10 s and one sample", "no cliff at a model's window",
	 "k2-fsa/sherpa-onnx #3471", ALLOW_ANY, padded, 10 * RATE + 1, 30},
	{"A06b", "asr", "a clip of 30 s less one sample", "no cliff at a model's window",
	 "vllm-project/vllm #57769", ALLOW_ANY, padded, 30 * RATE - 1, 60, .heavy = true},
	{"A06c", "asr", "a clip of 30 s and one sample", "no cliff at a model's window",
	 "vllm-project/vllm #57769", ALLOW_ANY, padded, 30 * RATE + 1, 60, .heavy = true},
	{"A06d", "asr", "a clip of 35 s", "no cliff at a model's window",
	 "vllm-project/vllm #57769", ALLOW_ANY, padded, 35 * RATE, 60, .heavy = true},
	{"A07", "asr", "a minute of words without a gap", "split it", "tmoroney/auto-subs #839",
	 ALLOW_BUSY, no_gap, 60, 120, .heavy = true},
	{"A08", "asr", "an hour of audio with words at its start", "done, or refused early; "
	 "bounded memory", "seed: Oversized audio; SYSTRAN/faster-whisper #373", ALLOW_BUSY,
	 padded, 3599 * RATE, 300, .heavy = true},
	{"A09", "asr", "seven minutes of audio", "done, or refused", "k2-fsa/sherpa-onnx #1422",
	 ALLOW_BUSY, padded, 420 * RATE, 120, .heavy = true},
	{"A10", "asr", "clips of 1 s and of 5 s at once", "each its own answer",
	 "vllm-project/vllm-omni #7066", ALLOW_ANY, uneven_pair, 5, 20},
	{"A10b", "asr", "clips of 1 s and of 60 s at once", "each its own answer",
	 "vllm-project/vllm-omni #7066", ALLOW_ANY, uneven_pair, 60, 120, .heavy = true},
	{"A11b", "asr", "8.7 hours of MP3 (31 MB)",
	 "refuse before it is all decoded, or answer; bounded memory", "vllm-project/vllm #44970",
	 ALLOW_BUSY, long_mp3, 31320, 120, .heavy = true},
	{0},
};
